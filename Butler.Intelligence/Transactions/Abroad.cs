using System.Buffers;

namespace Butler.Intelligence.Transactions;

/// <summary>
/// "Spending abroad: USD 120.50": what the account is charged is another sum, which the notice does not say. Booked is only what a notice names
/// in the account's currency, so this is for review.
/// </summary>
internal static class Abroad
{
    private static readonly SearchValues<string> s_words = SearchValues.Create(
    [
        "ต่างประเทศ", "overseas", "foreign currency", "foreign spend", "im ausland", "auslandseinsatz", "a l'etranger", "en el extranjero", "no exterior", "all'estero", "in het buitenland", "utomlands", "i utlandet", "za granica", "v zahranici", "kulfoldi", "yurt disi", "за рубежом", "за границей", "海外", "境外", "해외", "luar negeri", "nuoc ngoai",
    ], StringComparison.Ordinal);

    public static bool IsUnsettled(MoneyScan scan, int sentence, Amount amount)
    {
        if (!scan.Text.Slice(scan.Sentences[sentence].Start, scan.Sentences[sentence].End).ContainsAny(s_words))
        {
            return false;
        }

        // A balance or limit in the same currency says that the account is kept in it; another currency beside it is another rule's.
        foreach (var other in scan.Amounts)
        {
            if (other != amount && other.Currency.Length == 3 && (other.Currency != amount.Currency || other.Role is AmountRole.Balance or AmountRole.Limit))
            {
                return false;
            }
        }

        return true;
    }
}
