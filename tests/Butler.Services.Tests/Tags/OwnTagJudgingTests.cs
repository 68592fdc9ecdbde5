using System.Text.Json;
using Butler.Classifier;
using Butler.Data;
using Butler.Intelligence;
using Butler.Messaging;
using Butler.ServiceDefaults;
using Butler.Services.Tests.Hosting;
using Butler.Services.Tests.Judging;
using Butler.Services.Tests.Responder;
using Microsoft.Extensions.DependencyInjection;

namespace Butler.Services.Tests.Tags;

/// <summary>Own tags through whole systems: new mail, mail that was here before, the chat model.</summary>
public sealed class OwnTagJudgingTests : JudgingSystems
{
    [Fact]
    public async Task Put_ChangedAndDeleted_MailHereAndNewMailFollow()
    {
        var system = await StartAsync(settings: TestSystem.PushSettings);
        await RunAsync(system, [.. TestMail.Many(Owner, 3, TimeSpan.FromHours(1)), TestMail.Plain(Owner, 20, TimeSpan.FromHours(9), "The movers come on Monday.")]);
        await QuietAsync(system);
        var closed = await system.CountAsync("SELECT count(*) FROM email_tags");
        await system.ExecuteAsync("""
            INSERT INTO transactions (id, mail_id, line, provider_user_id, state, amount, currency, direction, source, happened_on, day_said, merchant, account_tail, reference, checked, doubts, tags, spans)
            SELECT gen_random_uuid(), id, 1, provider_user_id, 'booked', 12.5, 'EUR', 'out', 'alert', '2026-01-01', true, 'm', '', '', false, '{}', '{}', '{}' FROM emails WHERE new_text LIKE '%movers%'
            """);

        await PutAsync(system, "house", new() { Words = ["movers"] });
        await QuietAsync(system);
        Assert.Equal(1, await system.CountAsync("SELECT count(*) FROM email_tags t JOIN emails e ON e.id = t.mail_id AND e.expires_at = t.expires_at WHERE tag = 'house' AND new_text LIKE '%movers%'"));
        Assert.Equal(1, await system.CountAsync("SELECT count(*) FROM transactions WHERE 'house' = ANY (tags)"));

        Mailbox(system).Deliver(TestMail.Plain(Owner, 50, TimeSpan.Zero, "Will the movers be on time?"));
        await system.UntilAsync("SELECT count(*) = 2 FROM email_tags WHERE tag = 'house'", Patience, "the new mail bears it");

        await PutAsync(system, "house", new() { From = ["example.org"], Words = ["on time"] });
        await QuietAsync(system);
        Assert.Equal("Will the movers be on time?", ((string)(await system.ScalarAsync("SELECT string_agg(e.new_text, '|') FROM email_tags t JOIN emails e ON e.id = t.mail_id WHERE tag = 'house'"))!).Trim());
        Assert.Equal(0, await system.CountAsync("SELECT count(*) FROM transactions WHERE 'house' = ANY (tags)"));

        Assert.True(await TagCommands.DeleteAsync(new(system.DataSource), await UserAsync(system), "house", Guid.CreateVersion7(), default));
        await QuietAsync(system);
        Assert.Equal(0, await system.CountAsync("SELECT count(*) FROM email_tags WHERE tag = 'house'"));
        Assert.True(await system.CountAsync("SELECT count(*) FROM email_tags") >= closed);
        Assert.Equal(0, await system.CountAsync("SELECT count(*) FROM failed_tasks"));
    }

    [Fact]
    public async Task Judge_ByAChatModel_GetsTheOwnersTagsAndGivesNoOthers()
    {
        var system = await StartJudgingAsync();
        var answer = JsonSerializer.Serialize(new Dictionary<string, object>
        {
            ["category"] = "informational", ["confidence"] = 0.9, ["reason"] = "r", ["summary"] = "s", ["tags"] = new[] { "boilers", "garden", "work" },
        });
        // Answered so only where the prompt tells what the tag means.
        Answers(system).Add(new(answer, Marker: "- boilers: about the heating of the house", Count: null));
        system.State.AddAccount(Owner, TestMail.Many(Owner, 2, TimeSpan.FromHours(1)));
        await system.StartPushedIngestAsync();
        await system.UntilAsync("SELECT count(*) = 1 FROM provider_users", Patience, "the account is there");
        await PutAsync(system, "boilers", TagRule.None, "about the heating of the house");
        await PutAsync(system, "figures", new() { Words = ["figures"] });
        await StartClassifierAsync(system);
        await system.StartResponderAsync();
        await system.UntilAsync("SELECT count(*) = 2 FROM verdicts WHERE revision = 2", Patience, "both are judged by the model");
        await QuietAsync(system);

        Assert.Equal("boilers,figures,work", await system.ScalarAsync("SELECT string_agg(DISTINCT tag, ',' ORDER BY tag) FROM email_tags"));
        Assert.Equal(6, await system.CountAsync("SELECT count(*) FROM email_tags"));

        // A rule that does not fit takes nothing from a mail that the model gave the tag.
        await PutAsync(system, "boilers", new() { Words = ["nothing of it"] }, "about the heating of the house");
        await QuietAsync(system);
        Assert.Equal(2, await system.CountAsync("SELECT count(*) FROM email_tags WHERE tag = 'boilers'"));
    }

    [Fact]
    public async Task Put_WhileABatchIsJudged_ItsMailHasTheNewTag()
    {
        var system = await StartAsync(settings: TestSystem.PushSettings);
        var (judged, changed) = (0, new TaskCompletionSource());
        var points = new Points(async name =>
        {
            // The batch is judged and not written: the tag is made, and the pass over mail that is here comes to its end.
            if (name == "triage: after judging" && Interlocked.Increment(ref judged) == 1)
            {
                await PutAsync(system, "house", new() { Words = ["movers"] });
                await system.UntilAsync("SELECT count(*) = 0 FROM outbox WHERE kind = 'TagMails'", Patience, "the pass is over");
                changed.SetResult();
            }
        });
        system.State.AddAccount(Owner, [TestMail.Plain(Owner, 20, TimeSpan.FromHours(9), "The movers come on Monday.")]);
        await system.StartPushedIngestAsync();
        await system.StartAsync(
            b =>
            {
                b.AddClassifier();
                b.Services.AddSingleton<IFaultPoints>(points);
            },
            app => app.MapDefaultEndpoints());
        await system.UntilAsync("SELECT count(*) = 1 FROM sync_jobs WHERE status = 'completed'", Patience, "the import completes");

        Assert.True(changed.Task.IsCompletedSuccessfully);
        Assert.Equal(1, await system.CountAsync("SELECT count(*) FROM email_tags WHERE tag = 'house'"));
        Assert.Equal(1, await system.CountAsync("SELECT count(*) FROM verdicts"));
    }

    private static async Task PutAsync(TestSystem system, string name, TagRule rule, string description = "d") =>
        await TagCommands.PutAsync(new Database(system.DataSource), await UserAsync(system), name, description, TagDraft.Check(name, description, rule).Tag!.Rule.ToJson(), Guid.CreateVersion7(), default);

    private static async Task<Guid> UserAsync(TestSystem system) => (Guid)(await system.ScalarAsync("SELECT app_user_id FROM provider_users LIMIT 1"))!;
}
