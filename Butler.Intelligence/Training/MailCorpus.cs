using Butler.Mail;

namespace Butler.Intelligence.Training;

/// <summary>The real mails of <c>spam-ham</c>.</summary>
internal static class MailCorpus
{
    public static IEnumerable<LabelledMail> Read(string data)
    {
        var labels = CorpusFolder.Labels(data, "spam-ham");
        foreach (var (name, bytes) in CorpusFolder.Read(data, "spam-ham"))
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
                Date = message.Date,
                // Spam and 2002's newsletters want no reply; they are unlike today's mail, so they count little.
                Reply = spam || label.EndsWith("hard_ham", StringComparison.Ordinal) ? false : null,
                ReplyWeight = 0.15f,
            };
        }
    }
}
