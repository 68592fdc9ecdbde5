using System.Globalization;

namespace Butler.Cli.Bench;

/// <summary>The figures of a run in words; docs/bench.md says how each is taken.</summary>
internal static class BenchReport
{
    private const string Sandbox = "Butler.Sandbox";
    private const int StatementWidth = 110;

    public static IEnumerable<string> Lines(BenchResult r)
    {
        var mails = Math.Max(1, r.Closed);
        var seconds = Math.Max(0.001, r.Elapsed.TotalSeconds);
        yield return "";
        yield return F($"{r.Closed:N0} of {r.Options.Expected:N0} mails in {seconds:0.0} s: {r.Closed / seconds:N0} mails/s end to end (first account connected to last mail triaged){Ended(r)}");
        yield return F($"  {(r.BestTenSeconds is { } best ? $"best ten seconds {best.ToString("N0", CultureInfo.InvariantCulture)} mails/s; " : "")}first triaged mail after {r.FirstMail?.TotalSeconds ?? double.NaN:0.0} s; {r.Sandbox.MailBytesServed / 1024.0 / Math.Max(1, Fetched(r)):0.0} KiB a mail");
        yield return F($"  {r.Cores} cores, load average before {r.LoadBefore}; {r.Options.Users} accounts with {r.Options.Mails} mails from {r.Corpus}, seed {r.Options.Seed}");
        foreach (var line in Limits(r))
        {
            yield return line;
        }

        yield return "";
        yield return $"  {"process",-20}{"CPU s",10}{"ms a mail",12}{"peak MiB",11}";
        foreach (var p in r.Processes.Where(p => p.Name != Sandbox))
        {
            yield return Row(p.Name, p.CpuSeconds, mails, p.PeakBytes);
        }

        var counted = r.Processes.Where(p => p.Name != Sandbox).Sum(p => p.CpuSeconds);
        yield return Row("together", counted, mails, null);
        foreach (var p in r.Processes.Where(p => p.Name == Sandbox))
        {
            yield return Row($"{p.Name} (apart)", p.CpuSeconds, mails, p.PeakBytes);
        }

        var all = r.Processes.Sum(p => p.CpuSeconds);
        yield return F($"  {all / seconds:0.00} of {r.Cores} cores used on average");
        foreach (var absent in r.Absent)
        {
            yield return $"  absent: {absent}";
        }

        yield return "";
        yield return Queue(r, counted, mails);
        yield return $"  messages    {Join(r.Tasks.Select(t => F($"{t.Task} {t.Count:N0} × {t.Seconds / Math.Max(1, t.Count) * 1000:0} ms")))}";
        yield return $"  ledger      {Join(r.Ledger.Select(Count))}";
        yield return $"  verdicts    {Join(r.Verdicts.Select(Count))}";
        yield return $"  replies     {Join(r.Replies.Select(Count))}";
        yield return F($"  imports     {r.Last.Completed:N0} completed, {r.Last.Failed:N0} failed; {r.Last.Open:N0} mails still open");
        yield return F($"  Gmail calls {Join(r.Sandbox.Calls.Select(c => F($"{c.Method} {c.Status}: {c.Count:N0}")))}; {r.Sandbox.Units:N0} units");
        yield return $"  errors      {Join(r.Errors.Select(e => F($"{e.Count:N0} × {e.Name}")))}";
        foreach (var line in Statements(r.Statements))
        {
            yield return line;
        }
    }

    private static string Ended(BenchResult r) => r.IsComplete ? "" : r.Options.Seconds is not null ? "; stopped by --seconds" : "; NOT COMPLETE";

    private static IEnumerable<string> Limits(BenchResult r)
    {
        var sandbox = BenchLimits.Sandbox(r.Options);
        var limiter = BenchLimits.Limiter(r.Options);
        yield return r.Options.Enforce
            ? F($"  price list {r.Options.PriceList}, enforced by the sandbox: {sandbox.UnitsPerMail} units a mail, {sandbox.UserUnitsPerMinute:N0} a minute and user, {sandbox.ProjectUnitsPerMinute:N0} a minute and project, 10 calls in flight per user; at most {sandbox.MailsPerSecond(r.Options.Users):N0} mails/s")
            : F($"  price list {r.Options.PriceList}, counted but not enforced by the sandbox, except 10 calls in flight per user");
        yield return F($"  limiter: list {r.Options.PriceList}, {limiter.UserUnitsPerMinute:N0} units a minute and user, {limiter.ProjectUnitsPerMinute:N0} a minute and project, {(limiter.DayUnits == 0 ? "no" : limiter.DayUnits.ToString("N0", CultureInfo.InvariantCulture))} limit a day{(r.Options.Enforce ? "" : " (opened wide: this run measures Butler, not Google's quota)")}");
    }

    private static string Queue(BenchResult r, double counted, long mails)
    {
        if (r.Queue is not { } q || q.AllMilliseconds <= 0)
        {
            return "  queue       not measured: this PostgreSQL has no pg_stat_statements";
        }

        var share = q.QueueMilliseconds / q.AllMilliseconds;
        var postgres = r.Processes.FirstOrDefault(p => p.Name == "postgres")?.CpuSeconds ?? 0;
        return F($"  queue       {share * 100:0.0} % of PostgreSQL's statement time (elapsed time of statements on outbox and slots, and wake-ups: {q.QueueMilliseconds / 1000:0.00} of {q.AllMilliseconds / 1000:0.00} s, {q.QueueCalls:N0} of {q.AllCalls:N0} statements)")
            + F($"; at that share of its CPU {share * postgres * 1000 / mails:0.000} ms a mail, {(counted > 0 ? share * postgres / counted * 100 : 0):0.0} % of all CPU counted");
    }

    private static IEnumerable<string> Statements(IReadOnlyList<StatementTime> statements)
    {
        if (statements.Count > 0)
        {
            yield return "";
            yield return $"  {"total ms",10}{"calls",9}{"ms each",10}  statement";
        }

        foreach (var s in statements)
        {
            var text = string.Join(' ', s.Text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
            yield return F($"  {s.Milliseconds,10:N0}{s.Calls,9:N0}{s.Milliseconds / Math.Max(1, s.Calls),10:0.00}  {(text.Length > StatementWidth ? text[..StatementWidth] + "…" : text)}");
        }
    }

    private static long Fetched(BenchResult r) => r.Sandbox.Calls.Where(c => c is { Method: "messages.get", Status: 200 }).Sum(c => c.Count);

    private static string Row(string name, double cpu, long mails, long? bytes) =>
        F($"  {name,-20}{cpu,10:0.00}{cpu * 1000 / mails,12:0.000}{(bytes is { } b ? (b / 1048576.0).ToString("0", CultureInfo.InvariantCulture) : ""),11}").TrimEnd();

    private static string Count((string Name, long Count) c) => F($"{c.Count:N0} {c.Name}");

    private static string Join(IEnumerable<string> parts) => string.Join(", ", parts) is { Length: > 0 } text ? text : "none";

    private static string F(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
