namespace Butler.Intelligence.Transactions;

/// <summary>Which way a sum went, and how surely its words say so.</summary>
/// <param name="Direction">The direction.</param>
/// <param name="Strength">3: a verb of its own sentence; 2: two that the order decides, or a noun; 1: from elsewhere in the mail; 0: none.</param>
/// <param name="Cue">The deciding cue; -1: none, the sign.</param>
internal readonly record struct DirectionFind(MoneyDirection Direction, int Strength, int Cue)
{
    public static DirectionFind None => new(MoneyDirection.Unknown, 0, -1);
}

/// <summary>Reads directions out of sentences.</summary>
internal static partial class Directions
{
    private const MoneyWord Ways = MoneyWord.Out | MoneyWord.In | MoneyWord.Refund | MoneyWord.Debited | MoneyWord.Credited;

    /// <summary>What the amount's own sentence says.</summary>
    public static DirectionFind InSentence(MoneyScan scan, int sentence, Amount? amount)
    {
        var s = scan.Sentences[sentence];
        var (firstOut, firstIn, strongOut, strongIn, refund, transaction, unclear, cashback, theirs) = (-1, -1, -1, -1, -1, -1, -1, -1, -1);
        for (var c = s.CueFrom; c < s.CueTo; c++)
        {
            var kinds = scan.Cues[c].Kinds;
            if (IsSide(scan, scan.Cues[c]))
            {
                continue;
            }

            var both = (kinds & MoneyWord.Out) != 0 && (kinds & MoneyWord.In) != 0;
            if ((kinds & MoneyWord.Refund) != 0)
            {
                refund = First(refund, c);
            }

            if ((kinds & MoneyWord.Debited) != 0)
            {
                strongOut = First(strongOut, c);
            }

            if ((kinds & MoneyWord.Credited) != 0)
            {
                strongIn = First(strongIn, c);
            }

            if (!both && (kinds & MoneyWord.Out) != 0)
            {
                firstOut = First(firstOut, c);
            }

            if (!both && (kinds & MoneyWord.In) != 0)
            {
                firstIn = First(firstIn, c);
            }

            if ((kinds & MoneyWord.Cashback) != 0)
            {
                cashback = First(cashback, c);
            }

            if ((kinds & MoneyWord.Unclear) != 0)
            {
                unclear = First(unclear, c);
            }

            if ((kinds & MoneyWord.Transaction) != 0)
            {
                transaction = First(transaction, c);
            }

            if ((kinds & MoneyWord.Theirs) != 0)
            {
                theirs = First(theirs, c);
            }
        }

        if (refund >= 0)
        {
            return new(MoneyDirection.Refund, 3, refund);
        }

        // "We have received 14.60", "your payment of 14.60 has been received": who writes received what the owner paid, unless it tells of the owner's account.
        if (strongOut < 0 && Received(scan, s, theirs, firstOut, Math.Max(firstIn, strongIn)) is >= 0 and var receipt)
        {
            return new(MoneyDirection.Out, firstOut >= 0 || PaidElsewhere(scan, sentence) ? 3 : 1, receipt);
        }

        if (unclear >= 0 && strongOut < 0 && strongIn < 0)
        {
            return new(MoneyDirection.Unknown, 1, unclear);
        }

        if (strongOut >= 0 || strongIn >= 0)
        {
            return Strong(scan, s, strongOut, strongIn, firstOut);
        }

        if (firstIn < 0 && PaysOwner(scan, s, firstOut, out var isSure) is >= 0 and var paid)
        {
            return new(MoneyDirection.In, isSure ? 3 : 1, paid);
        }

        if (firstOut >= 0 && firstIn < 0 && PaidByOther(scan, s, sentence, firstOut) is >= 0 and var payee)
        {
            return new(MoneyDirection.In, 2, payee);
        }

        if (firstOut >= 0 || firstIn >= 0)
        {
            return Weak(scan, amount, s, firstOut, firstIn);
        }

        if (amount is { Sign: not 0 })
        {
            return new(amount.Sign < 0 ? MoneyDirection.Out : MoneyDirection.In, 2, -1);
        }

        // "Your txn of 2,351 at SHOP on your card earned you rewards": the reward is named behind it.
        if (cashback >= 0 && transaction >= 0 && amount is not null && scan.Cues[transaction].End <= amount.Start && scan.Cues[cashback].Start >= amount.End && IsSpending(scan, s, amount))
        {
            return new(MoneyDirection.Out, 2, transaction);
        }

        if (cashback >= 0)
        {
            return new(MoneyDirection.In, 1, cashback);
        }

        return transaction >= 0 && IsSpending(scan, s, amount) ? new(MoneyDirection.Out, 2, transaction) : DirectionFind.None;
    }

    // The cue of a sentence in which the sender is the one who received; -1: it is not.
    private static int Received(MoneyScan scan, MoneySentence s, int theirs, int firstOut, int firstIn)
    {
        if (HasKind(scan, s, MoneyWord.Account) && HasKind(scan, s, MoneyWord.Own))
        {
            return -1;
        }

        if (theirs >= 0 && (firstIn >= 0 || (scan.Cues[theirs].Kinds & MoneyWord.In) != 0 || scan.Text.Slice(scan.Cues[theirs].Start, scan.Cues[theirs].End).IndexOf("haben") < 0))
        {
            return theirs;
        }

        // "Your payment … received", "Vaši platbu … přijali": the owner's payment, in whichever language.
        var passive = firstOut >= 0 && firstIn > firstOut && IsOwners(scan, s, firstOut) && scan.Text.Slice(scan.Cues[firstOut].End, s.End).IndexOf(" from ") < 0;
        return passive ? firstOut : -1;
    }

    // "your payment", "Ihre Zahlung": the word for whose it is belongs to the noun or stands right before it.
    private static bool IsOwners(MoneyScan scan, MoneySentence s, int noun)
    {
        var cue = scan.Cues[noun];
        if ((cue.Kinds & MoneyWord.Noun) == 0)
        {
            return false;
        }

        var owner = noun > s.CueFrom && (scan.Cues[noun - 1].Kinds & MoneyWord.Own) != 0 && cue.Start - scan.Cues[noun - 1].End <= 1;
        return owner || BeginsWithOwn(scan, cue);
    }

    // The phrase's own first word says whose it is: "your payment".
    private static bool BeginsWithOwn(MoneyScan scan, MoneyCue cue)
    {
        var first = MoneyWords.WordEnd(scan.Text, cue.Start);
        return first < cue.End && (MoneyWords.Longest(scan.Text, cue.Start, first, out _, first) & MoneyWord.Own) != 0;
    }

    // The other sentences thank for a payment or an order.
    private static bool PaidElsewhere(MoneyScan scan, int sentence)
    {
        for (var other = 0; other < scan.Sentences.Count; other++)
        {
            if (other != sentence && !scan.Sentences[other].IsConditional && (HasKind(scan, scan.Sentences[other], MoneyWord.Out) || HasKind(scan, scan.Sentences[other], MoneyWord.Receipt)))
            {
                return true;
            }
        }

        return false;
    }

    private static DirectionFind Strong(MoneyScan scan, MoneySentence s, int strongOut, int strongIn, int weakOut)
    {
        if (strongIn < 0)
        {
            return new(MoneyDirection.Out, 3, strongOut);
        }

        if (strongOut >= 0)
        {
            // "debited from A and credited to B": the first is what happened to the owner's account.
            return strongOut < strongIn ? new(MoneyDirection.Out, 3, strongOut) : new(MoneyDirection.In, 3, strongIn);
        }

        // "payment credited towards your card": what the owner paid.
        if (weakOut >= 0 && weakOut < strongIn && scan.Text.Slice(s.Start, s.End).IndexOf(" towards ") >= 0)
        {
            return new(MoneyDirection.Out, 3, weakOut);
        }

        // "your NEFT transaction … has been credited to the A/c … of N": the owner sent it.
        if (OwnBefore(scan, s, strongIn) && !OwnAfter(scan, s, strongIn) && NamesTarget(scan, strongIn) && OfSomebody(scan, s, strongIn))
        {
            return new(MoneyDirection.Out, 2, strongIn);
        }

        // "your transfer … has been credited to the account of N": somebody else's account.
        return weakOut >= 0 || OwnBefore(scan, s, strongIn)
            ? OwnAfter(scan, s, strongIn) || !NamesTarget(scan, strongIn) ? new(MoneyDirection.In, 3, strongIn) : new(MoneyDirection.In, 1, strongIn)
            : new(MoneyDirection.In, 3, strongIn);
    }

    private static DirectionFind Weak(MoneyScan scan, Amount? amount, MoneySentence s, int firstOut, int firstIn)
    {
        // "Payment received for GHS 200 from KOFI": who paid whom is not said.
        if (firstIn < 0 && scan.Text.Slice(scan.Cues[firstOut].Start, scan.Cues[firstOut].End).EndsWith("received") && scan.Text.Slice(scan.Cues[firstOut].End, s.End) is var rest && rest.IndexOf(" from ") >= 0 && rest.IndexOf(" from you") < 0)
        {
            return new(MoneyDirection.Unknown, 1, firstOut);
        }

        if (firstIn < 0)
        {
            return new(MoneyDirection.Out, ToForeignAccount(scan, s, firstOut) ? 1 : 3, firstOut);
        }

        if (firstOut < 0)
        {
            return new(MoneyDirection.In, 3, firstIn);
        }

        if (amount is { Sign: not 0 })
        {
            return new(amount.Sign < 0 ? MoneyDirection.Out : MoneyDirection.In, 3, -1);
        }

        // "Payment of 14,220.50 has been received towards your card", "… on your credit card": what the owner paid.
        if (firstOut < firstIn && scan.Text.Slice(scan.Cues[firstIn].End, s.End) is var target && (target.IndexOf(" towards ") >= 0 || target.IndexOf("credit card") >= 0))
        {
            return new(MoneyDirection.Out, 3, firstOut);
        }

        // Two ways in one sentence: the nearer word, and not surely.
        var at = amount?.NumberStart ?? s.Start;
        var outFar = Math.Abs(scan.Cues[firstOut].Start - at);
        var inFar = Math.Abs(scan.Cues[firstIn].Start - at);
        return outFar <= inFar ? new(MoneyDirection.Out, 1, firstOut) : new(MoneyDirection.In, 1, firstIn);
    }

    // "sent to A/C **9901": whose? With "from your account" it is clear.
    private static bool ToForeignAccount(MoneyScan scan, MoneySentence s, int cue)
    {
        var end = scan.Cues[cue].End;
        var text = scan.Text.Slice(scan.Cues[cue].Start, end);
        // "charged to Visa ending 1180" is the owner's own card.
        if (!text.EndsWith(" to") || (scan.Cues[cue].Kinds & MoneyWord.Amount) != 0)
        {
            return false;
        }

        for (var c = cue + 1; c < s.CueTo; c++)
        {
            if ((scan.Cues[c].Kinds & MoneyWord.Account) != 0)
            {
                return scan.Cues[c].Start - end < 16 && scan.Text.Slice(s.Start, s.End).IndexOf("from") < 0;
            }
        }

        return false;
    }

    // A transfer before the verb, and behind it an account "of" somebody, or a beneficiary's.
    private static bool OfSomebody(MoneyScan scan, MoneySentence s, int cue)
    {
        var transfer = false;
        for (var c = s.CueFrom; c < cue; c++)
        {
            transfer |= (scan.Cues[c].Kinds & MoneyWord.Transaction) != 0;
        }

        var rest = scan.Text.Slice(scan.Cues[cue].End, s.End);
        if (!transfer)
        {
            return false;
        }

        for (var c = cue + 1; c < s.CueTo; c++)
        {
            if ((scan.Cues[c].Kinds & MoneyWord.Account) != 0 && scan.Text.Slice(scan.Cues[c].End, s.End).IndexOf(" of ") is >= 0 and < 40)
            {
                return true;
            }
        }

        return rest.IndexOf("beneficiary") >= 0 || rest.IndexOf("payee") >= 0 || rest.IndexOf("recipient") >= 0;
    }

    private static bool NamesTarget(MoneyScan scan, int cue)
    {
        var end = scan.Cues[cue].End;
        var rest = scan.Text.Slice(end, Math.Min(scan.Text.Length, end + 8));
        return rest.StartsWith(" to the ") || rest.StartsWith(" to ") || rest.StartsWith(" in the ");
    }

    private static bool OwnAfter(MoneyScan scan, MoneySentence s, int cue) => HasOwn(scan, cue + 1, s.CueTo) || (scan.Cues[cue].End - scan.Cues[cue].Start > 8 && scan.Text.Slice(scan.Cues[cue].Start, scan.Cues[cue].End).IndexOf("your") >= 0);

    private static bool OwnBefore(MoneyScan scan, MoneySentence s, int cue) => HasOwn(scan, s.CueFrom, cue);

    private static bool HasOwn(MoneyScan scan, int from, int to)
    {
        for (var c = from; c < to; c++)
        {
            if ((scan.Cues[c].Kinds & MoneyWord.Own) != 0)
            {
                return true;
            }
        }

        return false;
    }

    // "transaction of … at SHOP", "… on your card": only spending is told so.
    private static bool IsSpending(MoneyScan scan, MoneySentence s, Amount? amount)
    {
        var text = scan.Text.Slice(s.Start, s.End);
        var card = text.IndexOf("card") >= 0 || text.IndexOf("karte") >= 0 || text.IndexOf("tarjeta") >= 0 || text.IndexOf("carte") >= 0 || text.IndexOf("kart") >= 0;
        var place = amount is not null && scan.Text.Slice(amount.End, Math.Max(amount.End, Math.Min(s.End, amount.End + 60))) is var rest
            && (rest.IndexOf(" at ") >= 0 || rest.IndexOf(" on ") is >= 0 and < 4 || rest.IndexOf(" from your") >= 0 || rest.IndexOf(" using ") >= 0);
        return card || place || HasAccount(scan, s) || text.IndexOf("you made a") >= 0 || (text.IndexOf("payment") >= 0 && HasSuccess(scan, s));
    }

    private static bool HasAccount(MoneyScan scan, MoneySentence s) => HasKind(scan, s, MoneyWord.Account);

    private static bool HasSuccess(MoneyScan scan, MoneySentence s) => HasKind(scan, s, MoneyWord.Success);

    private static bool HasKind(MoneyScan scan, MoneySentence s, MoneyWord kind)
    {
        for (var c = s.CueFrom; c < s.CueTo; c++)
        {
            if ((scan.Cues[c].Kinds & kind) != 0)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether a sentence says by itself that money has left or come in.</summary>
    public static bool IsMoved(MoneyScan scan, int sentence) => HasKind(scan, scan.Sentences[sentence], MoneyWord.Debited | MoneyWord.Credited);

    /// <summary>Whether a phrase labels one side of a payment: "Beneficiary:".</summary>
    public static bool IsSide(MoneyScan scan, MoneyCue cue) => scan.Text[cue.End - 1] == ':' && (cue.Kinds & MoneyWord.Noun) != 0;

    private static int First(int have, int next) => have < 0 ? next : have;
}
