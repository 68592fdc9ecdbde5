using System.Text;

namespace Butler.Mail;

/// <summary>How a part's bytes are encoded for transport (RFC 2045 section 6).</summary>
public enum TransferEncoding : byte
{
    /// <summary>7bit, 8bit, binary, or unknown: the bytes are as they are.</summary>
    Identity,

    /// <summary>Quoted-printable.</summary>
    QuotedPrintable,

    /// <summary>Base64.</summary>
    Base64,

    /// <summary>Uuencode.</summary>
    Uuencode,

    /// <summary>yEnc, from newsgroups.</summary>
    Yenc,
}

/// <summary>The encodings by the names that mail uses.</summary>
internal static class TransferEncodings
{
    /// <summary>The encoding of that name; null for one that is not known.</summary>
    public static TransferEncoding? Parse(ReadOnlySpan<byte> name) =>
        Is(name, "7bit"u8) || Is(name, "8bit"u8) || Is(name, "binary"u8) || name.IsEmpty ? TransferEncoding.Identity
        : Is(name, "quoted-printable"u8) || Is(name, "quotedprintable"u8) ? TransferEncoding.QuotedPrintable
        : Is(name, "base64"u8) || Is(name, "base-64"u8) ? TransferEncoding.Base64
        : Is(name, "x-uuencode"u8) || Is(name, "uuencode"u8) || Is(name, "x-uue"u8) || Is(name, "uue"u8) ? TransferEncoding.Uuencode
        : Is(name, "x-yencode"u8) || Is(name, "x-yenc"u8) || Is(name, "yenc"u8) ? TransferEncoding.Yenc
        : Is(name, "8-bit"u8) || Is(name, "7-bit"u8) ? TransferEncoding.Identity
        : null;

    private static bool Is(ReadOnlySpan<byte> name, ReadOnlySpan<byte> known) => Ascii.EqualsIgnoreCase(name, known);
}
