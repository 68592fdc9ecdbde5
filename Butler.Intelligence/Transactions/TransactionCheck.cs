using System.Globalization;

namespace Butler.Intelligence.Transactions;

/// <summary>What a chat model proposes. Text as it answered; none of it is trusted.</summary>
public sealed record TransactionProposal
{
    /// <summary>The sum, as a number with a point ("1250.50").</summary>
    public string? Amount { get; init; }

    /// <summary>An ISO 4217 code.</summary>
    public string? Currency { get; init; }

    /// <summary>out, in or refund.</summary>
    public string? Direction { get; init; }

    /// <summary>The other side.</summary>
    public string? Merchant { get; init; }

    /// <summary>The day as 2026-01-31.</summary>
    public string? Date { get; init; }

    /// <summary>Last digits of account or card.</summary>
    public string? Account { get; init; }

    /// <summary>Reference or order number.</summary>
    public string? Reference { get; init; }

    /// <summary>Never prints what a model wrote about a mail.</summary>
    public override string ToString() => "proposal";
}

/// <summary>What of a proposal stands in the mail.</summary>
/// <param name="Accepted">Fields that do, with the characters that say so.</param>
/// <param name="Refused">Fields that do not, by name.</param>
public sealed record CheckedProposal(IReadOnlyDictionary<string, FieldSpan> Accepted, IReadOnlyList<string> Refused)
{
    /// <summary>Sum and currency stand in the mail, and nothing that was proposed was refused.</summary>
    public bool IsWhole => Refused.Count == 0 && Accepted.ContainsKey("amount") && Accepted.ContainsKey("currency");
}

/// <summary>
/// A model may propose; a value that does not occur in the mail is refused, field by field (docs/transactions.md). The sum must stand there
/// as a number of that exact value, the currency beside a sum of that value, names and references letter by letter.
/// </summary>
public static class TransactionCheck
{
    private const int MaxField = 200;

    /// <summary>Checks a proposal against the mail's subject and new text.</summary>
    public static CheckedProposal Check(TransactionProposal proposal, string subject, string text)
    {
        ArgumentNullException.ThrowIfNull(proposal);
        ArgumentNullException.ThrowIfNull(subject);
        ArgumentNullException.ThrowIfNull(text);
        var mail = new MoneyMail { Subject = subject, Text = text };
        var scan = MoneyScan.Of(subject, text);
        CurrencyRules.Resolve(scan, mail);
        Roles.Assign(scan);
        var accepted = new Dictionary<string, FieldSpan>(StringComparer.Ordinal);
        var refused = new List<string>();
        void Take(string field, string? value, Func<string, FieldSpan?> find)
        {
            if (string.IsNullOrWhiteSpace(value))
            {
                return;
            }

            if (value.Length <= MaxField && find(value.Trim()) is { } span)
            {
                accepted[field] = span;
            }
            else
            {
                refused.Add(field);
            }
        }

        var sum = SumOf(proposal.Amount);
        Take("amount", proposal.Amount, _ => sum is { } value ? Amount(scan, value) : null);
        Take("currency", proposal.Currency, code => sum is { } value ? Currency(scan, value, code) : null);
        Take("direction", proposal.Direction, way => Direction(scan, way));
        Take("merchant", proposal.Merchant, name => Words(scan, name));
        Take("account", proposal.Account, tail => tail.Length is >= 2 and <= 8 && tail.All(char.IsAsciiDigit) ? Words(scan, tail) : null);
        Take("reference", proposal.Reference, reference => reference.Length >= 3 ? Words(scan, reference) : null);
        Take("date", proposal.Date, day => Day(scan, mail, day));
        return new(accepted, refused);
    }

    /// <summary>The proposed sum; null: none.</summary>
    internal static decimal? SumOf(string? text) =>
        decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var sum) && sum > 0 ? sum : null;

    // A sum that is a balance, a limit or a saving stands in the mail and did not move.
    private static FieldSpan? Amount(MoneyScan scan, decimal sum)
    {
        foreach (var amount in scan.Amounts.Concat(scan.Bare))
        {
            if (amount.Value == sum && !amount.IsUnsure && amount.Role is not (AmountRole.Balance or AmountRole.Limit or AmountRole.Offer))
            {
                return Fields.Span(scan, amount.NumberStart, amount.NumberEnd);
            }
        }

        return null;
    }

    private static FieldSpan? Currency(MoneyScan scan, decimal sum, string code)
    {
        foreach (var amount in scan.Amounts)
        {
            if (amount.Value == sum && amount.CurrencyStart >= 0 && (amount.Currency == code || (amount.Currency.Length == 0 && Currencies.TrySign(scan.Text.Slice(amount.CurrencyStart, amount.CurrencyEnd), out var sign) && Country.MayMean(sign.Code, code))))
            {
                return Fields.Span(scan, amount.CurrencyStart, amount.CurrencyEnd);
            }
        }

        return null;
    }

    private static FieldSpan? Direction(MoneyScan scan, string way)
    {
        var kind = way switch { "out" => MoneyWord.Out, "in" => MoneyWord.In | MoneyWord.Cashback, "refund" => MoneyWord.Refund, _ => MoneyWord.None };
        foreach (var cue in scan.Cues)
        {
            if ((cue.Kinds & kind) != 0)
            {
                return Fields.Span(scan, cue.Start, cue.End);
            }
        }

        return null;
    }

    // Letter by letter once both are folded: case, accents, widths and runs of blanks aside. At the bounds of words.
    private static FieldSpan? Words(MoneyScan scan, string value)
    {
        var folded = new FoldedText();
        folded.Read(value);
        var want = folded.Chars.Trim();
        var from = 0;
        while (!want.IsEmpty && from < scan.Text.Length && scan.Text.Chars[from..].IndexOf(want) is >= 0 and var found)
        {
            var at = from + found;
            var end = at + want.Length;
            if (IsBound(scan.Text[at - 1], want[0]) && IsBound(scan.Text[end], want[^1]))
            {
                return Fields.Span(scan, at, end);
            }

            from = at + 1;
        }

        return null;
    }

    private static bool IsBound(char outside, char inside) => char.IsAsciiDigit(inside) ? !char.IsAsciiDigit(outside) : !char.IsLetter(inside) || !char.IsLetter(outside) || MoneyWords.IsUnspaced(inside);

    private static FieldSpan? Day(MoneyScan scan, MoneyMail mail, string text) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? Dates.Find(scan, mail, day) : null;
}
