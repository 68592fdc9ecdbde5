namespace Butler.Mail;

/// <summary>
/// One part of a message: ranges over the message's one buffer, decoded when asked for. Not thread-safe.
/// </summary>
public sealed class MimePart
{
    private readonly MimeDocument document;
    private PartDetails? details;

    internal MimePart(MimeDocument document, int start, int depth)
    {
        this.document = document;
        Start = start;
        Depth = depth;
    }

    /// <summary>The part's header fields.</summary>
    public HeaderList Headers => Details.Headers ??= new HeaderList(document, Start, FieldsEnd);

    /// <summary>The media type; text/plain where none is given (message/rfc822 in a digest).</summary>
    public ContentType ContentType => Details.ContentType ??= ReadContentType();

    /// <summary>The transfer encoding.</summary>
    public TransferEncoding TransferEncoding { get; internal set; }

    /// <summary>What the part is for its reader.</summary>
    public MimePartKind Kind => MimePartKinds.Of(this);

    /// <summary>The children of a multipart, in order; empty for all else.</summary>
    public IReadOnlyList<MimePart> Parts => !IsMultipart || FirstChild is null ? [] : Details.Parts ??= ListParts();

    /// <summary>The inner message of a message/rfc822 part, else null.</summary>
    public MimeMessage? Message
    {
        get
        {
            if (!Details.MessageRead)
            {
                Details.MessageRead = true;
                Details.Message = IsMultipart ? null : FirstChild is { } inner ? new MimeMessage(document, inner) : ReadEncodedMessage();
            }

            return Details.Message;
        }
    }

    /// <summary>"inline", "attachment" or another disposition in lower case; null where none is given (RFC 2183).</summary>
    public string? Disposition => ReadDisposition().Kind;

    /// <summary>The parameters of Content-Disposition, RFC 2231 decoded.</summary>
    public ParameterList DispositionParameters => ReadDisposition().Parameters;

    /// <summary>The file name without any path, control characters or reserved characters; null where none is given.</summary>
    public string? FileName
    {
        get
        {
            if (!Details.FileNameRead)
            {
                Details.FileNameRead = true;
                // Order: disposition filename*, filename, then type name*, name.
                var given = ReadDisposition().Parameters["filename"] ?? ContentType.Parameters["name"];
                Details.FileName = given is null ? null : FileNames.Clean(EncodedWords.Decode(given));
            }

            return Details.FileName;
        }
    }

    /// <summary>The Content-ID without angle brackets; null where none is given.</summary>
    public string? ContentId => Headers.GetUnfolded("Content-ID") is { } value ? MessageIds.First(value) ?? value.Trim('<', '>', ' ') : null;

    /// <summary>The whole part as it stands in the message, headers included.</summary>
    public ReadOnlyMemory<byte> Raw => document.Raw[Start..End];

    /// <summary>The header section as it stands in the message, the empty line after it included.</summary>
    public ReadOnlyMemory<byte> RawHeader => document.Raw[Start..BodyStart];

    /// <summary>The body as it stands in the message, still encoded.</summary>
    public ReadOnlyMemory<byte> RawBody => document.Raw[BodyStart..End];

    /// <summary>Whether a reader shows this part as an attachment: unknown dispositions count (RFC 2183 section 2.8).</summary>
    public bool IsAttachment
    {
        get
        {
            if (FirstChild is not null && IsMultipart)
            {
                return false;
            }

            var kind = Disposition;
            return kind is not null and not "inline" || (!ContentType.Is("text") && !ContentType.Is("multipart"))
                || (FileName is not null && kind is null && !ContentType.Is("text", "plain") && !ContentType.Is("text", "html"));
        }
    }

    /// <summary>
    /// Files within the plain text (uuencode, yEnc), as parts of their own that stand in no multipart. The text is
    /// given without them.
    /// </summary>
    public IReadOnlyList<MimePart> EmbeddedFiles => Details.EmbeddedFiles ??= Kind == MimePartKind.Text ? Butler.Mail.EmbeddedFiles.Find(this) : [];

    internal int Start { get; }

    internal int Depth { get; }

    internal int BodyStart { get; set; }

    internal int End { get; set; }

    /// <summary>Where the fields that count end: before the body, or where a limit cut them.</summary>
    internal int FieldsEnd { get; set; }

    /// <summary>Where the value of Content-Type begins; -1 where there is none.</summary>
    internal int ContentTypeAt { get; set; } = -1;

    internal bool HasFields { get; set; }

    internal bool IsInDigest { get; set; }

    /// <summary>Whether the parser opened it as a container.</summary>
    internal bool IsMultipart { get; set; }

    /// <summary>The first child of a multipart, or the root of an inner message.</summary>
    internal MimePart? FirstChild { get; set; }

    /// <summary>The next part within the same multipart.</summary>
    internal MimePart? Next { get; set; }

    internal MimeDocument Document => document;

    internal MimeLimits Limits => document.Limits;

    private PartDetails Details => details ??= new PartDetails();

    /// <summary>The body with its transfer encoding removed; a slice of the message where there is nothing to decode.</summary>
    public ReadOnlyMemory<byte> DecodeBody() => TransferEncoding switch
    {
        TransferEncoding.Base64 => Base64Decoder.LooksEncoded(RawBody.Span) ? Base64Decoder.Decode(RawBody.Span) : RawBody,
        TransferEncoding.QuotedPrintable => QuotedPrintable.Decode(RawBody.Span),
        TransferEncoding.Uuencode => Uuencode.Decode(RawBody.Span),
        TransferEncoding.Yenc => Yenc.Decode(RawBody.Span),
        _ => RawBody,
    };

    /// <summary>The number of bytes that <see cref="DecodeBody"/> would return, without decoding.</summary>
    public long GetDecodedSize() => TransferEncoding switch
    {
        TransferEncoding.Base64 => Base64Decoder.LooksEncoded(RawBody.Span) ? Base64Decoder.Size(RawBody.Span) : End - BodyStart,
        TransferEncoding.QuotedPrintable => QuotedPrintable.Size(RawBody.Span),
        TransferEncoding.Uuencode => Uuencode.Decode(RawBody.Span).Length,
        TransferEncoding.Yenc => Yenc.Decode(RawBody.Span).Length,
        _ => End - BodyStart,
    };

    /// <summary>
    /// The body as text by its charset (HTML: byte order mark, charset, meta element), at most
    /// <see cref="MimeLimits.TextChars"/> characters. Never throws: where no charset is named, or the bytes contradict
    /// it, the bytes tell. Decoded once: reading the text, its shape and its markup ask for the same part.
    /// </summary>
    public string DecodeText() => Details.Text ??= Decode();

    private string Decode()
    {
        // Four bytes a character at most: a longer body cannot matter beyond the bound.
        var bytes = (EmbeddedFiles.Count == 0 ? DecodeBody() : WithoutEmbedded()).Span;
        var most = (long)document.Limits.TextChars * 4;
        bytes = bytes.Length > most ? bytes[..(int)most] : bytes;
        var charset = ContentType.Charset;
        if (charset is null && ContentType.Is("text", "html"))
        {
            charset = HtmlCharset.Find(bytes);
        }

        var decoded = Charsets.Decode(bytes, charset);
        if (decoded.Length <= document.Limits.TextChars)
        {
            return decoded;
        }

        NoteCut();
        return decoded[..document.Limits.TextChars];
    }

    /// <summary>Notes once that text of this part was left out.</summary>
    internal void NoteCut()
    {
        if (!document.Defects.Contains(new MimeDefect(MimeDefectKind.TextTooLong, Start)))
        {
            document.Note(MimeDefectKind.TextTooLong, Start);
        }
    }

    /// <summary>A file that stands within a part's text.</summary>
    internal static MimePart Embedded(MimePart text, int start, int end, TransferEncoding encoding, string? name)
    {
        var part = new MimePart(text.document, start, text.Depth + 1) { BodyStart = start, FieldsEnd = start, End = end, TransferEncoding = encoding };
        part.Details.ContentType = ContentType.OctetStream;
        (part.Details.Disposition, part.Details.DispositionParameters) = ("attachment", ParameterList.Empty);
        (part.Details.FileName, part.Details.FileNameRead) = (name is null ? null : FileNames.Clean(name), true);
        return part;
    }

    private byte[] WithoutEmbedded()
    {
        var body = RawBody.Span;
        var result = new byte[body.Length];
        var (length, done) = (0, BodyStart);
        foreach (var file in EmbeddedFiles)
        {
            var between = document.Raw.Span[done..file.Start];
            between.CopyTo(result.AsSpan(length));
            length += between.Length;
            done = file.End;
        }

        var rest = document.Raw.Span[done..End];
        rest.CopyTo(result.AsSpan(length));
        return result[..(length + rest.Length)];
    }

    private MimePart[] ListParts()
    {
        var count = 0;
        for (var part = FirstChild; part is not null; part = part.Next)
        {
            count++;
        }

        var all = new MimePart[count];
        count = 0;
        for (var part = FirstChild; part is not null; part = part.Next)
        {
            all[count++] = part;
        }

        return all;
    }

    private ContentType ReadContentType()
    {
        if (ContentTypeAt < 0)
        {
            return IsInDigest ? ContentType.MessageRfc822 : ContentType.TextPlain;
        }

        var raw = document.Raw.Span;
        var value = HeaderText.Unfold(raw[ContentTypeAt..HeaderLines.ValueEnd(raw, ContentTypeAt, FieldsEnd)]);
        return ContentType.Parse(value, Depth == 0 ? ContentType.TextPlain : ContentType.OctetStream, Limits.Parameters);
    }

    private (string? Kind, ParameterList Parameters) ReadDisposition()
    {
        if (Details.DispositionParameters is null)
        {
            (Details.Disposition, Details.DispositionParameters) = ContentDispositions.Parse(Headers.GetUnfolded("Content-Disposition"), Limits.Parameters);
        }

        return (Details.Disposition, Details.DispositionParameters);
    }

    // RFC 2045 forbids an encoded message/rfc822, Gmail writes base64 ones; the inner reader gets what is left of the limits.
    private MimeMessage? ReadEncodedMessage()
    {
        var limits = document.Limits;
        if (TransferEncoding == TransferEncoding.Identity || !ContentType.IsMessage || Depth + 1 >= limits.Depth || document.PartCount >= limits.Parts)
        {
            return null;
        }

        var inner = MimeMessage.Parse(EncodedMessages.LooksPlain(RawBody.Span, TransferEncoding) ? RawBody : DecodeBody(), limits with { Depth = limits.Depth - Depth - 1, Parts = limits.Parts - document.PartCount });
        document.PartCount += inner.PartCount;
        return inner;
    }

    /// <summary>What was read of a part on demand; most parts are never asked.</summary>
    private sealed class PartDetails
    {
        public HeaderList? Headers;
        public ContentType? ContentType;
        public MimePart[]? Parts;
        public IReadOnlyList<MimePart>? EmbeddedFiles;
        public MimeMessage? Message;
        public string? Text;
        public string? Disposition;
        public ParameterList? DispositionParameters;
        public string? FileName;
        public bool MessageRead;
        public bool FileNameRead;
    }
}
