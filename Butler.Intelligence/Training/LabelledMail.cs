using Butler.Intelligence.Text;

namespace Butler.Intelligence.Training;

/// <summary>A mail with what is known of it.</summary>
/// <param name="Mail">Its features.</param>
/// <param name="Source">The corpus it is from.</param>
/// <param name="Group">Thread or campaign.</param>
internal sealed record LabelledMail(MailFeatures Mail, string Source, ulong Group)
{
    public bool? Spam { get; init; }

    public bool? Reply { get; init; }

    /// <summary>The thread alone (same subject); <see cref="LabelledMail.Group"/> joins campaigns too.</summary>
    public ulong Thread { get; init; } = Group;

    /// <summary>How much it counts for the reply model; sets that only resemble the task count less.</summary>
    public float ReplyWeight { get; init; } = 1;

    public float SpamWeight { get; init; } = 1;

    /// <summary>Labelled for needs_reply as such: scored in the evaluation and used for calibration.</summary>
    public bool IsReplyCore { get; init; }

    /// <summary>A real mail of the spam corpora, not a made one.</summary>
    public bool IsSpamCore { get; init; }

    public DateTimeOffset? Date { get; init; }

    /// <summary>The file it is from, and its bytes; null for records that are no mail files.</summary>
    public string? Name { get; init; }

    /// <summary>See <see cref="Name"/>.</summary>
    public byte[]? Raw { get; init; }

    /// <summary>The thread a subject stands for: prefixes, list tags, digits and white space do not count.</summary>
    public static ulong SubjectGroup(string subject, string fallback)
    {
        var text = subject.AsSpan().Trim();
        while (true)
        {
            var colon = text.IndexOf(':');
            if (colon is > 0 and <= 4 && (text.StartsWith("re", StringComparison.OrdinalIgnoreCase) || text.StartsWith("fw", StringComparison.OrdinalIgnoreCase) || text.StartsWith("aw", StringComparison.OrdinalIgnoreCase)))
            {
                text = text[(colon + 1)..].Trim();
            }
            else if (text.StartsWith("[") && text.IndexOf(']') is > 0 and < 30 and var end)
            {
                text = text[(end + 1)..].Trim();
            }
            else
            {
                break;
            }
        }

        var key = 0UL;
        var letters = 0;
        foreach (var c in text)
        {
            if (char.IsLetter(c))
            {
                key = WordHash.Combine(key, WordHash.Fold(c));
                letters++;
            }
        }

        return letters >= 4 ? key : WordHash.Of(fallback);
    }
}

/// <summary>A sentence and whether it asks somebody to do or say something.</summary>
internal sealed record LabelledSentence(string Text, bool Asks, string Source, bool IsTest, float Weight = 1);
