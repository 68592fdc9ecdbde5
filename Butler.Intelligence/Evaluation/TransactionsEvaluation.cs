using System.Globalization;
using System.Text;
using Butler.Intelligence.Transactions;

namespace Butler.Intelligence.Evaluation;

/// <summary>How transactions of one set were read.</summary>
/// <param name="Set">The source, or "all".</param>
/// <param name="Half">"tuned": rules were tuned on these files; "held-out": they were only scored; "both".</param>
/// <param name="Mails">Mails that tell of a transaction whose sum stands in the mail.</param>
/// <param name="Right">Of these: booked with amount, currency and direction right, and nothing else booked.</param>
/// <param name="InReview">Of these: on the review list with the right amount.</param>
/// <param name="Missed">Of these: not found, or in review with another amount.</param>
/// <param name="BookedWrong">Of these: something booked that the mail does not tell.</param>
/// <param name="Others">Mails that tell of none: codes, adverts, failures, reminders, balances.</param>
/// <param name="BookedOthers">Of those: booked all the same.</param>
/// <param name="NotInText">Mails whose sum does not stand in their text (barcodes, PDF files): not counted above.</param>
public sealed record TransactionFigures(string Set, string Half, int Mails, int Right, int InReview, int Missed, int BookedWrong, int Others, int BookedOthers, int NotInText)
{
    /// <summary>Wrongly booked, of both kinds.</summary>
    public int WronglyBooked => BookedWrong + BookedOthers;

    /// <summary>Share of the transactions that were booked right.</summary>
    public double RightShare => Mails == 0 ? double.NaN : (double)Right / Mails;
}

/// <summary>What became of one mail of the corpus. Names the file only.</summary>
/// <param name="Name">File and line.</param>
/// <param name="Outcome">right, review, missed, wrong, quiet (rightly nothing), booked-other, not-in-text.</param>
/// <param name="IsTuned">In the half that rules were tuned on.</param>
public sealed record TransactionOutcome(string Name, string Outcome, bool IsTuned);

/// <summary>
/// Scores <see cref="TransactionReader"/> on a folder in the corpus' layout, packed or unpacked. Nothing is trained: rules were written
/// on one half of the files and the other half only scored, so both halves are reported apart.
/// </summary>
public sealed class TransactionsEvaluation(string data)
{
    private readonly List<(string Set, TransactionOutcome Outcome, int Expected)> _outcomes = [];

    /// <summary>What became of each mail, after <see cref="All"/>.</summary>
    public IReadOnlyList<TransactionOutcome> Outcomes => [.. _outcomes.Select(o => o.Outcome)];

    /// <summary>Figures by set and half, then all together. Empty where the corpus has no transactions.</summary>
    public IReadOnlyList<TransactionFigures> All()
    {
        _outcomes.Clear();
        foreach (var found in MoneyCorpus.Read(data))
        {
            _outcomes.Add((found.Set, new(found.Name, Score(found), found.IsTuned), found.Expected.Count));
        }

        var figures = new List<TransactionFigures>();
        foreach (var set in _outcomes.GroupBy(o => o.Set).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            figures.Add(Count(set.Key, "tuned", set.Where(o => o.Outcome.IsTuned)));
            figures.Add(Count(set.Key, "held-out", set.Where(o => !o.Outcome.IsTuned)));
        }

        if (_outcomes.Count > 0)
        {
            figures.Add(Count("all", "tuned", _outcomes.Where(o => o.Outcome.IsTuned)));
            figures.Add(Count("all", "held-out", _outcomes.Where(o => !o.Outcome.IsTuned)));
            figures.Add(Count("all", "both", _outcomes));
        }

        return [.. figures.Where(f => f.Mails + f.Others + f.NotInText > 0)];
    }

    /// <summary>How the mails that we wrote ourselves (<see cref="WrittenMoneyMails"/>) are read, one row a set.</summary>
    public static IReadOnlyList<TransactionFigures> Written() =>
        [.. Enumerable.Range(1, WrittenMoneyMails.Sets).Select(set => Count("written", string.Create(CultureInfo.InvariantCulture, $"set {set}"), WrittenMoneyMails.Read(set).Select(c => (c.Set, new TransactionOutcome(c.Name, Score(c), true), c.Expected.Count))))];

    /// <summary>The figures as a Markdown table, with 95 % intervals (Wilson) of the right share.</summary>
    public static string Table(IEnumerable<TransactionFigures> figures)
    {
        ArgumentNullException.ThrowIfNull(figures);
        var text = new StringBuilder("| transactions | files | mails | booked right | in review | missed | booked wrong | others | booked of these | sum not in the text |\n|---|---|---:|---|---:|---:|---:|---:|---:|---:|\n");
        foreach (var f in figures)
        {
            var (low, high) = Wilson(f.Right, f.Mails);
            var share = f.Mails == 0 ? "–" : string.Create(CultureInfo.InvariantCulture, $"{f.Right} = {100 * f.RightShare:0.0} % ({100 * low:0.0}–{100 * high:0.0})");
            text.Append(CultureInfo.InvariantCulture, $"| {f.Set} | {f.Half} | {f.Mails} | {share} | {f.InReview} | {f.Missed} | {f.BookedWrong} | {f.Others} | {f.BookedOthers} | {f.NotInText} |\n");
        }

        return text.ToString();
    }

    internal static string Score(MoneyCase found)
    {
        var lines = TransactionReader.Read(found.Mail);
        var booked = lines.Where(l => l.IsBooked).ToList();
        if (found.Expected.Count == 0)
        {
            return booked.Count == 0 ? "quiet" : "booked-other";
        }

        // Several orders of one mail, charged as one sum: that sum is right as well.
        if (found.Expected.Count > 1 && booked is [{ } one] && one.Amount == found.Expected.Sum(e => e.Amount) && IsSame(one, found.Expected[0] with { Amount = one.Amount }))
        {
            return "right";
        }

        if (booked.Any(b => !found.Expected.Any(e => IsSame(b, e))))
        {
            return "wrong";
        }

        if (found.Expected.All(e => booked.Any(b => IsSame(b, e))) && booked.Count == found.Expected.Count)
        {
            return "right";
        }

        if (!found.Expected.Any(e => StandsIn(found.Mail, e.Amount)))
        {
            return "not-in-text";
        }

        return found.Expected.All(e => lines.Any(l => l.Amount == e.Amount)) ? "review" : "missed";
    }

    private static bool IsSame(ParsedTransaction line, ExpectedMovement expected) =>
        line.Amount == expected.Amount && (expected.Currency is null || line.Currency == expected.Currency)
        && (expected.Direction is null || (expected.Direction == MoneyDirection.Refund ? line.Direction == MoneyDirection.Refund : (line.Direction == MoneyDirection.Out) == (expected.Direction == MoneyDirection.Out)));

    private static bool StandsIn(MoneyMail mail, decimal amount)
    {
        var folded = new FoldedText();
        foreach (var text in (ReadOnlySpan<string>)[mail.Subject, mail.Text])
        {
            folded.Read(text);
            for (var i = 0; i < folded.Length;)
            {
                if (!char.IsAsciiDigit(folded[i]) && !(folded[i] == '.' && char.IsAsciiDigit(folded[i + 1]) && folded[i - 1] == ' '))
                {
                    i++;
                    continue;
                }

                var start = i;
                if (NumberReader.TryRead(folded, start, out var number, out i) && number.Value == amount && (start == 0 || !char.IsAsciiDigit(folded[start - 1])))
                {
                    return true;
                }
            }
        }

        return mail.Markup.Count > 0;
    }

    private static TransactionFigures Count(string set, string half, IEnumerable<(string Set, TransactionOutcome Outcome, int Expected)> outcomes)
    {
        var by = outcomes.GroupBy(o => o.Outcome.Outcome).ToDictionary(g => g.Key, g => g.Count(), StringComparer.Ordinal);
        int Of(string outcome) => by.GetValueOrDefault(outcome);
        return new(set, half, Of("right") + Of("review") + Of("missed") + Of("wrong"), Of("right"), Of("review"), Of("missed"), Of("wrong"), Of("quiet") + Of("booked-other"), Of("booked-other"), Of("not-in-text"));
    }

    private static (double Low, double High) Wilson(int hits, int of)
    {
        if (of == 0)
        {
            return (0, 1);
        }

        const double Z = 1.96;
        var p = (double)hits / of;
        var middle = (p + (Z * Z / (2 * of))) / (1 + (Z * Z / of));
        var half = Z * Math.Sqrt((p * (1 - p) / of) + (Z * Z / (4.0 * of * of))) / (1 + (Z * Z / of));
        return (Math.Max(0, middle - half), Math.Min(1, middle + half));
    }
}
