namespace Butler.Mail;

/// <summary>
/// Bounds on what one message may cost. All count for the whole message, not per part. What lies beyond a bound is
/// cut or left unparsed, <see cref="MimeMessage.IsTruncatedByLimits"/> is set and a defect noted; nothing throws.
/// </summary>
public sealed record MimeLimits
{
    /// <summary>The defaults.</summary>
    public static MimeLimits Default { get; } = new();

    /// <summary>Nested multiparts and messages, 1 to 1,000. Real mail stays below 15; a deeper part stays an unparsed leaf, so no walker of the tree can exhaust its stack.</summary>
    public int Depth { get; init => field = Math.Clamp(value, 1, 1_000); } = 100;

    /// <summary>Parts in all. Digests of mailing lists reach a few hundred.</summary>
    public int Parts { get; init; } = 1_000;

    /// <summary>Bytes of all header sections. Long Received and DKIM chains reach 100 KB.</summary>
    public int HeaderBytes { get; init; } = 1024 * 1024;

    /// <summary>Header fields in all; bounds the linear look-up by name.</summary>
    public int Headers { get; init; } = 5_000;

    /// <summary>Bytes of the message. Gmail accepts 50 MB at most.</summary>
    public int MessageBytes { get; init; } = 50 * 1024 * 1024;

    /// <summary>Characters of one decoded text. The database keeps 1 MiB of text per mail.</summary>
    public int TextChars { get; init; } = 1024 * 1024;

    /// <summary>Characters of HTML that are looked at for text; the rest is cut. Newsletters stay below 500 KB; Gmail itself clips at 102 KB.</summary>
    public int HtmlChars { get; init; } = 1024 * 1024;

    /// <summary>Addresses of one header field; providers allow 2,000 recipients.</summary>
    public int Addresses { get; init; } = 2_000;

    /// <summary>Message ids of References; the first and the last ones are kept. Longer chains only cost space.</summary>
    public int References { get; init; } = 500;

    /// <summary>Parameters of one Content-Type or Content-Disposition, RFC 2231 sections included.</summary>
    public int Parameters { get; init; } = 200;

    /// <summary>Defects that are listed; hostile mail could name one per byte.</summary>
    public int Defects { get; init; } = 100;
}
