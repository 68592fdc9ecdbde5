namespace Butler.Mailboxes.Imap;

/// <summary>
/// What a server may make this process hold or wait for. Its answers are hostile input: whoever owns the other end, or the
/// line without TLS, writes them. Going over one is <see cref="ImapProblem.LimitExceeded"/> and ends the connection.
/// </summary>
public sealed record ImapLimits
{
    /// <summary>Bytes of one answer outside its literals. A SEARCH over a million mails is 8 MB on one line.</summary>
    public int MaxLineBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>Bytes of one literal. Mails above it are fetched in ranges (<see cref="ImapClient.FetchRangesAsync"/>).</summary>
    public int MaxLiteralBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>Bytes of all literals of one answer.</summary>
    public int MaxResponseBytes { get; init; } = 96 * 1024 * 1024;

    /// <summary>Literals in one answer.</summary>
    public int MaxLiterals { get; init; } = 4096;

    /// <summary>Lists inside lists.</summary>
    public int MaxDepth { get; init; } = 64;

    /// <summary>Untagged answers to one command.</summary>
    public int MaxUntagged { get; init; } = 1_000_000;

    /// <summary>Answers of one connection that could not be read and were passed over.</summary>
    public int MaxUnreadable { get; init; } = 1000;

    /// <summary>Folders of one listing.</summary>
    public int MaxFolders { get; init; } = 20_000;

    /// <summary>Capabilities of one server.</summary>
    public int MaxCapabilities { get; init; } = 512;

    /// <summary>Flags or labels of one mail.</summary>
    public int MaxFlags { get; init; } = 1024;
}
