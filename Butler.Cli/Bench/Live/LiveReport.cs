using System.Globalization;

namespace Butler.Cli.Bench.Live;

/// <summary>The figures of <c>bench live</c> in words; docs/bench.md says how each is taken.</summary>
internal static class LiveReport
{
    private const double TriagedTarget = 1_000;
    private const double DraftedTarget = 2_000;
    private const double AnswerTarget = 50;
    private const string Sandbox = "Butler.Sandbox";

    public static IEnumerable<string> Lines(LiveResult r)
    {
        var bulk = r.AtEnd.Closed - r.AtStart.Closed;
        var seconds = Math.Max(0.001, r.Elapsed.TotalSeconds);

        // After the last import has ended there is no load to speak of: those mails would flatter.
        var over = r.AtEnd.Completed + r.AtEnd.Failed >= r.Options.System.Users ? r.AtEnd.Ended : null;
        var mails = r.Mails.Where(m => over is null || m.Arrived <= over).ToList();
        var triaged = mails.Where(m => m.Triaged is not null).ToList();
        var drafted = mails.Where(m => m.Drafted is not null).ToList();
        var toTriaged = Spread.Of(triaged.Select(m => Ms(m.Arrived, m.Triaged!.Value)));
        var toDraft = Spread.Of(drafted.Select(m => Ms(m.Arrived, m.Drafted!.Value)));
        var answers = Spread.Of(r.Answers);

        yield return "";
        yield return F($"{r.Sent:N0} new mails in {seconds:0.0} s while {bulk:N0} mails were imported ({bulk / seconds:N0} mails/s); {r.AtEnd.Closed:N0} of {r.Options.System.Expected:N0} mails imported at the end");
        if (over is { } ended)
        {
            yield return F($"  the import was over {(ended - r.AtStart.Now).TotalSeconds:0.0} s after the first new mail: the {r.Mails.Count - mails.Count:N0} new mails after it are not in the figures");
        }

        yield return F($"  {r.Cores} cores, load average {r.LoadBefore} before and {r.LoadDuring} during; {r.Options.System.Users} accounts with {r.Options.System.Mails} mails from {r.Corpus}, seed {r.Options.System.Seed}");
        // All processes have just started: their compiling and the new watches' own notifications are in the figures, and told apart.
        IEnumerable<LiveMail> Late(IEnumerable<LiveMail> those) => those.Where(m => m.Arrived >= r.AtStart.Now.AddSeconds(10));
        yield return "";
        yield return $"  arrival → triaged        {toTriaged}; target p95 {TriagedTarget:0} ms: {Met(toTriaged, toTriaged.P95 < TriagedTarget)}";
        yield return $"  arrival → draft created  {toDraft}; target p95 {DraftedTarget:0} ms: {Met(toDraft, toDraft.P95 < DraftedTarget)}";
        yield return $"  webhook answers          {answers}; target p99 {AnswerTarget:0} ms: {Met(answers, answers.P99 < AnswerTarget)}; after the first ten seconds {Spread.Of(r.Answers.Skip((int)(10 * r.Options.Rate)))}";
        yield return "";
        yield return $"  arrival → in the ledger  {Spread.Of(mails.Select(m => Ms(m.Arrived, m.Listed)))}";
        yield return $"  ledger → stored          {Spread.Of(mails.Where(m => m.Stored is not null).Select(m => Ms(m.Listed, m.Stored!.Value)))}";
        yield return $"  stored → triaged         {Spread.Of(triaged.Where(m => m.Stored is not null).Select(m => Ms(m.Stored!.Value, m.Triaged!.Value)))}";
        yield return $"  triaged → draft          {Spread.Of(drafted.Where(m => m.Triaged is not null).Select(m => Ms(m.Triaged!.Value, m.Drafted!.Value)))}";
        yield return $"  after the first ten seconds: triaged {Spread.Of(Late(triaged).Select(m => Ms(m.Arrived, m.Triaged!.Value)))}; draft {Spread.Of(Late(drafted).Select(m => Ms(m.Arrived, m.Drafted!.Value)))}";
        yield return F($"  by ten seconds, p95 to triaged  {Join(ByTenSeconds(triaged, r.AtStart.Now))} ms");
        yield return F($"  missing     {Math.Max(0, r.Sent - r.Mails.Count(m => m.Triaged is not null)):N0} not triaged; {mails.Count(m => m.ByListing):N0} first seen by the import's listing");
        yield return $"  drafts      {Join(mails.Where(m => m.Category == "needs_reply").GroupBy(m => m.Reply ?? "none yet").OrderByDescending(g => g.Count()).Select(g => F($"{g.Count():N0} {g.Key}")))} of mails that need a reply";
        yield return $"  verdicts    {Join(triaged.GroupBy(m => m.Category ?? "?").OrderByDescending(g => g.Count()).Select(g => F($"{g.Count():N0} {g.Key}")))}";
        yield return "";
        foreach (var line in Processes(r.Processes, Math.Max(1, bulk + triaged.Count), seconds, r.Cores))
        {
            yield return line;
        }

        yield return $"  messages    {Join(r.Tasks.Select(t => F($"{t.Task} {t.Count:N0} × {t.Seconds / Math.Max(1, t.Count) * 1000:0} ms")))}";
        yield return F($"  Gmail calls {Join(r.Sandbox.Calls.Select(c => F($"{c.Method} {c.Status}: {c.Count:N0}")))}");
        yield return $"  errors      {Join(r.Errors.Select(e => F($"{e.Count:N0} × {e.Name}")))}";
    }

    public static IEnumerable<string> Lines(IntakeResult r)
    {
        var seconds = Math.Max(0.001, r.Elapsed.TotalSeconds);
        yield return "";
        yield return F($"{r.Answers.Count:N0} notifications in {seconds:0.0} s: {r.Answers.Count / seconds:N0}/s (asked for {r.Options.IntakeRate:N0}/s; {r.WarmUp:N0} before them to warm up, not counted)");
        yield return F($"  {r.Cores} cores, load average {r.LoadBefore} before and {r.LoadDuring} during; {r.Options.System.Users} accounts");
        var answers = Spread.Of(r.Answers.Select(a => a.Milliseconds));
        yield return $"  answers     {answers}; target p99 {AnswerTarget:0} ms: {Met(answers, answers.P99 < AnswerTarget)}";
        yield return F($"  statuses    {Join(r.Answers.GroupBy(a => a.Status).OrderBy(g => g.Key).Select(g => F($"{(g.Key == 0 ? "no answer" : g.Key.ToString(CultureInfo.InvariantCulture))}: {g.Count():N0}")))}");
        yield return F($"  sender      {Spread.Of(r.Answers.Select(a => a.Late))} behind its own timetable");
        yield return F($"  recorded    {r.Recorded:N0} of {r.Answers.Count + r.WarmUp:N0} in the inbox");
        yield return "";
        foreach (var line in Processes(r.Processes, Math.Max(1, r.Answers.Count), seconds, r.Cores))
        {
            yield return line;
        }

        yield return $"  messages    {Join(r.Tasks.Select(t => F($"{t.Task} {t.Count:N0} × {t.Seconds / Math.Max(1, t.Count) * 1000:0} ms")))}";
    }

    private static IEnumerable<string> Processes(IReadOnlyList<ProcessUse> processes, long mails, double seconds, int cores)
    {
        yield return $"  {"process",-20}{"CPU s",10}{"ms each",12}{"peak MiB",11}";
        foreach (var p in processes.OrderBy(p => p.Name == Sandbox))
        {
            yield return F($"  {(p.Name == Sandbox ? $"{p.Name} (apart)" : p.Name),-24}{p.CpuSeconds,6:0.00}{p.CpuSeconds * 1000 / mails,12:0.000}{p.PeakBytes / 1048576.0,11:0}");
        }

        yield return F($"  {processes.Sum(p => p.CpuSeconds) / seconds:0.00} of {cores} cores used on average");
    }

    /// <summary>Shows whether a start (compiling, filling pools) or a phase of the import is what costs.</summary>
    private static IEnumerable<string> ByTenSeconds(IEnumerable<LiveMail> triaged, DateTimeOffset start) =>
        triaged.GroupBy(m => (int)Math.Max(0, (m.Arrived - start).TotalSeconds / 10)).OrderBy(g => g.Key)
            .Select(g => F($"{g.Key * 10} s: {Spread.Of(g.Select(m => Ms(m.Arrived, m.Triaged!.Value))).P95:0}"));

    private static double Ms(DateTimeOffset from, DateTimeOffset to) => (to - from).TotalMilliseconds;

    private static string Met(Spread spread, bool met) => spread.Count == 0 ? "not measured" : met ? "met" : "MISSED";

    private static string Join(IEnumerable<string> parts) => string.Join(", ", parts) is { Length: > 0 } text ? text : "none";

    private static string F(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
