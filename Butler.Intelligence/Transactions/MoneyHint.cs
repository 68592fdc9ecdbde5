using System.Buffers;
using System.Globalization;

namespace Butler.Intelligence.Transactions;

/// <summary>The cheap look before the scan: is there a number with something beside it that may be a currency?</summary>
internal static class MoneyHint
{
    private const int MaxWord = 8;

    // Other digits, and what banks write of sums without naming a currency.
    private static readonly SearchValues<char> s_otherDigits = SearchValues.Create("０１２３４５６７８９۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩०१२३४५६७८९০১২৩৪৫৬৭৮৯੦੧੨੩੪੫੬੭੮੯૦૧૨૩૪૫૬૭૮૯௦௧௨௩௪௫௬௭௮௯౦౧౨౩౪౫౬౭౮౯೦೧೨೩೪೫೬೭೮೯൦൧൨൩൪൫൬൭൮൯๐๑๒๓๔๕๖๗๘๙၀၁၂၃၄၅၆၇၈၉០១២៣៤៥៦៧៨៩");

    private static readonly SearchValues<string> s_movements = SearchValues.Create(["credited", "debit", "کارت", "حساب", "مانده"], StringComparison.OrdinalIgnoreCase);

    public static bool MayHold(string subject, string text) => Has(subject) || Has(text);

    private static bool Has(string text)
    {
        var span = text.AsSpan();
        var at = 0;
        while (at < span.Length && span[at..].IndexOfAnyInRange('0', '9') is >= 0 and var found)
        {
            var start = at + found;
            var end = start + 1;
            while (end < span.Length && (char.IsAsciiDigit(span[end]) || (span[end] is '.' or ',' or '\'' && end + 1 < span.Length && char.IsAsciiDigit(span[end + 1]))))
            {
                end++;
            }

            if (Before(span, start) || After(span, end))
            {
                return true;
            }

            at = end;
        }

        return span.IndexOfAny(s_otherDigits) >= 0 || (at > 0 && span.ContainsAny(s_movements));
    }

    private static bool Before(ReadOnlySpan<char> text, int start)
    {
        var i = start - 1;
        while (i >= 0 && start - i <= 4 && (text[i] is ' ' or '.' or '-' or '+' or ':' or '\u00A0' or '\u202F' or '/' or '\u2212' or '\t'))
        {
            i--;
        }

        return i >= 0 && IsMoney(text, i, -1);
    }

    private static bool After(ReadOnlySpan<char> text, int end)
    {
        var i = end;
        while (i < text.Length && i - end <= 3 && (text[i] is ' ' or ',' or '-' or '\u00A0' or '\u202F' or '/'))
        {
            i++;
        }

        return i < text.Length && IsMoney(text, i, 1);
    }

    private static bool IsMoney(ReadOnlySpan<char> text, int at, int step)
    {
        var c = text[at];
        if (c >= 0x80)
        {
            return char.IsLetter(c) || char.GetUnicodeCategory(c) == UnicodeCategory.CurrencySymbol || char.IsSurrogate(c);
        }

        if (c == '$')
        {
            return true;
        }

        if (!char.IsAsciiLetter(c))
        {
            return false;
        }

        var to = at;
        while (to >= 0 && to < text.Length && char.IsLetter(text[to]) && Math.Abs(to - at) <= MaxWord)
        {
            // "Kč", "zł": the scan folds accents away before it looks.
            if (text[to] >= 0x80)
            {
                return true;
            }

            to += step;
        }

        var word = step < 0 ? text[(to + 1)..(at + 1)] : text[at..to];
        return Currencies.IsWord(word);
    }
}
