using System.Text;
using Butler.Mailboxes.Imap.Wire;

namespace Butler.Mailboxes.Imap;

/// <summary>What to ask of each mail. UID always comes along.</summary>
[Flags]
public enum ImapItems
{
    /// <summary>Only the UID.</summary>
    None = 0,

    /// <summary>Flags.</summary>
    Flags = 1,

    /// <summary>When the server received it.</summary>
    InternalDate = 2,

    /// <summary>Its size.</summary>
    Size = 4,

    /// <summary>MODSEQ, where the server has it.</summary>
    ModSeq = 8,

    /// <summary>The ids that are the same in every folder, where the server has them: EMAILID and THREADID, or Gmail's.</summary>
    Ids = 16,

    /// <summary>Gmail's labels, at Gmail.</summary>
    Labels = 32,

    /// <summary>The whole mail, without setting \Seen.</summary>
    Body = 64,
}

/// <summary>One FETCH.</summary>
public sealed record ImapFetch(ImapItems Items)
{
    /// <summary>Header fields to fetch, such as Message-ID; without \Seen.</summary>
    public IReadOnlyList<string> Headers { get; init; } = [];

    /// <summary>Only mails changed since then (CONDSTORE).</summary>
    public ulong? ChangedSince { get; init; }

    /// <summary>With <see cref="ChangedSince"/>: also which UIDs of the set are gone (QRESYNC); <see cref="ImapClient.TakeVanished"/> has them afterwards.</summary>
    public bool Vanished { get; init; }

    /// <summary>Of the body only these bytes.</summary>
    public (long Offset, int Count)? Range { get; init; }

    internal bool WantsBody => (Items & ImapItems.Body) != 0 || Range is not null;

    /// <summary>Whether an answer has what was asked for, so that it is not mere news of flags.</summary>
    internal bool IsAnswer(ImapMessage message) =>
        (!WantsBody || message.Body is not null)
        && (Headers.Count == 0 || message.Headers is not null)
        && ((Items & ImapItems.Flags) == 0 || message.Flags is not null)
        && ((Items & ImapItems.InternalDate) == 0 || message.InternalDate is not null)
        && ((Items & ImapItems.Size) == 0 || message.Size is not null);

    internal string Attributes(ImapCapabilities capabilities)
    {
        var text = new StringBuilder("(UID");
        void Add(ImapItems item, string name)
        {
            if ((Items & item) != 0)
            {
                text.Append(' ').Append(name);
            }
        }

        Add(ImapItems.Flags, "FLAGS");
        Add(ImapItems.InternalDate, "INTERNALDATE");
        Add(ImapItems.Size, "RFC822.SIZE");
        if (capabilities.Condstore)
        {
            Add(ImapItems.ModSeq, "MODSEQ");
        }

        if (capabilities.Gmail)
        {
            Add(ImapItems.Ids, "X-GM-MSGID X-GM-THRID");
            Add(ImapItems.Labels, "X-GM-LABELS");
        }
        else if (capabilities.ObjectId)
        {
            Add(ImapItems.Ids, "EMAILID THREADID");
        }

        if (Headers.Count > 0)
        {
            text.Append(" BODY.PEEK[HEADER.FIELDS (").AppendJoin(' ', Headers.Select(FieldName)).Append(")]");
        }

        if (Range is { } range)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(range.Offset);
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(range.Count);
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $" BODY.PEEK[]<{range.Offset}.{range.Count}>");
        }
        else
        {
            Add(ImapItems.Body, "BODY.PEEK[]");
        }

        return text.Append(')').ToString();
    }

    // A field's name is an atom by RFC 5322; anything else would be another command.
    private static string FieldName(string name) =>
        name.Length is > 0 and < 100 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_') ? name.ToUpperInvariant() : throw ImapErrors.Make(ImapProblem.NotSendable, "header field");
}
