extern alias cli;

using cli::Butler.Cli;
using cli::Butler.Cli.Bench.Outage;

namespace Butler.Services.Tests.Cli;

public sealed class BenchOutageTests
{
    [Theory]
    [InlineData("bench outage --rate 0", "--rate must be from 0.1 to 1000, not 0.")]
    [InlineData("bench outage --seconds 0", "--seconds must be from 1 to 3600, not 0.")]
    [InlineData("bench outage --rounds 21", "--rounds must be from 1 to 20, not 21.")]
    public void Parse_OutOfRange_NamesTheOptionAndWhatIsAllowed(string line, string error) => Assert.Equal([error], CommandTree.Build().Parse(line).Errors.Select(e => e.Message));

    [Fact]
    public void Lines_TwoRounds_PoolsThemAndComparesWithNone()
    {
        var phases = new[] { Phase(ProviderState.None, 100), Phase(ProviderState.Dead, 150), Phase(ProviderState.Dead, 250), Phase(ProviderState.None, 100) };

        var text = string.Join('\n', OutageReport.Lines(phases));

        Assert.Contains("none        p50 100 ms, p95 100 ms (2)", text, StringComparison.Ordinal);
        Assert.Contains("both dead   p50 150 ms, p95 250 ms (2)", text, StringComparison.Ordinal);
        Assert.Contains("÷ none    p50 × 1.50, p95 × 2.50", text, StringComparison.Ordinal);
        Assert.Contains("1,200 provisional at the return: the first judged again after 12.0 s, the last after 20.0 s", text, StringComparison.Ordinal);
        Assert.True(OutageReport.IsComplete(phases));
    }

    [Fact]
    public void IsComplete_MailWithoutVerdictOrNotJudgedAgain_IsFalse()
    {
        var good = Phase(ProviderState.Dead, 100);

        Assert.False(OutageReport.IsComplete([good with { Missing = 1 }]));
        Assert.False(OutageReport.IsComplete([good with { Return = new(5, 1, default, default) }]));
        Assert.Contains("(1 NOT JUDGED)", string.Join('\n', OutageReport.Lines([good with { Return = new(5, 1, default, default) }])), StringComparison.Ordinal);
    }

    private static OutagePhase Phase(ProviderState state, double milliseconds) => new()
    {
        State = state,
        Imported = [milliseconds],
        Completed = [milliseconds],
        Live = [milliseconds],
        Missing = 0,
        Judged = 0,
        Return = state == ProviderState.Dead ? new(1_200, 0, TimeSpan.FromSeconds(12), TimeSpan.FromSeconds(20)) : null,
        Load = "1.0",
    };
}
