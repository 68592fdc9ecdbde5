using System.Text;
using Butler.Mailboxes.Imap;
using Butler.Testing;

namespace Butler.Mailboxes.Tests.Imap;

/// <summary>What changes under a client's feet.</summary>
public sealed class DovecotChangeTests(DovecotServer server) : DovecotBase(server)
{
    [DovecotFact]
    public async Task Flags_Changed_AreFoundByCondstore()
    {
        Server.Deliver(User, Enumerable.Range(1, 20).Select(i => DovecotServer.Mail(i)));
        await using var reader = await ConnectAsync();
        var before = await reader.SelectAsync(ImapName.Inbox, readOnly: true, null, default);
        await AllAsync(reader.FetchAsync(ImapUidSet.Range(1, 20), new(ImapItems.Flags), default));

        await using (var writer = await ConnectAsync())
        {
            await writer.SelectAsync(ImapName.Inbox, readOnly: false, null, default);
            await writer.StoreAsync(new ImapUidSet([3u, 7u]), add: true, ["\\Seen", "custom"], default);
        }

        await reader.NoopAsync(default);
        Assert.True(reader.HasNews);
        var changed = await AllAsync(reader.FetchAsync(ImapUidSet.Range(1, uint.MaxValue), new(ImapItems.Flags) { ChangedSince = before.HighestModSeq }, default));
        Assert.Equal([3u, 7u], changed.Select(m => m.Uid).Order());
        Assert.All(changed, m => Assert.True(m.Has("\\Seen") && m.Has("custom") && m.ModSeq > before.HighestModSeq));
    }

    [DovecotFact]
    public async Task Select_Qresync_TellsWhatCameChangedAndWent()
    {
        Server.Deliver(User, Enumerable.Range(1, 30).Select(i => DovecotServer.Mail(i)));
        ImapSelected before;
        await using (var client = await ConnectAsync())
        {
            before = await client.SelectAsync(ImapName.Inbox, readOnly: false, null, default);
            await client.StoreAsync(new ImapUidSet([5u]), add: true, ["\\Flagged"], default);
            Assert.True(await client.ExpungeAsync(new ImapUidSet([10u, 11u, 12u, 20u]), default));
        }

        Server.Deliver(User, [DovecotServer.Mail(31)]);
        await using var again = await ConnectAsync();
        var after = await again.SelectAsync(ImapName.Inbox, readOnly: true, new(before.UidValidity, before.HighestModSeq!.Value, ImapUidSet.Range(1, 30)), default);
        Assert.True(after.Resynced);
        Assert.Equal("10:12,20", after.Vanished.ToString());
        Assert.Equal([5u], after.Changed.Select(m => m.Uid));
        Assert.Equal(27u, after.Exists);

        // Without the known UIDs new mail comes along.
        after = await again.SelectAsync(ImapName.Inbox, readOnly: true, new(before.UidValidity, before.HighestModSeq!.Value, null), default);
        Assert.Equal("10:12,20", after.Vanished.ToString());
        Assert.Equal([5u, 31u], after.Changed.Select(m => m.Uid).Order());

        // The same by FETCH, as on a connection that stayed.
        var changed = await AllAsync(again.FetchAsync(ImapUidSet.Range(1, uint.MaxValue), new(ImapItems.Flags) { ChangedSince = before.HighestModSeq, Vanished = true }, default));
        Assert.Equal([5u, 31u], changed.Select(m => m.Uid).Order());
        Assert.Equal("10:12,20", again.TakeVanished().ToString());
    }

    [DovecotFact]
    public async Task Fetch_MailsExpungedMeanwhile_AreMissingAndNeverEmpty()
    {
        const int count = 600;
        Server.Deliver(User, Enumerable.Range(1, count).Select(i => DovecotServer.Mail(i, 20_000)));
        await using var reader = await ConnectAsync(options: Options with { FetchBatch = 20, FetchesInFlight = 2 });
        await reader.SelectAsync(ImapName.Inbox, readOnly: true, null, default);
        await using var writer = await ConnectAsync();
        await writer.SelectAsync(ImapName.Inbox, readOnly: false, null, default);

        var got = new HashSet<uint>();
        var expunged = new ImapUidSet();
        await foreach (var mail in reader.FetchAsync(ImapUidSet.Range(1, count), new(ImapItems.Body | ImapItems.Size), default))
        {
            Assert.True(got.Add(mail.Uid));
            Assert.Equal(DovecotServer.Mail((int)mail.Uid, 20_000), mail.Body!.Value.ToArray());
            if (got.Count == 50)
            {
                expunged.Add(1, 10);
                expunged.Add(301, count);
                Assert.True(await writer.ExpungeAsync(expunged, default));
            }
        }

        // Some of the expunged may have been on their way; those that stayed all came, and the connection lives.
        Assert.Equal(300, got.Count(u => u <= 300));
        Assert.True(got.Count < count);
        await reader.NoopAsync(default);
        await AllAsync(reader.FetchAsync(ImapUidSet.Range(1, count), new(ImapItems.Flags), default));
        Assert.Equal("11:300", (await reader.SearchAsync(new(), default)).ToString());
    }

    [DovecotFact]
    public async Task Select_FolderMadeAnew_HasAnotherUidValidity()
    {
        var name = ImapName.FromKey("Projekte/Über & Co", utf8: false);
        ImapSelected before;
        await using (var client = await ConnectAsync())
        {
            await client.CreateFolderAsync(name, default);
            await client.CreateFolderAsync(name, default);
            await client.AppendAsync(name, [], null, DovecotServer.Mail(1), default);
            Assert.Contains(await client.ListAsync(default), f => f.Name == name && f.Name.Display == "Projekte/Über & Co");
            before = await client.SelectAsync(name, readOnly: true, null, default);
            await client.UnselectAsync(default);
        }

        Directory.Delete(Path.Combine(Server.Maildir(User), "." + name.Wire.Replace('/', '.')), recursive: true);
        await using var again = await ConnectAsync();
        await again.CreateFolderAsync(name, default);
        await again.AppendAsync(name, [], null, DovecotServer.Mail(1), default);
        var after = await again.SelectAsync(name, readOnly: true, new(before.UidValidity, before.HighestModSeq!.Value, null), default);
        Assert.NotEqual(before.UidValidity, after.UidValidity);
        Assert.False(after.Resynced);
        Assert.Equal("Message-ID: <m1@example.com>\r\n\r\n", Encoding.ASCII.GetString(Assert.Single(await AllAsync(again.FetchAsync(ImapUidSet.Range(1, 9), new(ImapItems.None) { Headers = ["Message-ID"] }, default))).Headers!.Value.Span));
    }

    [DovecotFact]
    public async Task Status_And_MissingFolder_AreTold()
    {
        Server.Deliver(User, [DovecotServer.Mail(1), DovecotServer.Mail(2)]);
        await using var client = await ConnectAsync();
        var status = await client.StatusAsync(ImapName.Inbox, default);
        Assert.Equal((2L, 3u), (status.Messages!.Value, status.UidNext!.Value));
        Assert.True(status.HighestModSeq > 0);
        var e = await Assert.ThrowsAsync<MailboxException>(() => client.SelectAsync(ImapName.FromKey("Nowhere", false), true, null, default));
        Assert.Equal(ImapProblem.NoSuchFolder, e.Problem);
    }
}
