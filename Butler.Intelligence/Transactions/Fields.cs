namespace Butler.Intelligence.Transactions;

/// <summary>Completes a find with what stands around it: other side, day, account, reference, and where each came from.</summary>
internal static class Fields
{
    private const int MaxReference = 40;

    public static ParsedTransaction Complete(MoneyScan scan, MoneyMail mail, Find find, int line)
    {
        var spans = new Dictionary<string, FieldSpan>(7, StringComparer.Ordinal)
        {
            ["amount"] = Span(scan, find.Amount.NumberStart, find.Amount.NumberEnd),
        };
        if (find.Amount.CurrencyStart >= 0 && find.Amount.Currency.Length == 3)
        {
            spans["currency"] = Span(scan, find.Amount.CurrencyStart, find.Amount.CurrencyEnd);
        }

        if (find.Direction.Cue >= 0)
        {
            spans["direction"] = Span(scan, scan.Cues[find.Direction.Cue].Start, scan.Cues[find.Direction.Cue].End);
        }

        var account = Account(scan, find, spans);
        var reference = Reference(scan, find, spans);
        var merchant = Merchants.Of(scan, mail, find, spans);
        var date = Dates.Of(scan, mail, find, spans);
        return new ParsedTransaction
        {
            Line = line,
            Amount = find.Amount.Value,
            Currency = find.Amount.Currency,
            Direction = find.Direction.Direction,
            Source = find.Source,
            Merchant = merchant,
            Date = date,
            Account = account,
            Reference = reference,
            BalanceAfter = Balance(scan, find),
            Doubt = find.Doubt | (mail.IsForged ? Doubt.Sender : Doubt.None),
            IsChecked = find.IsChecked,
            IsCurrencyInferred = !find.Amount.IsCurrencySure,
            Spans = spans,
        };
    }

    /// <summary>A folded range as subject or text offsets.</summary>
    public static FieldSpan Span(MoneyScan scan, int start, int end)
    {
        var (offset, length) = scan.Text.Origin(start, end);
        return offset < scan.TextOffset ? new(SpanPlace.Subject, offset, length) : new(SpanPlace.Text, offset - scan.TextOffset, length);
    }

    /// <summary>The original characters of a folded range.</summary>
    public static string Original(MoneyScan scan, int start, int end)
    {
        var (offset, length) = scan.Text.Origin(start, end);
        return scan.Text.Source.Substring(offset, length);
    }

    private static decimal? Balance(MoneyScan scan, Find find)
    {
        foreach (var amount in scan.Amounts)
        {
            if (amount.Role == AmountRole.Balance && amount.Currency == find.Amount.Currency && amount.NumberStart > find.Amount.NumberStart)
            {
                return amount.Sign < 0 ? -amount.Value : amount.Value;
            }
        }

        return null;
    }

    private static string Account(MoneyScan scan, Find find, Dictionary<string, FieldSpan> spans)
    {
        var own = scan.Sentences[find.Sentence];
        for (var c = own.CueFrom; c < own.CueTo; c++)
        {
            if (Tail(scan, c, spans) is { } tail)
            {
                return tail;
            }
        }

        for (var c = 0; c < scan.Cues.Count; c++)
        {
            if (Tail(scan, c, spans) is { } tail)
            {
                return tail;
            }
        }

        return "";
    }

    /// <summary>Whether an account or card with a masked or numbered tail stands near.</summary>
    public static bool HasTail(MoneyScan scan, int at, int reach)
    {
        var spans = new Dictionary<string, FieldSpan>(1, StringComparer.Ordinal);
        for (var c = 0; c < scan.Cues.Count; c++)
        {
            if (Math.Abs(scan.Cues[c].Start - at) <= reach && Tail(scan, c, spans) is { Length: >= 3 })
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether a word for an account or card has its tail behind it.</summary>
    public static bool HasTail(MoneyScan scan, int cue) => Tail(scan, cue, []) is { Length: >= 3 };

    /// <summary>Whether a reference stands near.</summary>
    public static bool HasReference(MoneyScan scan, int at, int reach)
    {
        foreach (var cue in scan.Cues)
        {
            if ((cue.Kinds & MoneyWord.Reference) != 0 && Math.Abs(cue.Start - at) <= reach && ReferenceAfter(scan, cue.End, out _, out _))
            {
                return true;
            }
        }

        return false;
    }

    private static string? Tail(MoneyScan scan, int cue, Dictionary<string, FieldSpan> spans)
    {
        if ((scan.Cues[cue].Kinds & MoneyWord.Account) == 0)
        {
            return null;
        }

        var text = scan.Text;
        var i = scan.Cues[cue].End;
        var words = 0;
        while (i < text.Length && words <= 3)
        {
            var c = text[i];
            if (c is '*' or '#' or '•' or '·' or '…' || char.IsAsciiDigit(c) || (c == 'x' && text[i + 1] is 'x' or '*' or '-' || c == 'x' && char.IsAsciiDigit(text[i + 1])))
            {
                return Masked(scan, i, spans);
            }

            if (c is '\n' or ';' or ',' || scan.Text[i] == '.' && text[i + 1] is ' ' && words > 1)
            {
                return null;
            }

            if (c == ' ')
            {
                words++;
            }

            i++;
        }

        return null;
    }

    private static string? Masked(MoneyScan scan, int at, Dictionary<string, FieldSpan> spans)
    {
        var text = scan.Text;
        var end = at;
        while (end < text.Length && (char.IsAsciiDigit(text[end]) || text[end] is '*' or '#' or '•' or '·' or '…' or 'x' or '-' or '='
            || (text[end] is ' ' && (char.IsAsciiDigit(text[end + 1]) || text[end + 1] is '*' or '•' or 'x') && text[end - 1] is '*' or '•' or 'x' or '#')))
        {
            end++;
        }

        while (end > at && !char.IsAsciiDigit(text[end - 1]))
        {
            end--;
        }

        if (end <= at || end - at > 34)
        {
            return null;
        }

        var digits = new string([.. text.Slice(at, end).ToArray().Where(char.IsAsciiDigit)]);
        if (digits.Length < 2)
        {
            return null;
        }

        spans["account"] = Span(scan, at, end);
        return digits.Length > 4 ? digits[^4..] : digits;
    }

    private static string Reference(MoneyScan scan, Find find, Dictionary<string, FieldSpan> spans)
    {
        var best = -1;
        var distance = int.MaxValue;
        for (var c = 0; c < scan.Cues.Count; c++)
        {
            if ((scan.Cues[c].Kinds & MoneyWord.Reference) == 0 || !ReferenceAfter(scan, scan.Cues[c].End, out _, out _))
            {
                continue;
            }

            var far = Math.Abs(scan.Cues[c].Start - find.Amount.NumberStart);
            if (far < distance)
            {
                (best, distance) = (c, far);
            }
        }

        if (best < 0 || !ReferenceAfter(scan, scan.Cues[best].End, out var start, out var end))
        {
            return "";
        }

        spans["reference"] = Span(scan, start, end);
        return Original(scan, start, end);
    }

    /// <summary>Whether a number stands after a label: letters, digits and dashes with at least three digits.</summary>
    public static bool ReferenceAfter(MoneyScan scan, int labelEnd, out int start, out int end)
    {
        var text = scan.Text;
        start = labelEnd;
        while (start < text.Length && start - labelEnd < 16 && (text[start] is ' ' or ':' or '#' or '.' or '\n' or '-' or '(' || IsFiller(text, start, out var skip) && (start += skip) > 0))
        {
            start++;
        }

        end = start;
        var digits = 0;
        while (end < text.Length && end - start < MaxReference && (char.IsAsciiLetterOrDigit(text[end]) || text[end] is '-' or '_' or '/'))
        {
            digits += char.IsAsciiDigit(text[end]) ? 1 : 0;
            end++;
        }

        while (end > start && text[end - 1] is '-' or '_' or '/')
        {
            end--;
        }

        return digits >= 3 && end - start >= 4 && !(text[end] is '.' or ',' && char.IsAsciiDigit(text[end + 1]));
    }

    private static bool IsFiller(FoldedText text, int at, out int length)
    {
        foreach (var word in (ReadOnlySpan<string>)["number", "no", "is", "id", "nr", "code"])
        {
            if (at + word.Length < text.Length && text.Slice(at, at + word.Length).SequenceEqual(word) && !char.IsLetter(text[at + word.Length]) && !char.IsLetter(text[at - 1]))
            {
                length = word.Length - 1;
                return true;
            }
        }

        length = 0;
        return false;
    }
}
