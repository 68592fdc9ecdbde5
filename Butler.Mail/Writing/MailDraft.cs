namespace Butler.Mail;

/// <summary>What a new message is written from.</summary>
public sealed record MailDraft
{
    /// <summary>The author.</summary>
    public required MailAddress From { get; init; }

    /// <summary>The recipients.</summary>
    public IReadOnlyList<MailAddress> To { get; init; } = [];

    /// <summary>Further recipients.</summary>
    public IReadOnlyList<MailAddress> Cc { get; init; } = [];

    /// <summary>The subject, written as it is.</summary>
    public string Subject { get; init; } = "";

    /// <summary>The plain text; any line ends.</summary>
    public string Text { get; init; } = "";

    /// <summary>The same in HTML; null where there is none. It follows the text in a multipart/alternative.</summary>
    public string? Html { get; init; }

    /// <summary>Attached files, and pictures that the HTML shows.</summary>
    public IReadOnlyList<MailFile> Files { get; init; } = [];

    /// <summary>The message's id, without angle brackets.</summary>
    public required string MessageId { get; init; }

    /// <summary>The message's date.</summary>
    public required DateTimeOffset Date { get; init; }

    /// <summary>Further fields; names are tokens, values lose control characters.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> ExtraHeaders { get; init; } = [];
}

/// <summary>A file of a new message.</summary>
/// <param name="Name">The file name; any characters, directories are cut off.</param>
/// <param name="ContentType">Such as "application/pdf".</param>
/// <param name="Bytes">The content.</param>
/// <param name="ContentId">Where the HTML shows it: its id without angle brackets; null for an attachment.</param>
public sealed record MailFile(string Name, string ContentType, ReadOnlyMemory<byte> Bytes, string? ContentId = null);
