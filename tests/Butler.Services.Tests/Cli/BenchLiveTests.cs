extern alias cli;

using cli::Butler.Cli;
using cli::Butler.Cli.Bench;
using cli::Butler.Cli.Bench.Live;

namespace Butler.Services.Tests.Cli;

public sealed class BenchLiveTests
{
    private static readonly DateTimeOffset s_start = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Of_HundredValues_IsTheNearestRank() => Assert.Equal(new(100, 50, 95, 99, 100), Spread.Of(Enumerable.Range(1, 100).Reverse().Select(i => (double)i)));

    [Fact]
    public void Of_OneValue_IsThatValue() => Assert.Equal(new(1, 7, 7, 7, 7), Spread.Of([7]));

    [Fact]
    public void Of_Nothing_SaysNone() => Assert.Equal("none", Spread.Of([]).ToString());

    [Theory]
    [InlineData("bench live --rate 0", "--rate must be from 0.1 to 1000, not 0.")]
    [InlineData("bench live --seconds 0", "--seconds must be from 1 to 3600, not 0.")]
    [InlineData("bench live --intake-rate 0", "--intake-rate must be from 1 to 10000, not 0.")]
    [InlineData("bench live --intake-seconds 601", "--intake-seconds must be from 1 to 600, not 601.")]
    [InlineData("bench live --users 10001", "--users must be from 1 to 10000, not 10001.")]
    [InlineData("bench import --set X", "--set wants NAME=VALUE, not 'X'.")]
    public void Parse_OutOfRange_NamesTheOptionAndWhatIsAllowed(string line, string error) => Assert.Equal([error], CommandTree.Build().Parse(line).Errors.Select(e => e.Message));

    [Theory]
    [InlineData("bench live")]
    [InlineData("bench live --rate 0.5 --seconds 10 --users 2 --mails 3 --no-build --keep")]
    [InlineData("bench live --intake-rate 500 --intake-seconds 5")]
    [InlineData("bench import --users 3 --seconds 4")]
    public void Parse_Good_HasNoError(string line) => Assert.Empty(CommandTree.Build().Parse(line).Errors);

    [Fact]
    public void Lines_TargetsKept_SaysMet()
    {
        var text = string.Join('\n', LiveReport.Lines(Result([.. Enumerable.Range(0, 20).Select(i => Mail(i, 100 + i, 200 + i))])));
        Assert.Contains("20 new mails in 60.0 s while 60,000 mails were imported (1,000 mails/s); 61,000 of 100,000 mails imported at the end", text, StringComparison.Ordinal);
        Assert.Contains("arrival → triaged        p50 109 ms, p95 118 ms, p99 119 ms, most 119 ms (20); target p95 1000 ms: met", text, StringComparison.Ordinal);
        Assert.Contains("arrival → draft created  p50 209 ms, p95 218 ms, p99 219 ms, most 219 ms (20); target p95 2000 ms: met", text, StringComparison.Ordinal);
        Assert.Contains("webhook answers          p50 5 ms, p95 5 ms, p99 5 ms, most 5 ms (2); target p99 50 ms: met", text, StringComparison.Ordinal);
        Assert.Contains("by ten seconds, p95 to triaged  0 s: 109, 10 s: 119 ms", text, StringComparison.Ordinal);
        Assert.Contains("missing     0 not triaged; 0 first seen by the import's listing", text, StringComparison.Ordinal);
        Assert.Contains("drafts      20 created of mails that need a reply", text, StringComparison.Ordinal);
        Assert.Contains("Butler.Ingest             6.00       0.100        200", text, StringComparison.Ordinal);
        Assert.DoesNotContain("the import was over", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Lines_SlowAndMissing_SaysMissed()
    {
        var lost = Mail(2, 0, 0) with { Stored = null, Triaged = null, Category = null, Reply = null, Drafted = null };
        var result = Result([Mail(1, 1_000, 2_000), lost]);
        var text = string.Join('\n', LiveReport.Lines(result));
        Assert.False(result.IsComplete);
        Assert.Contains("target p95 1000 ms: MISSED", text, StringComparison.Ordinal);
        Assert.Contains("target p95 2000 ms: MISSED", text, StringComparison.Ordinal);
        Assert.Contains("missing     1 not triaged", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Lines_ImportEndedEarly_LeavesLaterMailsOut()
    {
        var result = Result([Mail(1, 100, 200), Mail(30, 1, 1)]) with { AtEnd = Poll(61_000, 60) with { Completed = 200, Ended = s_start.AddSeconds(20) } };
        var text = string.Join('\n', LiveReport.Lines(result));
        Assert.Contains("the import was over 20.0 s after the first new mail: the 1 new mails after it are not in the figures", text, StringComparison.Ordinal);
        Assert.Contains("arrival → triaged        p50 100 ms, p95 100 ms, p99 100 ms, most 100 ms (1)", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Lines_NothingArrived_SaysNotMeasured()
    {
        var text = string.Join('\n', LiveReport.Lines(Result([]) with { Answers = [] }));
        Assert.Contains("arrival → triaged        none; target p95 1000 ms: not measured", text, StringComparison.Ordinal);
        Assert.Contains("webhook answers          none; target p99 50 ms: not measured", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Lines_Intake_SaysRateStatusesAndWhatIsRecorded()
    {
        var result = new IntakeResult
        {
            Options = new() { System = new() { Users = 10 }, IntakeRate = 500 },
            Answers = [.. Enumerable.Repeat(new IntakeAnswer(204, 4, 1), 990), .. Enumerable.Repeat(new IntakeAnswer(0, 80, 1), 10)],
            WarmUp = 100,
            Recorded = 1090,
            Elapsed = TimeSpan.FromSeconds(2),
            Processes = [],
            Tasks = [],
            Cores = 2,
            LoadBefore = "1.0",
            LoadDuring = "2.0",
        };
        var text = string.Join('\n', LiveReport.Lines(result));
        Assert.False(result.IsComplete);
        Assert.Contains("1,000 notifications in 2.0 s: 500/s (asked for 500/s; 100 before them to warm up, not counted)", text, StringComparison.Ordinal);
        Assert.Contains("answers     p50 4 ms, p95 4 ms, p99 4 ms, most 80 ms (1,000); target p99 50 ms: met", text, StringComparison.Ordinal);
        Assert.Contains("statuses    no answer: 10, 204: 990", text, StringComparison.Ordinal);
        Assert.Contains("recorded    1,090 of 1,100 in the inbox", text, StringComparison.Ordinal);
    }

    private static LiveMail Mail(int second, int triaged, int drafted)
    {
        var arrived = s_start.AddSeconds(second);
        return new(arrived, arrived, arrived, arrived.AddMilliseconds(triaged), "needs_reply", "created", arrived.AddMilliseconds(drafted), false);
    }

    private static ImportPoll Poll(long closed, int second) => new(200, 100, 0, closed, 0, 100_000, 0, s_start, null, s_start.AddSeconds(second));

    private static LiveResult Result(IReadOnlyList<LiveMail> mails) => new()
    {
        Options = new() { System = new() { Users = 200, Mails = 500 } },
        Sent = mails.Count,
        Mails = mails,
        Answers = [5, 5],
        AtStart = Poll(1_000, 0),
        AtEnd = Poll(61_000, 60),
        Processes = [new("Butler.Ingest", 6, 200 << 20)],
        Tasks = [],
        Errors = [],
        Sandbox = new([], 0, 0),
        Corpus = "a test",
        Cores = 2,
        LoadBefore = "1.0",
        LoadDuring = "2.0",
    };
}
