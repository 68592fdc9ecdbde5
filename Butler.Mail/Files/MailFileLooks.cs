namespace Butler.Mail.Files;

/// <summary>What a file among a mailbox's files is.</summary>
public enum MailFileKind
{
    /// <summary>Nothing that holds mail.</summary>
    None,

    /// <summary>An mbox: mails one after the other.</summary>
    Mbox,

    /// <summary>One mail: an .eml, or a file of a Maildir.</summary>
    Single,

    /// <summary>A .zip, .tar, .gz of any of these; read from its beginning only.</summary>
    Archive,
}

/// <summary>Looks at the files of a mailbox without reading their mails.</summary>
public static class MailFileLooks
{
    /// <summary>Bytes that <see cref="Kind"/> wants to see of a file's beginning.</summary>
    public const int Window = FileKinds.Window;

    /// <summary>The files at or below a path, in a stable order, with their names relative to it. Links are not followed.</summary>
    public static IEnumerable<(string Path, string Name)> List(string path) => FileTree.List(path);

    /// <summary>What a file is, by its first bytes and, in a Maildir, its place.</summary>
    public static MailFileKind Kind(ReadOnlyMemory<byte> head, string name) => FileKinds.Detect(head) switch
    {
        FileKind.Mbox => MailLabels.FromMaildir(name) is null ? MailFileKind.Mbox : MailFileKind.Single,
        FileKind.Mail => MailFileKind.Single,
        FileKind.Gzip or FileKind.Zip or FileKind.Tar => MailFileKind.Archive,
        _ => MailFileKind.None,
    };

    /// <summary>A mail's labels from its place in a Maildir, else from what a program wrote into its header (Takeout, Status).</summary>
    public static IReadOnlyList<string> Labels(string name, ReadOnlyMemory<byte> mail) => MailLabels.FromMaildir(name) ?? MailLabels.FromHeader(mail);

    /// <summary>
    /// Takes the quoting off "&gt;From " lines of an mbox's mail: one "&gt;" of each, as mboxrd writes it; in mboxo and mboxcl, which quote
    /// "From " only, this is the same for all but lines that began with "&gt;From " themselves.
    /// </summary>
    public static ReadOnlyMemory<byte> Unquote(byte[] mail)
    {
        ArgumentNullException.ThrowIfNull(mail);
        if (mail.AsSpan().IndexOf(">From "u8) < 0)
        {
            return mail;
        }

        var (read, write) = (0, 0);
        while (read < mail.Length)
        {
            var end = mail.AsSpan(read).IndexOf((byte)'\n');
            var line = end < 0 ? mail.AsSpan(read) : mail.AsSpan(read, end + 1);
            var skip = MboxLines.IsQuotedFrom(line) ? 1 : 0;
            line[skip..].CopyTo(mail.AsSpan(write));
            write += line.Length - skip;
            read += line.Length;
        }

        return mail.AsMemory(0, write);
    }
}
