using Butler.Sandbox.Models;
using Butler.Services.Tests.Hosting;

namespace Butler.Services.Tests.Judging;

/// <summary>Providers that fail under a running system: no mail lost, no verdict missing, no draft doubled, and intake does not notice.</summary>
public sealed class ModelOutageTests : JudgingSystems
{
    [Theory]
    [InlineData(ModelFaultKind.Dead)]
    [InlineData(ModelFaultKind.RateLimited)]
    [InlineData(ModelFaultKind.Prose)]
    public async Task Primary_Fails_TheSecondJudges(ModelFaultKind kind)
    {
        var system = await StartJudgingAsync();
        Faults(system).Set(new("openai", kind, Seconds: 1));
        var classifier = await RunAsync(system, [TestMail.Plain(Owner, 70, TimeSpan.FromHours(1), TestMail.Question), .. TestMail.Many(Owner, 5, TimeSpan.FromHours(1))]);
        await JudgedAsync(system);
        await QuietAsync(system);

        await NothingLostAsync(system);
        Assert.Equal(6, await system.CountAsync("SELECT count(*) FROM verdicts WHERE revision = 2 AND model_used = 'claude-haiku-4-5' AND record->>'provider' = 'anthropic'"));
        Assert.Equal(1, await system.CountAsync("SELECT count(*) FROM replies WHERE state = 'created'"));
        Assert.Contains("llm_fallback_total{from=\"openai\",reason=\"", await GetAsync(classifier, "api/metrics"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Primary_OutOfCredit_AdminsAreToldOnceAndHealthIsDegraded()
    {
        var system = await StartJudgingAsync(("Butler:Chat:BlockedFor", "00:30:00"));
        Faults(system).Set(new("openai", ModelFaultKind.OutOfCredit));
        var classifier = await RunAsync(system, TestMail.Many(Owner, 8, TimeSpan.FromHours(1)));
        await JudgedAsync(system);
        await system.UntilAsync("SELECT count(*) = 1 FROM chat_alerts WHERE provider = 'openai' AND reason = 'out_of_credit'", Patience, "the alert is raised");

        await NothingLostAsync(system);
        Assert.Equal(1, await system.CountAsync("SELECT count(*) FROM user_events e JOIN app_users u ON u.id = e.app_user_id WHERE e.kind = 'chat_blocked' AND u.role = 'admin'"));
        Assert.InRange(Stats(system).Of("openai").Calls, 1, 8); // Those that were under way together; not one per mail and retry.
        Assert.Contains("\"chat\":\"degraded\"", await GetAsync(classifier, "health"), StringComparison.Ordinal);
        var metrics = await GetAsync(classifier, "api/metrics");
        Assert.Contains("llm_provider_blocked{provider=\"openai\"} 1", metrics, StringComparison.Ordinal);
        Assert.Contains("llm_provider_blocked{provider=\"anthropic\"} 0", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Both_DeadForAnHourOfProbes_NothingIsLostAndOnlyChangedResultsAct()
    {
        // What was tried to its end while both were away rests, but not after one is back.
        var system = await StartJudgingAsync(("Butler:Judging:Rest", "01:00:00"));
        Faults(system).Set(new("openai", ModelFaultKind.Dead));
        Faults(system).Set(new("anthropic", ModelFaultKind.Overloaded));
        var classifier = await RunAsync(system, [TestMail.Plain(Owner, 70, TimeSpan.FromHours(1), TestMail.Question), .. TestMail.Many(Owner, 10, TimeSpan.FromHours(1))]);

        // Intake does not notice: new mail comes to its verdict, and its draft is made after the wait, from the local verdict.
        var live = Mailbox(system).Deliver(TestMail.Plain(Owner, 80, TimeSpan.Zero, TestMail.Question, subject: "Another question"));
        await system.UntilAsync("SELECT count(*) = 12 FROM ledger WHERE state = 'done'", Patience, "every mail has a verdict");
        await system.UntilAsync("SELECT count(*) = 2 FROM replies WHERE state = 'created'", Patience, "the drafts of the local verdicts are made");
        Assert.Equal(12, await system.CountAsync("SELECT count(*) FROM verdicts WHERE provisional"));
        Assert.Equal(12, await system.CountAsync("SELECT count(*) FROM open_judgings"));
        await system.UntilAsync("SELECT count(*) = 2 FROM chat_providers WHERE breaker = 'open' AND not_before > updated_at", Patience, "both breakers are open");
        Assert.Contains("llm_breaker_state{provider=\"openai\",state=\"", await GetAsync(classifier, "api/metrics"), StringComparison.Ordinal);
        Assert.Contains("\"chat\":\"degraded\"", await GetAsync(classifier, "health"), StringComparison.Ordinal);

        // An hour of breaks: with the breaker's times scaled by 375, its twelve probes after the first minutes take some ten seconds.
        var probes = Stats(system).Of("openai").Calls + 8;
        await system.UntilAsync(() => Stats(system).Of("openai").Calls >= probes, Patience, "a provider is probed without new mail");
        Assert.Equal(12, await system.CountAsync("SELECT count(*) FROM verdicts"));

        // All but one were tried to their end; that one is the probe.
        Assert.Equal(11L, await system.ScalarAsync("""
            WITH rest AS (UPDATE open_judgings SET not_before = now() + interval '50 minutes' WHERE mail_id <> (SELECT mail_id FROM open_judgings ORDER BY mail_id LIMIT 1) RETURNING 1)
            SELECT count(*) FROM rest
            """));

        // One returns: what was sorted otherwise gets its draft, nothing else happens twice.
        Answers(system).Add(new(Answer("needs_reply"), Marker: "figures 00004", Count: null));
        Answers(system).Add(new(Answer("informational"), Marker: "Another question", Count: null));
        Faults(system).Clear("anthropic");
        await JudgedAsync(system);
        await QuietAsync(system);

        await NothingLostAsync(system);
        Assert.Equal(12, await system.CountAsync("SELECT count(*) FROM verdicts WHERE revision = 2 AND record->>'provider' = 'anthropic'"));
        Assert.Equal(3, await system.CountAsync("SELECT count(*) FROM replies WHERE state = 'created'"));
        Assert.Contains(Mailbox(system).Drafts, d => d.Mail.ThreadId == live.ThreadId); // It is the owner's now.
        await system.UntilAsync("SELECT count(*) = 1 FROM chat_providers WHERE name = 'anthropic' AND breaker = 'closed' AND last_fault IS NULL", Patience, "its breaker is closed");
    }

    [Fact]
    public async Task Classifier_StopsInTheMiddle_TheNextOneGoesOn()
    {
        var system = await StartJudgingAsync();
        Faults(system).Set(new("*", ModelFaultKind.Hang, Count: 6));
        var classifier = await RunAsync(system, [TestMail.Plain(Owner, 70, TimeSpan.FromHours(1), TestMail.Question), .. TestMail.Many(Owner, 5, TimeSpan.FromHours(1))]);
        await system.UntilAsync(() => Stats(system).Of("openai").Open > 0, Patience, "calls are under way");
        await system.StopAsync(classifier);

        await StartClassifierAsync(system);
        await JudgedAsync(system);
        await QuietAsync(system);

        await NothingLostAsync(system);
        Assert.Equal(6, await system.CountAsync("SELECT count(*) FROM verdicts WHERE revision = 2 AND record->>'by' = 'chat'"));
    }
}
