using Butler.EndToEnd.Tests.Privacy;
using Butler.EndToEnd.Tests.Running;
using Xunit.Abstractions;

namespace Butler.EndToEnd.Tests.Chat;

/// <summary>An import during which one chat provider dies, then the other too, and both return.</summary>
public sealed class OutageTests(ITestOutputHelper output)
{
    private const string First = "sandbox-openai";
    private const string Second = "sandbox-anthropic";

    /// <summary>How many calls each answers before it dies: together fewer than there are mails.</summary>
    private const int FirstAnswers = 10;
    private const int SecondAnswers = 20;

    private static readonly Dictionary<string, string> s_settings = new()
    {
        ["Butler__Chat__Sandbox"] = "true",
        // Quick breakers, and nobody waits long for a provider that returned.
        ["Butler__Chat__Break"] = "00:00:00.5",
        ["Butler__Chat__MaxBreak"] = "00:00:01",
        ["Butler__Judging__Look"] = "00:00:00.1",
        ["Butler__Judging__Rest"] = "00:00:00.5",
        // A draft waits for the final verdict at most this long: some go out by the local one, and must not be doubled by the later.
        ["Butler__Judging__DraftWait"] = "00:00:03",
        ["Butler__Messaging__DelayScale"] = "0.02",
        // No local verdict is sure enough: every mail is asked about.
        ["Butler__Judging__SureNeedsReply"] = "1",
        ["Butler__Judging__SureInformational"] = "1",
        ["Butler__Judging__SureSpam"] = "1",
        ["Sandbox__Models__Faults__0__Endpoint"] = "openai",
        ["Sandbox__Models__Faults__0__Kind"] = "Dead",
        ["Sandbox__Models__Faults__0__Skip"] = FirstAnswers.ToString(System.Globalization.CultureInfo.InvariantCulture),
        ["Sandbox__Models__Faults__1__Endpoint"] = "anthropic",
        ["Sandbox__Models__Faults__1__Kind"] = "Overloaded",
        ["Sandbox__Models__Faults__1__Skip"] = SecondAnswers.ToString(System.Globalization.CultureInfo.InvariantCulture),
    };

    [Fact]
    public async Task Import_ProvidersDieAndReturn_EveryMailHasAVerdictAndIsJudgedAgain()
    {
        var watch = System.Diagnostics.Stopwatch.StartNew();
        await using var run = await ButlerRun.StartAsync(new() { Environment = s_settings });
        using var sandbox = new SandboxControl(run);
        output.WriteLine($"{watch.Elapsed.TotalSeconds:F1} s: Butler runs");

        // The first answers and dies, the second takes over and dies; the import does not notice.
        await run.UntilAsync("the import is over", "SELECT count(*) = 1 AND bool_and(status = 'completed' AND progress = 100) FROM sync_jobs");
        await run.UntilAsync("both breakers are open", """
            SELECT count(*) = 2 AND bool_and(breaker <> 'closed') FROM chat_providers WHERE updated_at > now() - interval '1 minute'
            """);
        output.WriteLine($"{watch.Elapsed.TotalSeconds:F1} s: imported, both providers are away");
        await AnsweredAsync(First, FirstAnswers);
        await AnsweredAsync(Second, SecondAnswers);
        var mails = await run.ScalarAsync<long>("SELECT count(*) FROM ledger WHERE state = 'done'");
        var open = await run.ScalarAsync<long>("SELECT count(*) FROM open_judgings");
        Assert.Equal(0, await run.ScalarAsync<long>("SELECT count(*) FROM ledger l WHERE state = 'done' AND NOT EXISTS (SELECT FROM verdicts v WHERE v.mail_id = l.id)"));
        Assert.InRange(open, 1, mails - FirstAnswers - SecondAnswers);
        await ShownAsync(run, "open");

        // New mail meanwhile has its local verdict, and no provider holds it up.
        await NewMail.DeliverAsync(sandbox, SharedButler.OwnerAddress, 1);
        await run.UntilAsync("the new mail has a verdict", """
            SELECT EXISTS (SELECT FROM verdicts v JOIN emails e ON e.id = v.mail_id WHERE e.subject LIKE 'Garden news number %' AND v.provisional)
            """);
        output.WriteLine($"{watch.Elapsed.TotalSeconds:F1} s: new mail is judged locally; {open} of {mails} mails wait");

        await sandbox.ClearModelFaultsAsync();
        await run.UntilAsync("every mail is judged", "SELECT NOT EXISTS (SELECT FROM open_judgings) AND NOT EXISTS (SELECT FROM outbox)");
        output.WriteLine($"{watch.Elapsed.TotalSeconds:F1} s: judged again");
        await run.UntilAsync("the breakers are closed", "SELECT count(*) = 2 AND bool_or(breaker = 'closed') FROM chat_providers");
        await ShownAsync(run, "closed");
        Assert.Equal(0, await run.ScalarAsync<long>("""
            SELECT count(*) FROM ledger l CROSS JOIN LATERAL (SELECT provisional, model_used FROM verdicts v WHERE v.mail_id = l.id ORDER BY revision DESC LIMIT 1) v
            WHERE l.state = 'done' AND (v.provisional OR v.model_used <> 'butler-sandbox')
            """));
        Assert.Equal(0, await run.ScalarAsync<long>("SELECT count(*) FROM failed_tasks"));

        // One draft per mail that has one, whatever was judged twice.
        await run.UntilAsync("all replies are settled", "SELECT NOT EXISTS (SELECT FROM replies WHERE state IN ('intended', 'sending')) AND NOT EXISTS (SELECT FROM outbox)");
        var drafts = await sandbox.DraftsAsync(SharedButler.OwnerAddress);
        var known = await run.ColumnAsync<string>("SELECT draft_id FROM replies WHERE draft_id IS NOT NULL");
        Assert.Equal(known.Order(), drafts.History.Where(d => d.Kind == "created").Select(d => d.DraftId).Order());
        Assert.Equal(known.Count, known.Distinct().Count());
        await LogPrivacy.AssertCleanAsync(run);

        Task AnsweredAsync(string provider, int count) =>
            run.UntilAsync($"{provider} has answered {count} times", $"SELECT COALESCE(sum(calls - failed), 0) = {count} FROM chat_usage WHERE provider = '{provider}'");
    }

    /// <summary>Waits until the Classifier's metrics, the admins' page and the API name a provider whose breaker is in this state.</summary>
    private static async Task ShownAsync(ButlerRun run, string state)
    {
        using var client = run.Client(new Uri(run.Variables["services__classifier__http__0"]));
        await run.UntilAsync($"metrics show a breaker that is {state}", async () =>
            (await client.GetStringAsync("api/metrics")).Split('\n').Any(l => l.StartsWith("llm_breaker_state{", StringComparison.Ordinal)
                && l.Contains($"state=\"{state}\"", StringComparison.Ordinal) && l.EndsWith(" 1", StringComparison.Ordinal)));
        using var progress = run.Client(run.Progress);
        await run.UntilAsync($"the page shows a breaker that is {state}", async () =>
            (await progress.GetStringAsync("models")) is var page && page.Contains(First, StringComparison.Ordinal) && page.Contains(Second, StringComparison.Ordinal)
                && page.Contains($"Circuit breaker {state}", StringComparison.Ordinal));
        await run.UntilAsync($"the API names a breaker that is {state}", async () =>
            (await progress.GetStringAsync("api/v1/chat")).Contains($"\"breaker\":\"{state}\"", StringComparison.Ordinal));
    }
}
