using System.Collections.Frozen;
using System.Text;

namespace Butler.Mail;

/// <summary>Character sets by the names that mail uses.</summary>
internal static class CharsetNames
{
    public const int Utf8 = 65001;
    public const int Utf7 = 65000;
    public const int Windows1252 = 1252;
    public const int ShiftJis = 932;
    public const int EucJp = 51932;
    public const int EucKr = 949;
    public const int Gb18030 = 54936;
    public const int Big5 = 950;
    public const int Koi8R = 20866;
    public const int Windows1251 = 1251;
    public const int Iso2022Jp = 50220;
    public const int Iso2022Kr = 50225;
    private const int MaxName = 40;

    private static readonly FrozenDictionary<string, int> Aliases = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase)
    {
        ["utf-8"] = Utf8, ["utf8"] = Utf8, ["unicode"] = Utf8, ["unicode-1-1-utf-8"] = Utf8, ["utf-8-strict"] = Utf8, ["x-unicode-2-0-utf-8"] = Utf8, ["cp65001"] = Utf8,
        ["utf8mb4"] = Utf8, ["utf-8n"] = Utf8, ["utf_8"] = Utf8, ["utf-7"] = Utf7, ["utf7"] = Utf7, ["unicode-1-1-utf-7"] = Utf7, ["x-unicode-2-0-utf-7"] = Utf7,
        // ISO-8859-1 is read as Windows-1252, as browsers do: bytes 80 to 9F are never C1 controls in mail.
        ["iso-8859-1"] = 1252, ["iso8859-1"] = 1252, ["iso8859_1"] = 1252, ["iso_8859-1"] = 1252, ["iso88591"] = 1252, ["latin1"] = 1252, ["l1"] = 1252, ["iso-ir-100"] = 1252,
        ["latin-1"] = 1252, ["ansi_x3.110-1983"] = 1252, ["ansi"] = 1252, ["ascii8"] = 1252, ["iso-8859-1-windows-3.0-latin-1"] = 1252, ["iso_8859_1"] = 1252, ["8859_1"] = 1252, ["x-ansi"] = 1252,
        ["iso-8859-8-i"] = 28598, ["iso-8859-8-e"] = 28598, ["iso-8859-6-i"] = 28596, ["iso-8859-6-e"] = 28596, ["iso-8859-9"] = 1254,
        ["latin2"] = 28592, ["latin-2"] = 28592, ["latin5"] = 1254, ["latin9"] = 28605, ["latin-9"] = 28605, ["cyrillic"] = 28595, ["greek"] = 28597, ["hebrew"] = 28598,
        // Those that the framework lacks read as their nearest relatives.
        ["iso-8859-10"] = 1252, ["iso-8859-14"] = 1252, ["iso-8859-16"] = 28592, ["tis-620"] = 874, ["iso-8859-11"] = 874,
        ["gb2312"] = Gb18030, ["gb-2312"] = Gb18030, ["gb2312-80"] = Gb18030, ["gb_2312-80"] = Gb18030, ["gbk"] = Gb18030, ["x-gbk"] = Gb18030, ["cp936"] = Gb18030, ["ms936"] = Gb18030, ["windows-936"] = Gb18030,
        ["euc-cn"] = Gb18030, ["gb18030"] = Gb18030, ["gb-18030"] = Gb18030, ["chinese"] = Gb18030, ["hz-gb-2312"] = 52936, ["hz"] = 52936,
        ["big5"] = Big5, ["big-5"] = Big5, ["big5-0"] = Big5, ["big5-hkscs"] = Big5, ["big5hkscs"] = Big5, ["cn-big5"] = Big5, ["x-x-big5"] = Big5, ["ms950"] = Big5,
        ["ks_c_5601-1987"] = EucKr, ["ks_c_5601"] = EucKr, ["ks_c_5601-1989"] = EucKr, ["ksc-5601"] = EucKr, ["ksc5601"] = EucKr, ["ks_c_5861-1992"] = EucKr, ["euckr-0"] = EucKr, ["euc-kr"] = EucKr, ["euckr"] = EucKr,
        ["euc_kr"] = EucKr, ["uhc"] = EucKr, ["ms949"] = EucKr, ["korean"] = EucKr, ["iso-2022-kr"] = Iso2022Kr,
        ["shift_jis"] = ShiftJis, ["shift-jis"] = ShiftJis, ["shiftjis"] = ShiftJis, ["sjis"] = ShiftJis, ["x-sjis"] = ShiftJis, ["ms_kanji"] = ShiftJis, ["pck"] = ShiftJis, ["windows-31j"] = ShiftJis, ["cp932"] = ShiftJis, ["ms932"] = ShiftJis,
        ["euc-jp"] = EucJp, ["eucjp"] = EucJp, ["euc_jp"] = EucJp, ["ujis"] = EucJp, ["x-euc-jp"] = EucJp, ["x-euc"] = EucJp,
        ["iso-2022-jp"] = Iso2022Jp, ["iso-2022-jp-1"] = Iso2022Jp, ["iso-2022-jp-2"] = Iso2022Jp, ["iso-2022-jp-ms"] = Iso2022Jp, ["cp50220"] = Iso2022Jp, ["cp50221"] = Iso2022Jp, ["jis"] = Iso2022Jp, ["csiso2022jp"] = Iso2022Jp,
        ["koi8-r"] = Koi8R, ["koi8r"] = Koi8R, ["koi8"] = Koi8R, ["koi8-u"] = 21866, ["koi8-ru"] = 21866, ["macintosh"] = 10000, ["x-mac-roman"] = 10000, ["x-mac-cyrillic"] = 10007, ["x-mac-ce"] = 10029,
        ["utf-16"] = 1200, ["utf16"] = 1200, ["utf-16le"] = 1200, ["utf-16be"] = 1201, ["ucs-2"] = 1201, ["iso-10646-ucs-2"] = 1201, ["utf-32"] = 12000, ["utf-32le"] = 12000, ["utf-32be"] = 12001,
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>The code page of that name; 0 for none, ASCII and unknown names.</summary>
    public static int Page(string? name)
    {
        if (string.IsNullOrWhiteSpace(name))
        {
            return 0;
        }

        name = name.Trim().Trim('"', '\'', ' ', ';', ',', '.');
        if (Aliases.TryGetValue(name, out var page))
        {
            return page;
        }

        if (name.Length is 0 or > MaxName || name.Contains("ascii", StringComparison.OrdinalIgnoreCase) || name.StartsWith("ansi_x3.4", StringComparison.OrdinalIgnoreCase)
            || name.StartsWith("iso-ir-6", StringComparison.OrdinalIgnoreCase) || name.StartsWith("iso_646", StringComparison.OrdinalIgnoreCase))
        {
            return 0;
        }

        // windows-1252, windows-cp1252, cp-1252, cp1252, ibm-850, x-windows-1252
        ReadOnlySpan<string> families = ["windows-cp", "x-windows-", "windows-", "windows_", "windows", "win-", "win", "x-cp", "cp-", "cp_", "cp", "ibm-", "ibm", "dos-", "ansi-"];
        foreach (var family in families)
        {
            if (name.StartsWith(family, StringComparison.OrdinalIgnoreCase) && int.TryParse(name.AsSpan(family.Length), out page))
            {
                return Known(page);
            }
        }

        if (name.Contains("8859", StringComparison.Ordinal) && Iso8859(name) is var iso and > 0)
        {
            return iso;
        }

        try
        {
            return CodePagesEncodingProvider.Instance.GetEncoding(name)?.CodePage ?? 0;
        }
        catch (ArgumentException)
        {
            return 0;
        }
    }

    // iso-8859-15, ISO8859_2, iso_8859-7:1987, "8859-5"
    private static int Iso8859(string name)
    {
        var rest = name.AsSpan(name.IndexOf("8859", StringComparison.Ordinal) + 4).TrimStart("-_");
        var end = rest.IndexOfAnyExceptInRange('0', '9');
        return int.TryParse(end < 0 ? rest : rest[..end], out var part) ? part switch
        {
            1 => Windows1252,
            9 => 1254,
            11 => 874,
            > 1 and < 17 => Known(28590 + part),
            _ => 0,
        } : 0;
    }

    private static int Known(int page)
    {
        try
        {
            return page is > 0 and < 65536 && (page is Utf8 or 1200 or 1201 or 12000 or 12001 || CodePagesEncodingProvider.Instance.GetEncoding(page) is not null) ? page : 0;
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            return 0;
        }
    }
}
