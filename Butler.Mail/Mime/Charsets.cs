using System.Collections.Frozen;
using System.Text;
using System.Text.Unicode;

namespace Butler.Mail;

/// <summary>Character sets by the names that mail uses; decoding never throws.</summary>
internal static class Charsets
{
    private static readonly EncodingProvider Pages = CodePagesEncodingProvider.Instance;
    private static readonly Encoding Windows1252 = Page(1252)!;

    private static readonly FrozenDictionary<string, int> Aliases = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase)
    {
        ["utf-8"] = 65001, ["utf8"] = 65001, ["unicode"] = 65001, ["unicode-1-1-utf-8"] = 65001, ["utf-8-strict"] = 65001, ["x-unicode-2-0-utf-8"] = 65001,
        // ISO-8859-1 is read as Windows-1252, as browsers do: bytes 80 to 9F are never C1 controls in mail.
        ["iso-8859-1"] = 1252, ["iso8859-1"] = 1252, ["iso8859_1"] = 1252, ["iso_8859-1"] = 1252, ["iso88591"] = 1252, ["latin1"] = 1252, ["l1"] = 1252,
        ["latin-1"] = 1252, ["ansi_x3.110-1983"] = 1252, ["ansi"] = 1252, ["ascii8"] = 1252,
        ["iso-8859-8-i"] = 28598, ["iso-8859-8-e"] = 28598, ["iso-8859-6-i"] = 28596, ["iso-8859-6-e"] = 28596, ["iso-8859-9"] = 1254,
        ["iso-8859-10"] = 28600, ["iso-8859-14"] = 28604, ["iso-8859-16"] = 28606, ["tis-620"] = 874, ["iso-8859-11"] = 874,
        ["gb2312"] = 936, ["gb-2312"] = 936, ["gb2312-80"] = 936, ["gb_2312-80"] = 936, ["gbk"] = 936, ["x-gbk"] = 936, ["cp936"] = 936, ["euc-cn"] = 936,
        ["hz-gb-2312"] = 52936, ["gb18030"] = 54936, ["big5"] = 950, ["big5-0"] = 950, ["big5-hkscs"] = 950, ["big5hkscs"] = 950, ["cn-big5"] = 950,
        ["ks_c_5601-1987"] = 949, ["ks_c_5601"] = 949, ["ksc-5601"] = 949, ["ksc5601"] = 949, ["ks_c_5861-1992"] = 949, ["euckr-0"] = 949, ["euc-kr"] = 949, ["euckr"] = 949,
        ["shift_jis"] = 932, ["shift-jis"] = 932, ["sjis"] = 932, ["x-sjis"] = 932, ["ms_kanji"] = 932, ["pck"] = 932, ["windows-31j"] = 932, ["cp932"] = 932,
        ["euc-jp"] = 51932, ["ujis"] = 51932, ["x-euc-jp"] = 51932, ["iso-2022-jp"] = 50220, ["iso-2022-kr"] = 50225,
        ["koi8-r"] = 20866, ["koi8-u"] = 21866, ["koi8-ru"] = 21866, ["macintosh"] = 10000, ["x-mac-roman"] = 10000,
        ["utf-16"] = 1200, ["utf-16le"] = 1200, ["utf-16be"] = 1201, ["ucs-2"] = 1201, ["utf-32"] = 12000, ["utf-32be"] = 12001,
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>Decodes by the named charset; none, ASCII or an unknown one: strict UTF-8, else Windows-1252.</summary>
    public static string Decode(ReadOnlySpan<byte> bytes, string? charset)
    {
        if (charset is not null && charset.Equals("utf-7", StringComparison.OrdinalIgnoreCase) || charset is "unicode-1-1-utf-7" or "UNICODE-1-1-UTF-7")
        {
            return Utf7.Decode(bytes);
        }

        if (bytes.StartsWith("\uFEFF"u8))
        {
            return Encoding.UTF8.GetString(bytes[3..]);
        }

        return Find(charset) is not { } encoding
            ? DecodeUnknown(bytes)
            // Mail labelled UTF-8 that is not: nearly always Windows-1252 (RFC 7103 section 7.6).
            : encoding.CodePage == 65001 && !Utf8.IsValid(bytes) ? DecodeBrokenUtf8(bytes) : encoding.GetString(bytes);
    }

    public static string DecodeUnknown(ReadOnlySpan<byte> bytes, string? hint = null) =>
        Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : (LooksIso2022(bytes) ? Page(50220)! : Windows1252).GetString(bytes);

    /// <summary>The encoding of that name, or null for none, ASCII and unknown names.</summary>
    public static Encoding? Find(string? name)
    {
        if (string.IsNullOrWhiteSpace(name))
        {
            return null;
        }

        name = name.Trim().Trim('"', '\'');
        if (Aliases.TryGetValue(name, out var page))
        {
            return Page(page);
        }

        if (name.Length > 40 || name.Contains("ascii", StringComparison.OrdinalIgnoreCase) || name.StartsWith("ansi_x3.4", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        // windows-1252, windows-cp1252, cp-1252, cp1252, ibm-850, x-windows-1252
        ReadOnlySpan<string> families = ["windows-cp", "x-windows-", "windows-", "windows", "win-", "win", "x-cp", "cp-", "cp", "ibm-", "ibm", "dos-"];
        foreach (var family in families)
        {
            if (name.StartsWith(family, StringComparison.OrdinalIgnoreCase) && int.TryParse(name.AsSpan(family.Length), out page))
            {
                return Page(page);
            }
        }

        try
        {
            return Pages.GetEncoding(name) ?? (name.StartsWith("iso", StringComparison.OrdinalIgnoreCase) ? Iso(name) : null);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    // Half-broken UTF-8 (a cut message) keeps its good characters; bytes that hardly form any are Windows-1252.
    private static string DecodeBrokenUtf8(ReadOnlySpan<byte> bytes)
    {
        var text = Encoding.UTF8.GetString(bytes);
        var bad = text.AsSpan().Count('\uFFFD');
        var other = 0;
        foreach (var c in text)
        {
            other += c > 0x7F && c != '\uFFFD' ? 1 : 0;
        }

        return bad > other ? Windows1252.GetString(bytes) : text;
    }

    private static bool LooksIso2022(ReadOnlySpan<byte> bytes) => bytes.IndexOf("\u001b$B"u8) >= 0;

    private static Encoding? Iso(string name)
    {
        var at = name.LastIndexOfAny(['-', '_']);
        return at > 0 && int.TryParse(name.AsSpan(at + 1), out var n) && n is > 0 and < 17 && name.Contains("8859", StringComparison.Ordinal) ? Page(28590 + n) : null;
    }

    private static Encoding? Page(int page)
    {
        try
        {
            return page switch
            {
                65001 => Encoding.UTF8,
                1200 => Encoding.Unicode,
                1201 => Encoding.BigEndianUnicode,
                12000 => Encoding.UTF32,
                65000 => null,
                _ => Pages.GetEncoding(page),
            };
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            return null;
        }
    }
}
