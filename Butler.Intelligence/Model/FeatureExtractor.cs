using Butler.Intelligence.Text;

namespace Butler.Intelligence.Model;

/// <summary>Turns a scanned mail, or one sentence, into features. The same code serves training and judging.</summary>
internal static class FeatureExtractor
{
    private const int MaxCharText = 900;
    private const ulong SubjectSalt = 0x5u, PairSalt = 0x7u, SkipSalt = 0xBu, CharSalt = 0xDu, ShapeSalt = 0x11u;

    /// <summary>The features of a mail. Sentences must have been scored before (<see cref="SentenceScorer"/>).</summary>
    public static void Mail(MailFeatures mail, TextScan scan, FeatureVector vector)
    {
        vector.Clear();
        Words(scan, vector);
        foreach (var word in mail.Shape)
        {
            vector.AddShape(ShapeHash(word));
        }

        CharGrams(mail.Subject, 120, CharSalt, vector);
        CharGrams(mail.NewText, MaxCharText, CharSalt, vector);
        Content(scan, vector.Named);
        Sender(mail, vector.Named);
        Addressing(mail, scan, vector.Named);
        Headers(mail, vector.Named);
    }

    /// <summary>The hash of a word of <see cref="Butler.Mail.MailShape"/>.</summary>
    public static ulong ShapeHash(string word) => WordHash.Combine(ShapeSalt, WordHash.Of(word));

    /// <summary>The features of one sentence for the request model.</summary>
    public static void Sentence(TextScan scan, in Sentence sentence, FeatureVector vector)
    {
        vector.Clear();
        var tokens = scan.Tokens[sentence.TokenFrom..sentence.TokenTo];
        for (var i = 0; i < tokens.Length; i++)
        {
            vector.AddWord(tokens[i]);
            if (i > 0)
            {
                vector.AddWord(WordHash.Combine(PairSalt + tokens[i - 1], tokens[i]));
            }

            if (i > 1)
            {
                vector.AddWord(WordHash.Combine(SkipSalt + tokens[i - 2], tokens[i]));
            }
        }

        // How a sentence opens says most about what it does: "Please", "Can", "I will".
        vector.AddWord(WordHash.Combine(SubjectSalt, tokens[0]));
        if (tokens.Length > 1)
        {
            vector.AddWord(WordHash.Combine(WordHash.Combine(SubjectSalt, tokens[0]), tokens[1]));
        }

        var named = vector.Named;
        for (var cue = 0; cue < CueLexicon.Kinds; cue++)
        {
            named[cue] = (sentence.Cues & (1u << cue)) != 0 ? 1 : 0;
        }

        var k = CueLexicon.Kinds;
        named[k] = sentence.IsQuestion ? 1 : 0;
        named[k + 1] = tokens.Length < 5 ? 1 : 0;
        named[k + 2] = tokens.Length > 30 ? 1 : 0;
        named[k + 3] = sentence.Numbers > 2 ? 1 : 0;
        named[k + 4] = sentence.Money > 0 ? 1 : 0;
    }

    /// <summary>The number of named features of a sentence.</summary>
    public static int SentenceNamed => CueLexicon.Kinds + 5;

    private static void Words(TextScan scan, FeatureVector vector)
    {
        var tokens = scan.Tokens;
        for (var i = 0; i < tokens.Length; i++)
        {
            vector.AddWord(tokens[i]);
            if (i < scan.SubjectTokens)
            {
                vector.AddWord(WordHash.Combine(SubjectSalt, tokens[i]));
            }

            if (i > 0 && i != scan.SubjectTokens)
            {
                vector.AddWord(WordHash.Combine(PairSalt + tokens[i - 1], tokens[i]));
            }
        }
    }

    /// <summary>Overlapping runs of four characters; they see words that were broken up to pass word filters.</summary>
    private static void CharGrams(string text, int max, ulong salt, FeatureVector vector)
    {
        var window = 0UL;
        var filled = 0;
        var length = Math.Min(text.Length, max);
        for (var i = 0; i < length; i++)
        {
            var c = WordHash.Fold(text[i]);
            c = char.IsWhiteSpace(c) ? ' ' : c;
            if (c == ' ' && (window & 0xFFFF) == ' ')
            {
                continue;
            }

            window = (window << 16) | c;
            if (++filled >= 4)
            {
                vector.AddChars(WordHash.Mix(window ^ (salt << 56)));
            }
        }
    }

    private static void Content(TextScan scan, Span<float> named)
    {
        double strongest = 0, sum = 0, late = 0, asked = 0;
        var body = scan.Sentences.Length;
        for (var i = 0; i < scan.Sentences.Length; i++)
        {
            ref var s = ref scan.Sentences[i];
            if (s.InSubject)
            {
                Set(named, Sign.SubjectQuestion, s.IsQuestion);
                for (var cue = 0; cue < CueLexicon.Kinds; cue++)
                {
                    named[NamedLayout.SubjectCueStart + cue] = Math.Max(named[NamedLayout.SubjectCueStart + cue], (s.Cues >> cue) & 1);
                }

                continue;
            }

            strongest = Math.Max(strongest, s.RequestScore);
            sum += s.RequestScore > 0.5 ? s.RequestScore : 0;
            late = i * 3 >= body * 2 ? Math.Max(late, s.RequestScore) : late;
            asked = s.IsQuestion ? Math.Max(asked, s.RequestScore) : asked;
        }

        named[(int)Sign.StrongestRequest] = (float)strongest;
        named[(int)Sign.SumOfRequests] = (float)Math.Min(1, sum / 3);
        named[(int)Sign.LateRequest] = (float)late;
        named[(int)Sign.RequestInQuestion] = (float)asked;
        for (var cue = 0; cue < CueLexicon.Kinds; cue++)
        {
            named[NamedLayout.CueStart + cue] = Math.Min(1, scan.CueCount((Cue)cue) / 2f);
        }

        Set(named, Sign.OneQuestion, scan.Questions >= 1);
        Set(named, Sign.ManyQuestions, scan.Questions >= 3);
        Set(named, Sign.NoLink, scan.Links == 0);
        Set(named, Sign.OneLink, scan.Links == 1);
        Set(named, Sign.ManyLinks, scan.Links >= 4);
        Set(named, Sign.Sums, scan.Money > 0);
        Set(named, Sign.Exclamation, scan.Exclamations > 0);
        Set(named, Sign.ManyExclamations, scan.Exclamations >= 4);
        Set(named, Sign.Shouting, scan.Letters > 30 && scan.UpperLetters * 4 > scan.Letters);
        var words = scan.TokenCount - scan.SubjectTokens;
        Set(named, Sign.ShortText, words is > 0 and < 30);
        Set(named, Sign.LongText, words > 250);
        Set(named, Sign.EmptyText, words == 0);
    }

    private static void Sender(MailFeatures mail, Span<float> named)
    {
        named[NamedLayout.RoleStart + (int)SenderShape.Role(mail.From.Address)] = 1;
        Set(named, Sign.FreeMailSender, SenderShape.IsFreeMail(mail.From.Address));
        Set(named, Sign.OddSenderDomain, SenderShape.IsOddDomain(mail.From.Address));
        Set(named, Sign.SameDomain, SenderShape.SharesDomainWithOwner(mail));
        Set(named, Sign.NoName, string.IsNullOrWhiteSpace(mail.From.Name));
        Set(named, Sign.PersonName, LooksLikePerson(mail.From));
    }

    private static void Addressing(MailFeatures mail, TextScan scan, Span<float> named)
    {
        Set(named, Sign.ManyRecipients, mail.To.Count + mail.Cc.Count >= 6);
        if (mail.OwnerAddresses.Count == 0)
        {
            return;
        }

        var inTo = ContainsOwner(mail.To, mail.OwnerAddresses);
        var inCc = !inTo && ContainsOwner(mail.Cc, mail.OwnerAddresses);
        Set(named, Sign.OwnerAlone, inTo && mail.To.Count == 1 && mail.Cc.Count == 0);
        Set(named, Sign.OwnerInTo, inTo);
        Set(named, Sign.OwnerInCc, inCc);
        Set(named, Sign.OwnerMissing, !inTo && !inCc);
        Set(named, Sign.GreetsOwner, Greets(mail, scan));
    }

    private static void Headers(MailFeatures mail, Span<float> named)
    {
        Set(named, Sign.List, mail.IsList);
        Set(named, Sign.Bulk, mail.IsBulk);
        Set(named, Sign.AutoReply, mail.IsAutoReply);
        Set(named, Sign.NoReply, mail.IsNoReply);
        Set(named, Sign.Reply, mail.IsReply);
        Set(named, Sign.ListUnsubscribe, mail.HasListUnsubscribe);
        Set(named, Sign.Attachments, mail.HasAttachments);
        Set(named, Sign.Calendar, mail.HasCalendar);
        var subject = mail.Subject.AsSpan().TrimStart();
        Set(named, Sign.SubjectReply, subject.StartsWith("re:", StringComparison.OrdinalIgnoreCase) || subject.StartsWith("aw:", StringComparison.OrdinalIgnoreCase));
        Set(named, Sign.SubjectForward, subject.StartsWith("fw", StringComparison.OrdinalIgnoreCase) || subject.StartsWith("wg:", StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>The owner's first name (from the address) among the first words of the text.</summary>
    private static bool Greets(MailFeatures mail, TextScan scan)
    {
        foreach (var owner in mail.OwnerAddresses)
        {
            var local = SenderShape.Local(owner);
            var end = local.IndexOfAny(".-_+");
            var first = end < 0 ? local : local[..end];
            if (first.Length < 3)
            {
                continue;
            }

            var from = scan.SubjectTokens;
            if (scan.Tokens[from..Math.Min(scan.TokenCount, from + 4)].Contains(WordHash.Of(first)))
            {
                return true;
            }
        }

        return false;
    }

    private static bool LooksLikePerson(MailPerson from)
    {
        var name = from.Name.AsSpan().Trim();
        var space = name.IndexOf(' ');
        return space > 0 && name.Count(' ') <= 2 && name.IndexOfAnyInRange('0', '9') < 0
            && char.IsUpper(name[0]) && space + 1 < name.Length && char.IsUpper(name[space + 1])
            && SenderShape.Role(from.Address) == SenderRole.Person;
    }

    private static bool ContainsOwner(IReadOnlyList<string> addresses, IReadOnlyList<string> owners)
    {
        for (var a = 0; a < addresses.Count; a++)
        {
            for (var o = 0; o < owners.Count; o++)
            {
                if (addresses[a].Equals(owners[o], StringComparison.OrdinalIgnoreCase))
                {
                    return true;
                }
            }
        }

        return false;
    }

    private static void Set(Span<float> named, Sign sign, bool value)
    {
        if (value)
        {
            named[(int)sign] = 1;
        }
    }
}
