namespace Butler.Intelligence.Transactions;

/// <summary>Directions from elsewhere in the mail.</summary>
internal static partial class Directions
{
    /// <summary>What the sentences around say, for table rows and headings: the nearest before within reach, then the whole mail if it is of one mind.</summary>
    public static DirectionFind Around(MoneyScan scan, Amount amount)
    {
        var sentence = scan.SentenceOf(amount.NumberStart);
        var (outs, ins, refunds) = (0, 0, 0);
        var (outCue, inCue, refundCue) = (-1, -1, -1);
        for (var s = 0; s < scan.Sentences.Count; s++)
        {
            // What is still to come, or failed, moved nothing either way.
            if (scan.Sentences[s].IsConditional || s == sentence || HasKind(scan, scan.Sentences[s], MoneyWord.Future | MoneyWord.Failed | MoneyWord.Secret))
            {
                continue;
            }

            var theirs = HasKind(scan, scan.Sentences[s], MoneyWord.Theirs);

            for (var c = scan.Sentences[s].CueFrom; c < scan.Sentences[s].CueTo; c++)
            {
                var kinds = scan.Cues[c].Kinds & Ways;
                if (kinds == 0 || (scan.Cues[c].Kinds & MoneyWord.Unclear) != 0 || IsSide(scan, scan.Cues[c]) || Math.Abs(scan.Cues[c].Start - amount.NumberStart) > 1_200)
                {
                    continue;
                }

                var weight = (kinds & (MoneyWord.Debited | MoneyWord.Credited)) != 0 ? 3 : 1;
                if (theirs && (kinds & (MoneyWord.In | MoneyWord.Credited)) != 0)
                {
                    kinds = MoneyWord.Out;
                }

                if ((kinds & MoneyWord.Refund) != 0)
                {
                    refunds++;
                    refundCue = First(refundCue, c);
                }
                else if ((kinds & MoneyWord.Out) != 0 && (kinds & MoneyWord.In) == 0)
                {
                    outs += weight;
                    outCue = First(outCue, c);
                }
                else if ((kinds & MoneyWord.In) != 0 && (kinds & MoneyWord.Out) == 0)
                {
                    ins += weight;
                    inCue = First(inCue, c);
                }
            }
        }

        if (refunds > 0 && refundCue >= 0 && scan.Cues[refundCue].Sentence <= 1)
        {
            return new(MoneyDirection.Refund, 2, refundCue);
        }

        if (amount.Sign != 0)
        {
            return new(amount.Sign < 0 ? MoneyDirection.Out : MoneyDirection.In, 2, -1);
        }

        if (outs == 0 && ins == 0)
        {
            return BySides(scan, amount);
        }

        if (outs > 0 && ins == 0)
        {
            return new(MoneyDirection.Out, 2, outCue);
        }

        if (ins > 0 && outs == 0)
        {
            return new(MoneyDirection.In, 2, inCue);
        }

        // Of two minds: what the subject or the first words say, weakly.
        return outs >= 3 * ins ? new(MoneyDirection.Out, 2, outCue)
            : ins >= 3 * outs ? new(MoneyDirection.In, 2, inCue)
            : outCue < inCue ? new(MoneyDirection.Out, 1, outCue) : new(MoneyDirection.In, 1, inCue);
    }

    // "Beneficiary:", "Sender:": who is named on the other side, where nothing else says which way.
    private static DirectionFind BySides(MoneyScan scan, Amount amount)
    {
        var (to, from) = (-1, -1);
        for (var c = 0; c < scan.Cues.Count; c++)
        {
            if (IsSide(scan, scan.Cues[c]) && Math.Abs(scan.Cues[c].Start - amount.NumberStart) <= 1_200)
            {
                to = (scan.Cues[c].Kinds & MoneyWord.Out) != 0 ? First(to, c) : to;
                from = (scan.Cues[c].Kinds & MoneyWord.In) != 0 ? First(from, c) : from;
            }
        }

        return (to >= 0) == (from >= 0) ? DirectionFind.None : to >= 0 ? new(MoneyDirection.Out, 2, to) : new(MoneyDirection.In, 2, from);
    }
}
