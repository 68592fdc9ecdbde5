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
        var subject = Subject(scan);
        if (subject.Has(Cue.Complaint) || scan.CueCount(Cue.Complaint) >= 2
            || (scan.CueCount(Cue.Complaint) == 1 && !keyed.Has(Cue.Meeting) && scan.CueCount(Cue.Thanks) == 0))
        {
            return Intent.Complaint;
        }

        if (subject.Has(Cue.Invitation) || keyed.Has(Cue.Invitation) || scan.CueCount(Cue.Invitation) >= 2)
        {
            return Intent.Invitation;
        }

        if (subject.Has(Cue.Meeting) || keyed.Has(Cue.Meeting))
        {
            return Intent.Meeting;
        }

        // Thanks that open a mail are its matter, also when a small question follows; thanks at its end are manners.
        if (subject.Has(Cue.Thanks) || (OpensWithThanks(scan) && !keyed.Has(Cue.Request)))
        {
            return Intent.Thanks;
        }

        if (key < 0)
        {
            return scan.CueCount(Cue.Invitation) > 0 ? Intent.Invitation : scan.CueCount(Cue.Thanks) > 0 ? Intent.Thanks : Intent.Other;
        }

        if (subject.Has(Cue.Request) || (subject.Cues == 0 && !subject.IsQuestion && keyed.Has(Cue.Request)))
        {
            return Intent.Request;
        }

        // "Could you send it?" asks for a deed although it ends in a question mark.
        return subject.IsQuestion || subject.Has(Cue.Question) ? Intent.Question
            : keyed.Has(Cue.Request) || !keyed.IsQuestion ? Intent.Request : Intent.Question;
    }

    private static Sentence Subject(TextScan scan)
    {
        var all = default(Sentence);
        foreach (ref var s in scan.Sentences)
        {
            all.Cues |= s.InSubject ? s.Cues : 0;
            all.IsQuestion |= s.InSubject && s.IsQuestion;
        }

        return all;
    }

    private static bool OpensWithThanks(TextScan scan)
    {
        var looked = 0;
        foreach (ref var s in scan.Sentences)
        {
            if (s.InSubject || s.Words < 3)
            {
                continue;
            }

            if (s.Has(Cue.Thanks))
            {
                return true;
            }

            if (++looked == 2)
            {
                break;
            }
        }

        return false;
    }
}
