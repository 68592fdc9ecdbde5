using Butler.Intelligence.Text;

namespace Butler.Intelligence;

/// <summary>What kind of answer a mail wants; chooses the reply template.</summary>
public enum Intent
{
    /// <summary>None of the others is clear.</summary>
    Other,

    /// <summary>Asks something.</summary>
    Question,

    /// <summary>Asks the owner to do something.</summary>
    Request,

    /// <summary>Wants to meet or call, or to move a meeting.</summary>
    Meeting,

    /// <summary>Invites to something.</summary>
    Invitation,

    /// <summary>Thanks.</summary>
    Thanks,

    /// <summary>Complains.</summary>
    Complaint,
}

/// <summary>The intent of a mail and the sentence that carries it.</summary>
/// <param name="Intent">The intent.</param>
/// <param name="KeySentence">The sender's own sentence to quote in the reply, or null when none stands out.</param>
public sealed record IntentResult(Intent Intent, string? KeySentence);

/// <summary>Guesses what an answer must speak to.</summary>
public static class IntentGuess
{
    /// <summary>The longest key sentence returned; a longer one is cut at a word and ends in "…".</summary>
    public const int MaxKeySentence = 300;

    /// <summary>The intent of a mail from its subject and new text.</summary>
    public static IntentResult Of(string subject, string newText)
    {
        ArgumentNullException.ThrowIfNull(subject);
        ArgumentNullException.ThrowIfNull(newText);
        return Of(SentenceScorer.Scan(subject, newText), newText);
    }

    internal static IntentResult Of(TextScan scan, string newText)
    {
        var key = KeySentence(scan);
        var text = key < 0 ? null : Excerpt.Of(newText, scan.Sentences[key], MaxKeySentence);
        return new IntentResult(Kind(scan, key), text);
    }

    /// <summary>The index of the body sentence that asks most; -1 when none asks.</summary>
    private static int KeySentence(TextScan scan)
    {
        var best = -1;
        var bestScore = 0.45;
        for (var i = 0; i < scan.Sentences.Length; i++)
        {
            ref var s = ref scan.Sentences[i];
            if (s.InSubject || s.Words < 2)
            {
                continue;
            }

            var score = s.RequestScore + (s.IsQuestion ? 0.35 : 0) + (s.Has(Cue.Request) ? 0.15 : 0)
                - (s.Words < 4 ? 0.2 : 0) - (s.Has(Cue.Unsubscribe) || s.Has(Cue.NoAction) ? 0.5 : 0);
            if (score > bestScore)
            {
                best = i;
                bestScore = score;
            }
        }

        return best;
    }

    private static Intent Kind(TextScan scan, int key)
    {
        var keyed = key >= 0 ? scan.Sentences[key] : default;
        if (scan.CueCount(Cue.Complaint) >= 2 || (scan.CueCount(Cue.Complaint) == 1 && !keyed.Has(Cue.Meeting) && scan.CueCount(Cue.Thanks) == 0))
        {
            return Intent.Complaint;
        }

        if (scan.CueCount(Cue.Invitation) >= 2 || keyed.Has(Cue.Invitation) || (scan.CueCount(Cue.Invitation) == 1 && scan.CueCount(Cue.Meeting) == 0))
        {
            return Intent.Invitation;
        }

        if (keyed.Has(Cue.Meeting) || scan.CueCount(Cue.Meeting) >= 2)
        {
            return Intent.Meeting;
        }

        if (key < 0)
        {
            return scan.CueCount(Cue.Thanks) > 0 ? Intent.Thanks : Intent.Other;
        }

        // "Could you send it?" asks for a deed although it ends in a question mark.
        return keyed.Has(Cue.Request) ? Intent.Request : keyed.IsQuestion ? Intent.Question : Intent.Request;
    }
}
