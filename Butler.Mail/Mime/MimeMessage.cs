using System.IO.Pipelines;

namespace Butler.Mail;

/// <summary>
/// A message read from its raw bytes. Reading never throws on content: what is broken is a defect, what is too much is
/// cut (<see cref="MimeLimits"/>). Everything is a view of the one buffer, decoded when asked for; keep the buffer
/// unchanged while the message is in use. Not thread-safe.
/// </summary>
public sealed class MimeMessage
{
    private const int MaxSubjects = 10;
    private readonly MimeDocument document;
    private IReadOnlyList<MailAddress>? from;
    private IReadOnlyList<MailAddress>? to;
    private IReadOnlyList<MailAttachment>? attachments;
    private DateTimeOffset? date;
    private bool dateRead;
    private bool defectsNoted;

    internal MimeMessage(MimeDocument document, MimePart body)
    {
        this.document = document;
        Body = body;
    }

    /// <summary>The header fields.</summary>
    public HeaderList Headers => Body.Headers;

    /// <summary>The root part.</summary>
    public MimePart Body { get; }

    /// <summary>What is wrong with the message, at most <see cref="MimeLimits.Defects"/> entries.</summary>
    public IReadOnlyList<MimeDefect> Defects
    {
        get
        {
            if (!defectsNoted)
            {
                defectsNoted = true;
                NoteHeaderDefects();
            }

            return document.Defects;
        }
    }

    /// <summary>Whether a limit cut something.</summary>
    public bool IsTruncatedByLimits => document.Truncated;

    /// <summary>The decoded subject, empty where there is none; repeated ones that differ are joined (RFC 7103 section 7.5).</summary>
    public string Subject => Headers.CountOf("Subject") > 1 ? string.Join(' ', Headers.GetAll("Subject").Distinct(StringComparer.Ordinal).Take(MaxSubjects)) : Headers.Get("Subject") ?? "";

    /// <summary>The first author, or null.</summary>
    public MailAddress? From => FromAll.Count > 0 ? FromAll[0] : null;

    /// <summary>All authors; repeated From fields are joined, never one silently chosen (RFC 7103 section 7.5).</summary>
    public IReadOnlyList<MailAddress> FromAll => from ??= ReadAddresses("From");

    /// <summary>Sender; empty where there is none.</summary>
    public IReadOnlyList<MailAddress> Sender => ReadAddresses("Sender");

    /// <summary>Where answers are wanted; empty where there is no Reply-To field.</summary>
    public IReadOnlyList<MailAddress> ReplyTo => ReadAddresses("Reply-To");

    /// <summary>The recipients of To.</summary>
    public IReadOnlyList<MailAddress> To => to ??= ReadAddresses("To");

    /// <summary>The recipients of Cc.</summary>
    public IReadOnlyList<MailAddress> Cc => ReadAddresses("Cc");

    /// <summary>The recipients of Bcc.</summary>
    public IReadOnlyList<MailAddress> Bcc => ReadAddresses("Bcc");

    /// <summary>The Date field, else the date of the topmost Received field; null where neither can be read.</summary>
    public DateTimeOffset? Date
    {
        get
        {
            if (!dateRead)
            {
                dateRead = true;
                date = ReadDate();
            }

            return date;
        }
    }

    /// <summary>The Message-ID without angle brackets, whatever its length; null where there is none.</summary>
    public string? MessageId => Headers.GetUnfolded("Message-ID") is { } value ? MessageIds.First(value) : null;

    /// <summary>The ids of In-Reply-To.</summary>
    public IReadOnlyList<string> InReplyTo => ReadIds("In-Reply-To");

    /// <summary>The ids of References, oldest first, at most <see cref="MimeLimits.References"/>.</summary>
    public IReadOnlyList<string> References => ReadIds("References");

    /// <summary>The parts that are not the text of the message, inner messages included, in order.</summary>
    public IReadOnlyList<MailAttachment> Attachments => attachments ??= AttachmentReader.Read(Body);

    internal int PartCount => document.PartCount;

    /// <summary>The message's bytes, as they were given (cut at <see cref="MimeLimits.MessageBytes"/>).</summary>
    public ReadOnlyMemory<byte> Raw => document.Raw;

    internal MimeLimits Limits => document.Limits;

    /// <summary>Reads a message. Never throws on content.</summary>
    /// <param name="raw">The whole message; it is not copied and must stay unchanged.</param>
    /// <param name="limits">The bounds; <see cref="MimeLimits.Default"/> if null.</param>
    public static MimeMessage Parse(ReadOnlyMemory<byte> raw, MimeLimits? limits = null)
    {
        limits ??= MimeLimits.Default;
        var tooLarge = raw.Length > limits.MessageBytes;
        var document = new MimeDocument(tooLarge ? raw[..limits.MessageBytes] : raw, limits);
        if (tooLarge)
        {
            document.Note(MimeDefectKind.MessageTooLarge, limits.MessageBytes);
        }

        return new MimeMessage(document, MimeParser.Parse(document));
    }

    /// <summary>
    /// Reads a message from a stream, up to its end or <see cref="MimeLimits.MessageBytes"/>: what is beyond is left in
    /// the stream and <see cref="IsTruncatedByLimits"/> is set.
    /// </summary>
    /// <exception cref="IOException">The stream failed; content never makes it fail.</exception>
    public static async Task<MimeMessage> ReadAsync(Stream stream, MimeLimits? limits = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        limits ??= MimeLimits.Default;
        return Parse(await MimeReading.ReadAsync(stream, limits.MessageBytes, cancellationToken), limits);
    }

    /// <summary>
    /// Reads a message from a pipe, up to its end or <see cref="MimeLimits.MessageBytes"/>: what is beyond is left in the
    /// pipe and <see cref="IsTruncatedByLimits"/> is set. The pipe is not completed.
    /// </summary>
    public static async Task<MimeMessage> ReadAsync(PipeReader reader, MimeLimits? limits = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(reader);
        limits ??= MimeLimits.Default;
        return Parse(await MimeReading.ReadAsync(reader, limits.MessageBytes, cancellationToken), limits);
    }

    private void NoteHeaderDefects()
    {
        ReadOnlySpan<string> single = ["From", "Date", "Subject", "Message-ID", "To", "Cc", "Content-Type"];
        foreach (var name in single)
        {
            var first = Headers.Find(name, 0);
            if (first >= 0 && Headers.Find(name, first + 1) >= 0)
            {
                document.Note(MimeDefectKind.DuplicateHeader, -1);
            }
            else if (first < 0 && name is "From" or "Date")
            {
                document.Note(name == "From" ? MimeDefectKind.MissingFrom : MimeDefectKind.MissingDate, -1);
            }
        }
    }

    private IReadOnlyList<MailAddress> ReadAddresses(string name)
    {
        var index = Headers.Find(name, 0);
        if (index < 0)
        {
            return [];
        }

        List<MailAddress> all = [];
        for (; index >= 0 && all.Count < Limits.Addresses; index = Headers.Find(name, index + 1))
        {
            MailAddressParser.Parse(Headers.UnfoldAt(index), all, Limits.Addresses);
        }

        return all;
    }

    private IReadOnlyList<string> ReadIds(string name) => Headers.GetUnfolded(name) is { } value ? MessageIds.All(value, Limits.References) : [];

    private DateTimeOffset? ReadDate()
    {
        if (Headers.GetUnfolded("Date") is { } value && MailDate.TryParse(value, out var read))
        {
            return read;
        }

        // "...by host; Mon, 1 Jan 2024 10:00:00 +0000" (RFC 5322 section 3.6.7)
        return Headers.GetUnfolded("Received") is { } received && received.LastIndexOf(';') is var at and >= 0
            && MailDate.TryParse(received.AsSpan(at + 1), out read) ? read : null;
    }
}
