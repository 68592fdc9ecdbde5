using Butler.Mail;

namespace Butler.Intelligence.Training;

/// <summary>The real mails of <c>spam-ham</c>.</summary>
internal static class MailCorpus
{
    public static IEnumerable<LabelledMail> Read(string data, string? apart = null)
    {
        var labels = CorpusFolder.Labels(data, "spam-ham", apart);
        foreach (var (name, bytes) in CorpusFolder.Read(data, "spam-ham", apart))
        {
            if (!labels.TryGetValue(name, out var label))
            {
                continue;
            }

            var message = MimeMessage.Parse(bytes);
            var features = MailFeatures.Of(message, MailText.Read(message), MailSignals.Read(message), []);
            var spam = label.StartsWith("spam", StringComparison.Ordinal);
            yield return new LabelledMail(features, label, LabelledMail.SubjectGroup(features.Subject, name))
            {
                Spam = spam,
                IsSpamCore = true,
                Name = "spam-ham/" + name,
                Raw = bytes,
                Date = message.Date,
                // Spam and 2002's newsletters want no reply; they are unlike today's mail, so they count little.
                Reply = spam || label.EndsWith("hard_ham", StringComparison.Ordinal) ? false : null,
                ReplyWeight = 0.15f,
            };
        }
    }

    /// <summary>
    /// The office mail of <c>threads</c> (EDRM Enron, CC BY 3.0): the only business mail there is. Without it the spam
    /// model knows ham as lists and newsletters and took 27 % of this mail for spam. One custodian's mailbox holds some
    /// real spam too; it counts as ham, so that losses are over- and not understated.
    /// </summary>
    public static IEnumerable<LabelledMail> ReadOffice(string data)
    {
        foreach (var (name, bytes) in CorpusFolder.Read(data, "threads"))
        {
            if (name.StartsWith("enron-", StringComparison.Ordinal))
            {
                var message = MimeMessage.Parse(bytes);
                var features = MailFeatures.Of(message, MailText.Read(message), MailSignals.Read(message), []);
                yield return new LabelledMail(features, Office, LabelledMail.SubjectGroup(features.Subject, name)) 
                {
                    Spam = false,
                    Name = "threads/" + name,
                    Raw = bytes,
                    Date = message.Date,
                };
            }
        }
    }

    /// <summary>Mails of <c>threads</c> with their weak label, whether somebody answered. Scored, never learnt.</summary>
    public static IEnumerable<LabelledMail> ReadAnswered(string data)
    {
        var labels = CorpusFolder.Labels(data, "threads");
        foreach (var (name, bytes) in CorpusFolder.Read(data, "threads"))
        {
            if (labels.TryGetValue(name, out var label) && label is "replied=yes" or "replied=no")
            {
                var message = MimeMessage.Parse(bytes);
                var features = MailFeatures.Of(message, MailText.Read(message), MailSignals.Read(message), []);
                yield return new LabelledMail(features, name[..name.IndexOf('/')], LabelledMail.SubjectGroup(features.Subject, name)) { Reply = label == "replied=yes", Spam = false, Raw = bytes };
            }
        }
    }

    /// <summary>The source of <see cref="ReadOffice"/>.</summary>
    public const string Office = "enron";
}
