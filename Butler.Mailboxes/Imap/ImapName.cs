using System.Text;
using Butler.Mailboxes.Imap.Wire;

namespace Butler.Mailboxes.Imap;

/// <summary>
/// A folder's name: as people read it, and as the server wrote it. Later commands use the server's own form (RFC 2683), since
/// not every name survives decoding and encoding.
/// </summary>
public readonly record struct ImapName
{
    // In front of a key that holds the server's form: no folder begins with DEL.
    private const char RawMark = '\u007f';

    private ImapName(string wire, string display, bool raw) => (Wire, Display, IsRaw) = (wire, display, raw);

    /// <summary>The server's bytes, one per character.</summary>
    internal string Wire { get; }

    /// <summary>The name for people.</summary>
    public string Display { get; }

    /// <summary>Whether the server's form is not what encoding <see cref="Display"/> gives.</summary>
    private bool IsRaw { get; }

    /// <summary>INBOX, which every server has.</summary>
    public static ImapName Inbox { get; } = new("INBOX", "INBOX", false);

    /// <summary>Whether it is INBOX, in any case (RFC 3501 section 5.1).</summary>
    public bool IsInbox => string.Equals(Wire, "INBOX", StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// A text to store and to compare by: the name for people, except where that would not lead back to the server's form. It
    /// stays the same when a server begins to speak UTF-8.
    /// </summary>
    public string Key => IsRaw ? RawMark + Wire : Display;

    /// <summary>The name behind a <see cref="Key"/> or one that a person wrote.</summary>
    /// <param name="key">The key.</param>
    /// <param name="utf8">Whether names are UTF-8 on this connection (<see cref="ImapClient.Utf8Names"/>), else modified UTF-7.</param>
    public static ImapName FromKey(string key, bool utf8)
    {
        if (key.StartsWith(RawMark))
        {
            return FromWire(key[1..], utf8);
        }

        if (string.Equals(key, "INBOX", StringComparison.OrdinalIgnoreCase))
        {
            return Inbox;
        }

        return new(utf8 ? Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(key)) : ModifiedUtf7.Encode(key), key, false);
    }

    /// <summary>The name that a server wrote.</summary>
    internal static ImapName FromWire(ReadOnlySpan<byte> bytes, bool utf8) => FromWire(Encoding.Latin1.GetString(bytes), utf8);

    private static ImapName FromWire(string wire, bool utf8)
    {
        if (string.Equals(wire, "INBOX", StringComparison.OrdinalIgnoreCase))
        {
            return Inbox;
        }

        if (utf8)
        {
            var text = ImapText.Decode(Encoding.Latin1.GetBytes(wire));
            return new(wire, text, raw: Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text)) != wire);
        }

        var decoded = ModifiedUtf7.Decode(wire);
        if (decoded is null)
        {
            // Raw UTF-8 without having agreed on it, as some servers send; else shown as it is.
            return new(wire, ImapText.Decode(Encoding.Latin1.GetBytes(wire)), raw: true);
        }

        return new(wire, decoded, raw: ModifiedUtf7.Encode(decoded) != wire);
    }

    /// <summary>Two names are one when the server's form is the same.</summary>
    public bool Equals(ImapName other) => string.Equals(Wire, other.Wire, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override int GetHashCode() => Wire is null ? 0 : StringComparer.Ordinal.GetHashCode(Wire);

    /// <summary>Folder names are personal: nothing of it.</summary>
    public override string ToString() => IsInbox ? "INBOX" : "folder";
}
