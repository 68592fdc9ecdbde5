using System.Globalization;

namespace Butler.Intelligence.Transactions;

/// <summary>The day a mail names: numbers in the orders of the world, or with the month in words.</summary>
internal static class Dates
{
    private static readonly string[][] s_months =
    [
        ["jan", "ene", "gen", "januar", "led", "sty", "янв"], ["feb", "fev", "fevr", "unor", "lut", "фев"], ["mar", "mars", "marz", "maerz", "mrz", "brez", "мар"], ["apr", "avr", "abr", "dub", "kwi", "апр"],
        ["may", "mai", "maj", "mayo", "mei", "kvet", "maggio", "мая"], ["jun", "june", "juin", "cerv", "cze", "giu", "июн"], ["jul", "july", "juil", "lug", "lip", "июл"], ["aug", "aou", "ago", "srp", "sie", "авг"],
        ["sep", "set", "zar", "wrz", "сен"], ["oct", "okt", "out", "ott", "rij", "paz", "окт"], ["nov", "lis", "ноя"], ["dec", "dez", "dic", "pros", "gru", "des", "дек"],
    ];

    public static DateOnly? Of(MoneyScan scan, MoneyMail mail, Find find, Dictionary<string, FieldSpan> spans)
    {
        var monthFirst = find.Amount.Currency is "USD" or "PHP";
        var own = scan.Sentences[find.Sentence];
        if (Search(scan, mail, own.Start, own.End, monthFirst, out var date, out var start, out var end) || Search(scan, mail, 0, scan.Text.Length, monthFirst, out date, out start, out end))
        {
            spans["date"] = Fields.Span(scan, start, end);
            return date;
        }

        return null;
    }

    /// <summary>Where a day stands in the mail, in whichever order of day and month.</summary>
    public static FieldSpan? Find(MoneyScan scan, MoneyMail mail, DateOnly day)
    {
        foreach (var monthFirst in (ReadOnlySpan<bool>)[false, true])
        {
            for (var from = 0; Search(scan, mail, from, scan.Text.Length, monthFirst, out var date, out var start, out var end); from = start + 1)
            {
                if (date == day)
                {
                    return Fields.Span(scan, start, end);
                }
            }
        }

        return null;
    }

    /// <summary>Whether a range names a day after the mail's own, and none before it: what it tells of is still to come. A day without a year is the nearest.</summary>
    public static bool IsAhead(MoneyScan scan, MoneyMail mail, int from, int to, string currency)
    {
        if (mail.Sent is not { } sent)
        {
            return false;
        }

        var last = DateOnly.FromDateTime(sent.UtcDateTime).AddDays(1);
        var ahead = false;
        for (var at = from; at < to; at++)
        {
            if (!char.IsLetterOrDigit(scan.Text[at]) || char.IsLetterOrDigit(scan.Text[at - 1]) && !MoneyWords.IsUnspaced(scan.Text[at - 1]))
            {
                continue;
            }

            if ((Search(scan, mail, at, at + 1, currency is "USD" or "PHP", out var day, out _, out var end) || WithoutYear(scan.Text, at, last, out day, out end))
                && !scan.Amounts.Any(a => at >= a.NumberStart && at < a.NumberEnd))
            {
                if (day <= last)
                {
                    return false;
                }

                ahead = true;
                at = end;
            }
        }

        return ahead;
    }

    /// <summary>Whether a range names a day.</summary>
    public static bool IsNamed(MoneyScan scan, MoneyMail mail, int from, int to) => Search(scan, mail, from, to, false, out _, out _, out _);

    // "20 November", "November 20", "20.11.", "20/11", "11月20日". Where day and month may change places, no day is told.
    private static bool WithoutYear(FoldedText text, int at, DateOnly near, out DateOnly day, out int end)
    {
        day = default;
        end = at;
        var first = Digits(text, ref end);
        var month = 0;
        if (first < 0)
        {
            month = Month(text, ref end);
            end += month > 0 && text[end] is ' ' or '.' ? 1 : 0;
            first = month > 0 ? Digits(text, ref end) : -1;
        }
        else if (text[end] is '月' or '월')
        {
            month = first;
            end += text[end + 1] == ' ' ? 2 : 1;
            first = Digits(text, ref end);
        }
        else if (text[end] is '.' or '/' && char.IsAsciiDigit(text[end + 1]))
        {
            var mark = text[end++];
            month = Digits(text, ref end);
            if (mark == '.' && text[end] != '.')
            {
                return false;
            }

            if (text[end] is '/' or ',' || (text[end] == '.' && char.IsAsciiDigit(text[end + 1])) || (first <= 12 && month <= 12 && text[end] != '.'))
            {
                return false;
            }

            (first, month) = month > 12 ? (month, first) : (first, month);
        }
        else
        {
            end += text[end] == '.' ? 1 : 0;
            end += text[end] == ' ' ? 1 : 0;
            month = Digits(text, ref end) is var digits and > 0 && text[end] == '.' ? digits : Month(text, ref end);
        }

        if (month is < 1 or > 12 || first is < 1 or > 31 || !Make(near.Year, month, first, out day))
        {
            return false;
        }

        day = day.DayNumber - near.DayNumber > 183 ? day.AddYears(-1) : near.DayNumber - day.DayNumber > 183 ? day.AddYears(1) : day;
        return true;
    }

    private static bool Search(MoneyScan scan, MoneyMail mail, int from, int to, bool monthFirst, out DateOnly date, out int start, out int end)
    {
        for (start = from; start < to; start++)
        {
            if (char.IsAsciiDigit(scan.Text[start]) && !char.IsLetterOrDigit(scan.Text[start - 1]) && Numbers(scan.Text, start, mail.Sent, monthFirst, out date, out end))
            {
                return true;
            }

            if (char.IsLetter(scan.Text[start]) && !char.IsLetterOrDigit(scan.Text[start - 1]) && MonthFirst(scan.Text, start, out date, out end))
            {
                return true;
            }
        }

        date = default;
        end = start;
        return false;
    }

    private static bool Numbers(FoldedText text, int at, DateTimeOffset? sent, bool monthFirst, out DateOnly date, out int end)
    {
        date = default;
        end = at;
        var first = Digits(text, ref end);
        var mark = text[end];
        if (first < 0)
        {
            return false;
        }

        var width = end - at;
        if (mark is '年')
        {
            end++;
            var m = Digits(text, ref end);
            end++;
            var d = Digits(text, ref end);
            return Make(first, m, d, out date);
        }

        if (mark is '/' or '-' or '.' && char.IsAsciiDigit(text[end + 1]))
        {
            end++;
            var second = Digits(text, ref end);
            if (text[end] != mark)
            {
                return false;
            }

            end++;
            var from = end;
            var third = Digits(text, ref end);
            if (width == 4)
            {
                return Make(first, second, third, out date);
            }

            if (width > 2 || end - from is not (2 or 4))
            {
                return false;
            }

            var year = third < 100 ? 2000 + third : third;
            return Either(year, first, second, sent, monthFirst && mark == '/', out date);
        }

        // 15 Jan 2026, 13Sep25, 24-Dec-25, 10/Feb/2020.
        if (width > 2)
        {
            return false;
        }

        while (text[end] is ' ' or '-' or '/' or '.' or ',')
        {
            end++;
        }

        var month = Month(text, ref end);
        if (month == 0)
        {
            return false;
        }

        while (text[end] is ' ' or '-' or '/' or '.' or ',' or '\'')
        {
            end++;
        }

        var mark2 = end;
        var y = Digits(text, ref end);
        return end - mark2 is 2 or 4 && text[end] != ':' && Make(y < 100 ? 2000 + y : y, month, first, out date);
    }

    private static bool MonthFirst(FoldedText text, int at, out DateOnly date, out int end)
    {
        date = default;
        end = at;
        var month = Month(text, ref end);
        if (month == 0 || text[end] is not (' ' or '.' or '-' or '/'))
        {
            return false;
        }

        while (text[end] is ' ' or '.' or '-' or '/')
        {
            end++;
        }

        var day = Digits(text, ref end);
        while (text[end] is ' ' or ',' or '-' or '/')
        {
            end++;
        }

        var from = end;
        var year = Digits(text, ref end);
        return end - from is 2 or 4 && text[end] != ':' && Make(year < 100 ? 2000 + year : year, month, day, out date);
    }

    private static int Month(FoldedText text, ref int at)
    {
        var end = at;
        while (char.IsLetter(text[end]))
        {
            end++;
        }

        if (end - at < 3)
        {
            return 0;
        }

        var word = text.Slice(at, end);
        for (var m = 0; m < s_months.Length; m++)
        {
            foreach (var name in s_months[m])
            {
                if (word.StartsWith(name) && (word.Length == name.Length || word.Length > 4))
                {
                    at = end;
                    return m + 1;
                }
            }
        }

        return 0;
    }

    private static int Digits(FoldedText text, ref int at)
    {
        var value = 0;
        var from = at;
        while (char.IsAsciiDigit(text[at]) && at - from < 5)
        {
            value = (value * 10) + (text[at] - '0');
            at++;
        }

        return at == from ? -1 : value;
    }

    // 03/04/2026: the order of the country, unless only the other is a date or is far nearer to the mail's own.
    private static bool Either(int year, int a, int b, DateTimeOffset? sent, bool monthFirst, out DateOnly date)
    {
        var dayFirst = Make(year, b, a, out var one);
        var other = Make(year, a, b, out var two);
        date = dayFirst && (!other || !monthFirst) ? one : two;
        if (dayFirst && other && sent is { } at)
        {
            var day = DateOnly.FromDateTime(at.UtcDateTime);
            date = Math.Abs(one.DayNumber - day.DayNumber) <= 3 ? one : Math.Abs(two.DayNumber - day.DayNumber) <= 3 ? two : date;
        }

        return dayFirst || other;
    }

    private static bool Make(int year, int month, int day, out DateOnly date) =>
        DateOnly.TryParseExact(string.Create(CultureInfo.InvariantCulture, $"{year:0000}-{month:00}-{day:00}"), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out date) && year is >= 1990 and <= 2100;
}
