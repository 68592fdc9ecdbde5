using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Butler.Cli.Bench.Imap;

/// <summary>One measurement: who fetched, how long it took, and what it cost.</summary>
/// <param name="Who">mbsync, or Butler with what it did.</param>
/// <param name="Mails">Mails that are there afterwards.</param>
/// <param name="Bytes">Their bytes.</param>
/// <param name="Elapsed">Wall time.</param>
/// <param name="CpuSeconds">Of the one who fetched.</param>
/// <param name="ServerCpuSeconds">Of Dovecot meanwhile.</param>
/// <param name="PeakBytes">The most memory of the one who fetched.</param>
internal sealed record ImapBenchResult(string Who, int Mails, long Bytes, TimeSpan Elapsed, double CpuSeconds, double ServerCpuSeconds, long PeakBytes);

/// <summary><c>./butler bench imap</c>: the same mails from the same Dovecot over TLS, fetched by mbsync and by Butler.</summary>
internal static class ImapBenchCommand
{
    private const int MaxMails = 200_000;
    private const int MaxKilobytes = 1_000;

    public static Command Create()
    {
        var sets = new Option<string[]>("--set")
        {
            Description = $"Mails and their size as MAILSxKILOBYTES, up to {MaxMails}x{MaxKilobytes}; may be repeated.",
            DefaultValueFactory = _ => ["10000x10", "2000x75"],
            AllowMultipleArgumentsPerToken = true,
        };
        sets.Validators.Add(r => Check(r));
        var runs = BenchCommand.Number("--runs", "How often each is measured; the best counts.", 3, 1, 20);
        var command = new Command("imap", "Fetches a mailbox from a real Dovecot, side by side with mbsync.") { sets, runs };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var output = parsed.InvocationConfiguration.Output;
            var complete = true;
            foreach (var (mails, kilobytes) in parsed.GetValue(sets)!.Select(s => Parse(s)!.Value))
            {
                var run = new ImapBenchRun(mails, kilobytes, parsed.GetValue(runs), output, TimeProvider.System);
                complete &= await run.RunAsync(cancellationToken);
            }

            return complete ? 0 : 1;
        });
        return command;
    }

    internal static (int Mails, int Kilobytes)? Parse(string set) =>
        set.Split('x') is [var mails, var kilobytes]
        && int.TryParse(mails, NumberStyles.None, CultureInfo.InvariantCulture, out var m) && m is >= 1 and <= MaxMails
        && int.TryParse(kilobytes, NumberStyles.None, CultureInfo.InvariantCulture, out var k) && k is >= 1 and <= MaxKilobytes
            ? (m, k) : null;

    private static void Check(OptionResult result)
    {
        if (result.Tokens.FirstOrDefault(t => Parse(t.Value) is null) is { } wrong)
        {
            result.AddError($"--set must be MAILSxKILOBYTES up to {MaxMails}x{MaxKilobytes}, not {wrong.Value}.");
        }
    }
}
