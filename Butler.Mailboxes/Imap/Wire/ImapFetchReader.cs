using System.Globalization;
using System.Text;

namespace Butler.Mailboxes.Imap.Wire;

/// <summary>Reads the list of a FETCH answer (RFC 3501 section 7.4.2): attributes in any order, unknown ones passed over.</summary>
internal static class ImapFetchReader
{
    private static readonly string[] s_flags = ["\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft", "\\Recent", "$Forwarded", "NonJunk", "$NotJunk", "\\Important"];

    public static ImapMessage Read(ref ImapTokens tokens, ImapLimits limits)
    {
        var message = new ImapMessage();
        tokens.Expect((byte)'(');
        while (!tokens.TryTake((byte)')'))
        {
            var item = tokens.Atom();
            if (Is(item, "UID"u8))
            {
                var uid = tokens.Number();
                message.Uid = uid <= uint.MaxValue ? (uint)uid : throw new ImapFormatException("UID above 32 bits");
            }
            else if (Is(item, "FLAGS"u8))
            {
                message.Flags = Words(ref tokens, limits.MaxFlags);
            }
            else if (item.Length > 5 && Is(item[..5], "BODY["u8))
            {
                ReadSection(item, message, ref tokens);
            }
            else if (Is(item, "INTERNALDATE"u8))
            {
                message.InternalDate = tokens.Text() is { } date ? Date(date) : null;
            }
            else if (Is(item, "RFC822.SIZE"u8))
            {
                message.Size = (long)Math.Min(tokens.Number(), long.MaxValue);
            }
            else if (Is(item, "MODSEQ"u8))
            {
                tokens.Expect((byte)'(');
                message.ModSeq = tokens.Number();
                tokens.Expect((byte)')');
            }
            else if (Is(item, "EMAILID"u8))
            {
                message.EmailId = Id(ref tokens);
            }
            else if (Is(item, "THREADID"u8))
            {
                message.ThreadId = Id(ref tokens);
            }
            else if (Is(item, "X-GM-MSGID"u8))
            {
                message.GmailMessageId = tokens.Number();
            }
            else if (Is(item, "X-GM-THRID"u8))
            {
                message.GmailThreadId = tokens.Number();
            }
            else if (Is(item, "X-GM-LABELS"u8))
            {
                message.GmailLabels = [.. Words(ref tokens, limits.MaxFlags).Select(l => ModifiedUtf7.Decode(l) ?? l)];
            }
            else
            {
                tokens.SkipValue();
            }
        }

        return message;
    }

    /// <summary>A list of atoms and strings; NIL is an empty one.</summary>
    public static IReadOnlyList<string> Words(ref ImapTokens tokens, int limit)
    {
        tokens.SkipSpaces();
        if (!tokens.TryTake((byte)'('))
        {
            return tokens.Text() is null ? [] : throw new ImapFormatException("a list was due");
        }

        List<string>? words = null;
        while (!tokens.TryTake((byte)')'))
        {
            if (words?.Count >= limit)
            {
                throw ImapErrors.Make(ImapProblem.LimitExceeded, "flags");
            }

            tokens.SkipSpaces();
            (words ??= new(4)).Add(tokens.Peek((byte)'"') || tokens.Peek((byte)'{') ? tokens.Text() ?? "" : Intern(tokens.Atom()));
        }

        return words ?? (IReadOnlyList<string>)[];
    }

    /// <summary>A date-time of IMAP, <c>17-Jul-1996 02:44:25 -0700</c>; null for anything else.</summary>
    public static DateTimeOffset? Date(string text) =>
        DateTimeOffset.TryParseExact(text.Trim(), ["d-MMM-yyyy HH:mm:ss zzz", "d-MMM-yyyy H:mm:ss zzz"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var date)
            ? date.ToUniversalTime() : null;

    private static void ReadSection(ReadOnlySpan<byte> item, ImapMessage message, ref ImapTokens tokens)
    {
        if (item.IndexOf((byte)'\n') >= 0)
        {
            throw new ImapFormatException("a literal inside brackets");
        }

        var close = item.IndexOf((byte)']');
        var bytes = tokens.NString();
        if (close > 5)
        {
            message.Headers = bytes;
            return;
        }

        message.Body = bytes;
        var origin = item[(close + 1)..];
        if (origin.Length > 2 && origin[0] == (byte)'<' && long.TryParse(origin[1..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var at))
        {
            message.Origin = at;
        }
    }

    // RFC 8474: EMAILID (id), THREADID (id) or NIL.
    private static string? Id(ref ImapTokens tokens)
    {
        if (!tokens.TryTake((byte)'('))
        {
            return tokens.Text();
        }

        var id = tokens.Text();
        tokens.Expect((byte)')');
        return id;
    }

    private static string Intern(ReadOnlySpan<byte> word)
    {
        foreach (var flag in s_flags)
        {
            if (flag.Length == word.Length && Ascii.EqualsIgnoreCase(word, flag))
            {
                return flag;
            }
        }

        return ImapText.Decode(word);
    }

    private static bool Is(ReadOnlySpan<byte> item, ReadOnlySpan<byte> name) => Ascii.EqualsIgnoreCase(item, name);
}
