using System.Globalization;

namespace Butler.Data.Ingest;

/// <summary>What an audit found, in numbers and in words; the page, the API and the command line say the same.</summary>
/// <param name="AtProvider">Mails that the provider lists.</param>
/// <param name="Done">Of these: judged.</param>
/// <param name="Skipped">Of these: skipped with a reason.</param>
/// <param name="Gone">Of these: recorded as deleted.</param>
/// <param name="Dead">Of these: dead letters.</param>
/// <param name="Expired">Of these: expired by the owner's retention.</param>
/// <param name="Open">Of these: being read right now.</param>
/// <param name="Missing">Of these: not recorded at all.</param>
/// <param name="Unlisted">Recorded, and no longer in the provider's listing.</param>
/// <param name="Deleted">Known to be deleted at the provider, and not in its listing.</param>
/// <param name="Repaired">Missing ones that the audit recorded.</param>
/// <param name="Retried">Dead letters that the audit tried again.</param>
public sealed record AuditCounts(
    long AtProvider, long Done, long Skipped, long Gone, long Dead, long Expired, long Open, long Missing, long Unlisted, long Deleted, long Repaired, long Retried)
{
    /// <summary>Mails at the provider that the ledger knows.</summary>
    public long AccountedFor => Done + Skipped + Gone + Dead + Expired + Open;

    /// <summary>"1,500 at Gmail, 1,500 accounted for: 1,488 done, 9 skipped, 2 gone, 1 dead letter." and what else there is to say.</summary>
    /// <param name="provider">gmail, imap or file: what is compared with.</param>
    public string Words(string provider = "gmail")
    {
        var (at, by) = provider switch { "gmail" => ("at Gmail", "by Gmail"), "file" => ("in the files", "in the files"), _ => ("on the server", "by the server") };
        var states = Join((Done, "done"), (Skipped, "skipped"), (Gone, "gone"), (Dead, Dead == 1 ? "dead letter" : "dead letters"), (Expired, "expired"), (Open, "being read"));
        var text = $"{Number(AtProvider)} {at}, {Number(AccountedFor)} accounted for{(states.Length > 0 ? ": " : "")}{states}.";
        if (Missing > 0)
        {
            text += $" {Number(Missing)} {(Missing == 1 ? "is" : "are")} missing{(Repaired > 0 ? $"; {Number(Repaired)} {(Repaired == 1 ? "is" : "are")} being read now" : "")}.";
        }

        if (Retried > 0)
        {
            text += $" {Number(Retried)} dead {(Retried == 1 ? "letter is" : "letters are")} tried again.";
        }

        if (Deleted > 0)
        {
            text += $" {Number(Deleted)} more {(Deleted == 1 ? "was" : "were")} deleted {at}.";
        }

        if (Unlisted > 0)
        {
            text += $" {Number(Unlisted)} more {(Unlisted == 1 ? "is" : "are")} recorded here and no longer listed {by} (deleted, or moved to spam or trash).";
        }

        return text;
    }

    /// <summary>The ledger's own count in words: "1,500 recorded: 1,488 done, …".</summary>
    public static string Recorded(IReadOnlyDictionary<string, long> states)
    {
        ArgumentNullException.ThrowIfNull(states);
        long Of(string state) => states.GetValueOrDefault(state);
        var dead = Of("dead");
        var parts = Join((Of("done"), "done"), (Of("skipped"), "skipped"), (Of("gone"), "gone"), (dead, dead == 1 ? "dead letter" : "dead letters"), (Of("expired"), "expired"),
            (Of("listed") + Of("stored"), "being read"));
        return $"{Number(states.Values.Sum())} recorded{(parts.Length > 0 ? ": " : "")}{parts}.";
    }

    private static string Join(params (long Count, string What)[] parts) =>
        string.Join(", ", parts.Where(p => p.Count > 0).Select(p => $"{Number(p.Count)} {p.What}"));

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
