using System.Collections.Frozen;

namespace Butler.Intelligence.Transactions;

/// <summary>
/// Which country's money a sign that several share means: by the codes written elsewhere in the mail, words that belong to one
/// country's payments, the sender's and the links' country domains, and the language.
/// </summary>
internal static class Country
{
    // Payment networks, tax numbers, authorities, names of countries: one country each. Folded, whole words.
    private const string Words = """
        IN upi imps neft rtgs ifsc vpa nach ecs paytm bhim rupay utr rrn lakh crore gst gstin cgst sgst india indian mumbai delhi bengaluru bangalore chennai kolkata hyderabad pune kerala nri fastag aadhaar rbi avl lmt inr ppf fd sip demat recharge jio airtel
        PK raast ibft easypaisa jazzcash pakistan pak karachi lahore islamabad 1link pkr sbp
        NP nepal nepali nepalese kathmandu npr esewa khalti fonepay nrb connectips
        LK lanka lankan colombo ceft lkr slips
        BD bangladesh dhaka bdt bkash nagad npsb beftn trxid
        MU mauritius mur juice
        MX mexico spei clabe codi rfc mxn banxico cdmx mexicano mexicana
        AR argentina cbu cvu ars afip mercadopago
        CL chile clp rut redbanc
        CO colombia cop pse nequi daviplata bogota
        US zelle ach fdic usd aba nyc usa
        CA interac autodeposit canada canadian cad gst/hst hst toronto ontario quebec
        AU bsb payid osko bpay medicare australia australian aud abn sydney melbourne
        NZ zealand auckland nzd
        SG singapore sgd paynow egiro
        HK hong hkd fps
        TW taiwan twd taipei
        SE sverige sweden swedish sek swish bankgiro plusgiro moms
        NO norge norway norwegian nok vipps kontonummer kjop kjopet varekjop innbetaling utbetaling innskudd
        DK danmark denmark danish dkk mobilepay dankort kob kobet varekob indbetaling udbetaling haevet
        IS iceland isk island
        JP japan japanese jpy tokyo kyoto osaka
        CN china chinese cny alipay wechat beijing shanghai shenzhen guangzhou
        SA saudi sar riyadh mada
        OM oman omr muscat
        QA qatar qar doha
        AE uae dubai aed emirates
        IR مانده برداشت واریز موجودی شما کارت بانک تراکنش iran irr
        YE yemen yer
        MA morocco maroc mad casablanca
        PH philippines philippine filipino php gcash paymaya instapay pesonet manila makati quezon cebu davao
        BW botswana gaborone bwp pula
        """;

    // Names: they may stand in any mail.
    private const string Names = " india indian mumbai delhi bengaluru bangalore chennai kolkata hyderabad pune kerala pakistan karachi lahore islamabad nepal nepali nepalese kathmandu lanka lankan colombo bangladesh dhaka mauritius mexico mexicano mexicana argentina chile colombia bogota usa nyc canada canadian toronto ontario quebec australia australian sydney melbourne zealand auckland singapore hong taiwan taipei sverige sweden swedish norge norway norwegian danmark denmark danish iceland island japan japanese china chinese saudi riyadh oman muscat qatar doha uae dubai emirates morocco maroc casablanca philippines philippine filipino manila makati quezon cebu davao botswana gaborone tokyo kyoto osaka beijing shanghai shenzhen guangzhou medicare utr rut afip php top mada ach aba ";

    /// <summary>Votes that settle a sign which several countries share.</summary>
    public const int Sure = 3;

    private static readonly FrozenDictionary<string, string> s_words = Words.Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .SelectMany(l => l.Trim().Split(' ').Skip(1), (l, w) => (Word: w, Country: l.Trim()[..2]))
        .DistinctBy(e => e.Word).ToFrozenDictionary(e => e.Word, e => e.Country, StringComparer.Ordinal);

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> s_names = Names.Split(' ', StringSplitOptions.RemoveEmptyEntries).ToFrozenSet(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();

    private static readonly FrozenDictionary<string, string>.AlternateLookup<ReadOnlySpan<char>> s_lookup = s_words.GetAlternateLookup<ReadOnlySpan<char>>();

    private static readonly FrozenDictionary<string, (string Country, string Code)[]> s_families = new Dictionary<string, (string, string)[]>
    {
        ["$"] = [("US", "USD"), ("CA", "CAD"), ("AU", "AUD"), ("NZ", "NZD"), ("SG", "SGD"), ("HK", "HKD"), ("MX", "MXN"), ("AR", "ARS"), ("CL", "CLP"), ("CO", "COP"), ("TW", "TWD")],
        ["peso"] = [("MX", "MXN"), ("AR", "ARS"), ("CL", "CLP"), ("CO", "COP"), ("PH", "PHP")],
        ["rs"] = [("IN", "INR"), ("PK", "PKR"), ("NP", "NPR"), ("LK", "LKR"), ("MU", "MUR")],
        ["kr"] = [("SE", "SEK"), ("NO", "NOK"), ("DK", "DKK"), ("IS", "ISK")],
        ["¥"] = [("JP", "JPY"), ("CN", "CNY")],
        ["p"] = [("PH", "PHP"), ("BW", "BWP")],
        ["dh"] = [("AE", "AED"), ("MA", "MAD")],
        ["rial"] = [("IR", "IRR"), ("SA", "SAR"), ("OM", "OMR"), ("QA", "QAR"), ("YE", "YER")],
        ["toman"] = [],
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The country a folded word belongs to, and how much that counts.</summary>
    public static bool TryOf(ReadOnlySpan<char> word, out string country, out int votes)
    {
        votes = 0;
        if (!s_lookup.TryGetValue(word, out country!))
        {
            return false;
        }

        votes = s_names.Contains(word) ? 1 : Sure;
        return true;
    }

    /// <summary>The country of a sender's domain; null for those that say nothing.</summary>
    public static string? OfDomain(string address)
    {
        var dot = address.LastIndexOf('.');
        if (dot < 0 || address.Length - dot != 3)
        {
            return null;
        }

        // Some are sold to everybody; below "com.co", "gov.co" they are the country's own.
        var local = address.AsSpan(0, dot) is var host && (host.EndsWith(".com", StringComparison.OrdinalIgnoreCase) || host.EndsWith(".gov", StringComparison.OrdinalIgnoreCase) || host.EndsWith(".net", StringComparison.OrdinalIgnoreCase) || host.EndsWith(".org", StringComparison.OrdinalIgnoreCase));
        return address[(dot + 1)..].ToUpperInvariant() switch { "UK" => "GB", "CO" or "ME" or "IO" or "AI" or "TV" when !local => null, var tld => tld };
    }

    /// <summary>Whether a shared sign may stand for a code.</summary>
    public static bool MayMean(string family, string code) => s_families.TryGetValue(family, out var members) && members.Any(m => m.Code == code);

    /// <summary>The code a shared sign stands for; null: in doubt.</summary>
    /// <param name="family">The sign's family.</param>
    /// <param name="seen">Codes that are written out in the mail.</param>
    /// <param name="hints">Countries that something in the mail speaks for, with how often.</param>
    /// <param name="language">The mail's language (ISO 639-1) or "und".</param>
    public static string? Resolve(string family, IReadOnlyCollection<string> seen, IReadOnlyDictionary<string, int> hints, string language)
    {
        if (!s_families.TryGetValue(family, out var members))
        {
            return null;
        }

        string? only = null;
        var several = false;
        foreach (var (_, code) in members)
        {
            if (seen.Contains(code))
            {
                several |= only is not null;
                only = code;
            }
        }

        if (only is not null)
        {
            return several ? null : only;
        }

        // The name of a country may stand in any mail; what only its payments know decides.
        var enough = family is "rs" or "¥" or "p" ? 1 : Sure;
        var best = 0;
        var tie = false;
        foreach (var (country, code) in members)
        {
            var votes = hints.GetValueOrDefault(country);
            if (votes > best)
            {
                (best, only, tie) = (votes, code, false);
            }
            else if (votes == best && votes > 0)
            {
                tie = true;
            }
        }

        if (best >= enough)
        {
            return tie ? null : only;
        }

        // A name without more: not enough to decide, enough to doubt.
        if (best > 0 && hints.GetValueOrDefault(members.Length > 0 ? members[0].Country : "") == 0)
        {
            return null;
        }

        return family switch
        {
            // Nine tenths of the mail that says "Rs" and names no country is Indian; the other rupee countries name themselves (docs/transactions.md).
            "rs" => "INR",
            "$" when language is "en" or "und" => "USD",
            "kr" => language switch { "sv" => "SEK", "no" or "nb" => "NOK", "da" => "DKK", "is" => "ISK", _ => null },
            "¥" => language switch { "ja" => "JPY", "zh" => "CNY", _ => null },
            _ => null,
        };
    }
}
