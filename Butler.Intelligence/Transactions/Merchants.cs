namespace Butler.Intelligence.Transactions;

/// <summary>The other side of a payment: after "at", "to", "from", beside a label, else who sends the receipt.</summary>
internal static class Merchants
{
    private const int MaxLength = 60;

    private static readonly string[] s_labels =
    [
        "merchant", "merchant name", "from merchant", "payee", "beneficiary", "beneficiary name", "paid to", "recipient", "sender", "description", "desc", "narration", "seller", "sold by", "store", "remitter", "info",
        "handler", "empfanger", "auftraggeber", "verwendungszweck", "comercio", "beneficiario", "establecimiento", "concepto", "estabelecimento", "favorecido", "commercant", "beneficiaire", "esercente", "beneficiario",
        "begunstigde", "mottagare", "mottaker", "modtager", "odbiorca", "nadawca", "nazev protistrany", "prijemce", "obchodnik", "kedvezmenyezett", "alici", "isyeri", "получатель", "магазин", "加盟店名", "払込先", "受取人名", "利用先", "ご利用店名", "ご利用先", "商户", "商戶", "가맹점",
    ];

    private static readonly string[] s_out = [" at ", " to ", " towards ", " @", " in favour of ", " bei ", " an ", " chez ", " en ", " a ", " para ", " presso ", " bij ", " hos ", " u ", " w ", " في ", " در "];

    private static readonly string[] s_in = [" from ", " by ", " von ", " de ", " da ", " van ", " fran ", " fra ", " od ", " من ", " از "];

    private static readonly string[] s_other = [" by ", " on ", " for "];

    private static readonly string[] s_stops = [" on ", " using ", " via ", " with ", " ref", " from ", " was ", " is ", " has ", " for ", " avl", " available", " upi", " at ", " through ", " dated ", " by ", " thank", " txn", " your ", " not ", " and ", " am ", " le ", " el ", " dne ", " mit ", " vom ", " to ", " in error", " if ", " call ", " card "];

    public static string Of(MoneyScan scan, MoneyMail mail, Find find, Dictionary<string, FieldSpan> spans)
    {
        if (Labelled(scan, spans) is { } labelled)
        {
            return labelled;
        }

        var sentence = scan.Sentences[find.Sentence];
        var order = find.Direction.Direction == MoneyDirection.Out ? s_out : s_in;
        return InSentence(scan, sentence, find, order, spans) ?? InSentence(scan, sentence, find, find.Direction.Direction == MoneyDirection.Out ? s_other : s_out, spans) ?? Sender(mail);
    }

    private static string? Labelled(MoneyScan scan, Dictionary<string, FieldSpan> spans)
    {
        var text = scan.Text;
        foreach (var label in s_labels)
        {
            var from = 0;
            while (from < text.Length && text.Chars[from..].IndexOf(label) is >= 0 and var found)
            {
                var at = from + found;
                var end = at + label.Length;
                from = end;
                var i = end;
                while (text[i] == ' ')
                {
                    i++;
                }

                if (text[i] != ':' || (at > 0 && char.IsLetter(text[at - 1]) && !MoneyWords.IsUnspaced(text[at])))
                {
                    continue;
                }

                i++;
                while (text[i] is ' ' or '\n' && i < text.Length)
                {
                    i++;
                }

                var stop = i;
                while (stop < text.Length && text[stop] != '\n' && stop - i < MaxLength)
                {
                    stop++;
                }

                stop = Cut(text, i, stop);
                if (stop - i >= 2)
                {
                    return Take(scan, i, stop, spans);
                }
            }
        }

        return null;
    }

    private static string? InSentence(MoneyScan scan, MoneySentence sentence, Find find, string[] words, Dictionary<string, FieldSpan> spans)
    {
        var text = scan.Text;
        foreach (var word in words)
        {
            var from = sentence.Start;
            while (from < sentence.End && text.Slice(from, sentence.End).IndexOf(word) is >= 0 and var found)
            {
                var start = from + found + word.Length;
                from = start;
                if (start >= sentence.End || IsAccountOrTime(scan, start))
                {
                    continue;
                }

                var stop = start;
                while (stop < sentence.End && text[stop] is not ('\n' or ';' or '(' or '|') && stop - start < MaxLength && !(text[stop] == '.' && text[stop + 1] is ' ' or '\n' && stop + 2 >= sentence.End) && !(text[stop] == ',' && text[stop + 1] == ' '))
                {
                    stop++;
                }

                stop = Cut(text, start, stop);
                if (stop - start >= 2 && !(find.Amount.Start >= start && find.Amount.Start < stop))
                {
                    return Take(scan, start, stop, spans);
                }
            }
        }

        return null;
    }

    private static bool IsAccountOrTime(MoneyScan scan, int start)
    {
        var text = scan.Text;
        if (char.IsAsciiDigit(text[start]) && char.IsAsciiDigit(text[start + 1]) && text[start + 2] is ':' or '/' or '-' or '.')
        {
            return true;
        }

        var end = MoneyWords.WordEnd(text, start);
        var kinds = MoneyWords.Longest(text, start, end == start ? start + 1 : end, out _);
        return (kinds & (MoneyWord.Own | MoneyWord.Account | MoneyWord.Balance)) != 0 || text.Slice(start, Math.Min(text.Length, start + 4)).StartsWith("the ");
    }

    private static int Cut(FoldedText text, int start, int stop)
    {
        var part = text.Slice(start, stop);
        var cut = part.Length;
        foreach (var word in s_stops)
        {
            if (part.IndexOf(word) is > 0 and var at && at < cut)
            {
                cut = at;
            }
        }

        stop = start + cut;
        while (stop > start && text[stop - 1] is ' ' or '.' or ',' or ':' or '-' or ';' or '\n' or '!')
        {
            stop--;
        }

        return stop;
    }

    private static string Take(MoneyScan scan, int start, int end, Dictionary<string, FieldSpan> spans)
    {
        spans["merchant"] = Fields.Span(scan, start, end);
        return Fields.Original(scan, start, end).ReplaceLineEndings(" ").Trim();
    }

    private static string Sender(MoneyMail mail)
    {
        if (mail.FromName.Length > 0 && !mail.FromName.Contains('@', StringComparison.Ordinal))
        {
            return mail.FromName.Trim();
        }

        var at = mail.FromAddress.LastIndexOf('@');
        return at < 0 ? "" : mail.FromAddress[(at + 1)..];
    }
}
