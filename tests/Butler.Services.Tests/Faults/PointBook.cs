using System.Collections.Concurrent;
using System.Text.RegularExpressions;

namespace Butler.Services.Tests.Faults;

/// <summary>Which fault points a run came to, and at which a host died.</summary>
internal sealed partial class PointBook
{
    private readonly ConcurrentDictionary<string, int> _passed = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int> _died = new(StringComparer.Ordinal);

    /// <summary>Every point that is named in the services' source.</summary>
    public static IReadOnlyList<string> Named { get; } = ReadNames();

    public void Passed(string name) => _passed.AddOrUpdate(name, 1, static (_, n) => n + 1);

    public void Died(string name) => _died.AddOrUpdate(name, 1, static (_, n) => n + 1);

    /// <summary>The slowest seed, with what happened in it.</summary>
    public (int Seed, TimeSpan Time, IReadOnlyList<string> Story) Slowest { get; private set; } = (0, TimeSpan.Zero, []);

    public void Took(int seed, TimeSpan time, IReadOnlyList<string> story)
    {
        lock (_died)
        {
            Slowest = time > Slowest.Time ? (seed, time, story) : Slowest;
        }
    }

    public bool Reached(string name) => _passed.ContainsKey(name) || _died.ContainsKey(name);

    public IReadOnlyList<string> Describe() =>
        [.. Named.Concat(_passed.Keys).Concat(_died.Keys).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)
            .Select(n => $"{n}: passed {_passed.GetValueOrDefault(n)}, died there {_died.GetValueOrDefault(n)}")];

    private static List<string> ReadNames()
    {
        for (var dir = new DirectoryInfo(AppContext.BaseDirectory); dir is not null; dir = dir.Parent)
        {
            if (File.Exists(Path.Combine(dir.FullName, "Butler.sln")))
            {
                return [.. new[] { "Butler.Data", "Butler.Ingest", "Butler.Classifier", "Butler.Responder" }
                    .SelectMany(p => Directory.EnumerateFiles(Path.Combine(dir.FullName, p), "*.cs", SearchOption.AllDirectories))
                    .Where(f => !f.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
                    .SelectMany(f => Point().Matches(File.ReadAllText(f))).Select(m => m.Groups[1].Value).Distinct().Order(StringComparer.Ordinal)];
            }
        }

        throw new DirectoryNotFoundException("Butler.sln");
    }

    [GeneratedRegex("ReachAsync\\(\"([^\"]+)\"\\)")]
    private static partial Regex Point();
}
