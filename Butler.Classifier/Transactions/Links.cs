using Butler.Data.Classifier;

namespace Butler.Classifier.Transactions;

/// <summary>
/// Which lines tell of a payment that is booked already (alert and receipt of one payment), and which payment a refund undoes. What
/// might be the same payment and might be another goes to review: never twice into the books.
/// </summary>
internal static class Links
{
    private const int MinReference = 6;
    private const int MinWord = 4;
    private const int ReceiptDays = 5;
    private const int AlertDays = 1;

    private enum Same
    {
        No,
        Perhaps,
        Yes,
    }

    /// <summary>The lines with their links; <paramref name="refunds"/>: refunds already stored, with the payment found now.</summary>
    public static List<StoredTransaction> Decide(IReadOnlyList<StoredTransaction> lines, IReadOnlyList<KnownTransaction> known, out List<(Guid Refund, Guid Payment)> refunds)
    {
        refunds = [];
        var books = known.ToList();
        var taken = known.Where(k => k.HasDuplicate).Select(k => k.Id).ToHashSet();
        var undone = known.Where(k => k.IsLinked).Select(k => k.Id).ToHashSet();
        var decided = new List<StoredTransaction>(lines.Count);
        foreach (var given in lines)
        {
            var line = given;
            if (line.State == "booked")
            {
                line = Merge(line, books, taken);
            }

            if (line.State == "booked")
            {
                line = line.Direction == "refund" ? line with { RefundOf = PaymentOf(line, books) } : line;
                foreach (var refund in line.Direction == "out" ? books.Where(k => k.Direction == "refund" && !undone.Contains(k.Id) && Undoes(k, line)) : [])
                {
                    undone.Add(refund.Id);
                    refunds.Add((refund.Id, line.Id));
                }

                books.Add(new(line.Id, line.MailId, line.Amount, line.Currency!, line.Direction, line.Source, line.Day, line.Merchant, line.AccountTail, line.Reference, false, line.RefundOf is not null));
            }

            decided.Add(line);
        }

        return decided;
    }

    private static StoredTransaction Merge(StoredTransaction line, List<KnownTransaction> books, HashSet<Guid> taken)
    {
        KnownTransaction? perhaps = null;
        foreach (var other in books)
        {
            if (other.MailId == line.MailId || other.Amount != line.Amount || other.Currency != line.Currency || other.Direction != line.Direction)
            {
                continue;
            }

            var same = Compare(line, other);
            if (same == Same.Yes && taken.Add(other.Id))
            {
                return line with { State = "merged", DuplicateOf = other.Id };
            }

            // A payment that has its receipt already is not a second receipt's.
            perhaps ??= same == Same.Perhaps && !taken.Contains(other.Id) ? other : null;
        }

        return perhaps is null ? line : line with { State = "review", Doubts = [.. line.Doubts, "duplicate"] };
    }

    private static Same Compare(StoredTransaction line, KnownTransaction other)
    {
        if (line.Reference.Length >= MinReference && string.Equals(line.Reference, other.Reference, StringComparison.OrdinalIgnoreCase))
        {
            return Same.Yes;
        }

        var days = Math.Abs(line.Day.DayNumber - other.Day.DayNumber);
        var alike = Alike(line.Merchant, other.Merchant);
        if ((line.Source == "alert") != (other.Source == "alert"))
        {
            return days > ReceiptDays ? Same.No : alike ? Same.Yes : Same.Perhaps;
        }

        // Two notices of one account are two payments; of two accounts (a payment service and the bank behind it) perhaps one.
        var oneAccount = line.AccountTail.Length > 0 && line.AccountTail == other.AccountTail;
        return line.Source == "alert" && alike && days <= AlertDays && !oneAccount && line.AccountTail != other.AccountTail ? Same.Perhaps : Same.No;
    }

    private static Guid? PaymentOf(StoredTransaction refund, List<KnownTransaction> books) =>
        books.Where(k => k.Direction == "out" && k.Currency == refund.Currency && k.Amount >= refund.Amount && k.Day <= refund.Day && k.MailId != refund.MailId
                && (Alike(k.Merchant, refund.Merchant) || SameReference(k.Reference, refund.Reference) || (k.Amount == refund.Amount && k.AccountTail.Length > 0 && k.AccountTail == refund.AccountTail)))
            .OrderByDescending(k => SameReference(k.Reference, refund.Reference)).ThenByDescending(k => k.Amount == refund.Amount).ThenByDescending(k => k.Day).FirstOrDefault()?.Id;

    private static bool Undoes(KnownTransaction refund, StoredTransaction payment) =>
        refund.Currency == payment.Currency && refund.Amount <= payment.Amount && refund.Day >= payment.Day && refund.MailId != payment.MailId
        && (Alike(refund.Merchant, payment.Merchant) || SameReference(refund.Reference, payment.Reference));

    private static bool SameReference(string a, string b) => a.Length >= MinReference && string.Equals(a, b, StringComparison.OrdinalIgnoreCase);

    /// <summary>A word of both, or one name inside the other; legal forms and domains aside.</summary>
    internal static bool Alike(string a, string b)
    {
        var (x, y) = (Words(a), Words(b));
        return x.Any(w => y.Contains(w)) || (x.Count > 0 && y.Count > 0 && (string.Concat(x).Contains(string.Concat(y), StringComparison.Ordinal) || string.Concat(y).Contains(string.Concat(x), StringComparison.Ordinal)));
    }

    private static List<string> Words(string name) =>
        [.. name.ToLowerInvariant().Split([.. name.Where(c => !char.IsLetterOrDigit(c)).Distinct()], StringSplitOptions.RemoveEmptyEntries)
            .Where(w => w.Length >= MinWord && w is not ("gmbh" or "limited" or "https" or "bank" or "payment" or "payments" or "online" or "private" or "mail" or "info" or "noreply" or "support" or "receipt" or "receipts" or "orders"))];
}
