using Butler.Mailboxes.Imap;
using Butler.Mailboxes.Quota;
using Butler.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Butler.Mailboxes.Tests.Imap;

/// <summary>A server of its own, that allows two connections per user and is restarted.</summary>
public sealed class DovecotTroubleTests(DovecotServer server) : IClassFixture<DovecotServer>
{
    private const string Settings = "mail_max_userip_connections = 2";

    [DovecotFact]
    public async Task Login_ThirdConnection_IsTooMany()
    {
        await server.StartAsync(Settings);
        await using var one = await ConnectAsync("limited");
        await using var two = await ConnectAsync("limited");
        var e = await Assert.ThrowsAsync<MailboxException>(() => ConnectAsync("limited"));
        Assert.Equal((ImapProblem.TooManyConnections, MailboxFault.Throttled), (e.Problem!.Value, e.Fault));
        await using var other = await ConnectAsync("another");
    }

    [DovecotFact]
    public async Task Rent_ServerRestartsInTheMiddle_TheRestIsFetchedByTheNextConnection()
    {
        await server.StartAsync(Settings);
        server.Deliver("restarted", Enumerable.Range(1, 400).Select(i => DovecotServer.Mail(i, 30_000)));
        var faults = await FetchAllAsync("restarted", server.Port, 400, 30_000, 20, async got =>
        {
            if (got == 30)
            {
                server.Crash();
                await server.StartAsync(Settings);
            }
        });
        Assert.True(faults > 0);
    }

    [DovecotFact]
    public async Task Rent_FetchesAreCutOff_NothingIsLostOrDoubled()
    {
        await server.StartAsync(Settings);
        server.Deliver("cut", Enumerable.Range(1, 600).Select(i => DovecotServer.Mail(i, 2_000)));
        await using var proxy = new CuttingProxy(server.Port, "UID FETCH", every: 25);
        var faults = await FetchAllAsync("cut", proxy.Port, 600, 2_000, 5, _ => Task.CompletedTask);
        Assert.InRange(proxy.Cuts, 3, faults);
    }

    /// <summary>Fetches as an import does: what is missing, by the next connection, until all is there. Returns how often it failed.</summary>
    private static async Task<int> FetchAllAsync(string user, int port, int count, int bytes, int batch, Func<int, Task> after)
    {
        var time = TimeProvider.System;
        var options = new ImapPoolOptions { FirstWait = TimeSpan.FromMilliseconds(20), LongestWait = TimeSpan.FromMilliseconds(100), Connection = new() { FetchBatch = batch } };
        await using var pool = new ImapPool(new(new RedisGate(() => null, time, NullLogger<RedisGate>.Instance), options, time, 1, () => 1), options, time, NullLogger.Instance);
        var account = new ImapAccount(Guid.NewGuid(), new("localhost", port, ImapSecurity.None), new(user, "secret"), 2);
        var got = new HashSet<uint>();
        var faults = 0;
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(120));
        while (got.Count < count)
        {
            try
            {
                await using var rented = await pool.RentAsync(account, MailLane.Bulk, limit.Token);
                await rented.Client.SelectAsync(ImapName.Inbox, readOnly: true, null, limit.Token);
                var missing = new ImapUidSet(Enumerable.Range(1, count).Select(i => (uint)i).Where(u => !got.Contains(u)));
                await foreach (var mail in rented.Client.FetchAsync(missing, new(ImapItems.Body), limit.Token))
                {
                    Assert.True(got.Add(mail.Uid));
                    Assert.Equal(DovecotServer.Mail((int)mail.Uid, bytes), mail.Body!.Value.ToArray());
                    await after(got.Count);
                }
            }
            catch (MailboxException e)
            {
                faults++;
                Assert.True(e.IsTransient, e.ToString());
                await Task.Delay(20, limit.Token);
            }
        }

        Assert.Equal(count, got.Count);
        return faults;
    }

    private async Task<ImapClient> ConnectAsync(string user)
    {
        var client = await ImapClient.ConnectAsync(new("localhost", server.Port, ImapSecurity.None));
        try
        {
            await client.LoginAsync(new(user, "secret"), default);
            return client;
        }
        catch
        {
            await client.DisposeAsync();
            throw;
        }
    }
}
