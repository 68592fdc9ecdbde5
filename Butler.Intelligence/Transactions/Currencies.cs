using System.Collections.Frozen;

namespace Butler.Intelligence.Transactions;

/// <summary>What a currency sign or word may mean.</summary>
/// <param name="Code">The ISO 4217 code; for a sign that several share, the family's name (<c>$</c>, <c>kr</c>, <c>rs</c>, <c>¥</c>, …).</param>
/// <param name="IsShared">Several currencies use it.</param>
/// <param name="Where">Beside which side of the number it may stand.</param>
internal readonly record struct CurrencySign(string Code, bool IsShared, CurrencyPlace Where);

/// <summary>Beside which side of a number a sign may stand.</summary>
[Flags]
internal enum CurrencyPlace
{
    Before = 1,
    After = 2,
    Both = 3,

    /// <summary>Only touching the number: one letter that means money nowhere else.</summary>
    Touching = 4,
}

/// <summary>Currency codes, signs and words (ISO 4217; signs and words as banks write them).</summary>
internal static class Currencies
{
    private const string Codes = """
        AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR
        FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD
        MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SYP SZL
        THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWL
        """;

    // Signs and words in folded form (lower case, no accents).
    private const string Signs = """
        € EUR|euro EUR|euros EUR|ευρω EUR|£ GBP|pounds GBP|gbp£ GBP|us$ USD|usd$ USD|$us USD|$usd USD|u$s USD|usd. USD|us dollars USD|us dollar USD|a$ AUD|au$ AUD|aud$ AUD|c$ CAD|ca$ CAD|cad$ CAD|cdn$ CAD|$ ca CAD|$ can CAD|$ us USD|nz$ NZD
        hk$ HKD|s$ SGD|sg$ SGD|sgd$ SGD|nt$ TWD|ntd TWD|mx$ MXN|mxn$ MXN|mex$ MXN|r$ BRL|reais BRL|j$ JMD|tt$ TTD|clp$ CLP|col$ COP|cop$ COP|ars$ ARS|ar$ ARS|s/ PEN|s/. PEN|bs. BOB|b/. PAB|rd$ DOP
        ₹ INR|inr. INR|rupees rs|rupee rs|₨ rs|rs rs|rs. rs|re. rs|₪ ILS|nis ILS|שח ILS|ש״ח ILS|ש"ח ILS|שקל ILS|שקלים ILS|₺ TRY|tl TRY|₽ RUB|руб RUB|руб. RUB|рублей RUB|р. RUB|₴ UAH|грн UAH|грн. UAH|₸ KZT|тенге KZT|₾ GEL|₼ AZN|₩ KRW|원 KRW|won KRW
        ฿ THB|บาท THB|baht THB|₫ VND|vnd VND|₱ PHP|php. PHP|₦ NGN|₵ GHS|gh₵ GHS|gh¢ GHS|ghc GHS|₡ CRC|₲ PYG|₭ LAK|₮ MNT|៛ KHR|৳ BDT|tk BDT|tk. BDT|bdt. BDT|taka BDT
        ksh KES|kshs KES|ksh. KES|tsh TZS|tshs TZS|tzs. TZS|ugx. UGX|ush UGX|rm MYR|rp IDR|rp. IDR|br ETB|birr ETB|mt MZN|mts MZN|meticais MZN|mzn. MZN|fcfa XOF|cfa XOF|f cfa XOF|dhs AED|dh dh|aed. AED|sr SAR
        zl PLN|zloty PLN|kc CZK|kcs CZK|ft HUF|huf. HUF|lei RON|ron. RON|лв BGN|лв. BGN|дин RSD|din RSD|chf. CHF|fr. CHF|sfr. CHF|円 JPY|jpy¥ JPY|元 ¥|人民币 CNY|rmb CNY|cn¥ CNY|jp¥ JPY|¥ ¥|￥ ¥|yuan CNY|yen JPY
        $ $|dollars $|dollar $|pesos peso|peso peso|m.n. MXN|mn MXN|mxp MXN|kr kr|kr. kr|kronor SEK|kroner kr|skr SEK|dkr DKK|nkr NOK|isk. ISK
        ریال rial|﷼ rial|تومان toman|درهم dh|ریال عمانی OMR|ریال سعودی SAR|ریال قطری QAR|ریال یمنی YER|ریال ایران IRR|ر.س SAR|ر.ع OMR|ر.ق QAR|د.إ AED|د.ك KWD|د.ب BHD|ج.م EGP|جنیه EGP|رس SAR
        درهم اماراتی AED|درهم إماراتی AED|درهم مغربی MAD|جنیه مصری EGP|دینار کویتی KWD|دینار بحرینی BHD|دینار اردنی JOD|دینار أردنی JOD|دینار عراقی IQD|دینار تونسی TND|دینار جزائری DZD|لیره ترکیه TRY|دولار $|دولار امریکی USD|دولار أمریکی USD|یورو EUR
        euroa EUR|euron EUR|евро EUR|євро EUR|ユーロ EUR|欧元 EUR|歐元 EUR|유로 EUR|ยูโร EUR|米ドル USD|ドル $|美元 USD|美金 USD|달러 $|港元 HKD|港币 HKD|港幣 HKD|新台幣 TWD|台幣 TWD|日元 JPY|日圓 JPY|英镑 GBP|долларов $|доллар $|доларів $|гривень UAH|гривні UAH|рубля RUB|рубль RUB|rubles RUB|roubles RUB|hryvnia UAH
        zlotych PLN|zlote PLN|korun CZK|koruny CZK|forint HUF|forintot HUF|leva BGN|лева BGN|lev BGN|dinara RSD|динара RSD|rsd RSD|dirhams dh|dirham dh|riyals rial|riyal rial|rials rial|shekels ILS|shekel ILS|rand ZAR|naira NGN|cedis GHS|cedi GHS|kwacha ZMW|ringgit MYR|rupiah IDR|dong VND|dongs VND|lira TRY|lirasi TRY|turk lirasi TRY|franken CHF|sfr CHF
        taka. BDT|টাকা BDT|৳. BDT|रु. rs|रुपए rs|रुपया rs|روپے rs|روپیه rs|rupiya rs|kronor. SEK|kronen kr|rmb. CNY|cny¥ CNY|inr₹ INR
        रु rs|रू rs|रुपये rs|රු LKR|රු. LKR|nrs NPR|nrs. NPR|npr. NPR|lkr. LKR|slr LKR|pkr. PKR|mur. MUR|le EGP|l.e. EGP|l.e EGP|egp. EGP|jd JOD|kd KWD|bd BHD|r.o. OMR|ro. OMR|qr QAR
        """;

    private static readonly FrozenDictionary<string, CurrencySign> s_signs = Build();

    private static readonly FrozenDictionary<string, CurrencySign>.AlternateLookup<ReadOnlySpan<char>> s_lookup = s_signs.GetAlternateLookup<ReadOnlySpan<char>>();

    private static readonly FrozenSet<string> s_codes = Codes.Split([' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries).ToFrozenSet(StringComparer.Ordinal);

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> s_codeLookup = s_codes.GetAlternateLookup<ReadOnlySpan<char>>();

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> s_wordLookup =
        s_codes.Concat(s_signs.Keys.SelectMany(k => k.Split(' ', '.', '$', '/'))).Where(w => w.Length > 0).ToFrozenSet(StringComparer.OrdinalIgnoreCase).GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Whether letters beside a number may name a currency; case aside, and generous.</summary>
    public static bool IsWord(ReadOnlySpan<char> letters) => s_wordLookup.Contains(letters);

    /// <summary>Whether this is an ISO 4217 code in use.</summary>
    public static bool IsCode(string code) => s_codes.Contains(code);

    /// <summary>A code in capitals as it stands in a text.</summary>
    public static bool TryCode(ReadOnlySpan<char> capitals, out string code) => s_codeLookup.TryGetValue(capitals, out code!);

    /// <summary>A sign or word, folded.</summary>
    public static bool TrySign(ReadOnlySpan<char> folded, out CurrencySign sign) => s_lookup.TryGetValue(folded, out sign);

    /// <summary>Decimals of the currency's smallest coin (ISO 4217 minor unit).</summary>
    public static int Decimals(string code) => code switch
    {
        "BHD" or "IQD" or "JOD" or "KWD" or "LYD" or "OMR" or "TND" => 3,
        "BIF" or "CLP" or "DJF" or "GNF" or "ISK" or "JPY" or "KMF" or "KRW" or "PYG" or "RWF" or "UGX" or "VND" or "VUV" or "XAF" or "XOF" or "XPF" => 0,
        _ => 2,
    };

    /// <summary>Where the currency is at home the point parts decimals (CLDR), so that a point before three digits is no grouping.</summary>
    public static bool UsesPoint(string code) => code is "USD" or "GBP" or "INR" or "PKR" or "NPR" or "LKR" or "BDT" or "AED" or "SAR" or "QAR" or "CAD" or "AUD" or "NZD" or "SGD" or "HKD" or "CNY" or "MXN" or "MYR" or "PHP" or "THB" or "KES" or "NGN" or "TZS" or "GHS" or "EGP" or "ILS" or "ETB" or "ZMW" or "TWD";

    private static FrozenDictionary<string, CurrencySign> Build()
    {
        var signs = new Dictionary<string, CurrencySign>(StringComparer.Ordinal);
        var folded = new FoldedText();
        foreach (var entry in Signs.Split(['|', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var cut = entry.LastIndexOf(' ');
            folded.Read(entry[..cut]);
            var (sign, code) = (folded.Chars.ToString(), entry[(cut + 1)..]);
            var shared = code.Length != 3 || !code.All(char.IsAsciiLetterUpper);
            var place = sign switch
            {
                "$ ca" or "$ can" or "$ us" or "mt" or "mts" or "円" or "元" or "원" or "บาท" or "mn" or "m.n." or "р." or "dollars" or "dollar" or "pounds" or "yen" or "won" or "pesos" or "peso" or "lei" or "zl" or "kc" or "ft" or "zlotych" or "zlote" or "korun" or "koruny" or "forint" or "lev" or "leva" or "lira" or "rand" or "dong" or "taka" or "franken" or "dirham" or "dirhams" or "riyal" or "riyals" or "rials" or "naira" or "cedi" or "cedis" or "kwacha" or "rupees" or "kronor" or "kroner" => CurrencyPlace.After,
                "tk" or "tk." or "r$" or "s/" or "re." or "rs." or "br" or "le" or "sr" or "kd" or "bd" or "jd" or "qr" or "ush" or "rm" or "rp" or "rp." => CurrencyPlace.Before,
                _ => CurrencyPlace.Both,
            };
            signs[sign] = new(code, shared, place);
        }

        // One letter means money only where it touches the number.
        signs["n"] = new("NGN", false, CurrencyPlace.Touching);
        signs["r"] = new("ZAR", false, CurrencyPlace.Touching);
        signs["q"] = new("GTQ", false, CurrencyPlace.Touching);
        signs["p"] = new("p", true, CurrencyPlace.Touching);
        signs["k"] = new("ZMW", false, CurrencyPlace.Touching);
        return signs.ToFrozenDictionary(StringComparer.Ordinal);
    }
}
