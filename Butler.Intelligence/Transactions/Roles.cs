namespace Butler.Intelligence.Transactions;

/// <summary>What each sum in a mail is, by the label beside it: balance, limit, fee, tax, total, or the sum that moved.</summary>
internal static class Roles
{
    private const MoneyWord Labels = MoneyWord.Balance | MoneyWord.Limit | MoneyWord.Fee | MoneyWord.Tax | MoneyWord.Subtotal | MoneyWord.Total | MoneyWord.Due | MoneyWord.Offer | MoneyWord.Amount;
    private const MoneyWord Verbs = MoneyWord.Out | MoneyWord.In | MoneyWord.Refund | MoneyWord.Debited | MoneyWord.Credited;
    private const int MaxReach = 60;

    public static void Assign(MoneyScan scan)
    {
        for (var i = 0; i < scan.Amounts.Count; i++)
        {
            scan.Amounts[i].Role = Of(scan, scan.Amounts, i);
        }

        for (var i = 0; i < scan.Bare.Count; i++)
        {
            scan.Bare[i].Role = Of(scan, scan.Bare, i);
        }
    }

    private static AmountRole Of(MoneyScan scan, IReadOnlyList<Amount> amounts, int index)
    {
        var amount = amounts[index];
        var line = scan.LineOf(amount.NumberStart);
        var lineStart = scan.LineStart(line);
        var previousEnd = index > 0 ? amounts[index - 1].End : 0;
        var from = Math.Max(Math.Max(lineStart, previousEnd), amount.Start - MaxReach);
        var sentence = scan.SentenceOf(amount.NumberStart);
        from = Math.Max(from, Math.Min(scan.Sentences[sentence].Start, amount.Start));

        // "1 GBP = 44.27 THB": a rate.
        if (scan.Text.Slice(amount.End, amount.End + 2).TrimStart().StartsWith("=") || (index > 0 && scan.Text.Slice(previousEnd, amount.Start).Trim() is "="))
        {
            return AmountRole.Offer;
        }

        // After, touching: "$10.12 bal", "500 CR", "$20 off".
        var after = After(scan, amount, index + 1 < amounts.Count ? amounts[index + 1].Start : int.MaxValue);
        if (after != AmountRole.None)
        {
            return after;
        }

        var before = Before(scan, from, amount.Start, out var isSum);
        amount.HasSumLabel = isSum;
        if (before is { } role)
        {
            return role;
        }

        // A cell of a table: the label stands on the line before, which has no sum of its own.
        return OnlyAmounts(scan, lineStart, amount.Start) && line > 0 ? LineBefore(scan, amounts, index, line) : AmountRole.None;
    }

    private static AmountRole? Before(MoneyScan scan, int from, int to, out bool isSum)
    {
        isSum = false;
        for (var c = LastBefore(scan, to); c >= 0 && scan.Cues[c].Start >= from; c--)
        {
            var kinds = scan.Cues[c].Kinds;
            // "Total (incl. VAT) 48.89": what stands in brackets explains the label before them.
            if (scan.Text.Slice(scan.Cues[c].End, to).IndexOf(')') >= 0 && scan.Text.Slice(from, scan.Cues[c].Start).IndexOf('(') >= 0)
            {
                continue;
            }

            if ((kinds & Labels) != 0)
            {
                // "paid your balance by 100": that is what was paid.
                if ((kinds & MoneyWord.Balance) != 0 && scan.Text.Slice(scan.Cues[c].End, to).Trim() is "by")
                {
                    return AmountRole.Labelled;
                }

                // "payment of", "purchase amount": what moved, whatever else the word may label.
                isSum = (kinds & MoneyWord.Amount) != 0;
                return (kinds & Verbs) != 0 && (kinds & (MoneyWord.Balance | MoneyWord.Limit)) == 0 && (kinds & MoneyWord.Total) == 0 ? AmountRole.Labelled : Role(kinds);
            }

            if ((kinds & Verbs) != 0)
            {
                return AmountRole.Labelled;
            }
        }

        return null;
    }

    private static AmountRole After(MoneyScan scan, Amount amount, int nextAmount)
    {
        for (var c = LastBefore(scan, amount.End) + 1; c < scan.Cues.Count; c++)
        {
            var cue = scan.Cues[c];
            if (cue.Start < amount.End)
            {
                continue;
            }

            if (cue.Start - amount.End > 12 || cue.Start >= nextAmount || scan.Text.Slice(amount.End, cue.Start).IndexOfAny("\n,:;.") >= 0)
            {
                return AmountRole.None;
            }

            // "Rs. 21,000 Total Bal : Rs. …": that label is the next sum's.
            var rest = scan.Text.Slice(cue.End, Math.Min(scan.Text.Length, cue.End + 4)).TrimStart();
            if (rest.StartsWith(":") || rest.StartsWith("is ") || nextAmount - cue.End <= 6)
            {
                return AmountRole.None;
            }

            var gap = scan.Text.Slice(amount.End, cue.Start).Trim();
            if ((cue.Kinds & (MoneyWord.Balance | MoneyWord.Limit | MoneyWord.Offer | MoneyWord.Due | MoneyWord.Fee)) != 0 && (cue.Kinds & Verbs) == 0
                && (gap is "" or "is" or "in" or "your" or "available" or "as" or "(" || ((cue.Kinds & (MoneyWord.Limit | MoneyWord.Offer)) != 0 && IsWord(gap))))
            {
                return Role(cue.Kinds);
            }

            return AmountRole.None;
        }

        return AmountRole.None;
    }

    // "$400 groceries budget", "£50 monthly limit".
    private static bool IsWord(ReadOnlySpan<char> gap)
    {
        foreach (var c in gap)
        {
            if (!char.IsLetter(c))
            {
                return false;
            }
        }

        return true;
    }

    private static AmountRole LineBefore(MoneyScan scan, IReadOnlyList<Amount> amounts, int index, int line)
    {
        var previous = line - 1;
        var (start, end) = (scan.LineStart(previous), scan.LineEnd(previous));
        if (end - start > 70 || (index > 0 && amounts[index - 1].NumberStart >= start))
        {
            return AmountRole.None;
        }

        var role = Before(scan, start, end, out var isSum) ?? AmountRole.None;
        amounts[index].HasSumLabel = isSum;
        return role;
    }

    /// <summary>Whether a sum has its line to itself.</summary>
    public static bool IsAlone(MoneyScan scan, Amount amount)
    {
        var line = scan.LineOf(amount.NumberStart);
        return OnlyAmounts(scan, scan.LineStart(line), amount.Start) && OnlyAmounts(scan, amount.End, scan.LineEnd(line));
    }

    private static bool OnlyAmounts(MoneyScan scan, int from, int to)
    {
        foreach (var c in scan.Text.Slice(from, Math.Max(from, to)))
        {
            if (char.IsLetter(c))
            {
                return false;
            }
        }

        return true;
    }

    private static AmountRole Role(MoneyWord kinds) =>
        (kinds & MoneyWord.Balance) != 0 ? AmountRole.Balance
        : (kinds & MoneyWord.Limit) != 0 ? AmountRole.Limit
        : (kinds & MoneyWord.Due) != 0 ? AmountRole.Due
        : (kinds & MoneyWord.Subtotal) != 0 ? AmountRole.Subtotal
        : (kinds & MoneyWord.Total) != 0 ? AmountRole.Total
        : (kinds & MoneyWord.Fee) != 0 ? AmountRole.Fee
        : (kinds & MoneyWord.Tax) != 0 ? AmountRole.Tax
        : (kinds & MoneyWord.Amount) != 0 ? AmountRole.Labelled
        : (kinds & MoneyWord.Offer) != 0 ? AmountRole.Offer
        : AmountRole.None;

    /// <summary>The last cue that ends at or before a position; -1 when there is none.</summary>
    public static int LastBefore(MoneyScan scan, int position)
    {
        var low = 0;
        var high = scan.Cues.Count - 1;
        while (low <= high)
        {
            var mid = (low + high) / 2;
            if (scan.Cues[mid].End <= position)
            {
                low = mid + 1;
            }
            else
            {
                high = mid - 1;
            }
        }

        return high;
    }
}
