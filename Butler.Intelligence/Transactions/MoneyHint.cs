using System.Buffers;

namespace Butler.Intelligence.Transactions;

/// <summary>The cheap look before the scan: a digit, and something that may be a currency.</summary>
internal static class MoneyHint
{
    private static readonly SearchValues<char> s_digits = SearchValues.Create("0123456789０１２３４５６７８９۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩");

    private static readonly SearchValues<char> s_signs = SearchValues.Create("$€£¥￥₹₨₪₺₽₴₸₾₼₩฿₫₱₦₵₡₲₭₮៛৳﷼円元원");

    // Words and codes that say money; small letters and capitals alike.
    private static readonly SearchValues<string> s_words = SearchValues.Create(
    [
        "usd", "eur", "gbp", "inr", "rs.", "rs ", "aed", "jpy", "chf", "aud", "cad", "czk", "pln", "huf", "ron", "bgn", "npr", "pkr", "lkr", "bdt", "omr", "qar", "kwd", "bhd", "sar", "mxn", "brl", "ars", "clp", "cop ", "zar", "ngn", "kes", "ksh", "tzs",
        "tsh", "ugx", "ush", "etb", "ghs", "egp", "mad ", "nok", "dkk", "sek", "isk", "thb", "idr", "vnd", "php", "krw", "twd", "cny", "rmb", "hkd", "sgd", "nzd", "myr", "uah", "rub", "irr", "mzn", "zmw", "birr", "taka", "tk ", "tk.", "credited", "debited", "zł", "kč", " kr", "kr.", " ft", " lei", " лв", "руб", "грн", "дин",
        "ریال", "ريال", "تومان", "درهم", "د.إ", "ر.س", "ج.م", "مبلغ", "dollar", "euro", "pound", "pesos", "rupee", "بات", "บาท", "रु", "රු", "fcfa", "dhs", "rm ", "rp ", "rp.", " n1", "n2", " n3", " n4", " n5", "trx", "مانده",
    ], StringComparison.OrdinalIgnoreCase);

    public static bool MayHold(string subject, string text) =>
        (text.AsSpan().IndexOfAny(s_digits) >= 0 || subject.AsSpan().IndexOfAny(s_digits) >= 0) && (Has(text) || Has(subject));

    private static bool Has(string text)
    {
        var span = text.AsSpan();
        return span.IndexOfAny(s_signs) >= 0 || span.ContainsAny(s_words) || HasTouching(span);
    }

    // "MT" of Mozambique, "R" and "N" of South Africa and Nigeria stand beside digits only.
    private static bool HasTouching(ReadOnlySpan<char> text)
    {
        while (text.IndexOfAnyInRange('0', '9') is >= 0 and var at)
        {
            if (at > 0 && text[at - 1] is 'R' or 'N' or 'K')
            {
                return true;
            }

            var end = at + 1;
            while (end < text.Length && (char.IsAsciiDigit(text[end]) || text[end] is '.' or ','))
            {
                end++;
            }

            if (end + 1 < text.Length && (text[end] is 'M' && text[end + 1] is 'T' || text[end] is ' ' && end + 2 < text.Length && text[end + 1] is 'M' && text[end + 2] is 'T'))
            {
                return true;
            }

            text = text[end..];
        }

        return false;
    }
}
