using System.Text;
using System.Text.Json;
using Butler.Sandbox.Models;
using Butler.Services.Tests.Hosting;
using StackExchange.Redis;

namespace Butler.Services.Tests.Judging;

/// <summary>The final verdict of a chat model: revision, record, usage, drafts, cache, budgets.</summary>
public sealed class JudgingTests : JudgingSystems
{
    [Fact]
    public async Task Judge_UnsureMail_GetsTheModelsVerdictWithItsRecordAndOneDraft()
    {
        var system = await StartJudgingAsync();
        const string Summary = "Anna asks Olivia for the report of the boilers.";
        Answers(system).Add(new(Answer("needs_reply", Summary), Marker: "figures 00003"));
        await RunAsync(system, TestMail.Many(Owner, 5, TimeSpan.FromHours(1)));
        var asked = Mailbox(system).Deliver(TestMail.Plain(Owner, 50, TimeSpan.Zero, TestMail.Question));
        await system.UntilAsync("SELECT count(*) = 6 FROM ledger WHERE state = 'done'", Patience, "the new mail has a verdict");
        await JudgedAsync(system);
        await QuietAsync(system);

        await NothingLostAsync(system);
        Assert.Equal(6, await system.CountAsync("SELECT count(*) FROM verdicts WHERE revision = 1 AND provisional AND model_used LIKE 'butler-%'"));
        Assert.Equal(6, await system.CountAsync("SELECT count(*) FROM verdicts WHERE revision = 2 AND NOT provisional AND model_used = 'gpt-5.4-mini' AND tokens_used > 0"));
        Assert.Equal(6, await system.CountAsync("SELECT processed + 1 FROM sync_jobs"));

        // The one that the model found to ask, and the new one: a draft each.
        Assert.Equal(2, await system.CountAsync("SELECT count(*) FROM replies WHERE state = 'created'"));
        Assert.Contains(Mailbox(system).Drafts, d => d.Mail.ThreadId == asked.ThreadId);
        Assert.Equal(1, await system.CountAsync($"SELECT count(*) FROM verdicts v JOIN email_tags t USING (mail_id) WHERE v.revision = 2 AND v.summary = '{Summary}' AND t.tag = 'work'"));

        // The record explains it, and holds what a replay needs.
        var record = JsonDocument.Parse((string)(await system.ScalarAsync($"SELECT record::text FROM verdicts WHERE revision = 2 AND summary = '{Summary}'"))!).RootElement;
        Assert.Equal("chat", record.GetProperty("by").GetString());
        Assert.Equal("openai", record.GetProperty("provider").GetString());
        Assert.StartsWith("Triage/Judge@", record.GetProperty("prompt").GetString(), StringComparison.Ordinal);
        Assert.Equal(Summary, record.GetProperty("answer").GetProperty("summary").GetString());
        Assert.True(record.GetProperty("input_tokens").GetInt64() > 0 && record.GetProperty("cost").GetDecimal() > 0 && record.GetProperty("latency_ms").GetInt64() >= 0);
        Assert.Equal("informational", record.GetProperty("local").GetProperty("category").GetString());
        Assert.True(record.GetProperty("features").GetArrayLength() > 0);
        Assert.Equal(6, await system.CountAsync("SELECT count(*) FROM verdicts WHERE revision = 1 AND record->>'by' = 'local' AND jsonb_array_length(record->'features') > 0"));

        // What was used is what the endpoint counted.
        var figures = Stats(system).Of("openai");
        Assert.Equal(figures.InputTokens + figures.OutputTokens, await system.CountAsync("SELECT sum(input_tokens + output_tokens) FROM chat_usage WHERE calls = 6 AND failed = 0 AND cost > 0"));
        Assert.Equal(0, Stats(system).Of("anthropic").Calls);
        await system.UntilAsync("SELECT count(*) = 2 FROM chat_providers WHERE breaker = 'closed' AND blocked IS NULL", Patience, "the providers are reported");
    }

    [Fact]
    public async Task Judge_Answers_LieSealedInRedisAndGoWithTheAccount()
    {
        var system = await StartJudgingAsync();
        const string Summary = "Somebody wants to know about the boilers in the cellar.";
        Answers(system).Add(new(Answer("informational", Summary), Count: null));
        await RunAsync(system, TestMail.Many(Owner, 3, TimeSpan.FromHours(1)));
        await JudgedAsync(system);

        using var redis = await ConnectionMultiplexer.ConnectAsync(system.RedisConnection);
        var keys = redis.GetServer(redis.GetEndPoints()[0]).Keys(redis.GetDatabase().Database, "butler:chat:*").ToList();
        Assert.Equal(3, keys.Count);
        foreach (var key in keys)
        {
            var value = (byte[])(await redis.GetDatabase().StringGetAsync(key))!;
            var text = Encoding.Latin1.GetString(value) + (string)key!;
            Assert.DoesNotContain("boilers", text, StringComparison.Ordinal);
            Assert.DoesNotContain("informational", text, StringComparison.Ordinal);
            Assert.DoesNotContain("gpt", text, StringComparison.Ordinal);
            Assert.Empty(system.PrivateText().FindEncodedIn(text));
            Assert.True(await redis.GetDatabase().KeyTimeToLiveAsync(key) < TimeSpan.FromDays(1.1));
        }

        // Asked again, nobody is paid again.
        var calls = Stats(system).Of("openai").Calls;
        await AgainAsync();
        Assert.Equal(calls, Stats(system).Of("openai").Calls);
        Assert.Equal(3, await system.CountAsync($"SELECT count(*) FROM verdicts WHERE revision = 3 AND summary = '{Summary}' AND (record->>'cached')::bool AND record->>'cost' = '0'"));

        // Without the salt, which goes with the account's data, nothing in Redis can be found or opened.
        await system.ExecuteAsync("DELETE FROM chat_salts");
        await AgainAsync();
        Assert.Equal(calls + 3, Stats(system).Of("openai").Calls);

        async Task AgainAsync()
        {
            await system.ExecuteAsync("INSERT INTO open_judgings (mail_id, provider_user_id, lane, received_at, correlation_id) SELECT id, provider_user_id, 0, received_at, correlation_id FROM ledger");
            await JudgedAsync(system);
        }
    }

    [Fact]
    public async Task Judge_BudgetUsedUp_OthersKeepTheirProvisionalVerdictUnasked()
    {
        var system = await StartJudgingAsync(("Butler:Chat:TokensPerUserAndDay", "1"), ("Butler:Judging:Window", "1"), ("Butler:Messaging:ModelWorkers", "1"));
        await RunAsync(system, TestMail.Many(Owner, 8, TimeSpan.FromHours(1)));
        await system.UntilAsync("SELECT count(*) = 7 FROM open_judgings WHERE sent_at IS NULL AND not_before > now()", Patience, "seven wait for the next day");

        Assert.Equal(1, Stats(system).Of("openai").Calls);
        Assert.Equal(8, await system.CountAsync("SELECT count(*) FROM ledger WHERE state = 'done'"));
        Assert.Equal(1, await system.CountAsync("SELECT count(*) FROM verdicts WHERE revision = 2"));
        await QuietAsync(system);
    }

    [Fact]
    public async Task Judge_NoProvider_NothingIsProvisional()
    {
        var system = await StartJudgingAsync();
        for (var i = 0; i < 2; i++)
        {
            foreach (var name in (string[])["Kind", "Model", "BaseAddress", "Key", "InputPrice", "OutputPrice"])
            {
                system.Set($"Butler:Chat:Providers:{i}:{name}", null);
            }
        }

        await RunAsync(system, [TestMail.Plain(Owner, 1, TimeSpan.FromHours(1), TestMail.Question), .. TestMail.Many(Owner, 3, TimeSpan.FromHours(1))]);
        await QuietAsync(system);

        Assert.Equal(4, await system.CountAsync("SELECT count(*) FROM verdicts WHERE revision = 1 AND NOT provisional AND record IS NOT NULL"));
        Assert.Equal(4, await system.CountAsync("SELECT count(*) FROM verdicts"));
        Assert.Equal(0, await system.CountAsync("SELECT (SELECT count(*) FROM open_judgings) + (SELECT count(*) FROM chat_providers) + (SELECT count(*) FROM chat_usage)"));
        Assert.Equal(1, await system.CountAsync("SELECT count(*) FROM replies WHERE state = 'created'"));
    }

    [Fact]
    public async Task Process_UnsureMailJudgedAgain_TheTaskEndsWithTheModelsVerdict()
    {
        var system = await StartJudgingAsync(("Butler:Judging:DraftWait", "00:10:00"));
        await RunAsync(system, [TestMail.Plain(Owner, 1, TimeSpan.FromHours(1), TestMail.Question)]);
        await JudgedAsync(system);
        await system.UntilAsync("SELECT count(*) = 1 FROM replies WHERE state = 'created'", Patience, "its draft is made");
        var task = Guid.CreateVersion7();
        Answers(system).Add(new(Answer("needs_reply", "Anna still waits."), Count: null));
        await system.ExecuteAsync("DELETE FROM chat_salts"); // Nothing from the cache.
        await system.ExecuteAsync($"""
            INSERT INTO tasks (id, kind, app_user_id, provider_user_id, ledger_id, status, correlation_id) SELECT '{task}', 'process', p.app_user_id, p.id, l.id, 'pending', l.correlation_id FROM ledger l JOIN provider_users p ON p.id = l.provider_user_id WHERE l.state = 'done';
            INSERT INTO outbox (id, queue, lane, kind, body, provider_user_id, correlation_id)
              SELECT gen_random_uuid(), 'classifier', 1, 'ProcessMail', jsonb_build_object('mail_id', id, 'provider_user_id', provider_user_id, 'task_id', '{task}', 'force_reprocess', true), provider_user_id, correlation_id FROM ledger WHERE state = 'done'
            """);

        // Long before the draft would go by itself.
        await system.UntilAsync($"SELECT status = 'completed' FROM tasks WHERE id = '{task}'", Patience, "the task ends");
        Assert.Equal("4 needs_reply false Anna still waits.", await system.ScalarAsync("SELECT concat_ws(' ', revision, category, provisional::text, summary) FROM verdicts ORDER BY revision DESC LIMIT 1"));
        Assert.Equal(0, await system.CountAsync("SELECT count(*) FROM open_judgings"));
        Assert.Single(Mailbox(system).DraftHistory, e => e is { Kind: "created", By: "api" });
    }

    [Fact]
    public async Task Judge_EverybodyRefusesAMail_ItsLocalVerdictIsFinal()
    {
        var system = await StartJudgingAsync();
        Faults(system).Set(new("*", ModelFaultKind.Refusal, Marker: "figures 00001"));
        await RunAsync(system, TestMail.Many(Owner, 3, TimeSpan.FromHours(1)));
        await JudgedAsync(system);

        await NothingLostAsync(system);
        Assert.Equal(1, await system.CountAsync("SELECT count(*) FROM verdicts WHERE revision = 2 AND record->>'by' = 'local' AND record->'calls'->0->>'fault' = 'refusal' AND tokens_used > 0"));
        Assert.Equal(2, await system.CountAsync("SELECT count(*) FROM verdicts WHERE revision = 2 AND record->>'by' = 'chat'"));
    }
}
