using Butler.Cli.Watch;
using Spectre.Console;

namespace Butler.Services.Tests.Cli;

public sealed class WatchTests
{
    private static readonly DateTimeOffset s_now = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Line_RunningImport_CountsAndEstimates()
    {
        var import = Import("in_progress", 42.39) with { EtaLow = s_now.AddSeconds(30), EtaHigh = s_now.AddMinutes(3), Failed = 2 };
        Assert.Equal("me@x running  42.3 % 1,200 of 3,000+ mails, 2 failed 30 s to 3 min left", ImportText.Line(import, "me@x", s_now));
    }

    // Rounded up, 99.99 would be a full bar of an import that is not over.
    [Fact]
    public void Line_AlmostDone_IsNotHundred() => Assert.Contains(" 99.9 %", ImportText.Line(Import("in_progress", 99.99), "x", s_now), StringComparison.Ordinal);

    [Fact]
    public void Line_FailedImport_SaysWhy() =>
        Assert.EndsWith("Connect again.", ImportText.Line(Import("failed", 10) with { Error = "Connect again." }, "x", s_now), StringComparison.Ordinal);

    [Fact]
    public void Rows_HostileName_ReachesNoTerminal()
    {
        var row = Assert.Single(ImportText.Rows([Import("in_progress", 50)], _ => "[red]\u001b[2J", s_now, 24));
        Assert.DoesNotContain('\u001b', row);
        Assert.Contains("[red] [2J", Markup.Remove(row), StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_MoreThanFit_SumsTheRest()
    {
        var imports = Enumerable.Range(0, 100).Select(i => Import(i < 50 ? "completed" : "in_progress", 50) with { SyncId = $"{i}" }).ToList();
        var rows = ImportText.Rows(imports, n => n, s_now, 13);
        Assert.Equal(10, rows.Count);
        Assert.Equal("[grey]and 91 more; 50 of 100 imports ended[/]", rows[^1]);
        Assert.All(rows.SkipLast(1), r => Assert.Contains("[blue]", r, StringComparison.Ordinal));
    }

    [Fact]
    public void Apply_OlderVersion_IsNoNews()
    {
        var board = new ImportBoard();
        Assert.True(board.Apply(Import("in_progress", 50) with { Version = 5 }));
        Assert.False(board.Apply(Import("in_progress", 40) with { Version = 4 }));
        Assert.Equal(50, Assert.Single(board.All).Progress);
    }

    [Fact]
    public void Apply_NewSyncOfAnAccount_ReplacesTheEndedOne()
    {
        var board = new ImportBoard();
        board.Apply(Import("failed", 10));
        board.Apply(Import("in_progress", 1) with { SyncId = "second" });
        Assert.Equal("second", Assert.Single(board.All).SyncId);
        Assert.False(board.AnyFailed);
    }

    [Fact]
    public void IsWorthALine_SmallSteps_AreLeftOut()
    {
        var filter = new LineFilter();
        Assert.True(filter.IsWorthALine(Import("in_progress", 0)));
        Assert.False(filter.IsWorthALine(Import("in_progress", 9)));
        Assert.True(filter.IsWorthALine(Import("in_progress", 10)));
        Assert.True(filter.IsWorthALine(Import("completed", 100)));
    }

    private static ImportState Import(string status, double progress) => new("first", "account", status, progress, false, 3000, 1200, 0, "", null, null, 1);
}
