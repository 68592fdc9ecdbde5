using System.Collections.Concurrent;
using System.Diagnostics;
using Butler.Testing;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace Butler.Services.Tests.Faults;

/// <summary>What keeps the machine busy runs when nothing else does: beside it other classes' waits run out.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;

/// <summary>The seeded fault run (MECHANICS 16).</summary>
[Collection(nameof(Alone))]
public sealed class FaultRunTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Import_SeedsOfFaultsAndDeaths_LosesAndDoublesNothing()
    {
        var seeds = SeedList.FromEnvironment();
        var book = new PointBook();
        var failed = new ConcurrentBag<(int Seed, string Why)>();
        var clock = Stopwatch.StartNew();

        // Twice as many as cores: a seed also waits.
        await Parallel.ForEachAsync(seeds, new ParallelOptions { MaxDegreeOfParallelism = 2 * Environment.ProcessorCount }, async (seed, _) =>
        {
            if (await FaultRun.RunAsync(seed, book) is { } why)
            {
                failed.Add((seed, why));
            }
        });

        output.WriteLine($"{seeds.Count} seeds in {clock.Elapsed.TotalSeconds:0.0} s");
        output.WriteLine($"slowest: seed {book.Slowest.Seed}, {book.Slowest.Time.TotalSeconds:0.0} s\n  {string.Join("\n  ", book.Slowest.Story)}");
        foreach (var line in book.Describe())
        {
            output.WriteLine(line);
        }

        var log = await File.ReadAllTextAsync(PostgresFixture.LogFile);
        if (failed.IsEmpty)
        {
            Assert.DoesNotContain("deadlock detected", log, StringComparison.Ordinal);
            return;
        }

        throw new XunitException(string.Join("\n\n", failed.OrderBy(f => f.Seed).Select(f =>
            $"Seed {f.Seed} failed; again with: {SeedList.Variable}={f.Seed}-{f.Seed} dotnet test tests/Butler.Services.Tests -c Release --filter FullyQualifiedName~FaultRunTests\n  {f.Why}")));
    }
}
