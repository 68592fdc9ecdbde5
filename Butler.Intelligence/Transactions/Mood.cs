namespace Butler.Intelligence.Transactions;

/// <summary>What a sentence says about whether its sum moved.</summary>
internal enum SentenceMood
{
    Said,
    Unsure,
    NotHappened,
}

/// <summary>What kind of mail this is: a notice, a receipt, or one that only looks like it (codes, failures, requests, adverts).</summary>
internal sealed class Mood
{
    private const int NearOffer = 20;

    /// <summary>"can be refunded".</summary>
    private const int NearModal = 4;

    private const MoneyWord Ways = MoneyWord.Out | MoneyWord.In | MoneyWord.Refund;

    /// <summary>A code to confirm with, a failed payment: nothing moved.</summary>
    public bool IsNothing { get; private init; }

    /// <summary>Holds words of a receipt or an order.</summary>
    public bool IsReceipt { get; private init; }

    /// <summary>About money coming back.</summary>
    public bool IsRefund { get; private init; }

    /// <summary>Tells of an account, a card or a transaction.</summary>
    public bool IsNotice { get; private init; }

    /// <summary>A request, a reminder, an advert, a conversation: what it says has perhaps not happened.</summary>
    public bool IsUnsure { get; private init; }

    /// <summary>It says itself that it is not over, or it is a conversation: nobody's opinion settles that.</summary>
    public bool IsHeld { get; private init; }

    /// <summary>Words of adverts.</summary>
    public int Adverts { get; private init; }

    public static Mood Of(MoneyScan scan, MoneyMail mail)
    {
        var (receipts, notices, adverts, due, statements) = (0, 0, 0, 0, 0);
        var (nothing, failed, charged, done) = (false, false, false, false);
        var unsure = mail.IsReply || mail.IsList || IsAnswerOrForward(mail.Subject);
        var refund = false;
        for (var s = 0; s < scan.Sentences.Count; s++)
        {
            var sentence = scan.Sentences[s];
            if (sentence.IsConditional)
            {
                continue;
            }

            var (kinds, offers) = (MoneyWord.None, 0);
            for (var c = sentence.CueFrom; c < sentence.CueTo; c++)
            {
                var kind = scan.Cues[c].Kinds;
                kinds |= kind;
                // A card's name is a receipt's only with its number: "Visa **** 2210".
                receipts += (kind & MoneyWord.Receipt) != 0 && ((kind & MoneyWord.Account) == 0 || Fields.HasTail(scan, c)) ? 1 : 0;
                notices += (kind & (MoneyWord.Account | MoneyWord.Transaction | MoneyWord.Reference | MoneyWord.Success)) != 0 || Directions.IsSide(scan, scan.Cues[c]) ? 1 : 0;
                offers += (kind & MoneyWord.Advert) != 0 ? 1 : 0;
                due += (kind & MoneyWord.Due) != 0 && !IsNil(scan, sentence) ? 1 : 0;
                statements += (kind & MoneyWord.Statement) != 0 ? 1 : 0;
            }

            // "Your account was credited towards your personal loan": what adverts sell may be what was paid for.
            var isDone = Evidence.SaysDone(scan, sentence);
            adverts += isDone && (kinds & MoneyWord.Account) != 0 ? 0 : offers;
            done |= isDone;
            var early = s <= 1 || sentence.Start < 160;
            refund |= s <= 2 && (kinds & MoneyWord.Refund) != 0 && !MayBeRefunded(scan, sentence);
            if ((kinds & MoneyWord.Secret) != 0 && (early || HasCode(scan, sentence)) && !Warns(scan, sentence))
            {
                nothing = true;
            }

            if ((kinds & MoneyWord.Failed) != 0 && early && (kinds & MoneyWord.Refund) == 0)
            {
                failed = true;
            }

            // "… was returned unpaid. A fee of 5 was deducted": what failed is not all that the mail tells.
            charged |= isDone && (kinds & MoneyWord.Debited) != 0 && (kinds & (MoneyWord.Failed | MoneyWord.Refund)) == 0 && HasSum(scan, sentence);

            // A subject that asks, puts off or denies, and names nothing that is done.
            var isOpen = (kinds & MoneyWord.Future) != 0 || ((kinds & (MoneyWord.Modal | MoneyWord.Not)) != 0 && (kinds & (Ways | MoneyWord.Success | MoneyWord.Receipt)) == 0);
            var isPending = (kinds & MoneyWord.Pending) != 0 && !(s > 0 && IsHold(scan, scan.Sentences[s - 1]));
            if ((s == 0 && (scan.SubjectEnd > 0 ? isOpen : (kinds & MoneyWord.Future) != 0)) || isPending)
            {
                unsure = true;
            }
        }

        nothing |= failed && !charged;
        unsure |= failed;
        var held = unsure;
        // A bill or an advert: words of buying without a notice's.
        unsure |= due > 0 && !done || statements > 1 || adverts > 2 && adverts > notices;
        return new()
        {
            IsNothing = nothing,
            Adverts = adverts,
            IsReceipt = receipts > 0,
            IsNotice = notices > 0 || receipts > 0,
            IsRefund = refund,
            IsUnsure = unsure,
            IsHeld = held,
        };
    }

    /// <summary>What a sentence says of its own sum.</summary>
    public SentenceMood OfSentence(MoneyScan scan, int index, Amount amount)
    {
        var sentence = scan.Sentences[index];
        if (sentence.IsConditional)
        {
            return SentenceMood.NotHappened;
        }

        var kinds = MoneyWord.None;
        for (var c = sentence.CueFrom; c < sentence.CueTo; c++)
        {
            // "up to 48 hours" far behind the sum is no offer, "just to let you know" far before it neither.
            var cue = scan.Cues[c];
            kinds |= cue.Start > amount.End + NearOffer || cue.End + NearOffer < amount.Start ? cue.Kinds & ~MoneyWord.Offer : cue.Kinds;
        }

        if ((kinds & (MoneyWord.Secret | MoneyWord.Future)) != 0 || ((kinds & (MoneyWord.Refund | MoneyWord.Modal)) == (MoneyWord.Refund | MoneyWord.Modal) && MayBeRefunded(scan, sentence)))
        {
            return SentenceMood.NotHappened;
        }

        if ((kinds & MoneyWord.Failed) != 0)
        {
            return (kinds & MoneyWord.Refund) != 0 ? SentenceMood.Unsure : SentenceMood.NotHappened;
        }

        if ((kinds & (MoneyWord.Advert | MoneyWord.Due | MoneyWord.Offer)) != 0 && (kinds & (MoneyWord.Debited | MoneyWord.Credited | MoneyWord.Refund)) == 0
            && !Evidence.SaysDone(scan, sentence))
        {
            return SentenceMood.Unsure;
        }

        return SentenceMood.Said;
    }

    // "Amount due 0.00", with a currency or without.
    private static bool IsNil(MoneyScan scan, MoneySentence sentence) =>
        Greatest(scan.Amounts, sentence) is var named and >= 0 ? named == 0 : Greatest(scan.Bare, sentence) == 0;

    // The greatest sum of a sentence; -1: it has none.
    private static decimal Greatest(IReadOnlyList<Amount> amounts, MoneySentence sentence)
    {
        var greatest = -1m;
        for (var i = 0; i < amounts.Count; i++)
        {
            if (amounts[i].Start >= sentence.Start && amounts[i].End <= sentence.End)
            {
                greatest = Math.Max(greatest, amounts[i].Value);
            }
        }

        return greatest;
    }

    // "Can be refunded", "kan återbetalas": a condition of sale.
    private static bool MayBeRefunded(MoneyScan scan, MoneySentence sentence)
    {
        for (var c = sentence.CueFrom + 1; c < sentence.CueTo; c++)
        {
            if ((scan.Cues[c].Kinds & MoneyWord.Refund) != 0 && (scan.Cues[c - 1].Kinds & MoneyWord.Modal) != 0 && scan.Cues[c].Start - scan.Cues[c - 1].End <= NearModal)
            {
                return true;
            }
        }

        return false;
    }

    // "A hold of 26.14 was placed. This is not a charge": what the hold was, not the total above it.
    private static bool IsHold(MoneyScan scan, MoneySentence sentence)
    {
        var held = false;
        for (var c = sentence.CueFrom; c < sentence.CueTo; c++)
        {
            held |= (scan.Cues[c].Kinds & MoneyWord.Future) != 0;
        }

        return held && HasSum(scan, sentence);
    }

    private static bool HasSum(MoneyScan scan, MoneySentence sentence) => Greatest(scan.Amounts, sentence) >= 0;

    // "Never share your OTP": a warning in a true notice.
    private static bool Warns(MoneyScan scan, MoneySentence sentence)
    {
        var text = scan.Text.Slice(sentence.Start, sentence.End);
        return !HasCode(scan, sentence) && (text.IndexOf("never") >= 0 || text.IndexOf("do not share") >= 0 || text.IndexOf("don't share") >= 0 || text.IndexOf("nunca") >= 0 || text.IndexOf("niemals") >= 0 || text.IndexOf("jamais") >= 0) && text.IndexOf(" otp for ") < 0;
    }

    // Four to eight digits by themselves: the code.
    private static bool HasCode(MoneyScan scan, MoneySentence sentence)
    {
        var run = 0;
        for (var i = sentence.Start; i <= sentence.End; i++)
        {
            if (i < sentence.End && char.IsAsciiDigit(scan.Text[i]))
            {
                run++;
                continue;
            }

            if (run is >= 4 and <= 8 && scan.Text[i] is not ('.' or ',' or '/' or '-') && scan.Text[i - run - 1] is ' ' or ':' or '\n')
            {
                return true;
            }

            run = 0;
        }

        return false;
    }

    private static bool IsAnswerOrForward(string subject)
    {
        var s = subject.AsSpan().TrimStart();
        return s.StartsWith("re:", StringComparison.OrdinalIgnoreCase) || s.StartsWith("aw:", StringComparison.OrdinalIgnoreCase) || s.StartsWith("sv:", StringComparison.OrdinalIgnoreCase)
            || s.StartsWith("fw:", StringComparison.OrdinalIgnoreCase) || s.StartsWith("fwd:", StringComparison.OrdinalIgnoreCase) || s.StartsWith("wg:", StringComparison.OrdinalIgnoreCase) || s.StartsWith("tr:", StringComparison.OrdinalIgnoreCase);
    }
}
