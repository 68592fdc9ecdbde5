using System.Text;
using Butler.Mailboxes.Imap;
using Butler.Mailboxes.Tests.Support;

namespace Butler.Mailboxes.Tests.Imap;

/// <summary>A server that means harm, or breaks.</summary>
public class HostileTests
{
    private static readonly ImapFetch s_bodies = new(ImapItems.Body);

    [Theory]
    [InlineData("* 1 FETCH (UID 1 BODY[] {99999999}\r\n", ImapProblem.LimitExceeded)]
    [InlineData("* 1 FETCH (UID 1 BODY[] {99999999999999999999999}\r\n", ImapProblem.LimitExceeded)]
    [InlineData("* 1 FETCH (UID 1 BODY[] {100}\r\nonly this", ImapProblem.Disconnected)]
    [InlineData("* 1 FETCH (UID 1 BODY[] {3}\r\nabc", ImapProblem.Disconnected)]
    [InlineData("* 1 FETCH (UID", ImapProblem.Disconnected)]
    [InlineData("* BYE [UNAVAILABLE] Server shutting down\r\n", ImapProblem.Unavailable)]
    [InlineData("* BYE too many simultaneous connections\r\n", ImapProblem.TooManyConnections)]
    [InlineData("* BYE idle for too long\r\n", ImapProblem.Disconnected)]
    [InlineData("A7 OK another tag\r\n", ImapProblem.Protocol)]
    [InlineData("A1 PREPOSTEROUS\r\n", ImapProblem.Protocol)]
    [InlineData("+ go on\r\n", ImapProblem.Protocol)]
    public async Task Fetch_CutOrImpossible_EndsTheConnection(string answer, ImapProblem expected)
    {
        var (server, client) = await ScriptedImap.LoggedInAsync("", peer => peer.PlayAsync("A1 UID FETCH 1:100 (UID BODY.PEEK[])\r\n", answer), Small());
        await using (server)
        {
            await using var held = client;
            var e = await Assert.ThrowsAsync<MailboxException>(() => MessageTests.AllAsync(client, ImapUidSet.Range(1, 100), s_bodies));
            Assert.Equal(expected, e.Problem);
            Assert.True(client.IsBroken);
            await Assert.ThrowsAsync<MailboxException>(() => client.NoopAsync(default));
            await server.DoneAsync();
        }
    }

    [Theory]
    [InlineData("list")]
    [InlineData("line")]
    [InlineData("untagged")]
    [InlineData("flags")]
    [InlineData("unreadable")]
    [InlineData("literals")]
    [InlineData("capabilities")]
    public async Task Fetch_Bombs_AreBounded(string kind)
    {
        var (server, client) = await ScriptedImap.LoggedInAsync("", async peer =>
        {
            await peer.ExpectAsync("A1 UID FETCH 1:100 (UID BODY.PEEK[])\r\n");
            var bomb = kind switch
            {
                "list" => "* 1 FETCH (X " + new string('(', 100_000) + "\r\n",
                "line" => "* 1 FETCH (UID 1 X \"" + new string('x', 2_000_000),
                "untagged" => string.Concat(Enumerable.Repeat("* OK still here\r\n", 200_000)),
                "flags" => "* 1 FETCH (UID 1 FLAGS (" + string.Concat(Enumerable.Repeat("a ", 5000)) + "))\r\n",
                "unreadable" => string.Concat(Enumerable.Repeat("* 1 FETCH (UID\r\n", 20_000)),
                "literals" => "* 1 FETCH (X (" + string.Concat(Enumerable.Repeat("{0}\r\n ", 10_000)) + "))\r\n",
                _ => "* CAPABILITY" + string.Concat(Enumerable.Range(0, 5000).Select(i => " X" + i)) + "\r\n",
            };
            try
            {
                await peer.SendAsync(bomb);
                await peer.ExpectEndAsync();
            }
            catch (IOException)
            {
                // The client hung up while we were still sending.
            }
        }, Small());
        await using (server)
        {
            var e = await Assert.ThrowsAsync<MailboxException>(() => MessageTests.AllAsync(client, ImapUidSet.Range(1, 100), s_bodies).WaitAsync(ScriptedImap.Patience));
            Assert.Equal(ImapProblem.LimitExceeded, e.Problem);
            await client.DisposeAsync();
        }
    }

    [Fact]
    public async Task Fetch_DeepButAllowedNesting_IsPassedOver()
    {
        var deep = new string('(', 50) + "x" + new string(')', 50);
        await MessageTests.PlayAsync("", peer => peer.PlayAsync("A1 UID FETCH 1:100 (UID BODY.PEEK[])\r\n", $"* 1 FETCH (X-DEEP {deep} UID 1 BODY[] a)\r\nA1 OK\r\n"), async client =>
            Assert.Single(await MessageTests.AllAsync(client, ImapUidSet.Range(1, 100), s_bodies)));
    }

    [Fact]
    public async Task Fetch_ServerHangsInside_TimesOutAndDisposeReturns()
    {
        var time = new ManualTime();
        var (server, client) = await ScriptedImap.LoggedInAsync("", async peer =>
        {
            await peer.PlayAsync("A1 UID FETCH 1:100 (UID BODY.PEEK[])\r\n", "* 1 FETCH (UID 1 BODY[] {100}\r\nabc");
            await peer.HangAsync();
        }, time: time);
        await using (server)
        {
            var fetching = MessageTests.AllAsync(client, ImapUidSet.Range(1, 100), s_bodies);
            await ConnectTests.AdvanceUntilAsync(time, fetching);
            Assert.Equal(ImapProblem.Timeout, (await Assert.ThrowsAsync<MailboxException>(() => fetching)).Problem);
            await client.DisposeAsync();
        }
    }

    [Fact]
    public async Task Logout_ServerHangs_ReturnsAfterItsLimit()
    {
        var time = new ManualTime();
        var (server, client) = await ScriptedImap.LoggedInAsync("", async peer =>
        {
            await peer.ExpectAsync("A1 LOGOUT\r\n");
            await peer.HangAsync();
        }, time: time);
        await using (server)
        {
            await ConnectTests.AdvanceUntilAsync(time, client.DisposeAsync().AsTask());
        }
    }

    [Fact]
    public async Task Logout_EndlessBye_Returns()
    {
        var (server, client) = await ScriptedImap.LoggedInAsync("", async peer =>
        {
            await peer.ExpectAsync("A1 LOGOUT\r\n");
            await peer.SendAsync(string.Concat(Enumerable.Repeat("* BYE\r\n", 10_000)));
            await peer.HangAsync();
        });
        await using (server)
        {
            await client.DisposeAsync().AsTask().WaitAsync(ScriptedImap.Patience);
        }
    }

    [Fact]
    public async Task Command_Cancelled_EndsTheConnection()
    {
        var (server, client) = await ScriptedImap.LoggedInAsync("", async peer =>
        {
            await peer.ExpectAsync("A1 NOOP\r\n");
            await peer.ExpectEndAsync();
        });
        await using (server)
        {
            using var cancel = new CancellationTokenSource();
            var noop = client.NoopAsync(cancel.Token);
            await cancel.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => noop);
            Assert.True(client.IsBroken);
            await client.DisposeAsync();
        }
    }

    [Fact]
    public async Task Fetch_StoppedEarly_EndsTheConnection()
    {
        var (server, client) = await ScriptedImap.LoggedInAsync("", peer =>
            peer.PlayAsync("A1 UID FETCH 1:100 (UID BODY.PEEK[])\r\n", "* 1 FETCH (UID 1 BODY[] a)\r\n* 2 FETCH (UID 2 BODY[] b)\r\nA1 OK\r\n"));
        await using (server)
        {
            await foreach (var _ in client.FetchAsync(ImapUidSet.Range(1, 100), s_bodies, default))
            {
                break;
            }

            Assert.True(client.IsBroken);
            await client.DisposeAsync();
        }
    }

    /// <summary>Whatever bytes come: a problem or an answer, never another exception and never a hang.</summary>
    [Fact]
    public async Task Fetch_MutatedAnswers_NeverCrash()
    {
        const string answer = "* 5 EXPUNGE\r\n* 1 FETCH (UID 10 FLAGS (\\Seen $x) INTERNALDATE \" 1-Feb-2026 02:44:25 -0700\" MODSEQ (7) BODY[HEADER.FIELDS (A)] {3}\r\na\r\n BODY[]<0> \"q\\\"x\")\r\n"
            + "* VANISHED (EARLIER) 1:5,7\r\n* LIST (\\Sent) \"/\" \"x\"\r\n* OK [HIGHESTMODSEQ 5] x\r\n* ESEARCH (TAG \"A1\") UID ALL 1:3\r\nA1 OK [APPENDUID 1 2] done\r\n";
        var random = new Random(20261121);
        for (var i = 0; i < 400; i++)
        {
            var bytes = Encoding.Latin1.GetBytes(answer).ToList();
            for (var changes = random.Next(1, 6); changes > 0; changes--)
            {
                var at = random.Next(bytes.Count);
                switch (random.Next(4))
                {
                    case 0:
                        bytes[at] = (byte)random.Next(256);
                        break;
                    case 1:
                        bytes.RemoveAt(at);
                        break;
                    case 2:
                        bytes.Insert(at, "(){}[]\"\\<>~+*\r\n 0"u8.ToArray()[random.Next(17)]);
                        break;
                    default:
                        bytes.RemoveRange(at, Math.Min(random.Next(20), bytes.Count - at));
                        break;
                }

                if (bytes.Count == 0)
                {
                    bytes.Add(0);
                }
            }

            var (server, client) = await ScriptedImap.LoggedInAsync("", peer => peer.SendAsync([.. bytes]), Small());
            await using (server)
            {
                try
                {
                    await MessageTests.AllAsync(client, ImapUidSet.Range(1, 100), new(ImapItems.None)).WaitAsync(ScriptedImap.Patience);
                }
                catch (MailboxException)
                {
                    // As it should be told.
                }

                await client.DisposeAsync();
            }
        }
    }

    private static ImapOptions Small() => new()
    {
        Limits = new() { MaxLineBytes = 1_000_000, MaxLiteralBytes = 1_000_000, MaxUntagged = 10_000, MaxLiterals = 100, MaxUnreadable = 100 },
        LogoutTimeout = TimeSpan.FromMilliseconds(1),
    };
}
