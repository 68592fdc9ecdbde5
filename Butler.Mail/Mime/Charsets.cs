using System.Collections.Concurrent;
using System.Text;
using System.Text.Unicode;

namespace Butler.Mail;

/// <summary>
/// Text from bytes, by the charset that is named, or by what the bytes say where none is named or they contradict it.
/// Never throws, and never puts a question mark where text was.
/// </summary>
internal static class Charsets
{
    // A charset is believed while less than one character in this many cannot be read by it.
    private const int Tolerance = 20;
    private const int MaxCached = 64;
    private static readonly ConcurrentDictionary<int, Encoding> Cache = new();

    /// <summary>Decodes by the named charset; where there is none, or it is not true, by what the bytes say.</summary>
    public static string Decode(ReadOnlySpan<byte> bytes, string? charset)
    {
        if (bytes.IsEmpty)
        {
            return "";
        }

        if (MarkedPage(bytes, out var mark) is var marked and > 0)
        {
            return Get(marked).GetString(bytes[mark..]);
        }

        var page = CharsetNames.Page(charset);
        return page switch
        {
            0 => DecodeUnknown(bytes),
            CharsetNames.Utf7 => Utf7.Decode(bytes),
            CharsetNames.Utf8 => Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : DecodeBrokenUtf8(bytes),
            CharsetNames.Windows1252 => DecodeWestern(bytes),
            1200 or 1201 or 12000 or 12001 => DecodeWide(bytes, page),
            _ => DecodeNamed(bytes, page),
        };
    }

    /// <summary>Decodes bytes of which no charset is known, or only what others around them are written in.</summary>
    public static string DecodeUnknown(ReadOnlySpan<byte> bytes, string? hint = null)
    {
        // UTF-16 without a mark is valid ASCII where its text is Latin or Cyrillic.
        if (bytes.Contains((byte)0) && CharsetDetector.Wide(bytes) is var wide and > 0)
        {
            return Get(wide).GetString(bytes);
        }

        if (Ascii.IsValid(bytes))
        {
            return !bytes.Contains((byte)0x1B) ? Encoding.ASCII.GetString(bytes) : CharsetDetector.Escapes(bytes) is var page and > 0 ? Get(page).GetString(bytes) : Encoding.ASCII.GetString(bytes);
        }

        if (Utf8.IsValid(bytes))
        {
            return Encoding.UTF8.GetString(bytes);
        }

        if (CharsetNames.Page(hint) is var hinted and > 0 && hinted is not (CharsetNames.Utf8 or CharsetNames.Utf7 or CharsetNames.Iso2022Jp or CharsetNames.Iso2022Kr or 1200 or 1201 or 12000 or 12001))
        {
            var text = Get(hinted).GetString(bytes);
            if (!text.Contains('\uFFFD'))
            {
                return text;
            }
        }

        var found = CharsetDetector.Detect(bytes);
        // Single UTF-8 characters between Western bytes are read as such: a pair that is valid UTF-8 is hardly ever two letters.
        return found is CharsetNames.Utf8 or CharsetNames.Windows1252 ? DecodeMixed(bytes, marksCut: found == CharsetNames.Utf8) : Get(found).GetString(bytes);
    }

    // A charset that is made of byte pairs or has gaps can be seen to be wrong.
    private static string DecodeNamed(ReadOnlySpan<byte> bytes, int page)
    {
        var text = Get(page).GetString(bytes);
        var bad = text.AsSpan().Count('\uFFFD');
        if (bad == 0)
        {
            // Pure ASCII in a charset of escape sequences or pairs proves nothing; 8-bit text that is UTF-8 proves much.
            return page is CharsetNames.Iso2022Jp or CharsetNames.Iso2022Kr && !Ascii.IsValid(bytes) ? DecodeUnknown(bytes) : text;
        }

        if (Utf8.IsValid(bytes))
        {
            return Encoding.UTF8.GetString(bytes);
        }

        if (bad <= 1 + (NonAscii(text) / Tolerance))
        {
            return text;
        }

        var other = DecodeUnknown(bytes);
        return other.AsSpan().Count('\uFFFD') < bad ? other : text;
    }

    // Latin-1 is the label of programs that do not know what they send: valid UTF-8 in some number is no accident.
    private static string DecodeWestern(ReadOnlySpan<byte> bytes)
    {
        if (Ascii.IsValid(bytes))
        {
            return Encoding.ASCII.GetString(bytes);
        }

        return Utf8.IsValid(bytes) && CharsetDetector.HasManySequences(bytes) ? Encoding.UTF8.GetString(bytes) : Get(CharsetNames.Windows1252).GetString(bytes);
    }

    // Labels say UTF-16 where the text was converted on the way.
    private static string DecodeWide(ReadOnlySpan<byte> bytes, int page)
    {
        if (page is 1200 or 1201)
        {
            var seen = CharsetDetector.Wide(bytes);
            page = seen > 0 ? seen : Utf8.IsValid(bytes) && !bytes.Contains((byte)0) ? CharsetNames.Utf8 : page;
        }

        return Get(page).GetString(bytes);
    }

    // Half-broken UTF-8 (a cut message, a footer that a list added) keeps its good characters; else the bytes tell.
    private static string DecodeBrokenUtf8(ReadOnlySpan<byte> bytes)
    {
        var text = Encoding.UTF8.GetString(bytes);
        var bad = text.AsSpan().Count('\uFFFD');
        var good = NonAscii(text) - bad;
        return good > bad ? DecodeMixed(bytes, marksCut: true) : DecodeUnknown(bytes);
    }

    // What is UTF-8 is read so, single bytes between as Windows-1252; a character cut off at the end stays a mark.
    private static string DecodeMixed(ReadOnlySpan<byte> bytes, bool marksCut)
    {
        var result = new StringBuilder(bytes.Length);
        while (!bytes.IsEmpty)
        {
            var good = ValidUtf8(bytes);
            result.Append(Encoding.UTF8.GetString(bytes[..good]));
            bytes = bytes[good..];
            if (bytes.IsEmpty)
            {
                break;
            }

            var status = Rune.DecodeFromUtf8(bytes, out _, out var used);
            if (marksCut && status == System.Buffers.OperationStatus.NeedMoreData)
            {
                return result.Append('\uFFFD').ToString();
            }

            result.Append(Get(CharsetNames.Windows1252).GetString(bytes[..used]));
            bytes = bytes[used..];
        }

        return result.ToString();
    }

    /// <summary>How many bytes from the start are valid UTF-8.</summary>
    internal static int ValidUtf8(ReadOnlySpan<byte> bytes)
    {
        Span<char> ignored = stackalloc char[512];
        var valid = 0;
        while (true)
        {
            var status = Utf8.ToUtf16(bytes[valid..], ignored, out var read, out _, replaceInvalidSequences: false);
            valid += read;
            if (status != System.Buffers.OperationStatus.DestinationTooSmall)
            {
                return valid;
            }
        }
    }

    private static int MarkedPage(ReadOnlySpan<byte> bytes, out int mark)
    {
        (var page, mark) = bytes switch
        {
            [0xEF, 0xBB, 0xBF, ..] => (CharsetNames.Utf8, 3),
            [0xFF, 0xFE, 0, 0, ..] => (12000, 4),
            [0xFF, 0xFE, _, _, ..] => (1200, 2),
            [0xFE, 0xFF, _, _, ..] => (1201, 2),
            _ => (0, 0),
        };
        return page;
    }

    private static int NonAscii(string text)
    {
        var count = 0;
        foreach (var c in text)
        {
            count += c > 0x7F ? 1 : 0;
        }

        return count;
    }

    // What cannot be read becomes U+FFFD: the code pages' own answer is '?', which hides that something was there.
    internal static Encoding Get(int page)
    {
        if (Cache.TryGetValue(page, out var found))
        {
            return found;
        }

        var made = page switch
        {
            CharsetNames.Utf8 => Encoding.UTF8,
            1200 => Encoding.Unicode,
            1201 => Encoding.BigEndianUnicode,
            12000 => Encoding.UTF32,
            12001 => new UTF32Encoding(bigEndian: true, byteOrderMark: false),
            _ => CodePagesEncodingProvider.Instance.GetEncoding(page, EncoderFallback.ReplacementFallback, new DecoderReplacementFallback("\uFFFD"))!,
        };
        return Cache.Count < MaxCached ? Cache.GetOrAdd(page, made) : made;
    }
}
