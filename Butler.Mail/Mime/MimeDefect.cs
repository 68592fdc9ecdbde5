namespace Butler.Mail;

/// <summary>What is wrong with a message. Defects never stop the reader; they serve triage and diagnosis.</summary>
public enum MimeDefectKind
{
    /// <summary>The message is larger than <see cref="MimeLimits.MessageBytes"/> and was cut.</summary>
    MessageTooLarge,

    /// <summary>More nesting than <see cref="MimeLimits.Depth"/>; the inner part stays unparsed.</summary>
    TooDeep,

    /// <summary>More parts than <see cref="MimeLimits.Parts"/>; the rest was left out.</summary>
    TooManyParts,

    /// <summary>More fields or header bytes than allowed; the rest was left out.</summary>
    TooManyHeaders,

    /// <summary>A header line that is no field (RFC 7103 section 7.2).</summary>
    BadHeaderLine,

    /// <summary>A field that must be single stands more than once (RFC 5322 section 3.6).</summary>
    DuplicateHeader,

    /// <summary>A multipart without a boundary parameter.</summary>
    MissingBoundary,

    /// <summary>A multipart whose boundary never occurs.</summary>
    BoundaryNotFound,

    /// <summary>A multipart without its close delimiter.</summary>
    UnclosedMultipart,

    /// <summary>A Content-Transfer-Encoding that is not known; the bytes are taken as they are.</summary>
    UnknownTransferEncoding,

    /// <summary>No line separates headers and body.</summary>
    MissingHeaderEnd,

    /// <summary>An empty line stands within the header: fields that say how the body is made follow it.</summary>
    MisplacedHeader,

    /// <summary>A text longer than <see cref="MimeLimits.TextChars"/> or <see cref="MimeLimits.HtmlChars"/>: read so far, the rest left out. Noted when the text is read.</summary>
    TextTooLong,

    /// <summary>No From field.</summary>
    MissingFrom,

    /// <summary>No readable Date field.</summary>
    MissingDate,
}

/// <summary>One defect and where it was met.</summary>
/// <param name="Kind">What is wrong.</param>
/// <param name="Offset">Byte offset in the message, or -1 where there is none.</param>
public readonly record struct MimeDefect(MimeDefectKind Kind, int Offset);
