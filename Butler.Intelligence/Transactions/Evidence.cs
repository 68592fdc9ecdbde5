using System.Buffers;

namespace Butler.Intelligence.Transactions;

/// <summary>
/// Whether a mail's own words show that a sum moved. What is booked needs a verb of a completed movement, or a noun of one ("payment") with enough beside
/// it: a word of success, an account, a reference, a balance, a day that has been. A denial, something still to come, a question, or a verb that
/// nobody knows ("your payment was …") is for review. Says nothing about which sum or which way.
/// </summary>
internal static class Evidence
{
    private static readonly SearchValues<string> s_places = SearchValues.Create([" at ", " bei ", " chez ", " presso ", " bij ", " hos ", " via "], StringComparison.Ordinal);

    private static readonly SearchValues<string> s_placeLabels = SearchValues.Create(["merchant:", "handler:", "commercant :", "comercio:", "establecimiento:", "estabelecimento:", "esercente:", "利用先", "利用店", "加盟店", "商户", "가맹점", "ร้านค้า"], StringComparison.Ordinal);

    /// <summary>What a movement needs to be booked.</summary>
    private const int Enough = 3;

    /// <summary>Between a denial or a "will" and the verb that it means.</summary>
    private const int Clause = 90;

    private const int Reach = 500;

    /// <summary>With more sums a mail is no alert of one payment.</summary>
    private const int ManySums = 40;

    /// <summary>How far from its sum a day stands: sentences of hostile mail have no end.</summary>
    private const int DayReach = 300;

    private const MoneyWord Ways = MoneyWord.Out | MoneyWord.In | MoneyWord.Refund | MoneyWord.Debited | MoneyWord.Credited;
    private const MoneyWord Moves = Ways | MoneyWord.Success | MoneyWord.Theirs;
    private const MoneyWord Names = Ways | MoneyWord.Transaction;
    private const MoneyWord Undone = MoneyWord.Future | MoneyWord.Failed | MoneyWord.Secret | MoneyWord.Not | MoneyWord.Modal;

    /// <summary>Whether the sum's own sentence denies the movement, asks about it, or puts it off.</summary>
    public static bool IsDoubted(MoneyScan scan, MoneyMail mail, Amount amount, bool isReceipt)
    {
        var index = scan.SentenceOf(amount.NumberStart);
        var sentence = scan.Sentences[index];
        var (verb, past) = (-1, -1);
        var asks = IsQuestion(scan, sentence);
        for (var c = sentence.CueFrom; c < sentence.CueTo; c++)
        {
            var cue = scan.Cues[c];
            if ((cue.Kinds & MoneyWord.Aside) != 0)
            {
                if (cue.Start > amount.End)
                {
                    asks = false;
                    break;
                }

                // "Tell us if you did not make this payment of 50."
                if (verb < 0)
                {
                    return true;
                }
            }

            if ((cue.Kinds & MoneyWord.Not) != 0 || ((cue.Kinds & MoneyWord.Modal) != 0 && (verb < 0 || FollowsAtOnce(scan, verb, cue))))
            {
                if (IsNear(cue, amount) || (verb >= 0 && cue.Start - scan.Cues[verb].End <= Clause))
                {
                    return true;
                }
            }

            if ((cue.Kinds & MoneyWord.Past) != 0)
            {
                past = c;
            }

            if ((cue.Kinds & Moves) != 0 && (cue.Kinds & MoneyWord.Noun) == 0)
            {
                verb = c;
            }
        }

        // "Your payment of 50 was …": the verb is none that moves money.
        return asks || (past >= 0 && verb < 0) || (!isReceipt && scan.Amounts.Count <= ManySums && Dates.IsAhead(scan, mail, Math.Max(sentence.Start, amount.Start - DayReach), Math.Min(sentence.End, amount.End + DayReach), amount.Currency));
    }

    /// <summary>Whether enough of the mail says that the sum moved.</summary>
    public static bool IsEnough(MoneyScan scan, MoneyMail mail, Find find, Mood mood)
    {
        var kinds = MoneyWord.None;
        var verbs = MoneyWord.None;
        var (headline, nouns) = (MoneyWord.None, MoneyWord.None);
        for (var s = 0; s < scan.Sentences.Count; s++)
        {
            var sentence = scan.Sentences[s];
            var (said, done) = Said(scan, sentence);
            if (s == find.Sentence)
            {
                (kinds, verbs) = (said, done);
            }
            else if (!sentence.IsConditional && (said & Undone) == 0 && !IsQuestion(scan, sentence))
            {
                headline |= done;
                nouns |= said;
            }
        }

        if ((verbs & Ways) != 0)
        {
            return true;
        }

        var at = find.Amount.NumberStart;
        var own = scan.Sentences[find.Sentence];
        var weight = Of(kinds, Names, 1) + Of(verbs, MoneyWord.Success | MoneyWord.Theirs, 2) + Of(headline, Moves, 2) + Of(nouns, Names, 1) + (find.Amount.Sign != 0 ? 1 : 0);
        var isTable = find.Amount.Role is AmountRole.Labelled or AmountRole.Total;
        weight += Dates.IsNamed(scan, mail, isTable ? 0 : own.Start, isTable ? scan.Text.Length : own.End) ? 1 : 0;
        // "at STARBUCKS" behind the sum.
        weight += scan.Text.Slice(find.Amount.End, own.End).ContainsAny(s_places) || (isTable && scan.Text.Chars.ContainsAny(s_placeLabels)) ? 1 : 0;
        weight += Fields.HasTail(scan, at, Reach) || (kinds & MoneyWord.Account) != 0 ? 1 : 0;
        weight += mood.IsReceipt ? 1 : 0;
        weight += Fields.HasReference(scan, at, Reach) ? 1 : 0;
        weight += scan.Amounts.Any(a => a.Role is AmountRole.Balance or AmountRole.Limit) ? 1 : 0;
        return weight >= Enough;
    }

    /// <summary>Whether a sentence says by a verb that money moved, and neither denies it nor puts it off.</summary>
    public static bool SaysDone(MoneyScan scan, MoneySentence sentence)
    {
        var (said, done) = Said(scan, sentence);
        return (said & Undone) == 0 && ((done & (MoneyWord.Debited | MoneyWord.Credited)) != 0 || ((said & MoneyWord.Due) == 0 && (done & (Ways | MoneyWord.Theirs)) != 0)
            // "We have received the payment of your invoice": no longer due.
            || ((done & MoneyWord.Theirs) != 0 && (said & MoneyWord.Out) != 0));
    }

    private static int Of(MoneyWord kinds, MoneyWord sought, int weight) => (kinds & sought) != 0 ? weight : 0;

    // All that a sentence says, and what it says by verbs.
    private static (MoneyWord Said, MoneyWord Done) Said(MoneyScan scan, MoneySentence sentence)
    {
        var (said, done) = (MoneyWord.None, MoneyWord.None);
        for (var c = sentence.CueFrom; c < sentence.CueTo; c++)
        {
            var kinds = scan.Cues[c].Kinds;
            said |= kinds;
            done |= (kinds & MoneyWord.Noun) == 0 ? kinds : MoneyWord.None;
        }

        return (said, done);
    }

    private static bool IsNear(MoneyCue cue, Amount amount) => cue.Start < amount.Start ? amount.Start - cue.End <= Clause : cue.Start - amount.End <= Clause;

    // "der am 20.11. abgebucht wird".
    private static bool FollowsAtOnce(MoneyScan scan, int verb, MoneyCue modal) => modal.Start - scan.Cues[verb].End is >= 0 and <= 1;

    private static bool IsQuestion(MoneyScan scan, MoneySentence sentence)
    {
        var end = sentence.End - 1;
        while (end > sentence.Start && scan.Text[end] is ' ' or '\n')
        {
            end--;
        }

        return scan.Text[end] is '?' or '؟';
    }
}
