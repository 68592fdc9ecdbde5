using System.Globalization;

namespace Butler.Mail;

/// <summary>Dates of mail (RFC 5322 section 3.3 and its obsolete forms 4.3, and forms seen in the wild).</summary>
public static class MailDate
{
    private const int MaxLength = 200;
    private const string Months = "janfebmaraprmayjunjulaugsepoctnovdec";

    /// <summary>Reads a date; unknown zones count as UTC (RFC 5322 section 4.3).</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out DateTimeOffset date)
    {
        date = default;
        if (text.Length > MaxLength)
        {
            text = text[..MaxLength];
        }

        var parts = new Parts();
        var depth = 0;
        for (var i = 0; i < text.Length;)
        {
            var c = text[i];
            if (c is '(' or ')')
            {
                depth = Math.Max(0, depth + (c == '(' ? 1 : -1));
                i++;
            }
            else if (depth > 0 || c is ' ' or '\t' or ',' or ';' or '"' or '\r' or '\n')
            {
                i++;
            }
            else
            {
                var end = i + 1;
                while (end < text.Length && text[end] is not (' ' or '\t' or ',' or ';' or '(' or '"' or '\r' or '\n'))
                {
                    end++;
                }

                parts.Take(text[i..end]);
                i = end;
            }
        }

        return parts.TryBuild(out date);
    }

    private static int Month(ReadOnlySpan<char> word)
    {
        if (word.Length < 3 || !char.IsAsciiLetter(word[0]))
        {
            return 0;
        }

        Span<char> lower = stackalloc char[3];
        word[..3].ToLowerInvariant(lower);
        var at = Months.AsSpan().IndexOf(lower);
        return at >= 0 && at % 3 == 0 ? (at / 3) + 1 : 0;
    }

    private ref struct Parts
    {
        private int day;
        private int month;
        private int year = -1;
        private TimeSpan? time;
        private TimeSpan? zone;
        private bool pm;
        private bool am;

        public Parts()
        {
        }

        public void Take(ReadOnlySpan<char> word)
        {
            if (time is null && word.Contains(':'))
            {
                TakeTime(word);
            }
            else if (time is null && year >= 0 && IsDotted(word))
            {
                // "10.00.00" after the year.
                TakeTime(word.ToString().Replace('.', ':'));
            }
            else if (month == 0 && Month(word) is var m and > 0 && word.IndexOfAny('-', '/') < 0)
            {
                month = m;
            }
            else if (word[0] is '+' or '-' && time is not null)
            {
                zone ??= Offset(word);
            }
            else if (int.TryParse(word.TrimEnd('.'), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                TakeNumber(number, word.Length);
            }
            else if (word.IndexOfAny('-', '/') > 0 && year < 0)
            {
                TakeJoined(word);
            }
            else if (word.Equals("PM", StringComparison.OrdinalIgnoreCase))
            {
                pm = true;
            }
            else if (word.Equals("AM", StringComparison.OrdinalIgnoreCase))
            {
                am = true;
            }
            else if (time is not null)
            {
                zone ??= Named(word);
            }
        }

        public readonly bool TryBuild(out DateTimeOffset date)
        {
            date = default;
            if (day is < 1 or > 31 || month is < 1 or > 12 || year is < 1900 or > 9998)
            {
                return false;
            }

            var at = time ?? TimeSpan.Zero;
            at = pm && at.Hours < 12 ? at + TimeSpan.FromHours(12) : am && at.Hours == 12 ? at - TimeSpan.FromHours(12) : at;
            if (day > DateTime.DaysInMonth(year, month))
            {
                return false;
            }

            date = new DateTimeOffset(new DateTime(year, month, day, 0, 0, 0, DateTimeKind.Unspecified) + at, zone ?? TimeSpan.Zero);
            return true;
        }

        private void TakeNumber(int number, int digits)
        {
            if (day == 0 && digits <= 3 && number is > 0 and < 32)
            {
                day = number;
            }
            else if (year < 0 && month != 0 && (day != 0 || digits > 2))
            {
                year = FullYear(number, digits);
            }
            else if (time is not null && digits == 4 && year >= 0)
            {
                // "0200" without its sign.
                zone ??= Offset($"+{number:0000}");
            }
        }

        // 2024-01-31, 2024-01-31T10:00:00Z, 1-Jan-2024, 1/31/24
        private void TakeJoined(ReadOnlySpan<char> word)
        {
            var mark = word.Contains('/') ? '/' : '-';
            Span<Range> ranges = stackalloc Range[4];
            if (word.Split(ranges, mark) != 3)
            {
                return;
            }

            var a = word[ranges[0]];
            var b = word[ranges[1]];
            var c = word[ranges[2]];
            if (!int.TryParse(a, NumberStyles.None, CultureInfo.InvariantCulture, out var first) || !int.TryParse(c, NumberStyles.None, CultureInfo.InvariantCulture, out var last))
            {
                return;
            }

            if (Month(b) is var m and > 0)
            {
                (day, month, year) = (first, m, FullYear(last, c.Length));
            }
            else if (int.TryParse(b, NumberStyles.None, CultureInfo.InvariantCulture, out var second))
            {
                (year, month, day) = a.Length == 4 ? (first, second, last)
                    : mark == '/' && first <= 12 ? (FullYear(last, c.Length), first, second) : (FullYear(last, c.Length), second, first);
            }
        }

        private void TakeTime(ReadOnlySpan<char> word)
        {
            var t = word.IndexOf('T');
            if (t > 0 && year < 0)
            {
                TakeJoined(word[..t]);
                word = word[(t + 1)..];
            }

            var end = word.IndexOfAnyExcept("0123456789:.");
            var rest = end < 0 ? [] : word[end..];
            Span<Range> ranges = stackalloc Range[4];
            var digits = end < 0 ? word : word[..end];
            var count = digits.Split(ranges, ':');
            var second = 0;
            if (count < 2 || !Small(digits[ranges[0]], out var hour) || !Small(digits[ranges[1]], out var minute)
                || (count > 2 && !Small(digits[ranges[2]], out second)) || hour > 24 || minute > 59 || second > 61)
            {
                return;
            }

            // Second 60 is a leap second; hour 24 is seen as midnight.
            time = new TimeSpan(hour % 24, minute, Math.Min(second, 59));
            if (!rest.IsEmpty)
            {
                Take(rest);
            }
        }

        private static bool IsDotted(ReadOnlySpan<char> word) => word.Length is >= 4 and <= 8 && word[0] != '.' && word.Contains('.') && word.IndexOfAnyExcept("0123456789.") < 0;

        private static bool Small(ReadOnlySpan<char> text, out int value)
        {
            var dot = text.IndexOf('.');
            return int.TryParse(dot < 0 ? text : text[..dot], NumberStyles.None, CultureInfo.InvariantCulture, out value);
        }

        private static int FullYear(int year, int digits) => digits switch
        {
            <= 2 => year < 50 ? 2000 + year : 1900 + year,
            // "0102" is what programs wrote that padded their three digits.
            _ => year is >= 100 and < 200 || digits == 3 ? 1900 + year : year,
        };

        private static TimeSpan? Offset(ReadOnlySpan<char> word)
        {
            var sign = word[0] == '-' ? -1 : 1;
            Span<char> digits = stackalloc char[4];
            var count = 0;
            foreach (var c in word[1..])
            {
                if (char.IsAsciiDigit(c) && count < 4)
                {
                    digits[count++] = c;
                }
                else if (c != ':')
                {
                    break;
                }
            }

            if (count < 2 || !int.TryParse(digits[..count], NumberStyles.None, CultureInfo.InvariantCulture, out var value))
            {
                return null;
            }

            var minutes = count <= 2 ? value * 60 : (value / 100 * 60) + (value % 100);
            return minutes > 14 * 60 ? TimeSpan.Zero : TimeSpan.FromMinutes(sign * minutes);
        }

        private static TimeSpan? Named(ReadOnlySpan<char> word)
        {
            var at = word.IndexOfAny('+', '-');
            if (at > 0 && (word.StartsWith("GMT") || word.StartsWith("UTC")))
            {
                return Offset(word[at..]);
            }

            return word switch
            {
                "EST" => TimeSpan.FromHours(-5),
                "EDT" => TimeSpan.FromHours(-4),
                "CST" => TimeSpan.FromHours(-6),
                "CDT" => TimeSpan.FromHours(-5),
                "MST" => TimeSpan.FromHours(-7),
                "MDT" => TimeSpan.FromHours(-6),
                "PST" => TimeSpan.FromHours(-8),
                "PDT" => TimeSpan.FromHours(-7),
                "JST" or "KST" => TimeSpan.FromHours(9),
                "CET" => TimeSpan.FromHours(1),
                "CEST" => TimeSpan.FromHours(2),
                "BST" => TimeSpan.FromHours(1),
                "UT" or "UTC" or "GMT" or "Z" => TimeSpan.Zero,
                _ => null,
            };
        }
    }
}
