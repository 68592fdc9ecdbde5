using System.Buffers.Text;
using System.Globalization;
using Butler.Mail;

namespace Butler.Mailboxes.Imap.Accounts;

/// <summary>Ids of mails and threads: the server's own where it has them, else the place where a mail was first seen, a name that stays.</summary>
internal static class ImapIds
{
    /// <summary>More Message-IDs than this name no person's thread; the newest ones stay.</summary>
    private const int MaxReferences = 50;

    public static string Mail(ImapMessage message, long folderId, uint uidValidity) =>
        message.GmailMessageId is { } gmail ? string.Create(CultureInfo.InvariantCulture, $"G{gmail:x}")
        : message.EmailId is { Length: > 0 } email ? "E" + email
        : Place(folderId, uidValidity, message.Uid);

    public static string Place(long folderId, uint uidValidity, uint uid) => string.Create(CultureInfo.InvariantCulture, $"L{folderId}-{uidValidity}-{uid}");

    /// <summary>The server's thread; null where it knows none.</summary>
    public static string? Thread(ImapMessage message) =>
        message.GmailThreadId is { } gmail ? string.Create(CultureInfo.InvariantCulture, $"G{gmail:x}") : message.ThreadId is { Length: > 0 } thread ? "E" + thread : null;

    /// <summary>
    /// What a mail's headers say about its thread: the root first (RFC 5322 section 3.6.4: References goes from the oldest to the parent),
    /// its own Message-ID last. A mail without any has a thread of its own, named for its id.
    /// </summary>
    public static ImapThreadKeys ThreadKeys(MimeMessage message, string id)
    {
        var names = new List<string>();
        foreach (var name in message.References.TakeLast(MaxReferences).Concat(message.InReplyTo).Append(message.MessageId))
        {
            if (!string.IsNullOrEmpty(name) && !names.Contains(name, StringComparer.Ordinal))
            {
                names.Add(name);
            }
        }

        return names.Count == 0 ? new([], "T" + Name(ImapThreadKeys.Key(id))) : new([.. names.Select(ImapThreadKeys.Key)], "T" + Name(ImapThreadKeys.Key(names[0])));
    }

    private static string Name(byte[] key) => Base64Url.EncodeToString(key);
}
