using Butler.Responder;
using Butler.Sandbox.Faults;
using Butler.Sandbox.State;
using Butler.Services.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Butler.Services.Tests.Live;

/// <summary>From a mail that arrives in the sandbox to its triage and draft, over a signed push.</summary>
public sealed class LiveFlowTests
{
    [Fact]
    public async Task Push_NewMailThatAsks_IsTriagedAndDrafted()
    {
        await using var system = await LiveMails.StartAsync();
        await system.StartAsync(b => b.AddResponder(), _ => { });

        var mail = system.Mailbox().Deliver(LiveMails.Question("Thursday?"));

        await system.UntilStateAsync(mail.Id, "done");
        await system.UntilAsync($"SELECT count(*) = 1 FROM replies r JOIN ledger l ON l.id = r.mail_id WHERE l.provider_message_id = '{mail.Id}' AND r.state = 'created'", LiveMails.Patience, "a draft is created");
        Assert.Equal(1, await system.CountAsync($"SELECT lane FROM ledger WHERE provider_message_id = '{mail.Id}'"));
        Assert.Single(system.Mailbox().Drafts, d => d.Mail.ThreadId == mail.ThreadId);

        // The draft itself is a change of the mailbox, and must not become a mail.
        await system.UntilAsync("SELECT count(*) = 0 FROM outbox", LiveMails.Patience, "nothing is left to do");
        Assert.Equal(0, await system.CountAsync("SELECT count(*) FROM ledger_open"));
        Assert.Equal(2, await system.CountAsync("SELECT count(*) FROM ledger"));
    }

    [Fact]
    public async Task Push_OwnerAnswersFirst_NoDraft()
    {
        await using var system = await LiveMails.StartAsync();
        var mail = system.Mailbox().Deliver(LiveMails.Question("Friday?"));
        await system.UntilStateAsync(mail.Id, "done");
        system.Mailbox().Deliver(LiveMails.Question("Re: Friday?", from: $"Owner <{LiveMails.Owner}>", to: "nora@example.org", inReplyTo: MessageId(mail)));
        await system.UntilAsync("SELECT count(*) = 1 FROM ledger WHERE state = 'skipped' AND reason = 'sent'", LiveMails.Patience, "the answer is seen");

        await system.StartAsync(b => b.AddResponder(), _ => { });

        await system.UntilAsync("SELECT count(*) = 0 FROM outbox", LiveMails.Patience, "nothing is left to do");
        Assert.DoesNotContain(system.Mailbox().DraftHistory, e => e.ThreadId == mail.ThreadId);
    }

    [Fact]
    public async Task Push_DuplicatedReorderedDelayed_EachMailOnceAndCursorNeverBack()
    {
        await using var system = await LiveMails.StartAsync(sandbox: o => o.Faults.PushLateBy = TimeSpan.FromMilliseconds(300));
        var faults = system.Sandbox.Services.GetRequiredService<SandboxFaults>();
        await WatchCursorAsync(system);
        foreach (var kind in new[] { FaultKind.Duplicate, FaultKind.Reorder, FaultKind.Delay, FaultKind.Duplicate, FaultKind.Reorder })
        {
            faults.Set(new PlainFault("push", kind, Count: 1));
        }

        for (var i = 0; i < 12; i++)
        {
            system.Mailbox().Deliver(LiveMails.Question($"Question {i}"));
        }

        await system.UntilAsync("SELECT count(*) = 13 FROM ledger WHERE state = 'done'", LiveMails.Patience, "all mails are done");
        await system.UntilAsync("SELECT count(*) = 0 FROM outbox WHERE kind <> 'DraftReply'", LiveMails.Patience, "nothing is left to do");
        Assert.Equal(13, await system.CountAsync("SELECT count(*) FROM ledger"));
        Assert.Equal(13, await system.CountAsync("SELECT count(*) FROM verdicts"));
        Assert.Equal(0, await system.CountAsync("SELECT count(*) FROM went_back"));
        Assert.Equal(0, await system.CountAsync("SELECT count(*) FROM failed_tasks"));
    }

    [Fact]
    public async Task Push_Deleted_BecomesGoneBeforeAndAfterTheFetch()
    {
        await using var system = await LiveMails.StartAsync();
        var faults = system.Sandbox.Services.GetRequiredService<SandboxFaults>();
        var read = system.Mailbox().Deliver(LiveMails.Question("To be deleted"));
        await system.UntilStateAsync(read.Id, "done");

        Assert.True(system.Mailbox().Delete(read.Id));
        faults.Set(new PlainFault("messages.get", FaultKind.Vanish, Count: 1));
        var unread = system.Mailbox().Deliver(LiveMails.Question("Deleted between list and get"));

        await system.UntilStateAsync(read.Id, "gone");
        await system.UntilStateAsync(unread.Id, "gone");
        Assert.Equal(1, await system.CountAsync("SELECT count(*) FROM mail_state WHERE deleted_at IS NOT NULL"));
    }

    [Fact]
    public async Task Push_Labels_AreApplied()
    {
        await using var system = await LiveMails.StartAsync();
        var mail = system.Mailbox().Deliver(LiveMails.Question("Labels"));
        await system.UntilStateAsync(mail.Id, "done");

        await GmailAsync(system, $"messages/{mail.Id}/modify", """{"addLabelIds":["STARRED","IMPORTANT"],"removeLabelIds":["UNREAD"]}""");
        await GmailAsync(system, $"messages/{mail.Id}/modify", """{"removeLabelIds":["IMPORTANT"]}""");

        await system.UntilAsync(
            $"SELECT s.labels @> '{{INBOX,STARRED}}' AND NOT s.labels && '{{UNREAD,IMPORTANT}}' FROM mail_state s JOIN ledger l USING (id) WHERE l.provider_message_id = '{mail.Id}'",
            LiveMails.Patience, "the labels are as Gmail has them");
    }

    [Fact]
    public async Task Push_SpamAndDrafts_HaveNoRowUntilRescued()
    {
        await using var system = await LiveMails.StartAsync();
        var spam = system.Mailbox().Deliver(LiveMails.Question("Buy"), ["SPAM"]);
        system.Mailbox().CreateDraft(LiveMails.Question("A draft of the owner"));
        var mail = system.Mailbox().Deliver(LiveMails.Question("After them"));
        await system.UntilStateAsync(mail.Id, "done");
        Assert.Equal(2, await system.CountAsync("SELECT count(*) FROM ledger"));

        await GmailAsync(system, $"messages/{spam.Id}/modify", """{"addLabelIds":["INBOX"],"removeLabelIds":["SPAM"]}""");

        await system.UntilStateAsync(spam.Id, "done");
    }

    /// <summary>A trigger that notes every backward step of a cursor.</summary>
    internal static Task WatchCursorAsync(TestSystem system) => system.ExecuteAsync("""
        CREATE TABLE went_back (old bigint, new bigint);
        CREATE FUNCTION note_back() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO went_back VALUES (OLD.history_id, NEW.history_id); RETURN NULL; END $$;
        CREATE TRIGGER note_back AFTER UPDATE ON provider_users FOR EACH ROW WHEN (NEW.history_id < OLD.history_id OR NEW.history_id IS NULL) EXECUTE FUNCTION note_back();
        """);

    internal static async Task GmailAsync(TestSystem system, string path, string json)
    {
        using var http = new HttpClient { BaseAddress = new Uri(TestSystem.Address(system.Sandbox)) };
        using var form = new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["client_id"] = "test", ["client_secret"] = "test", ["grant_type"] = "refresh_token", ["refresh_token"] = system.Mailbox().RefreshToken,
        });
        using var token = await http.PostAsync("token", form);
        using var answer = System.Text.Json.JsonDocument.Parse(await token.Content.ReadAsStringAsync());
        using var request = new HttpRequestMessage(HttpMethod.Post, "gmail/v1/users/me/" + path) { Content = new StringContent(json, System.Text.Encoding.UTF8, "application/json") };
        request.Headers.Authorization = new("Bearer", answer.RootElement.GetProperty("access_token").GetString());
        using var response = await http.SendAsync(request);
        response.EnsureSuccessStatusCode();
    }

    private static string MessageId(SandboxMail mail) => Butler.Mail.MimeMessage.Parse(mail.Raw()).MessageId!;
}
