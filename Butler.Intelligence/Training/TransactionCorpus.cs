using System.Text;
using System.Text.Json;
using Butler.Intelligence.Text;
using Butler.Mail;

namespace Butler.Intelligence.Training;

/// <summary>
/// Receipts and bank notices of <c>transactions</c>: automatic mail that nobody waits to have answered, which the
/// intent sets hardly hold. Only sources whose terms are permissive (CC0, MIT) are read.
/// </summary>
internal static class TransactionCorpus
{
    private const string Owner = "owner@example.com";

    private static readonly string[] Permitted =
        ["evanpurkhiser.", "KDE.", "akhilnarang.", "kubauk.", "ramomar.", "suin."];

    public static IEnumerable<LabelledMail> Read(string data)
    {
        foreach (var (name, bytes) in CorpusFolder.Read(data, "transactions"))
        {
            if (!Array.Exists(Permitted, p => name.StartsWith(p, StringComparison.Ordinal)))
            {
                continue;
            }

            if (name.EndsWith(".eml", StringComparison.Ordinal) && !name.EndsWith(".context.eml", StringComparison.Ordinal))
            {
                var message = MimeMessage.Parse(bytes);
                var mail = MailFeatures.Of(message, MailText.Read(message), MailSignals.Read(message), []);
                // The receiver was replaced in the fixtures; a receipt goes to its buyer.
                yield return Notice(name, mail with { To = [Owner], OwnerAddresses = [Owner] });
            }
            else if (name.EndsWith(".html", StringComparison.Ordinal) && !name.StartsWith("KDE.", StringComparison.Ordinal))
            {
                yield return Notice(name, Text("", MailText.FromHtmlText(Encoding.UTF8.GetString(bytes))));
            }
            else if (name.EndsWith(".jsonl", StringComparison.Ordinal))
            {
                foreach (var mail in Lines(bytes))
                {
                    yield return Notice(name, mail);
                }
            }
        }
    }

    private static IEnumerable<MailFeatures> Lines(byte[] bytes)
    {
        foreach (var line in Encoding.UTF8.GetString(bytes).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            using var json = JsonDocument.Parse(line);
            var root = json.RootElement;
            if (root.TryGetProperty("body_html", out var html))
            {
                yield return Text("", MailText.FromHtmlText(html.GetString() ?? ""));
            }
            else if (root.TryGetProperty("input", out var input) && input.TryGetProperty("text", out var text))
            {
                yield return Text(input.GetProperty("subject").GetString() ?? "", MailText.FromPlain(text.GetString() ?? ""));
            }
        }
    }

    private static MailFeatures Text(string subject, MailText text) =>
        new() { Subject = subject, NewText = text.NewText, To = [Owner], OwnerAddresses = [Owner] };

    // One group per folder: fixtures of one sender share their template.
    private static LabelledMail Notice(string name, MailFeatures mail) =>
        new(mail, "transactions", WordHash.Of(name.AsSpan(0, name.LastIndexOf('/'))))
        {
            Reply = false,
            ReplyWeight = 0.4f,
            Spam = false,
            SpamWeight = 0.5f,
        };
}
