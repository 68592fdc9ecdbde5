namespace Butler.Mail;

/// <summary>How a part's bytes are encoded for transport (RFC 2045 section 6).</summary>
public enum TransferEncoding
{
    /// <summary>7bit, 8bit, binary, or unknown: the bytes are as they are.</summary>
    Identity,

    /// <summary>Quoted-printable.</summary>
    QuotedPrintable,

    /// <summary>Base64.</summary>
    Base64,

    /// <summary>Uuencode.</summary>
    Uuencode,
}

/// <summary>
/// One part of a message: ranges over the message's one buffer, decoded when asked for. Not thread-safe.
/// </summary>
public sealed class MimePart
{
    private readonly MimeDocument document;
    private List<MimePart>? parts;
    private MimeMessage? message;
    private bool messageRead;
    private string? fileName;
    private bool fileNameRead;

    internal MimePart(MimeDocument document, int start, int depth)
    {
        this.document = document;
        Start = start;
        Depth = depth;
    }

    /// <summary>The part's header fields.</summary>
    public HeaderList Headers { get; internal set; } = null!;

    /// <summary>The media type; text/plain where none is given (message/rfc822 in a digest).</summary>
    public ContentType ContentType { get; internal set; } = ContentType.TextPlain;

    /// <summary>The transfer encoding.</summary>
    public TransferEncoding TransferEncoding { get; internal set; }

    /// <summary>The children of a multipart, in order; empty for all else.</summary>
    public IReadOnlyList<MimePart> Parts => parts ?? (IReadOnlyList<MimePart>)[];

    /// <summary>The inner message of a message/rfc822 part, else null.</summary>
    public MimeMessage? Message
    {
        get
        {
            if (!messageRead)
            {
                messageRead = true;
                message = MessagePart is not null ? new MimeMessage(document, MessagePart) : ReadEncodedMessage();
            }

            return message;
        }
    }

    /// <summary>"inline", "attachment" or another disposition in lower case; null where none is given (RFC 2183).</summary>
    public string? Disposition => ReadDisposition().Kind;

    /// <summary>The file name without any path, control characters or reserved characters; null where none is given.</summary>
    public string? FileName
    {
        get
        {
            if (!fileNameRead)
            {
                fileNameRead = true;
                // Order: disposition filename*, filename, then type name*, name.
                var given = ReadDisposition().Parameters["filename"] ?? ContentType.Parameters["name"];
                fileName = given is null ? null : FileNames.Clean(EncodedWords.Decode(given));
            }

            return fileName;
        }
    }

    /// <summary>The Content-ID without angle brackets; null where none is given.</summary>
    public string? ContentId => Headers.GetUnfolded("Content-ID") is { } value ? MessageIds.First(value) ?? value.Trim('<', '>', ' ') : null;

    /// <summary>The whole part as it stands in the message, headers included.</summary>
    public ReadOnlyMemory<byte> Raw => document.Raw[Start..End];

    /// <summary>The body as it stands in the message, still encoded.</summary>
    public ReadOnlyMemory<byte> RawBody => document.Raw[BodyStart..End];

    /// <summary>Whether a reader shows this part as an attachment: unknown dispositions count (RFC 2183 section 2.8).</summary>
    public bool IsAttachment
    {
        get
        {
            if (Parts.Count > 0)
            {
                return false;
            }

            var kind = Disposition;
            return kind is not null and not "inline" || (!ContentType.Is("text") && !ContentType.Is("multipart"))
                || (FileName is not null && kind is null && !ContentType.Is("text", "plain") && !ContentType.Is("text", "html"));
        }
    }

    internal int Start { get; }

    internal int Depth { get; }

    internal int BodyStart { get; set; }

    internal int End { get; set; }

    internal MimePart? MessagePart { get; set; }

    internal MimeLimits Limits => document.Limits;

    /// <summary>The body with its transfer encoding removed; a slice of the message where there is nothing to decode.</summary>
    public ReadOnlyMemory<byte> DecodeBody() => TransferEncoding switch
    {
        TransferEncoding.Base64 => Base64Decoder.Decode(RawBody.Span),
        TransferEncoding.QuotedPrintable => QuotedPrintable.Decode(RawBody.Span),
        TransferEncoding.Uuencode => Uuencode.Decode(RawBody.Span),
        _ => RawBody,
    };

    /// <summary>The number of bytes that <see cref="DecodeBody"/> would return, without decoding.</summary>
    public long GetDecodedSize() => TransferEncoding switch
    {
        TransferEncoding.Base64 => Base64Decoder.Size(RawBody.Span),
        TransferEncoding.QuotedPrintable => QuotedPrintable.Size(RawBody.Span),
        TransferEncoding.Uuencode => Uuencode.Decode(RawBody.Span).Length,
        _ => End - BodyStart,
    };

    /// <summary>
    /// The body as text by its charset (HTML: byte order mark, charset, meta element), at most
    /// <see cref="MimeLimits.TextChars"/> characters. Never throws: unknown charsets read as UTF-8, else Windows-1252.
    /// </summary>
    public string DecodeText()
    {
        // Four bytes a character at most: a longer body cannot matter beyond the bound.
        var bytes = DecodeBody().Span;
        var most = (long)document.Limits.TextChars * 4;
        bytes = bytes.Length > most ? bytes[..(int)most] : bytes;
        var charset = ContentType.Charset;
        if (charset is null && ContentType.Is("text", "html"))
        {
            charset = HtmlCharset.Find(bytes);
        }

        var text = Charsets.Decode(bytes, charset);
        return text.Length > document.Limits.TextChars ? text[..document.Limits.TextChars] : text;
    }

    internal void Add(MimePart part) => (parts ??= []).Add(part);

    internal void RemoveLast() => parts!.RemoveAt(parts.Count - 1);

    private (string? Kind, ParameterList Parameters) ReadDisposition()
    {
        if (Headers.GetUnfolded("Content-Disposition") is not { } value)
        {
            return (null, ParameterList.Empty);
        }

        var end = value.IndexOf(';');
        var kind = (end < 0 ? value : value[..end]).Trim();
        // "filename=x" without a kind.
        var bare = kind.Contains('=');
        return (bare || kind.Length == 0 ? "attachment" : kind.ToLowerInvariant(), ParameterList.Parse(bare ? value : end < 0 ? [] : value.AsSpan(end), Limits.Parameters));
    }

    // RFC 2045 forbids an encoded message/rfc822, Gmail writes base64 ones; the inner reader gets what is left of the limits.
    private MimeMessage? ReadEncodedMessage()
    {
        if (!ContentType.Is("message", "rfc822") && !ContentType.Is("message", "global"))
        {
            return null;
        }

        var limits = document.Limits;
        if (TransferEncoding == TransferEncoding.Identity || Depth + 1 >= limits.Depth || document.PartCount >= limits.Parts)
        {
            return null;
        }

        var inner = MimeMessage.Parse(DecodeBody(), limits with { Depth = limits.Depth - Depth - 1, Parts = limits.Parts - document.PartCount });
        document.PartCount += inner.PartCount;
        return inner;
    }
}
