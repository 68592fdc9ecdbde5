using Butler.Mailboxes.Imap;

namespace Butler.Mailboxes.Tests.Imap;

public class FolderTests
{
    [Theory]
    [InlineData("Entwürfe", "Entw&APw-rfe")]
    [InlineData("Tom & Jerry", "Tom &- Jerry")]
    [InlineData("台北", "&U,BTFw-")]
    [InlineData("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-")]
    [InlineData("😀x", "&2D3eAA-x")]
    public void Name_ModifiedUtf7_GoesBothWays(string display, string wire)
    {
        Assert.Equal(wire, ImapName.FromKey(display, utf8: false).Wire);
        var read = ImapName.FromWire(System.Text.Encoding.ASCII.GetBytes(wire), utf8: false);
        Assert.Equal(display, read.Display);
        Assert.Equal(read, ImapName.FromKey(read.Key, utf8: false));
    }

    [Theory]
    [InlineData("broken&base")]
    [InlineData("&AGEA-")]
    [InlineData("Entw\u00c3\u00bcrfe")]
    [InlineData("&*&-")]
    public void Name_NotDecodable_StaysAsTheServerWroteIt(string wire)
    {
        var name = ImapName.FromWire(System.Text.Encoding.Latin1.GetBytes(wire), utf8: false);
        Assert.Equal(wire, ImapName.FromKey(name.Key, utf8: false).Wire);
    }

    [Fact]
    public void Name_Inbox_IsOneInAnyCase() => Assert.Equal(ImapName.Inbox, ImapName.FromWire("inBOX"u8, utf8: false));

    [Fact]
    public async Task List_OddAnswers_AreRead()
    {
        var (server, client) = await ScriptedImap.LoggedInAsync("", async peer =>
        {
            await peer.PlayAsync(
                "A1 LIST \"\" \"*\"\r\n",
                "* LIST () NIL INBOX\r\n"
                + "* 3 EXISTS\r\n"
                + "* LIST (\\HasNoChildren \\Sent) \"/\" {5}\r\na\"b\\c\r\n"
                + "* LIST (\\Noselect) \"/\" \"[Gmail]\"\r\n"
                + "* LIST (\\Marked) \"/\" Deleted Items\u0007x\r\n"
                + "* LIST () \"/\" \"Entw&APw-rfe\"\r\n"
                + "* LIST () \"/\" \"Sent\"\r\n"
                + "* LIST () \"/\" \"Archive/2019/Papierkorb\"\r\n"
                + "* LIST () \"/\" \"INBOX/Trash\" (\"CHILDINFO\" (\"SUBSCRIBED\"))\r\n"
                + "* LIST (\\HasNoChildren\r\n"
                + "* LIST\r\n"
                + "* XYZZY {3}\r\nabc ((nested) \"x\")\r\n"
                + "\0* LIST () \"\\\\\" last\r\n"
                + "A1 OK done\r\n");
            await peer.LogoutAsync("A2");
        });
        await using (server)
        {
            await using (client)
            {
                var folders = await client.ListAsync(default);
                Assert.Equal(["INBOX", "a\"b\\c", "[Gmail]", "Deleted Items\u0007x", "Entwürfe", "Sent", "Archive/2019/Papierkorb", "INBOX/Trash", "last"], folders.Select(f => f.Name.Display));
                Assert.Equal([ImapUse.Inbox, ImapUse.Sent, ImapUse.None, ImapUse.None, ImapUse.Drafts, ImapUse.None, ImapUse.None, ImapUse.Trash, ImapUse.None], folders.Select(f => f.Use));
                Assert.Null(folders[0].Delimiter);
                Assert.False(folders[2].Selectable);
                Assert.Equal('\\', folders[^1].Delimiter);
            }

            await server.DoneAsync();
        }
    }

    [Fact]
    public async Task List_SpecialUseRefusedOrXlist_FallsBack()
    {
        var (server, client) = await ScriptedImap.LoggedInAsync("SPECIAL-USE LIST-EXTENDED", async peer =>
        {
            await peer.PlayAsync("A1 LIST \"\" \"*\" RETURN (SPECIAL-USE)\r\n", "A1 BAD no\r\n");
            await peer.PlayAsync("A2 LIST \"\" \"*\"\r\n", "* LIST () \"/\" INBOX\r\nA2 OK\r\n");
            await peer.LogoutAsync("A3");
        });
        await using (server)
        {
            Assert.Single(await client.ListAsync(default));
            await client.DisposeAsync();
            await server.DoneAsync();
        }

        (server, client) = await ScriptedImap.LoggedInAsync("XLIST X-GM-EXT-1", async peer =>
        {
            await peer.PlayAsync("A1 XLIST \"\" \"*\"\r\n", "* XLIST (\\HasNoChildren \\AllMail) \"/\" \"[Gmail]/Alle\"\r\n* XLIST (\\Inbox) \"/\" \"Posteingang\"\r\nA1 OK\r\n");
            await peer.LogoutAsync("A2");
        });
        await using (server)
        {
            Assert.Equal(ImapUse.All, (await client.ListAsync(default))[0].Use);
            await client.DisposeAsync();
            await server.DoneAsync();
        }
    }

    [Fact]
    public async Task Select_Qresync_SendsWhatIsKnownAndReadsWhatChanged()
    {
        var (server, client) = await ScriptedImap.LoggedInAsync("ENABLE QRESYNC CONDSTORE", async peer =>
        {
            await peer.PlayAsync("A1 ENABLE CONDSTORE QRESYNC\r\n", "* ENABLED QRESYNC\r\nA1 OK\r\n");
            await peer.PlayAsync("A2 SELECT \"Old\" (CONDSTORE)\r\n", "* 7 EXISTS\r\n* OK [UIDVALIDITY 1] x\r\n* OK [NOMODSEQ] none\r\nA2 OK [READ-ONLY] x\r\n");
            await peer.PlayAsync(
                "A3 EXAMINE \"INBOX\" (QRESYNC (67890007 20050715194045000 41:211,300))\r\n",
                "* 9 EXISTS\r\n* VANISHED 5\r\n* OK [CLOSED] old\r\n* OK [UIDVALIDITY 67890007] x\r\n* 3 EXISTS\r\n* OK [UIDNEXT 600] x\r\n"
                + "* OK [HIGHESTMODSEQ 20060115205545359] x\r\n* VANISHED (EARLIER) 41,43:116\r\n* 1 FETCH (UID 117 FLAGS (\\Seen $Label1) MODSEQ (20060115194045001))\r\nA3 OK [READ-WRITE] x\r\n");
            await peer.LogoutAsync("A4");
        });
        await using (server)
        {
            var old = await client.SelectAsync(ImapName.FromKey("Old", false), false, null, default);
            Assert.True(old.ReadOnly);
            Assert.Null(old.HighestModSeq);
            var known = ImapUidSet.Range(41, 211);
            known.Add(300);
            var box = await client.SelectAsync(ImapName.Inbox, true, new(67890007, 20050715194045000, known), default);
            Assert.True(box.Resynced);
            Assert.Equal((3u, 600u, 20060115205545359ul), (box.Exists, box.UidNext!.Value, box.HighestModSeq!.Value));
            Assert.Equal("41,43:116", box.Vanished.ToString());
            Assert.Equal((117u, 20060115194045001ul, true), (box.Changed[0].Uid, box.Changed[0].ModSeq!.Value, box.Changed[0].Has("$label1")));
            await client.DisposeAsync();
            await server.DoneAsync();
        }
    }

    [Fact]
    public async Task Select_UidValidityChanged_IsNotResynced()
    {
        var (server, client) = await ScriptedImap.LoggedInAsync("ENABLE QRESYNC", async peer =>
        {
            await peer.PlayAsync("A1 ENABLE QRESYNC\r\n", "* ENABLED QRESYNC\r\nA1 OK\r\n");
            await peer.PlayAsync("A2 SELECT \"INBOX\" (QRESYNC (5 10))\r\n", "* 3 EXISTS\r\n* OK [UIDVALIDITY 6] x\r\n* OK [HIGHESTMODSEQ 11] x\r\nA2 OK [READ-WRITE] x\r\n");
            await peer.PlayAsync("A3 NOOP\r\n", "* OK [UIDVALIDITY 7] changed\r\nA3 OK\r\n");
            await peer.LogoutAsync("A4");
        });
        await using (server)
        {
            var box = await client.SelectAsync(ImapName.Inbox, false, new(5, 10, null), default);
            Assert.False(box.Resynced);
            Assert.Equal(6u, box.UidValidity);
            Assert.False(client.HasNews);
            await client.NoopAsync(default);
            Assert.True(client.HasNews);
            await client.DisposeAsync();
            await server.DoneAsync();
        }
    }

    [Theory]
    [InlineData("A1 NO [NONEXISTENT] no", ImapProblem.NoSuchFolder, MailboxFault.NotFound)]
    [InlineData("A1 NO [NOPERM] no", ImapProblem.NotPermitted, MailboxFault.ScopeMissing)]
    [InlineData("A1 NO [INUSE] no", ImapProblem.Unavailable, MailboxFault.Unavailable)]
    [InlineData("A1 BAD what", ImapProblem.CommandRefused, MailboxFault.BadRequest)]
    public async Task Select_Refused_SaysWhy(string answer, ImapProblem problem, MailboxFault fault)
    {
        var (server, client) = await ScriptedImap.LoggedInAsync("", async peer =>
        {
            await peer.PlayAsync("A1 SELECT \"x\"\r\n", answer + "\r\n");
            await peer.LogoutAsync("A2");
        });
        await using (server)
        {
            var e = await Assert.ThrowsAsync<MailboxException>(() => client.SelectAsync(ImapName.FromKey("x", false), false, null, default));
            Assert.Equal((problem, fault), (e.Problem!.Value, e.Fault));
            Assert.False(client.IsBroken);
            await client.DisposeAsync();
            await server.DoneAsync();
        }
    }

    [Theory]
    [InlineData("x\r\nA2 DELETE INBOX")]
    [InlineData("x\ny")]
    [InlineData("x\0")]
    public async Task Select_NameFromTheServerWithALineBreak_IsNotSent(string wire)
    {
        var (server, client) = await ScriptedImap.LoggedInAsync("", peer => peer.LogoutAsync("A2"));
        await using (server)
        {
            var name = ImapName.FromWire(System.Text.Encoding.Latin1.GetBytes(wire), utf8: false);
            var e = await Assert.ThrowsAsync<MailboxException>(() => client.SelectAsync(name, false, null, default));
            Assert.Equal(ImapProblem.NotSendable, e.Problem);
            await client.DisposeAsync();
            await server.DoneAsync();
        }
    }

    [Fact]
    public async Task Status_AnswersOutOfOrderAndZero_AreRead()
    {
        var (server, client) = await ScriptedImap.LoggedInAsync("CONDSTORE", async peer =>
        {
            await peer.PlayAsync("A1 STATUS \"a\\\\b\" (MESSAGES UIDNEXT UIDVALIDITY HIGHESTMODSEQ)\r\n", "* STATUS \"a\\\\b\" (UIDNEXT 0 X-NEW (1 2) MESSAGES 231 HIGHESTMODSEQ -1 UIDVALIDITY 9.3736e+06)\r\nA1 OK\r\n");
            await peer.LogoutAsync("A2");
        });
        await using (server)
        {
            var status = await client.StatusAsync(ImapName.FromKey("a\\b", false), default);
            Assert.Equal((231L, null, 9373600u, null), (status.Messages, status.UidNext, status.UidValidity, status.HighestModSeq));
            await client.DisposeAsync();
            await server.DoneAsync();
        }
    }
}
