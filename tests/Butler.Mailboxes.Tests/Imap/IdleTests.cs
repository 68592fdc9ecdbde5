using Butler.Mailboxes.Imap;
using Butler.Mailboxes.Tests.Support;

namespace Butler.Mailboxes.Tests.Imap;

public class IdleTests
{
    [Fact]
    public async Task Idle_TimeToRenew_SaysDoneAndWaitsForTheAnswer()
    {
        var time = new ManualTime();
        var (server, client) = await ScriptedImap.LoggedInAsync("IDLE", async peer =>
        {
            await peer.PlayAsync("A1 IDLE\r\n", "+ idling\r\n* OK Still here\r\n");
            await peer.PlayAsync("DONE\r\n", "* OK Still here\r\nA1 OK done\r\n");
            await peer.PlayAsync("A2 IDLE\r\n", "+ idling\r\n");
            await peer.PlayAsync("DONE\r\n", "* 4 EXISTS\r\nA2 OK done\r\n");
            await peer.LogoutAsync("A3");
        }, new() { IdleRenewal = TimeSpan.FromHours(5), ReadTimeout = TimeSpan.FromDays(1), LogoutTimeout = TimeSpan.FromDays(1) }, time);
        await using (server)
        {
            // Asked for five hours, renewed before half an hour is over.
            var idling = client.IdleAsync(default, default);
            var before = time.GetUtcNow();
            await ConnectTests.AdvanceUntilAsync(time, idling);
            Assert.Equal(ImapIdleEnd.Elapsed, await idling);
            Assert.True(time.GetUtcNow() - before >= TimeSpan.FromMinutes(29));

            // News between DONE and the answer counts.
            idling = client.IdleAsync(default, default);
            await ConnectTests.AdvanceUntilAsync(time, idling);
            Assert.Equal(ImapIdleEnd.News, await idling);
            await client.DisposeAsync();
            await server.DoneAsync();
        }
    }

    [Theory]
    [InlineData("* 1 EXISTS\r\n+ idling\r\n")]
    [InlineData("+ idling\r\n* 1 EXISTS\r\n")]
    [InlineData("+\r\n* VANISHED 3\r\n")]
    [InlineData("+ idling\r\n* 1 FETCH (FLAGS (\\Seen))\r\n")]
    [InlineData("+ idling\r\n* 1 EXPUNGE\r\n")]
    public async Task Idle_News_EndsIt(string answer)
    {
        await MessageTests.PlayAsync("IDLE", async peer =>
        {
            await peer.PlayAsync("A1 IDLE\r\n", answer);
            await peer.PlayAsync("DONE\r\n", "A1 OK done\r\n");
            await peer.PlayAsync("A2 NOOP\r\n", "A2 OK\r\n");
        }, async client =>
        {
            Assert.Equal(ImapIdleEnd.News, await client.IdleAsync(default, default).WaitAsync(ScriptedImap.Patience));
            Assert.Equal(ImapIdleEnd.News, await client.IdleAsync(default, default));
            client.ForgetNews();
            await client.NoopAsync(default);
        }, next: "A3");
    }

    [Fact]
    public async Task Idle_Refused_LeavesTheConnectionUsable()
    {
        await MessageTests.PlayAsync("IDLE", peer => peer.PlayAsync("A1 IDLE\r\n", "A1 NO not now\r\n"), async client =>
            Assert.Equal(ImapProblem.CommandRefused, (await Assert.ThrowsAsync<MailboxException>(() => client.IdleAsync(default, default))).Problem));
    }

    [Fact]
    public async Task Idle_DoneIsNotAnswered_TimesOut()
    {
        var time = new ManualTime();
        var (server, client) = await ScriptedImap.LoggedInAsync("IDLE", async peer =>
        {
            await peer.PlayAsync("A1 IDLE\r\n", "+ idling\r\n");
            await peer.ExpectAsync("DONE\r\n");
            await peer.HangAsync();
        }, time: time);
        await using (server)
        {
            var idling = client.IdleAsync(default, default);
            await ConnectTests.AdvanceUntilAsync(time, idling);
            Assert.Equal(ImapProblem.Timeout, (await Assert.ThrowsAsync<MailboxException>(() => idling)).Problem);
            await client.DisposeAsync();
        }
    }

    [Fact]
    public async Task Idle_ServerSaysBye_IsToldWithItsReason()
    {
        var (server, client) = await ScriptedImap.LoggedInAsync("IDLE", peer => peer.PlayAsync("A1 IDLE\r\n", "+ idling\r\n* BYE [UNAVAILABLE] restart\r\n"));
        await using (server)
        {
            Assert.Equal(ImapProblem.Unavailable, (await Assert.ThrowsAsync<MailboxException>(() => client.IdleAsync(default, default))).Problem);
            await client.DisposeAsync();
        }
    }
}
