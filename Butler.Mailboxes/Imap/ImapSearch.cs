using System.Globalization;
using Butler.Mailboxes.Imap.Wire;

namespace Butler.Mailboxes.Imap;

/// <summary>
/// A search; all that is set must hold. Days are the server's, without a zone (RFC 3501 section 6.4.4): ask for one more at each end
/// and look at <see cref="ImapMessage.InternalDate"/>.
/// </summary>
public sealed record ImapSearch
{
    /// <summary>Among these UIDs.</summary>
    public ImapUidSet? Uids { get; init; }

    /// <summary>Received on this day or later.</summary>
    public DateOnly? Since { get; init; }

    /// <summary>Received before this day.</summary>
    public DateOnly? Before { get; init; }

    /// <summary>With this Message-ID, with or without its angle brackets. Servers look for parts of it too: compare what is found.</summary>
    public string? MessageId { get; init; }

    /// <summary>With a header field that contains a text.</summary>
    public (string Field, string Text)? Header { get; init; }

    /// <summary>Not marked for deletion.</summary>
    public bool NotDeleted { get; init; }

    /// <summary>Gmail: of this thread.</summary>
    public ulong? GmailThreadId { get; init; }

    /// <summary>OBJECTID: of this thread.</summary>
    public string? ThreadId { get; init; }

    internal void Write(ImapCommand command)
    {
        var any = false;
        void Word(string word)
        {
            any = true;
            command.Word(word);
        }

        if (Uids is { IsEmpty: false })
        {
            Word("UID");
            command.Uids(Uids);
        }

        if (Since is { } since)
        {
            Word("SINCE " + Day(since));
        }

        if (Before is { } before)
        {
            Word("BEFORE " + Day(before));
        }

        if (NotDeleted)
        {
            Word("UNDELETED");
        }

        if (GmailThreadId is { } thread)
        {
            Word(string.Create(CultureInfo.InvariantCulture, $"X-GM-THRID {thread}"));
        }

        if (ThreadId is { } objectId)
        {
            // RFC 8474 section 7: letters, digits, "_" and "-".
            Word("THREADID " + (objectId.Length is > 0 and < 256 && objectId.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-') ? objectId : throw ImapErrors.Make(ImapProblem.NotSendable, "thread")));
        }

        if (MessageId is { } id)
        {
            Word("HEADER MESSAGE-ID");
            command.Text(id);
        }

        if (Header is { } header)
        {
            Word("HEADER");
            command.Text(header.Field).Text(header.Text);
        }

        if (!any)
        {
            Word("ALL");
        }
    }

    internal bool NeedsCharset => !(IsAscii(MessageId) && IsAscii(Header?.Text) && IsAscii(Header?.Field));

    private static bool IsAscii(string? text) => text is null || System.Text.Ascii.IsValid(text);

    private static string Day(DateOnly day) => day.ToString("d-MMM-yyyy", CultureInfo.InvariantCulture);
}
