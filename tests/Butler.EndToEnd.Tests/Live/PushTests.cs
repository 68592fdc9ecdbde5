using Butler.EndToEnd.Tests.Running;
using Butler.Testing;

namespace Butler.EndToEnd.Tests.Live;

/// <summary>What a person sees of <c>./butler up</c> when a mail arrives.</summary>
public sealed class PushTests
{
    private const string Address = SharedButler.OwnerAddress;

    /// <summary>The sandbox pushes, Ingest reads the history, the mail is triaged and its draft lies in the Drafts folder: no schedule runs meanwhile.</summary>
    [Fact]
    public async Task Up_NewQuestionArrives_IsDraftedThroughPush()
    {
        var mailbox = Servers.Scratch("push");
        await File.WriteAllTextAsync(Path.Combine(mailbox, "old.eml"), Mail("old", "Garden news", "This week in the garden: prune the roses. You receive this newsletter because you subscribed to it; unsubscribe below."));
        await using var run = await ButlerRun.StartAsync(new() { Mailbox = mailbox, Environment = new() { ["Butler__Schedules__Jobs__history__Enabled"] = "false" } });
        await run.UntilAsync("the mailbox is imported and watched", """
            SELECT EXISTS (SELECT FROM sync_jobs WHERE status = 'completed') AND EXISTS (SELECT FROM provider_users WHERE watch_expires_at IS NOT NULL)
            """);

        using var sandbox = new SandboxControl(run);
        await sandbox.DeliverAsync(Address, Mail("new", "Offer for the roof", "Could you send me the offer for the roof by Friday? And which tiles do you recommend?"));

        await run.UntilAsync("the new mail has its draft", "SELECT EXISTS (SELECT FROM replies r JOIN emails e ON e.id = r.mail_id WHERE e.subject = 'Offer for the roof' AND r.state = 'created')");
        Assert.Equal(["done", "done"], await run.ColumnAsync<string>("SELECT state FROM ledger ORDER BY id"));
        var drafts = await sandbox.DraftsAsync(Address);
        Assert.Single(drafts.Drafts);
    }

    private static string Mail(string id, string subject, string text) => $"""
        From: Lena Sommer <lena@example.org>
        To: {Address}
        Subject: {subject}
        Date: {TimeProvider.System.GetUtcNow():R}
        Message-ID: <{id}@example.org>
        Content-Type: text/plain; charset=utf-8

        Hello,

        {text}

        Lena

        """.ReplaceLineEndings("\r\n");
}
