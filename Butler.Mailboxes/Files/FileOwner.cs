using Butler.Mail;
using Butler.Mail.Files;

namespace Butler.Mailboxes.Files;

/// <summary>Whose mailbox some files are, where nobody says it.</summary>
public static class FileOwner
{
    private const int LookedAt = 300;
    private const int MaxRecipients = 20;

    /// <summary>The most frequent Delivered-To, else To, of the first mails; null when none names one.</summary>
    /// <exception cref="MailFilesException">There is no mail at the path; the message says why.</exception>
    public static async Task<string?> GuessAsync(string path, CancellationToken cancellationToken)
    {
        var votes = new Dictionary<string, int>(StringComparer.Ordinal);
        var left = LookedAt;
        await foreach (var mail in MailFiles.ReadAsync(path, null, cancellationToken))
        {
            var message = MimeMessage.Parse(mail.Bytes);
            var delivered = message.Headers.Get("Delivered-To")?.Trim();
            Vote(votes, delivered, 3);
            foreach (var address in delivered is null ? message.To.Take(MaxRecipients) : [])
            {
                Vote(votes, address.Address, 1);
            }

            if (--left == 0)
            {
                break;
            }
        }

        return votes.Count == 0 ? null : votes.OrderByDescending(v => v.Value).ThenBy(v => v.Key, StringComparer.Ordinal).First().Key;
    }

    private static void Vote(Dictionary<string, int> votes, string? address, int weight)
    {
        if (address is { Length: <= 320 } text && text.IndexOf('@', StringComparison.Ordinal) is var at and > 0 && at < text.Length - 1 && !text.Contains(' ', StringComparison.Ordinal))
        {
            var key = text.Trim('<', '>').ToLowerInvariant();
            votes[key] = votes.GetValueOrDefault(key) + weight;
        }
    }
}
