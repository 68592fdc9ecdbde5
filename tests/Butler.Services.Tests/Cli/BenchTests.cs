using Butler.Cli.Bench;

namespace Butler.Services.Tests.Cli;

public sealed class BenchTests
{
    [Fact]
    public void ParseStat_NameWithParentheses_ReadsTheRightFields()
    {
        const string Stat = "42 (a) b (c)) S 7 42 42 0 -1 4194560 100 200 0 0 150 50 25 5 20 0 11 0 123456 1000 200 18446744073709551615";
        Assert.Equal(new ProcessTimes(7, 2.0, 0.3), ProcessTable.ParseStat(Stat));
    }

    [Theory]
    [InlineData("VmHWM", 2048L * 1024)]
    [InlineData("Vm", 0)]
    [InlineData("RssAnon", 0)]
    public void ParseStatus_Field_IsInBytes(string field, long expected) => Assert.Equal(expected, ProcessTable.ParseStatus("VmPeak:\t  9000 kB\nVmHWM:\t    2048 kB\n", field));

    [Fact]
    public void CpuSeconds_OwnProcess_IsMoreThanNothing() => Assert.True(ProcessTable.CpuSeconds(Environment.ProcessId) > 0);

    [Fact]
    public void Parse_Metrics_AddsUpTheOutcomesOfATask()
    {
        const string Metrics = """
            # TYPE butler_task_duration_seconds histogram
            butler_task_duration_seconds_bucket{task="FetchMails",status="done",le="0.1"} 3
            butler_task_duration_seconds_sum{task="FetchMails",status="done"} 1.5
            butler_task_duration_seconds_count{task="FetchMails",status="done"} 3
            butler_task_duration_seconds_sum{task="FetchMails",status="retry"} 0.5
            butler_task_duration_seconds_count{task="FetchMails",status="retry"} 1
            """;
        Assert.Equal(new TaskTime("FetchMails", 4, 2), Assert.Single(TaskTimes.Parse(Metrics)));
    }

    [Fact]
    public void BestWindow_BurstInTheMiddle_IsFound()
    {
        var curve = Enumerable.Range(0, 31).Select(i => ((double)i, i < 10 ? 0L : i < 20 ? (i - 10) * 100L : 1000L)).ToList();
        Assert.Equal(100, BenchRun.BestWindow(curve, 10));
        Assert.Null(BenchRun.BestWindow(curve, 60));
    }

    // 20 units a mail: a project gets 1,000 mails/s, a user 5.
    [Theory]
    [InlineData("2026", 100, 500)]
    [InlineData("2026", 1000, 1000)]
    [InlineData("classic", 10, 500)]
    [InlineData("classic", 1000, 4000)]
    public void MailsPerSecond_PriceList_IsTheCeilingOfGoogle(string list, int users, double expected) =>
        Assert.Equal(expected, BenchLimits.Sandbox(new() { PriceList = list }).MailsPerSecond(users));

    [Fact]
    public void Limiter_NotEnforced_IsOpen() => Assert.Equal(0, BenchLimits.Limiter(new()).DayUnits);

    [Fact]
    public void Lines_FinishedRun_SaysRateCpuQueueAndLimits()
    {
        var text = string.Join('\n', BenchReport.Lines(Result(new() { Users = 10, Mails = 100, Enforce = true })));
        Assert.Contains("1,000 of 1,000 mails in 4.0 s: 250 mails/s", text, StringComparison.Ordinal);
        Assert.Contains("postgres                  2.00       2.000        100", text, StringComparison.Ordinal);
        Assert.Contains("together                  3.00       3.000", text, StringComparison.Ordinal);
        Assert.Contains("Butler.Sandbox (apart)", text, StringComparison.Ordinal);
        Assert.Contains("queue       10.0 % of PostgreSQL's statement time", text, StringComparison.Ordinal);
        Assert.Contains("0.200 ms a mail, 6.7 % of all CPU counted", text, StringComparison.Ordinal);
        Assert.Contains("enforced by the sandbox: 20 units a mail, 6,000 a minute and user, 1,200,000 a minute and project", text, StringComparison.Ordinal);
        Assert.Contains("at most 50 mails/s", text, StringComparison.Ordinal);
        Assert.Contains("ledger      1,000 done", text, StringComparison.Ordinal);
        Assert.DoesNotContain("NOT COMPLETE", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Lines_NothingMeasured_SaysSoInsteadOfZero()
    {
        var options = new BenchOptions { Users = 10, Mails = 100 };
        var result = Result(options) with { Queue = null, Last = Result(options).Last with { Completed = 9, Open = 3 } };
        var text = string.Join('\n', BenchReport.Lines(result));
        Assert.Contains("queue       not measured", text, StringComparison.Ordinal);
        Assert.Contains("NOT COMPLETE", text, StringComparison.Ordinal);
        Assert.Contains("counted but not enforced", text, StringComparison.Ordinal);
        Assert.Contains("opened wide", text, StringComparison.Ordinal);
    }

    private static BenchResult Result(BenchOptions options) => new()
    {
        Options = options,
        Corpus = "a test",
        Elapsed = TimeSpan.FromSeconds(4),
        FirstMail = TimeSpan.FromSeconds(1),
        Last = new(10, 10, 0, 1000, 0, 1000, 0, null, null, default),
        Processes = [new("postgres", 2, 100 << 20), new("Butler.Ingest", 1, 50 << 20), new("Butler.Sandbox", 0.5, 10 << 20)],
        Absent = [],
        Ledger = [("done", 1000)],
        Errors = [],
        Verdicts = [("spam", 1000)],
        Replies = [],
        Tasks = [new("FetchMails", 10, 1)],
        Queue = new(100, 50, 1000, 500),
        Sandbox = new([new("messages.get", 200, 1000)], 20_000, 1 << 20),
        Cores = 2,
        LoadBefore = "0.1",
    };
}
