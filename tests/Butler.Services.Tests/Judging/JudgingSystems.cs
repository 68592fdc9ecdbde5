using System.Text.Json;
using Butler.Classifier;
using Butler.Sandbox.Models;
using Butler.Sandbox.State;
using Butler.ServiceDefaults;
using Butler.Services.Tests.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Butler.Services.Tests.Judging;

/// <summary>Whole systems whose local model is sure of nothing, with OpenAI before Anthropic on the sandbox's endpoints.</summary>
public abstract class JudgingSystems : CheckedSystems
{
    protected const string Owner = "olivia@sandbox.butler.test";

    protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    /// <summary>A system without hosts yet.</summary>
    protected async Task<TestSystem> StartJudgingAsync(params (string Key, string Value)[] more)
    {
        var settings = TestSystem.PushSettings;
        settings["Butler:Judging:SureNeedsReply"] = "1";
        settings["Butler:Judging:SureInformational"] = "1";
        settings["Butler:Judging:SureSpam"] = "1";
        settings["Butler:Judging:Look"] = "00:00:00.1";
        settings["Butler:Judging:Rest"] = "00:00:00.5";
        settings["Butler:Judging:DraftWait"] = "00:00:01";
        settings["Butler:Chat:CacheTimeout"] = "00:00:30"; // What is paid for is counted here, and the machine may be busy.
        settings["Butler:Chat:Break"] = "00:00:00.2";
        settings["Butler:Chat:MaxBreak"] = "00:00:00.8";
        settings["Butler:Chat:BlockedFor"] = "00:00:00.3";
        foreach (var (key, value) in more)
        {
            settings[key] = value;
        }

        var system = await StartAsync(settings: settings);
        system.Private.Add("sk-private-test-key");
        Provider(system, 0, "openai", "gpt-5.4-mini", "v1");
        Provider(system, 1, "anthropic", "claude-haiku-4-5", "");
        return system;
    }

    /// <summary>The Classifier with its metrics and health.</summary>
    protected static Task<WebApplication> StartClassifierAsync(TestSystem system) => system.StartAsync(b => b.AddClassifier(), app => app.MapDefaultEndpoints());

    /// <summary>Everything, and the first import is over.</summary>
    protected static async Task<WebApplication> RunAsync(TestSystem system, IReadOnlyList<byte[]> mails)
    {
        system.State.AddAccount(Owner, mails);
        await system.StartPushedIngestAsync();
        var classifier = await StartClassifierAsync(system);
        await system.StartResponderAsync();
        await system.UntilAsync("SELECT count(*) = 1 FROM sync_jobs WHERE status = 'completed'", Patience, "the import completes");
        return classifier;
    }

    protected static Task JudgedAsync(TestSystem system) =>
        system.UntilAsync("SELECT count(*) = 0 FROM open_judgings", Patience, "every mail has its final verdict");

    /// <summary>No message is left but those of drafts that wait.</summary>
    protected static Task QuietAsync(TestSystem system) => system.UntilAsync("SELECT count(*) = 0 FROM outbox", Patience, "nothing is left to do");

    protected static SandboxAccount Mailbox(TestSystem system) => system.State.Accounts.Single(a => a.Address == Owner);

    protected static ModelFaults Faults(TestSystem system) => system.Sandbox.Services.GetRequiredService<ModelFaults>();

    protected static ModelStats Stats(TestSystem system) => system.Sandbox.Services.GetRequiredService<ModelStats>();

    protected static ScriptedAnswers Answers(TestSystem system) => system.Sandbox.Services.GetRequiredService<ScriptedAnswers>();

    protected static async Task<string> GetAsync(WebApplication host, string path)
    {
        using var http = new HttpClient { BaseAddress = new(TestSystem.Address(host)) };
        return await http.GetStringAsync(new Uri(path, UriKind.Relative));
    }

    /// <summary>Every mail has a verdict, the newest of each is final, and no mail has two drafts.</summary>
    protected static async Task NothingLostAsync(TestSystem system)
    {
        // A draft that a listing shows all the same is closed as skipped.
        await system.UntilAsync("SELECT count(*) = 0 FROM ledger_open", Patience, "nothing is open");
        Assert.Equal("", await system.ScalarAsync("""
            SELECT coalesce(string_agg(format('%s %s', l.state, l.reason), ', '), '') FROM ledger l
            WHERE NOT (l.state = 'done' AND EXISTS (SELECT FROM verdicts v WHERE v.mail_id = l.id)) AND NOT (l.state = 'skipped' AND l.reason = 'draft')
            """));
        Assert.Equal(0, await system.CountAsync("SELECT count(*) FROM (SELECT DISTINCT ON (mail_id) provisional FROM verdicts ORDER BY mail_id, revision DESC) v WHERE provisional"));
        Assert.Equal(0, await system.CountAsync("SELECT count(*) FROM failed_tasks"));
        Assert.Equal(0, await system.CountAsync("SELECT count(*) FROM (SELECT mail_id, max(revision) r, count(*) n FROM verdicts GROUP BY mail_id) v WHERE r <> n"));
        var created = Mailbox(system).DraftHistory.Where(e => e is { Kind: "created", By: "api" }).GroupBy(e => e.ThreadId).ToList();
        Assert.All(created, thread => Assert.Single(thread));
        Assert.Equal(created.Count, await system.CountAsync("SELECT count(*) FROM replies WHERE state = 'created'"));
    }

    protected static string Answer(string category, string summary = "Somebody asks for the figures.") => JsonSerializer.Serialize(
        new Dictionary<string, object> { ["category"] = category, ["confidence"] = 0.9, ["reason"] = "As the test says.", ["summary"] = summary, ["tags"] = new[] { "work" } });

    private static void Provider(TestSystem system, int number, string kind, string model, string path)
    {
        var key = $"Butler:Chat:Providers:{number}:";
        system.Set(key + "Kind", kind);
        system.Set(key + "Model", model);
        system.Set(key + "BaseAddress", TestSystem.Address(system.Sandbox) + path);
        system.Set(key + "Key", "sk-private-test-key");
        system.Set(key + "InputPrice", "0.15");
        system.Set(key + "OutputPrice", "0.60");
    }
}
