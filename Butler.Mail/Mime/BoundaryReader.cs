using System.Buffers;
using System.Text;

namespace Butler.Mail;

/// <summary>
/// Finds a multipart's boundary in the bytes of its Content-Type, for the plain forms that nearly all mail has, so that
/// reading the structure makes no strings. For every other form it gives up and <see cref="ParameterList"/> decides.
/// </summary>
internal static class BoundaryReader
{
    // Comments, RFC 2231 sections, quoted pairs and 8-bit bytes are for the full parser.
    private static readonly SearchValues<byte> Odd = SearchValues.Create([(byte)'(', (byte)')', (byte)'*', (byte)'\\', 0, .. Enumerable.Range(0x7F, 0x81).Select(b => (byte)b)]);
    private static readonly SearchValues<byte> Letters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.+_"u8);
    private static readonly SearchValues<byte> Between = SearchValues.Create(" \t\r\n;"u8);
    private static readonly SearchValues<byte> Space = SearchValues.Create(" \t\r\n"u8);

    /// <summary>The boundary's range within <paramref name="value"/>.</summary>
    /// <param name="value">The value of a Content-Type field, folding included.</param>
    /// <param name="start">Where the boundary begins.</param>
    /// <param name="length">Its length.</param>
    /// <param name="isDigest">Whether it is a multipart/digest.</param>
    /// <returns>False where the form is not a plain one.</returns>
    public static bool TryFind(ReadOnlySpan<byte> value, out int start, out int length, out bool isDigest)
    {
        (start, length, isDigest) = (0, 0, false);
        if (!IsMultipart(value, out isDigest) || value.ContainsAny(Odd))
        {
            return false;
        }

        var at = value.IndexOf((byte)';');
        while (at >= 0 && at < value.Length)
        {
            // Empty parameters too: "; ; boundary=x".
            var skip = value[at..].IndexOfAnyExcept(Between);
            at += skip < 0 ? value.Length - at : skip;
            if (at >= value.Length)
            {
                return false;
            }

            var nameEnd = value[at..].IndexOfAny((byte)'=', (byte)';', (byte)'"');
            if (nameEnd <= 0 || value[at + nameEnd] != '=')
            {
                return false;
            }

            var name = value.Slice(at, nameEnd).TrimEnd(" \t\r\n"u8);
            at += nameEnd + 1;
            at += SkipSpace(value[at..]);
            if (name.ContainsAny(Space) || at >= value.Length)
            {
                return false;
            }

            var isQuoted = value[at] == '"';
            at += isQuoted ? 1 : 0;
            var rest = value[at..];
            var end = isQuoted ? rest.IndexOf((byte)'"') : rest.IndexOfAny(";"u8);
            if (isQuoted && end < 0)
            {
                return false;
            }

            end = end < 0 ? rest.Length : end;
            var given = rest[..end];
            given = isQuoted ? given : given.TrimEnd(" \t\r\n"u8);
            if (given.ContainsAny(isQuoted ? "\r\n"u8 : " \t\r\n\""u8))
            {
                return false;
            }

            if (Ascii.EqualsIgnoreCase(name, "boundary"u8))
            {
                (start, length) = (at, given.TrimEnd((byte)' ').Length);
                return true;
            }

            at += end + (isQuoted ? 1 : 0);
            at += SkipSpace(value[at..]);
            if (at < value.Length && value[at] != ';')
            {
                return false;
            }
        }

        return false;
    }

    /// <summary>Whether a Content-Type says "message/x" in the plain form, and if so whether that is a message of its own.</summary>
    public static bool IsMessageType(ReadOnlySpan<byte> value, out bool isMessage)
    {
        isMessage = false;
        value = value.Trim(" \t\r\n"u8);
        if (value.Length < 9 || !Ascii.EqualsIgnoreCase(value[..8], "message/"u8))
        {
            return false;
        }

        var end = value.IndexOf((byte)';');
        var subtype = (end < 0 ? value[8..] : value[8..end]).TrimEnd(" \t\r\n"u8);
        isMessage = Ascii.EqualsIgnoreCase(subtype, "rfc822"u8) || Ascii.EqualsIgnoreCase(subtype, "global"u8);
        return subtype.Length > 0 && subtype.IndexOfAnyExcept(Letters) < 0;
    }

    private static bool IsMultipart(ReadOnlySpan<byte> value, out bool isDigest)
    {
        isDigest = false;
        value = value.TrimStart(" \t\r\n"u8);
        var end = value.IndexOf((byte)';');
        if (end < 11 || !Ascii.EqualsIgnoreCase(value[..10], "multipart/"u8))
        {
            return false;
        }

        var subtype = value[10..end].TrimEnd(" \t\r\n"u8);
        isDigest = Ascii.EqualsIgnoreCase(subtype, "digest"u8);
        return subtype.Length > 0 && subtype.IndexOfAnyExcept(Letters) < 0;
    }

    private static int SkipSpace(ReadOnlySpan<byte> text)
    {
        var at = text.IndexOfAnyExcept(Space);
        return at < 0 ? text.Length : at;
    }
}
