using System.Text;
using Butler.Mailboxes.Imap;

namespace Butler.Mailboxes.Tests.Imap;

public class MessageTests
{
    private static readonly ImapUidSet s_all = ImapUidSet.Range(1, 100);

    [Fact]
    public async Task Fetch_Gmail_AsksForItsExtensionsByteForByte()
    {
        await PlayAsync("X-GM-EXT-1 CONDSTORE", async peer => await peer.PlayAsync(
            "A1 UID FETCH 1:100 (UID FLAGS INTERNALDATE RFC822.SIZE MODSEQ X-GM-MSGID X-GM-THRID X-GM-LABELS BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])\r\n",
            "* 1 FETCH (X-GM-THRID 18446744073709551615 X-GM-MSGID 1278455344230334865 X-GM-LABELS (\\Inbox \\Sent \"a b\" Entw&APw-rfe {3}\r\nx\"y) MODSEQ (7) UID 5 INTERNALDATE \" 1-Feb-2026 02:44:25 -0700\" RFC822.SIZE 4,FLAGS\r\n"
            + "* 1 FETCH (X-GM-THRID 18446744073709551615 X-GM-MSGID 1278455344230334865 X-GM-LABELS (\\Inbox \\Sent \"a b\" Entw&APw-rfe {3}\r\nx\"y) MODSEQ (7) UID 5 INTERNALDATE \" 1-Feb-2026 02:44:25 -0700\" RFC822.SIZE 4242 FLAGS (\\SEEN \\Flagged custom) "
            + "BODY[HEADER.FIELDS (\"Message-ID\")] {21}\r\nMessage-ID: <a@b>\r\n\r\n)\r\nA1 OK Success\r\n"), async client =>
        {
            var mail = Assert.Single(await AllAsync(client, s_all, new(ImapItems.Flags | ImapItems.InternalDate | ImapItems.Size | ImapItems.ModSeq | ImapItems.Ids | ImapItems.Labels) { Headers = ["Message-ID"] }));
            Assert.Equal((5u, 4242L, 7ul), (mail.Uid, mail.Size!.Value, mail.ModSeq!.Value));
            Assert.Equal((1278455344230334865ul, ulong.MaxValue), (mail.GmailMessageId!.Value, mail.GmailThreadId!.Value));
            Assert.Equal(["\\Inbox", "\\Sent", "a b", "Entwürfe", "x\"y"], mail.GmailLabels);
            Assert.Equal(new DateTimeOffset(2026, 2, 1, 9, 44, 25, TimeSpan.Zero), mail.InternalDate);
            Assert.Equal(["\\Seen", "\\Flagged", "custom"], mail.Flags);
            Assert.Equal(21, mail.Headers!.Value.Length);
        });
    }

    [Fact]
    public async Task Fetch_ObjectId_ReadsBothForms()
    {
        await PlayAsync("OBJECTID", async peer => await peer.PlayAsync(
            "A1 UID FETCH 1:100 (UID EMAILID THREADID)\r\n", "* 1 FETCH (UID 1 EMAILID (M1) THREADID (T1))\r\n* 2 FETCH (THREADID NIL EMAILID (M2) UID 2)\r\nA1 OK\r\n"), async client =>
        {
            var mails = await AllAsync(client, s_all, new(ImapItems.Ids));
            Assert.Equal([("M1", "T1"), ("M2", null)], mails.Select(m => (m.EmailId, m.ThreadId)));
        });
    }

    [Fact]
    public async Task Fetch_UntaggedDataAtOddTimes_DisturbsNothing()
    {
        await PlayAsync("", async peer => await peer.PlayAsync(
            "A1 UID FETCH 1:100 (UID FLAGS BODY.PEEK[])\r\n",
            "* 5 EXPUNGE\r\n* 12 EXISTS\r\n* 2 FETCH (FLAGS (\\Seen))\r\n"
            + "* 3 FETCH (UID 30 FLAGS (\\Seen))\r\n"
            + "* 1 FETCH (UID 10 BODY[] {3}\r\na\r\n FLAGS ())\r\n"
            + "* OK [ALERT] Your disk is {5}\r\n"
            + "* 3 FETCH (BODY[] \"q\\\"x\" UID 30)\r\n"
            + "* 4 FETCH (UID 40 BODY[] ~{2}\r\n\0z FLAGS NIL X-OTHER (a (b {1}\r\n( c) \"d)\"))\r\n"
            + "* 6 FETCH (UID 60 BODY[] NIL FLAGS ())\r\n"
            + "* 7 FETCH (UID 999 FLAGS (\\Seen))\r\n"
            + "* 8 FETCH (UID 80 BODY[] {9}\r\n(unclosed FLAGS (\r\n"
            + "A1 NO [EXPUNGEISSUED] Some of the requested messages no longer exist\r\n"), async client =>
        {
            var mails = await AllAsync(client, s_all, new(ImapItems.Flags | ImapItems.Body));
            Assert.Equal([(10u, "a\r\n", ""), (30u, "q\"x", "\\Seen"), (40u, "\0z", "")], mails.Select(m => (m.Uid, Encoding.ASCII.GetString(m.Body!.Value.Span), string.Join(' ', m.Flags!))));
            Assert.True(client.HasNews);
            Assert.Equal("Your disk is {5}", Assert.Single(client.Alerts));
            Assert.Equal(12u, client.Exists);
        });
    }

    [Fact]
    public async Task Fetch_ManyBatches_AreSentAheadAndInOrder()
    {
        await PlayAsync(
            "",
            async peer =>
            {
                await peer.SendAsync("");
                await peer.ExpectAsync("A1 UID FETCH 1:2 (UID BODY.PEEK[])\r\nA2 UID FETCH 3:4 (UID BODY.PEEK[])\r\n");
                await peer.SendAsync("* 1 FETCH (UID 1 BODY[] \"1\")\r\n* 2 FETCH (UID 2 BODY[] \"2\")\r\nA1 OK\r\n");
                await peer.ExpectAsync("A3 UID FETCH 5 (UID BODY.PEEK[])\r\n");
                await peer.SendAsync("A2 NO [SERVERBUG] oops\r\n* 5 FETCH (UID 5 BODY[] \"5\")\r\nA3 OK\r\n");
                await peer.PlayAsync("A4 NOOP\r\n", "A4 OK\r\n");
            },
            async client =>
            {
                var got = new List<uint>();
                var e = await Assert.ThrowsAsync<MailboxException>(async () =>
                {
                    await foreach (var mail in client.FetchAsync(ImapUidSet.Range(1, 5), new(ImapItems.Body), default))
                    {
                        got.Add(mail.Uid);
                    }
                });

                // The refused batch is told after the others were read, and the connection lives on.
                Assert.Equal([1u, 2u, 5u], got);
                Assert.Equal(ImapProblem.Unavailable, e.Problem);
                await client.NoopAsync(default);
            },
            new() { FetchBatch = 2, FetchesInFlight = 2 },
            "A5");
    }

    [Fact]
    public async Task Fetch_Ranges_AskUntilTheEnd()
    {
        await PlayAsync(
            "",
            async peer =>
            {
                await peer.PlayAsync("A1 UID FETCH 7 (UID BODY.PEEK[]<0.4>)\r\n", "* 1 FETCH (UID 7 BODY[]<0> {4}\r\nabcd)\r\nA1 OK\r\n");
                await peer.PlayAsync("A2 UID FETCH 7 (UID BODY.PEEK[]<4.4>)\r\n", "* 1 FETCH (BODY[]<4> {2}\r\nef UID 7)\r\nA2 OK\r\n");
            },
            async client => Assert.Equal("abcdef"u8.ToArray(), await client.FetchRangesAsync(7, 4, 100, default)),
            next: "A3");
    }

    [Fact]
    public async Task Search_EveryForm_IsReadAndWritten()
    {
        await PlayAsync("", async peer =>
        {
            await peer.PlayAsync("A1 UID SEARCH SINCE 1-Feb-2026 BEFORE 28-Feb-2026 UNDELETED HEADER MESSAGE-ID \"<a\\\"@b>\"\r\n", "* SEARCH 9 2 3\r\n* SEARCH 4 (MODSEQ 917162500)\r\nA1 OK\r\n");
            await peer.PlayAsync("A2 UID SEARCH CHARSET UTF-8 HEADER \"Subject\" {4}\r\n", "+ go\r\n");
            await peer.PlayAsync("\u00c3\u00bc\r\n\r\n", "* SEARCH\r\nA2 OK\r\n");
            await peer.PlayAsync("A3 UID SEARCH ALL\r\n", "* ESEARCH (TAG \"A3\") UID COUNT 3 ALL 4,18:21,28\r\nA3 OK\r\n");
        }, async client =>
        {
            var found = await client.SearchAsync(new() { Since = new(2026, 2, 1), Before = new(2026, 2, 28), NotDeleted = true, MessageId = "<a\"@b>" }, default);
            Assert.Equal("2:4,9", found.ToString());
            Assert.True((await client.SearchAsync(new() { Header = ("Subject", "ü\r\n") }, default)).IsEmpty);
            Assert.Equal("4,18:21,28", (await client.SearchAsync(new(), default)).ToString());
        }, next: "A4");
    }

    [Fact]
    public async Task Append_WithAndWithoutWaiting_IsByteForByte()
    {
        await PlayAsync("", async peer =>
        {
            await peer.PlayAsync("A1 APPEND \"Drafts\" (\\Draft \\Seen) \" 3-Feb-2026 04:05:06 +0100\" {5}\r\n", "+ go\r\n");
            await peer.PlayAsync("a\r\nb\n\r\n", "A1 OK [APPENDUID 38505 3955] done\r\n");
        }, async client =>
        {
            var made = await client.AppendAsync(ImapName.FromKey("Drafts", false), ["\\Draft", "\\Seen"], new(2026, 2, 3, 4, 5, 6, TimeSpan.FromHours(1)), "a\r\nb\n"u8.ToArray(), default);
            Assert.Equal((38505u, 3955u), (made.UidValidity!.Value, made.Uid!.Value));
        }, next: "A2");
        await PlayAsync("LITERAL-", peer => peer.PlayAsync("A1 APPEND \"Drafts\" {1+}\r\nx\r\n", "A1 OK done\r\n"), async client =>
            Assert.Equal(new(null, null), await client.AppendAsync(ImapName.FromKey("Drafts", false), [], null, "x"u8.ToArray(), default)));
    }

    [Fact]
    public async Task Append_LineCutAfterTheMail_SaysThatItMayBeThere()
    {
        var (server, client) = await ScriptedImap.LoggedInAsync("", async peer =>
        {
            await peer.PlayAsync("A1 APPEND \"Drafts\" {1}\r\n", "+ go\r\n");
            await peer.ExpectAsync("x\r\n");
        });
        await using (server)
        {
            await using var held = client;
            var e = await Assert.ThrowsAsync<MailboxException>(() => client.AppendAsync(ImapName.FromKey("Drafts", false), [], null, "x"u8.ToArray(), default));
            Assert.True(e.OutcomeUnknown);
            Assert.Equal(MailboxFault.Unavailable, e.Fault);
            Assert.True(client.IsBroken);
            await server.DoneAsync();
        }
    }

    [Fact]
    public async Task Append_RefusedBeforeTheMailWasSent_SaysThatItIsNotThere()
    {
        await PlayAsync("", peer => peer.PlayAsync("A1 APPEND \"Drafts\" {1}\r\n", "A1 NO [OVERQUOTA] full\r\n"), async client =>
        {
            var e = await Assert.ThrowsAsync<MailboxException>(() => client.AppendAsync(ImapName.FromKey("Drafts", false), [], null, "x"u8.ToArray(), default));
            Assert.False(e.OutcomeUnknown);
            Assert.Equal(ImapProblem.OverQuota, e.Problem);
        });
    }

    [Fact]
    public async Task Store_FlagsOrFieldsWithOtherThings_AreNotSent()
    {
        await PlayAsync("", _ => Task.CompletedTask, async client =>
        {
            foreach (var flag in (string[])["\\Seen)\r\nA9 DELETE x", "a b", "", "\\", "a(", "ü"])
            {
                Assert.Equal(ImapProblem.NotSendable, (await Assert.ThrowsAsync<MailboxException>(() => client.StoreAsync(s_all, true, [flag], default))).Problem);
            }

            Assert.Equal(ImapProblem.NotSendable, (await Assert.ThrowsAsync<MailboxException>(() => AllAsync(client, s_all, new(ImapItems.None) { Headers = ["a)]\r\n"] }))).Problem);
            Assert.Equal(ImapProblem.NotSendable, (await Assert.ThrowsAsync<MailboxException>(() => client.SearchAsync(new() { ThreadId = "x OR ALL" }, default))).Problem);
        }, next: null);
    }

    [Fact]
    public async Task Expunge_WithoutUidplus_RemovesNothing()
    {
        await PlayAsync("", peer => peer.PlayAsync("A1 UID STORE 1:2 +FLAGS.SILENT (\\Deleted)\r\n", "* 1 FETCH (FLAGS (\\Deleted))\r\nA1 OK\r\n"), async client =>
            Assert.False(await client.ExpungeAsync(ImapUidSet.Range(1, 2), default)));
        await PlayAsync("UIDPLUS", async peer =>
        {
            await peer.PlayAsync("A1 UID STORE 1:2 +FLAGS.SILENT (\\Deleted)\r\n", "A1 OK\r\n");
            await peer.PlayAsync("A2 UID EXPUNGE 1:2\r\n", "* 1 EXPUNGE\r\nA2 OK\r\n");
        }, async client => Assert.True(await client.ExpungeAsync(ImapUidSet.Range(1, 2), default)), next: "A3");
    }

    internal static async Task<List<ImapMessage>> AllAsync(ImapClient client, ImapUidSet uids, ImapFetch fetch)
    {
        var list = new List<ImapMessage>();
        await foreach (var mail in client.FetchAsync(uids, fetch, default))
        {
            list.Add(mail);
        }

        return list;
    }

    internal static async Task PlayAsync(string capabilities, Func<ScriptedPeer, Task> script, Func<ImapClient, Task> use, ImapOptions? options = null, string? next = "A2")
    {
        var (server, client) = await ScriptedImap.LoggedInAsync(capabilities, async peer =>
        {
            await script(peer);
            if (next is not null)
            {
                await peer.LogoutAsync(next);
            }
        }, options);
        await using (server)
        {
            await using (client)
            {
                await use(client);
            }

            await server.DoneAsync();
        }
    }
}
