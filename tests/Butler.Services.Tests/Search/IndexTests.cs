using Butler.Classifier;
using Butler.Data;
using Butler.Intelligence.Embeddings;
using Butler.Services.Tests.Hosting;
using Butler.Services.Tests.Import;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace Butler.Services.Tests.Search;

/// <summary>The index step with the services as they run: after triage, once, whatever is lost on the way.</summary>
public sealed class IndexTests : ImportSystems
{
    private const string AllIndexed = """
        SELECT count(*) > 0 AND count(*) = (SELECT count(*) FROM email_search) AND count(*) = (SELECT count(*) FROM email_embeddings) AND NOT EXISTS (SELECT FROM search_open)
        FROM ledger WHERE state = 'done' OR (state = 'skipped' AND reason = 'sent')
        """;

    private static readonly Dictionary<string, string?> s_fast = new() { ["Butler:Search:Sweep"] = "00:00:00.2", ["Butler:Search:SweepAfter"] = "00:00:01" };

    [Fact]
    public async Task Import_WithRedeliveriesAndLostMessages_IndexesEveryMailOnce()
    {
        var system = await BeginAsync();
        // Each batch's first commit is followed by a failure, so that it is delivered again; and messages are thrown away.
        var points = new FailOnce("index: after commit", "index: before write");
        await StartIngestAsync(system);
        var classifier = await StartClassifierAsync(system, s => s.AddSingleton<IFaultPoints>(points));
        await CompletedAsync(system);
        await system.UntilAsync(AllIndexed, Patience, "every mail is indexed");
        Assert.Equal(0, points.Left);
        Assert.Equal(0, await system.CountAsync("SELECT count(*) FROM (SELECT FROM email_search GROUP BY mail_id HAVING count(*) > 1) d"));

        // Lost: open, and no message is on its way.
        await system.ExecuteAsync("WITH gone AS (DELETE FROM email_search RETURNING mail_id, provider_user_id) INSERT INTO search_open SELECT mail_id, provider_user_id, now() - interval '1 day' FROM gone");
        await system.UntilAsync(AllIndexed, Patience, "what was lost is indexed");
        Assert.Equal(0, await system.CountAsync("SELECT count(*) FROM failed_tasks"));
        await system.StopAsync(classifier);
    }

    [Fact]
    public async Task Provider_AwayThenBack_LocalVectorsAnswerMeanwhileAndAreReplaced()
    {
        var system = await BeginAsync();
        using var provider = new FakeProvider { Away = true };
        var options = new EmbeddingOptions { Provider = "openai", Model = "fake", Dimensions = 16 };
        await StartIngestAsync(system);
        var classifier = await StartClassifierAsync(system, s => s.AddSingleton(new EmbeddingModels(options, provider)));
        await CompletedAsync(system);
        await system.UntilAsync(AllIndexed, Patience, "every mail has local vectors");
        Assert.Equal(0, await system.CountAsync("SELECT count(*) FROM email_embeddings WHERE model LIKE 'openai%'"));

        provider.Away = false;
        // What waits for the provider waits a minute: that is over here.
        const string Hurry = "WITH due AS (UPDATE outbox SET due_at = now() WHERE kind = 'EmbedMails' AND lease IS NULL)";
        await system.UntilAsync($"{Hurry} SELECT count(*) = 0 FROM email_embeddings WHERE model <> 'openai:fake:16'", Patience, "the provider's vectors are there");
        Assert.Equal(0, await system.CountAsync("SELECT count(*) FROM email_embeddings WHERE length(vectors) <> 16 * cardinality(spans) / 2"));

        // The provider is given up: the local model takes over again, in the background.
        await system.StopAsync(classifier);
        await StartClassifierAsync(system, _ => { });
        await system.UntilAsync($"{Hurry} SELECT count(*) = 0 FROM email_embeddings WHERE model <> '{LocalEmbeddings.ModelName}'", Patience, "the local vectors are back");
    }

    private Task<TestSystem> BeginAsync() => StartAsync(o => o.Mailbox = ImportTests.Samples, s_fast);

    private static Task<WebApplication> StartClassifierAsync(TestSystem system, Action<IServiceCollection> services) => system.StartAsync(
        builder =>
        {
            builder.AddClassifier();
            services(builder.Services);
        },
        _ => { });

    /// <summary>Fails the first time at each of its points.</summary>
    private sealed class FailOnce(params string[] points) : IFaultPoints
    {
        private readonly HashSet<string> _left = [.. points];

        public int Left => _left.Count;

        public Task ReachAsync(string point)
        {
            lock (_left)
            {
                return _left.Remove(point) ? throw new InvalidOperationException("cut off by the test") : Task.CompletedTask;
            }
        }
    }

    private sealed class FakeProvider : IEmbeddingGenerator<string, Embedding<float>>
    {
        public volatile bool Away;

        public Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
        {
            if (Away)
            {
                throw new HttpRequestException("away");
            }

            return Task.FromResult(new GeneratedEmbeddings<Embedding<float>>(values.Select(v => new Embedding<float>(Enumerable.Range(0, 16).Select(i => (float)(v.Length % (i + 2)) + 1).ToArray()))));
        }

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
