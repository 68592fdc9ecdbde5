using System.Globalization;

namespace Butler.Intelligence.Transactions;

/// <summary>
/// Reads numbers as people and banks write them: 1,234.56 · 1.234,56 · 1 234,56 · 1'234.56 · 1,23,456.00 · 1.234,- · 500/- · .05.
/// What is a date, a time, a version, an address or a reference is no number.
/// </summary>
internal static class NumberReader
{
    private const int MaxDigits = 15;

    /// <summary>The number that begins at <paramref name="at"/>; false when none does. <paramref name="next"/> is where to go on.</summary>
    public static bool TryRead(FoldedText text, int at, out WrittenNumber number, out int next)
    {
        number = default;
        Span<char> digits = stackalloc char[MaxDigits + 1];
        Span<int> sizes = stackalloc int[8];
        Span<char> marks = stackalloc char[8];
        var count = 0;
        var groups = 0;
        var run = 0;
        var i = at;
        var tooLong = false;
        var leadingPoint = text[at] == '.';
        if (leadingPoint)
        {
            i++;
        }

        while (true)
        {
            var c = text[i];
            if (char.IsAsciiDigit(c))
            {
                if (count < MaxDigits)
                {
                    digits[count++] = c;
                }
                else
                {
                    tooLong = true;
                }

                run++;
                i++;
                continue;
            }

            if (IsMark(c) && char.IsAsciiDigit(text[i + 1]) && !(c == ' ' && !IsGroupOfThree(text, i + 1, run, groups, marks)))
            {
                // "5000.00,21-11-2025": the decimals are done, what follows is something else.
                if (groups > 0 && c != marks[groups - 1] && run is 1 or 2 && c is '.' or ',')
                {
                    break;
                }

                if (groups == sizes.Length)
                {
                    tooLong = true;
                    i++;
                    run = 0;
                    continue;
                }

                sizes[groups] = run;
                marks[groups++] = c;
                run = 0;
                i++;
                continue;
            }

            break;
        }

        next = Math.Max(i, at + 1);
        if (tooLong || count == 0)
        {
            return false;
        }

        // Times, dates, fractions, ranges of references: 12:30, 12/05, 2026-01-02, 3x4.
        if (text[i] is ':' or '%' or '°' && (text[i] != ':' || char.IsAsciiDigit(text[i + 1])))
        {
            return false;
        }

        if (text[i] == ' ' && text[i + 1] == '%')
        {
            return false;
        }

        if (text[i] == '/' && char.IsAsciiDigit(text[i + 1]))
        {
            return false;
        }

        if (text[i] == '-' && char.IsAsciiDigit(text[i + 1]))
        {
            return false;
        }

        decimal value;
        var unsure = false;
        var decimals = 0;
        if (leadingPoint)
        {
            if (groups > 0 || run > 3)
            {
                return false;
            }

            decimals = run;
        }
        else if (groups > 0 && !Shape(sizes[..groups], marks[..groups], run, digits, count, out decimals, out unsure))
        {
            return false;
        }

        value = decimal.Parse(digits[..count], NumberStyles.None, CultureInfo.InvariantCulture);
        for (var d = 0; d < decimals; d++)
        {
            value /= 10;
        }

        var end = i;
        // 1.234,- and 500/- and 500:- say that there are no smaller coins.
        if (decimals == 0 && text[i] is ',' or '.' or '/' or ':' && text[i + 1] == '-' && !char.IsAsciiDigit(text[i + 2]))
        {
            end = i + 2;
            next = end;
            while (text[end] == '-')
            {
                end++;
                next = end;
            }
        }

        number = new(value, at, end, unsure, decimals);
        return true;
    }

    private static bool IsMark(char c) => c is '.' or ',' or '\'' or ' ' or '٬';

    // A blank groups digits only where exactly three follow and the groups before are whole: "1 234", never "5 10" or "2026 100".
    private static bool IsGroupOfThree(FoldedText text, int at, int run, int groups, ReadOnlySpan<char> marks)
    {
        if (run is 0 or > 3 || (groups > 0 && (run != 3 || marks[groups - 1] is not (' ' or '\''))))
        {
            return false;
        }

        for (var d = 0; d < 3; d++)
        {
            if (!char.IsAsciiDigit(text[at + d]))
            {
                return false;
            }
        }

        return !char.IsAsciiDigit(text[at + 3]);
    }

    private static bool Shape(ReadOnlySpan<int> sizes, ReadOnlySpan<char> marks, int last, ReadOnlySpan<char> digits, int count, out int decimals, out bool unsure)
    {
        decimals = 0;
        unsure = false;
        var final = marks[^1];
        var sameBefore = marks[..^1].Contains(final);
        var otherBefore = marks[..^1].IndexOfAnyExcept(final) >= 0;
        if (sameBefore && otherBefore)
        {
            return false; // 1.234,567,8
        }

        var isDecimal = final is '.' or ',' && !sameBefore && last is >= 1 and <= 3 && (otherBefore || last != 3);
        if (isDecimal)
        {
            decimals = last;
            return Grouped(sizes[..^1], marks[..^1], sizes[^1]);
        }

        if (last != 3)
        {
            return false; // 15.01.2026, 10.0.0.1, 1,2345
        }

        if (!Grouped(sizes, marks, last))
        {
            return false;
        }

        if (marks.Length == 1 && final is '.' or ',')
        {
            if (sizes[0] == 1 && digits[0] == '0')
            {
                decimals = 3; // 0.650
                return true;
            }

            unsure = true;
        }

        return true;
    }

    // Groups of three, or of two before the last three (Indian), one mark throughout.
    private static bool Grouped(ReadOnlySpan<int> sizes, ReadOnlySpan<char> marks, int last)
    {
        if (sizes.IsEmpty)
        {
            return last > 0;
        }

        if (last != 3 || sizes[0] is 0 or > 3 || (marks.Length > 0 && marks.IndexOfAnyExcept(marks[0]) >= 0))
        {
            return false;
        }

        for (var g = 1; g < sizes.Length; g++)
        {
            if (sizes[g] is not (2 or 3))
            {
                return false;
            }
        }

        return true;
    }
}
