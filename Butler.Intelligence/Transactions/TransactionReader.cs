namespace Butler.Intelligence.Transactions;

/// <summary>
/// Finds the movements of money that a mail tells of. Pure and bounded: spans and word lists, no patterns that backtrack. What is
/// in doubt is returned with its <see cref="Doubt"/>, never booked (docs/transactions.md).
/// </summary>
public static class TransactionReader
{
    /// <summary>Movements per mail; a statement of an account is not taken apart.</summary>
    public const int MaxLines = 10;

    private const int MaxLength = 24_000;

    /// <summary>Reads a mail. Most mails hold no money and cost a few microseconds.</summary>
    public static IReadOnlyList<ParsedTransaction> Read(MoneyMail mail)
    {
        ArgumentNullException.ThrowIfNull(mail);
        var text = mail.Text.Length > MaxLength ? mail.Text[..MaxLength] : mail.Text;
        var fromText = MoneyHint.MayHold(mail.Subject, text) ? FromText(mail, text) : [];
        return mail.Markup.Count == 0 ? fromText : MarkupReader.Merge(fromText, mail, text);
    }

    private static IReadOnlyList<ParsedTransaction> FromText(MoneyMail mail, string text)
    {
        var scan = MoneyScan.Of(mail.Subject, text);
        CurrencyRules.Resolve(scan, mail);
        if (scan.Amounts.Count == 0)
        {
            return [];
        }

        Roles.Assign(scan);
        var finds = Selection.Of(scan, mail);
        if (finds.Count == 0)
        {
            return [];
        }

        var lines = new List<ParsedTransaction>(finds.Count);
        foreach (var find in finds.Take(MaxLines))
        {
            lines.Add(Fields.Complete(scan, mail, find, lines.Count + 1));
        }

        return lines;
    }
}
