using System.Text;
using Butler.Mailboxes.Imap;
using Butler.Services.Tests.Hosting;
using Butler.Testing;

namespace Butler.Services.Tests.Imap;

/// <summary>What the owner does in another mail program.</summary>
[Trait("Category", "Imap")]
public sealed class ImapChangeTests(DovecotServer dovecot) : ImapSystems(dovecot)
{
    [DovecotFact]
    public async Task Changes_FlagsMovesCopiesAndDeletions_AreFollowedOnTheSameMail()
    {
        var (user, system) = (NewUser(), await StartSystemAsync());
        Dovecot.Deliver(user, Enumerable.Range(1, 6).Select(i => DovecotServer.Mail(i)));
        Dovecot.Deliver(user, [DovecotServer.Mail(50)], "Work");
        Dovecot.Deliver(user, [DovecotServer.Mail(60)], "Archive");
        await ImportAsync(system, user, 7, ["Work"]);
        await using var client = await ConnectAsync(user);

        var inbox = await ReadAsync(client, "INBOX");
        await client.StoreAsync(new ImapUidSet([Uid(inbox, 1)]), add: true, ["\\Seen", "\\Flagged"], default);
        await LabelsAsync(system, 1, "{INBOX,STARRED}");

        Move(user, "", 2, ".Archive");
        await NudgeAsync(client, inbox);
        await LabelsAsync(system, 2, "{Archive}");

        Move(user, ".Archive", 2, ".Trash");
        await NudgeAsync(client, inbox);
        await LabelsAsync(system, 2, "{TRASH}");

        Move(user, ".Trash", 2, "");
        await LabelsAsync(system, 2, "{INBOX}");

        var old = inbox.Single(m => m.Uid == Uid(inbox, 3));
        await client.StoreAsync(new ImapUidSet([old.Uid]), add: true, ["\\Deleted"], default);
        await client.ExpungeAsync(new ImapUidSet([old.Uid]), default);
        await system.UntilAsync("SELECT state = 'gone' FROM ledger l JOIN emails e USING (id) WHERE e.message_id = 'm3@example.com'", Patience, "the deletion is seen");

        // A copy that another program made: the same bytes, another time of arrival.
        Assert.Equal(7, await system.CountAsync("SELECT count(*) FROM ledger"));
        await client.AppendAsync(ImapName.FromKey("Work", client.Utf8Names), ["\\Seen"], DateTimeOffset.UnixEpoch.AddYears(56), DovecotServer.Mail(4), default);
        await NudgeAsync(client, inbox);
        await system.UntilAsync("SELECT count(*) = 1 FROM ledger WHERE state = 'skipped' AND reason = 'same mail'", Patience, "the copy is known");
        await LabelsAsync(system, 4, "{INBOX,Work}");

        // What lies in a folder that is not followed is not read.
        Assert.Equal(0, await system.CountAsync("SELECT count(*) FROM emails WHERE message_id = 'm60@example.com'"));
        Assert.Equal(7, await system.CountAsync("SELECT count(*) FROM emails"));
    }

    [DovecotFact]
    public async Task UidValidity_Changed_MailsAreKnownAgainByTheirContent()
    {
        var (user, system) = (NewUser(), await StartSystemAsync());
        Dovecot.Deliver(user, Enumerable.Range(1, 40).Select(i => DovecotServer.Mail(i)));
        await using var proxy = new TcpProxy(Dovecot.Port, _ => ValueTask.FromResult(ProxyAct.Forward));
        await ImportAsync(system, user, 40, [], proxy.Port);
        var ids = await system.ScalarAsync("SELECT string_agg(provider_message_id, ',' ORDER BY provider_message_id) FROM ledger");
        var validity = await system.CountAsync("SELECT uidvalidity FROM mailbox_folders WHERE name = 'INBOX'");

        // No session of the old numbering lives on: its process would answer from what it has open, or write it down again.
        proxy.Closed = true;
        Dovecot.Crash();
        await proxy.CutAsync();
        foreach (var file in Directory.GetFiles(Dovecot.Maildir(user), "dovecot*"))
        {
            File.Delete(file);
        }

        Dovecot.Deliver(user, [DovecotServer.Mail(41)]);

        // Dovecot numbers by the second in which it makes the index.
        while (TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() <= validity)
        {
            await Task.Delay(50);
        }

        await Dovecot.StartAsync();

        // The test's own session makes the index anew: one that waits while another makes it is told of nothing afterwards.
        await using var client = await ConnectAsync(user);
        var inbox = await ReadAsync(client, "INBOX");
        proxy.Closed = false;

        await system.UntilAsync("SELECT count(*) = 41 FROM ledger WHERE state = 'done'", TimeSpan.FromMinutes(2), "the new mail is there");
        await system.UntilAsync($"SELECT uidvalidity <> {validity} FROM mailbox_folders WHERE name = 'INBOX'", TimeSpan.FromMinutes(2), "the new numbering is noted");
        Assert.Equal(41, await system.CountAsync("SELECT count(*) FROM ledger"));
        Assert.Equal(41, await system.CountAsync("SELECT count(*) FROM emails"));
        Assert.Equal(0, await system.CountAsync("SELECT count(*) FROM mail_state WHERE deleted_at IS NOT NULL"));
        Assert.Equal(ids, await system.ScalarAsync("SELECT string_agg(provider_message_id, ',' ORDER BY provider_message_id) FROM ledger JOIN emails USING (id) WHERE message_id <> 'm41@example.com'"));

        // The old ids lead to the new places.
        await client.StoreAsync(new ImapUidSet([Uid(inbox, 7)]), add: true, ["\\Flagged"], default);
        await LabelsAsync(system, 7, "{INBOX,STARRED,UNREAD}");
    }

    private async Task ImportAsync(TestSystem system, string user, int mails, string[] folders, int? port = null)
    {
        var (_, http) = await StartIngestAsync(system);
        await system.StartClassifierAsync();
        await AddAccountAsync(http, user, port, folders);
        await system.UntilAsync($"SELECT count(*) = {mails} FROM ledger WHERE state = 'done'", Patience, "the import completes");
        await system.UntilAsync("SELECT count(*) = 1 FROM sync_jobs WHERE status = 'completed'", Patience, "the import completes");
    }

    private static uint Uid(List<ImapMessage> mails, int number) => mails.Single(m => Encoding.ASCII.GetString(m.Body!.Value.Span).Contains($"<m{number}@", StringComparison.Ordinal)).Uid;

    private static Task LabelsAsync(TestSystem system, int number, string labels) => system.UntilAsync(
        $"SELECT s.labels @> '{labels}' AND s.labels <@ ('{labels}'::text[] || '{{UNREAD}}') AND s.deleted_at IS NULL FROM mail_state s JOIN emails e USING (id) WHERE e.message_id = 'm{number}@example.com'",
        Patience, $"mail {number} has the labels {labels}");

    /// <summary>Changes a flag in INBOX, which is where Butler waits; other folders are looked at with it, or every half hour.</summary>
    private static async Task NudgeAsync(ImapClient client, List<ImapMessage> inbox)
    {
        await client.SelectAsync(ImapName.Inbox, readOnly: false, null, default);
        await client.StoreAsync(new ImapUidSet([Uid(inbox, 6)]), add: s_nudges++ % 2 == 0, ["\\Answered"], default);
    }

    private static int s_nudges, s_moves;

    /// <summary>As a mail program with the Maildir of its own moves a mail.</summary>
    private void Move(string user, string from, int number, string to)
    {
        var root = Dovecot.Maildir(user);
        var file = new[] { "cur", "new" }.SelectMany(f => Directory.GetFiles(Path.Combine(root, from, f)))
            .Single(f => File.ReadAllText(f).Contains($"<m{number}@", StringComparison.Ordinal));
        var name = Path.GetFileName(file).Split(':')[0].Split(',')[0];
        File.Move(file, Path.Combine(root, to, "cur", $"{name}x{s_moves++}:2,"));
    }
}
