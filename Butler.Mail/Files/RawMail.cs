namespace Butler.Mail.Files;

/// <summary>One mail as it was found in a file.</summary>
/// <param name="Bytes">The message (RFC 5322 bytes), an array of its own; cut or empty where there is a problem.</param>
/// <param name="Labels">Gmail's names for system labels (INBOX, SENT, UNREAD, STARRED, TRASH, SPAM, DRAFT, CATEGORY_…), others as they are.</param>
/// <param name="Source">Where it was found: "file:offset", in archives "archive!entry:offset". Stable between runs.</param>
/// <param name="Problem">What is wrong in words, without content ("truncated", "larger than 50 MiB"); null if nothing is.</param>
public sealed record RawMail(ReadOnlyMemory<byte> Bytes, IReadOnlyList<string> Labels, string Source, string? Problem = null)
{
    /// <summary>Never prints content.</summary>
    public override string ToString() => $"{Source} ({Bytes.Length} bytes){(Problem is null ? "" : " " + Problem)}";
}

/// <summary>Bounds on reading files; what exceeds one is reported in <see cref="RawMail.Problem"/>, never swallowed.</summary>
public sealed record MailFileOptions
{
    /// <summary>Bytes of one mail; a larger one is cut there. As <see cref="MimeLimits.MessageBytes"/>.</summary>
    public int MaxMailBytes { get; init; } = 50 * 1024 * 1024;

    /// <summary>Archives within archives: a .zip of .mbox.gz is two. Real exports need no more.</summary>
    public int MaxArchiveDepth { get; init; } = 3;

    /// <summary>Entries of all archives together.</summary>
    public int MaxArchiveEntries { get; init; } = 5_000_000;

    /// <summary>Bytes that archives may unpack to. A Takeout of 1.5 million mails has about 60 GB.</summary>
    public long MaxUnpackedBytes { get; init; } = 200L * 1024 * 1024 * 1024;

    /// <summary>Unpacked to packed bytes of one archive, looked at after 64 MiB. Mail packs 3 to 10 times, a bomb 1,000 times.</summary>
    public int MaxCompressionRatio { get; init; } = 200;

    /// <summary>Bytes of a .zip inside another archive; it has to be held in memory.</summary>
    public int MaxNestedZipBytes { get; init; } = 64 * 1024 * 1024;
}

/// <summary>A path cannot be read as mail; the message says why in words for the owner.</summary>
public sealed class MailFilesException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>The path is there and has nothing in it: a mailbox before its first mail.</summary>
    public bool IsEmpty { get; init; }
}
