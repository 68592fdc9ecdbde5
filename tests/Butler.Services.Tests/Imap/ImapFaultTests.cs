using System.Globalization;
using Butler.Mailboxes.Imap;
using Butler.Services.Tests.Hosting;
using Butler.Testing;

namespace Butler.Services.Tests.Imap;

/// <summary>Whatever the line and the server do, every mail is there once in the end.</summary>
[Trait("Category", "Imap")]
public sealed class ImapFaultTests(DovecotServer dovecot) : ImapSystems(dovecot)
{
    /// <summary>BUTLER_IMAP_MAILS makes it fewer or more.</summary>
    private static int Many => int.TryParse(Environment.GetEnvironmentVariable("BUTLER_IMAP_MAILS"), CultureInfo.InvariantCulture, out var mails) ? mails : 10_000;

    private static readonly TimeSpan s_long = TimeSpan.FromMinutes(4);

    [DovecotFact]
    public async Task Import_LineCutAtEvery500thMail_NothingIsLostOrDoubled()
    {
        var user = NewUser();
        var system = await StartSystemAsync();
        Dovecot.Deliver(user, Enumerable.Range(1, Many).Select(i => DovecotServer.Mail(i)));
        await using var proxy = new TcpProxy(Dovecot.Port, TcpProxy.DropEvery(500));
        var (_, http) = await StartIngestAsync(system);
        await system.StartClassifierAsync();

        await AddAccountAsync(http, user, proxy.Port);

        await AllOnceAsync(system, Many, s_long);
        Assert.Equal(0, await system.CountAsync("SELECT count(*) FROM sync_jobs WHERE progress <> 100 OR processed <> total"));
    }

    [DovecotFact]
    public async Task Import_ServerRestartedInTheMiddle_GoesOn()
    {
        var user = NewUser();
        var system = await StartSystemAsync(new Dictionary<string, string?> { ["Butler:Import:BatchMails"] = "10" });
        Dovecot.Deliver(user, Enumerable.Range(1, 300).Select(i => DovecotServer.Mail(i)));
        var (_, http) = await StartIngestAsync(system);
        await system.StartClassifierAsync();
        await AddAccountAsync(http, user);
        await system.UntilAsync("SELECT count(*) > 20 FROM emails", Patience, "the import is under way");

        Dovecot.Stop();
        await Dovecot.StartAsync();

        await AllOnceAsync(system, 300, s_long);
    }

    [DovecotFact]
    public async Task Import_ServerHangs_IsGivenUpAndGoneOn()
    {
        var user = NewUser();
        var system = await StartSystemAsync(new Dictionary<string, string?> { ["Butler:Imap:ReadTimeout"] = "00:00:02" });
        Dovecot.Deliver(user, Enumerable.Range(1, 200).Select(i => DovecotServer.Mail(i)));
        var hung = 0;
        await using var proxy = new TcpProxy(Dovecot.Port, piece =>
            ValueTask.FromResult(TcpProxy.Occurrences(piece, "BODY[] {") > 0 && Interlocked.Increment(ref hung) is 1 or 3 ? ProxyAct.Hang : ProxyAct.Forward));
        var (_, http) = await StartIngestAsync(system);
        await system.StartClassifierAsync();

        await AddAccountAsync(http, user, proxy.Port);

        await AllOnceAsync(system, 200, s_long);
        Assert.True(hung >= 3);
    }

    [DovecotFact]
    public async Task Fetch_MailsExpungedMeanwhile_AreGoneAndTheRestIsThere()
    {
        var user = NewUser();
        var system = await StartSystemAsync(new Dictionary<string, string?> { ["Butler:Import:BatchMails"] = "20" });
        Dovecot.Deliver(user, Enumerable.Range(1, 100).Select(i => DovecotServer.Mail(i)));
        var (first, expunged) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var proxy = new TcpProxy(Dovecot.Port, async piece =>
        {
            if (TcpProxy.Occurrences(piece, "BODY[] {") > 0)
            {
                first.TrySetResult();
                await expunged.Task;
            }

            return ProxyAct.Forward;
        });
        var (_, http) = await StartIngestAsync(system);
        await system.StartClassifierAsync();
        await AddAccountAsync(http, user, proxy.Port);
        await first.Task.WaitAsync(Patience);

        await using (var client = await ConnectAsync(user))
        {
            await client.SelectAsync(ImapName.Inbox, readOnly: false, null, default);
            var uids = ImapUidSet.Range(31, 60);
            await client.StoreAsync(uids, add: true, ["\\Deleted"], default);
            Assert.True(await client.ExpungeAsync(uids, default));
        }

        expunged.SetResult();

        await system.UntilAsync("SELECT count(*) = 1 FROM sync_jobs WHERE status = 'completed'", s_long, "the import completes");
        await system.UntilAsync("SELECT count(*) = 70 FROM ledger l JOIN mail_state s USING (id) WHERE l.state = 'done' AND s.deleted_at IS NULL", Patience, "what is deleted is known");
        Assert.Equal(30, await system.CountAsync("SELECT count(*) FROM ledger WHERE state = 'gone'"));
        Assert.Equal(100, await system.CountAsync("SELECT count(*) FROM ledger"));
    }

    [DovecotFact]
    public async Task Account_ConnectionLimitReached_IsSaidAndWorkedWith()
    {
        var user = NewUser();
        var system = await StartSystemAsync();
        Dovecot.Stop();
        await Dovecot.StartAsync("protocol imap {\n mail_max_userip_connections = 3\n}");
        Dovecot.Deliver(user, Enumerable.Range(1, 120).Select(i => DovecotServer.Mail(i)));
        var (_, http) = await StartIngestAsync(system);
        await system.StartClassifierAsync();
        var others = new List<ImapClient> { await ConnectAsync(user), await ConnectAsync(user), await ConnectAsync(user) };

        var refused = await SendAsync(http, HttpMethod.Post, "api/v1/imap-accounts", 409, new { address = user, host = "127.0.0.1", port = Dovecot.Port, security = "none", password = "secret" });
        Assert.Contains("too many connections", refused.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
        await others[0].DisposeAsync();
        await AddWhenFreeAsync(http, user);

        // One connection is left for waiting, looking and fetching.
        await AllOnceAsync(system, 120, s_long);
        foreach (var other in others)
        {
            await other.DisposeAsync();
        }

        Dovecot.Stop();
        await Dovecot.StartAsync();
    }

    // The server notices the end of a connection a moment later.
    private async Task AddWhenFreeAsync(HttpClient http, string user)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (true)
        {
            using var content = System.Net.Http.Json.JsonContent.Create(
                new { address = user, host = "127.0.0.1", port = Dovecot.Port, security = "none", password = "secret" }, options: Butler.ServiceDefaults.ApiJson.Options);
            using var answer = await http.PostAsync(new Uri("api/v1/imap-accounts", UriKind.Relative), content, limit.Token);
            if ((int)answer.StatusCode == 201)
            {
                return;
            }

            Assert.Equal(409, (int)answer.StatusCode);
            await Task.Delay(50, limit.Token);
        }
    }

    private static async Task AllOnceAsync(TestSystem system, int mails, TimeSpan patience)
    {
        await system.UntilAsync("SELECT count(*) = 1 FROM sync_jobs WHERE status = 'completed'", patience, "the import completes");
        Assert.Equal(mails, await system.CountAsync("SELECT count(*) FROM ledger WHERE state = 'done'"));
        Assert.Equal(mails, await system.CountAsync("SELECT count(*) FROM ledger"));
        Assert.Equal(mails, await system.CountAsync("SELECT count(*) FROM emails"));
        Assert.Equal(mails, await system.CountAsync("SELECT count(DISTINCT message_id) FROM emails"));
        Assert.Equal(mails, await system.CountAsync("SELECT count(DISTINCT subject) FROM emails"));
        Assert.Equal(mails, await system.CountAsync("SELECT count(*) FROM mail_state WHERE deleted_at IS NULL"));
    }
}
