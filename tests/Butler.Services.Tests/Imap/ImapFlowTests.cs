using Butler.Mailboxes.Imap;
using Butler.Testing;

namespace Butler.Services.Tests.Imap;

/// <summary>An IMAP account gets what a Gmail account gets: import, live mail, triage, a draft, the ledger.</summary>
[Trait("Category", "Imap")]
public sealed class ImapFlowTests(DovecotServer dovecot) : ImapSystems(dovecot)
{
    [DovecotFact]
    public async Task Account_SetUpByApi_IsImportedTriagedAndDrafted()
    {
        var user = NewUser();
        var system = await StartSystemAsync();
        Dovecot.Deliver(user, Enumerable.Range(1, 30).Select(i => DovecotServer.Mail(i)));
        Dovecot.Deliver(user, [Mail("s1@example.org", user, "nora@example.net", "Hi", "See you.")], "Sent");
        Dovecot.Deliver(user, [Question("q1@example.net", user)]);
        Dovecot.Deliver(user, [DovecotServer.Mail(99)], "Junk");
        var (_, http) = await StartIngestAsync(system);
        await system.StartClassifierAsync();
        await system.StartResponderAsync();

        await AddAccountAsync(http, user);

        await system.UntilAsync("SELECT count(*) = 1 FROM sync_jobs WHERE status = 'completed' AND progress = 100", Patience, "the import completes");
        Assert.Equal(32, await system.CountAsync("SELECT count(*) FROM ledger"));
        Assert.Equal(1, await system.CountAsync("SELECT count(*) FROM ledger WHERE state = 'skipped' AND reason = 'sent'"));
        Assert.Equal(31, await system.CountAsync("SELECT count(*) FROM ledger WHERE state = 'done'"));
        Assert.Equal(31, await system.CountAsync("SELECT count(*) FROM mail_state WHERE 'INBOX' = ANY (labels)"));

        await system.UntilAsync("SELECT count(*) = 1 FROM replies WHERE state = 'created'", Patience, "the draft is made");
        await using var client = await ConnectAsync(user);
        var draft = Assert.Single(await ReadAsync(client, "Drafts"));
        Assert.True(draft.Has("\\Draft"));
        Assert.Contains("In-Reply-To: <q1@example.net>", System.Text.Encoding.UTF8.GetString(draft.Body!.Value.Span), StringComparison.Ordinal);
        Assert.Empty(await ReadAsync(client, "INBOX", ImapItems.Flags) is var inbox ? inbox.Where(m => m.Has("\\Seen")) : []);

        // New mail, by IDLE.
        Dovecot.Deliver(user, [Question("q2@example.net", user)]);
        await system.UntilAsync("SELECT count(*) = 2 FROM replies WHERE state = 'created'", Patience, "new mail is drafted");
        Assert.Equal(2, (await ReadAsync(client, "Drafts")).Count);
    }
}
