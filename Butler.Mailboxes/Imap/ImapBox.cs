namespace Butler.Mailboxes.Imap;

/// <summary>What the server said of the selected folder.</summary>
internal sealed class ImapBox
{
    public uint UidValidity { get; set; }

    public uint? UidNext { get; set; }

    public uint Exists { get; set; }

    public ulong? HighestModSeq { get; set; }

    public bool NoModSeq { get; set; }

    public bool News { get; set; }

    public ImapUidSet Vanished { get; set; } = new();
}
