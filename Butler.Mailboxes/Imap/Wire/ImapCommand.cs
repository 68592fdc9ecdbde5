using System.Globalization;
using System.Text;

namespace Butler.Mailboxes.Imap.Wire;

/// <summary>
/// A command built from typed values. Data of users and servers enters only as quoted strings or literals, so no line break or
/// quote in it can become a command. Beside it grows a text for the log in which such data is left out.
/// </summary>
internal sealed class ImapCommand
{
    // A literal of any size without waiting would make the server take what it may refuse; isync draws the line at 100 KB too.
    private const int MaxUnwaited = 100 * 1024;

    private readonly List<Part> _parts = [];
    private readonly StringBuilder _line = new();
    private readonly StringBuilder _log = new();
    private readonly ImapCapabilities _capabilities;
    private readonly bool _utf8;

    public ImapCommand(string tag, string name, ImapCapabilities capabilities, bool utf8 = false)
    {
        Tag = tag;
        Name = name;
        _capabilities = capabilities;
        _utf8 = utf8;
        _line.Append(tag).Append(' ').Append(name);
        _log.Append(name);
    }

    public string Tag { get; }

    public string Name { get; }

    /// <summary>The command without anybody's data.</summary>
    public string Log => _log.ToString();

    /// <summary>Words of the protocol, written by this program.</summary>
    public ImapCommand Word(string word)
    {
        _line.Append(' ').Append(word);
        _log.Append(' ').Append(word);
        return this;
    }

    /// <summary>Words of the protocol that hold something secret or personal in a harmless form, such as base64.</summary>
    public ImapCommand Hidden(string word)
    {
        _line.Append(' ').Append(word);
        _log.Append(" ***");
        return this;
    }

    public ImapCommand Uids(ImapUidSet set)
    {
        _line.Append(' ').Append(set);
        _log.Append(CultureInfo.InvariantCulture, $" {set.Count} uids");
        return this;
    }

    /// <summary>A string of anybody.</summary>
    public ImapCommand Text(string value, bool leadingSpace = true)
    {
        Data(Encoding.UTF8.GetBytes(value), leadingSpace);
        return this;
    }

    public ImapCommand Folder(ImapName name)
    {
        if (string.IsNullOrEmpty(name.Wire) || name.Wire.AsSpan().IndexOfAny('\r', '\n', '\0') >= 0)
        {
            // A literal could carry the line break; no server has such a folder, somebody tries something.
            throw ImapErrors.Make(ImapProblem.NotSendable, "folder name");
        }

        Data(Encoding.Latin1.GetBytes(name.Wire), true);
        return this;
    }

    /// <summary>A flag or keyword; the form is checked since it is sent bare.</summary>
    public static string Flag(string flag)
    {
        var name = flag.StartsWith('\\') ? flag.AsSpan(1) : flag;
        return name.Length is > 0 and < 200 && !name.ContainsAnyExceptInRange('!', '~') && name.IndexOfAny("(){%*\"\\]") < 0
            ? flag
            : throw ImapErrors.Make(ImapProblem.NotSendable, "flag");
    }

    public ImapCommand Literal(ReadOnlyMemory<byte> octets, bool leadingSpace = true)
    {
        var waits = !(_capabilities.LiteralPlus && octets.Length <= MaxUnwaited) && !((_capabilities.LiteralMinus || _capabilities.LiteralPlus) && octets.Length <= 4096);
        _line.Append(CultureInfo.InvariantCulture, $"{(leadingSpace ? " " : "")}{{{octets.Length}{(waits ? "" : "+")}}}\r\n");
        _log.Append(" ***");
        _parts.Add(new(Take(), WaitAfter: waits));
        _parts.Add(new(octets, WaitAfter: false));
        return this;
    }

    /// <summary>What to send, in order; after some the server's "+" comes first.</summary>
    public IReadOnlyList<Part> Finish()
    {
        _line.Append("\r\n");
        _parts.Add(new(Take(), WaitAfter: false));
        return _parts;
    }

    private void Data(byte[] bytes, bool leadingSpace)
    {
        var ascii = true;
        var quotable = bytes.Length <= 1000;
        foreach (var b in bytes)
        {
            ascii &= b < 0x80;
            quotable &= b is not ((byte)'\r' or (byte)'\n' or 0);
            if (b == 0)
            {
                throw ImapErrors.Make(ImapProblem.NotSendable, "NUL");
            }
        }

        if (!quotable || !(ascii || _utf8))
        {
            Literal(bytes, leadingSpace);
            return;
        }

        _line.Append(leadingSpace ? " \"" : "\"");
        foreach (var b in bytes)
        {
            if (b is (byte)'"' or (byte)'\\')
            {
                _line.Append('\\');
            }

            _line.Append((char)b);
        }

        _line.Append('"');
        _log.Append(" ***");
    }

    private byte[] Take()
    {
        var bytes = Encoding.Latin1.GetBytes(_line.ToString());
        _line.Clear();
        return bytes;
    }

    internal readonly record struct Part(ReadOnlyMemory<byte> Bytes, bool WaitAfter);
}
