namespace Butler.Intelligence.Transactions;

/// <summary>A sum that is taken for a movement, with what decided.</summary>
internal sealed record Find(Amount Amount, DirectionFind Direction, Doubt Doubt, TransactionSource Source, bool IsChecked)
{
    public int Rank { get; init; }

    public int Sentence { get; init; }
}

/// <summary>Chooses which sums of a mail moved.</summary>
internal static class Selection
{
    private const int Strong = 30;
    private const int TotalOfReceipt = 26;
    private const int Noun = 20;
    private const int Table = 14;

    /// <summary>A notice this short, with one sum that is no balance and one way, tells of that sum.</summary>
    private const int ShortNotice = 700;

    /// <summary>So short that nothing else is said: "NPR 100.00 withdrawn".</summary>
    private const int OneSentence = 320;

    /// <summary>Longer mails are letters, not notices, unless they name an account or a reference.</summary>
    private const int LongNotice = 4_000;

    /// <summary>How far from the sum its account or reference stands.</summary>
    private const int Reach = 500;

    /// <summary>With more sums a mail is no notice of one fee.</summary>
    private const int FewSums = 20;

    public static List<Find> Of(MoneyScan scan, MoneyMail mail)
    {
        var mood = Mood.Of(scan, mail);
        if (mood.IsNothing)
        {
            return [];
        }

        var finds = new List<Find>();
        foreach (var amount in scan.Amounts)
        {
            if (Judge(scan, mail, amount, mood) is { } find)
            {
                finds.Add(find);
            }
        }

        finds = Sums.WithoutParts(scan, Without(finds, mood));
        finds = Conversions.Prefer(scan, finds);
        return finds.Count == 0 ? finds : Choose(scan, mail, finds, mood);
    }

    private static List<Find> Without(List<Find> finds, Mood mood)
    {
        // "Refunded 119.95. Original order total 239.90": what came back is named as such.
        if (mood.IsRefund && finds.Any(f => f.Direction is { Direction: MoneyDirection.Refund, Strength: 3 }))
        {
            var back = finds.Where(f => f.Direction is { Direction: MoneyDirection.Refund, Strength: 3 }).Select(f => f.Sentence).ToHashSet();
            finds = [.. finds.Where(f => f.Amount.Role != AmountRole.Total || back.Contains(f.Sentence))];
        }

        // A total is never less than the sum that the notice names as its amount.
        if (!mood.IsReceipt && finds.Where(f => f.Amount.HasSumLabel).Select(f => f.Amount).MaxBy(a => a.Value) is { } part)
        {
            finds = [.. finds.Where(f => f.Amount.Role != AmountRole.Total || f.Amount.Currency != part.Currency || f.Amount.Value >= part.Value)];
        }

        return finds;
    }

    private static Find? Judge(MoneyScan scan, MoneyMail mail, Amount amount, Mood mood)
    {
        // "A service fee of 12.00 was charged to your account": nothing else moved.
        var isFeeAlone = amount.Role == AmountRole.Fee && scan.Amounts.All(a => a.Value == amount.Value || a.Role is AmountRole.Balance or AmountRole.Limit || (scan.Amounts.Count <= FewSums && mood.OfSentence(scan, scan.SentenceOf(a.NumberStart), a) == SentenceMood.NotHappened))
            && Directions.InSentence(scan, scan.SentenceOf(amount.NumberStart), amount) is { Direction: MoneyDirection.Out, Strength: 3 };
        // "Your invoice over 642.35 was collected by direct debit": due it was, and its own sentence says that it moved.
        var isDueMoved = (amount.Role == AmountRole.Due && Directions.IsMoved(scan, scan.SentenceOf(amount.NumberStart))) || (amount.Role == AmountRole.Offer && IsBought(scan, amount));
        if (amount.Role is AmountRole.Balance or AmountRole.Limit or AmountRole.Tax or AmountRole.Subtotal || (amount.Role is AmountRole.Due or AmountRole.Offer && !isDueMoved) || (amount.Role == AmountRole.Fee && !isFeeAlone) || amount.Value == 0 || Sums.IsUnitPrice(scan, amount))
        {
            return null;
        }

        var sentence = scan.SentenceOf(amount.NumberStart);
        var said = mood.OfSentence(scan, sentence, amount);
        if (said == SentenceMood.NotHappened)
        {
            return null;
        }

        var direction = Directions.InSentence(scan, sentence, amount);
        var rank = direction.Strength switch { 3 => Strong, 2 => Noun, 1 => Noun - 1, _ => 0 };
        var source = TransactionSource.Alert;
        if (amount.Role == AmountRole.Total)
        {
            if (!mood.IsReceipt && rank < Strong)
            {
                rank = 0;
            }
            else
            {
                source = mood.IsReceipt ? TransactionSource.Receipt : TransactionSource.Alert;
                rank = Math.Max(rank - 1, TotalOfReceipt);
            }
        }

        if (direction.Strength < 2 || (amount.Role is AmountRole.Total or AmountRole.Labelled && direction.Strength < 3))
        {
            var around = Directions.Around(scan, amount);
            if (around.Strength > direction.Strength)
            {
                direction = around;
                rank = Math.Max(rank, amount.Role is AmountRole.Labelled or AmountRole.Total || amount.Sign != 0 || (scan.Text.Length < ShortNotice && Roles.IsAlone(scan, amount)) ? Table : 6);
            }
        }

        if (amount.Role == AmountRole.Total && mood.IsReceipt && (direction.Strength < 2 || direction is { Direction: MoneyDirection.In, Strength: < 3 }))
        {
            direction = new(mood.IsRefund ? MoneyDirection.Refund : MoneyDirection.Out, 2, direction.Cue);
        }

        // "Price: 239 CZK" of a ticket, "Amount: …" of an order: nothing else says which way.
        if (amount.Role == AmountRole.Labelled && mood.IsReceipt && (direction.Strength == 0 || (amount.HasSumLabel && rank < Noun)))
        {
            direction = direction.Strength >= 2 ? direction : new(mood.IsRefund ? MoneyDirection.Refund : MoneyDirection.Out, 2, -1);
            source = TransactionSource.Receipt;
            rank = amount.HasSumLabel ? TotalOfReceipt - 2 : Table + 1;
        }

        if (rank == 0)
        {
            return null;
        }

        var doubt = Doubt.None;
        if (said == SentenceMood.Unsure || mood.IsUnsure || Evidence.IsDoubted(scan, mail, amount, source == TransactionSource.Receipt))
        {
            doubt |= Doubt.Happened;
        }

        if (amount.Currency.Length != 3 || Abroad.IsUnsettled(scan, sentence, amount))
        {
            doubt |= Doubt.Currency;
        }

        if (amount.IsUnsure)
        {
            doubt |= Doubt.Amount;
        }

        // The first words say that money came back, and the sum's own say that it was spent: perhaps the payment that is undone.
        if (direction.Strength < 2 || (mood.IsRefund && direction.Direction == MoneyDirection.Out))
        {
            doubt |= Doubt.Direction;
        }

        return new Find(amount, direction, doubt, source, false) { Rank = rank, Sentence = sentence };
    }

    // "You bought a $50 gift card": the voucher is what was paid for.
    private static bool IsBought(MoneyScan scan, Amount amount) =>
        Roles.LastBefore(scan, amount.Start) is >= 0 and var cue && (scan.Cues[cue].Kinds & MoneyWord.Debited) != 0 && amount.Start - scan.Cues[cue].End <= 4;

    private static List<Find> Choose(MoneyScan scan, MoneyMail mail, List<Find> finds, Mood mood)
    {
        var best = finds.Max(f => f.Rank);
        var groups = finds.GroupBy(f => (f.Amount.Value, f.Amount.Currency)).Select(Best)
            .OrderByDescending(f => f.Rank).ThenBy(f => f.Amount.NumberStart).ToList();
        var top = groups.Where(f => f.Rank == best || (best >= TotalOfReceipt && f.Rank >= TotalOfReceipt)).ToList();
        if (top.Count == 1)
        {
            return [Check(scan, mail, top[0], mood, groups.Count == 1)];
        }

        // "We've paid 43.20 into your account. Amount charged 95.00": what the owner got and what somebody was charged add up to nothing.
        var first = top.OrderBy(f => f.Amount.NumberStart).First();
        if (top.Exists(f => IsGiven(scan, f)) && top.Find(f => f.Direction.Direction == MoneyDirection.Out) is { } spent)
        {
            return [InDoubt(first), .. first == spent ? top.Where(f => IsGiven(scan, f)).Take(1).Select(InDoubt) : [InDoubt(spent)]];
        }

        if (mood.IsReceipt && Sums.Charged(scan, top) is { } charged)
        {
            return [charged with { IsChecked = true }];
        }

        if (Sums.TotalOf(scan, top) is { } total)
        {
            return [total with { IsChecked = true }];
        }

        // "We charged $128.81 … paid seat $10.21 … total paid $128.81": the largest, which a total confirms.
        var totals = top.Where(f => scan.Amounts.Any(a => a.Role == AmountRole.Total && a.Value == f.Amount.Value && a.Currency == f.Amount.Currency)).ToList();
        if (mood.IsReceipt && totals.Count == 1 && top.All(f => f.Amount.Currency == totals[0].Amount.Currency && f.Amount.Value <= totals[0].Amount.Value))
        {
            // "Trip total 23.40 … your card was charged 5.00": another sum was charged, and nothing says so of the total.
            return scan.Amounts.Any(a => a.Role is AmountRole.None or AmountRole.Labelled && a.Value != totals[0].Amount.Value && Directions.IsMoved(scan, scan.SentenceOf(a.NumberStart))) && !IsMovedSomewhere(scan, totals[0].Amount)
                ? [totals[0] with { Doubt = totals[0].Doubt | Doubt.WhichAmount }] : [totals[0]];
        }

        // The subject and the first sentence name the sum of the notice; what comes later explains it.
        if (mood.IsReceipt && Orders.Split(scan, top) is { Count: > 1 } orders)
        {
            return orders;
        }

        // "Returned: 34.00 … bought: 52.50": each way has a sum of its own.
        var other = top.Find(f => f.Direction.Strength == 3 && first.Direction.Strength == 3 && f.Sentence != first.Sentence && !IsSameWay(f, first));
        return other is null ? [InDoubt(first)] : [InDoubt(first), InDoubt(other)];
    }

    // Paid out to the owner or given back; "received" alone may be said of an order.
    private static bool IsGiven(MoneyScan scan, Find find) =>
        find.Direction is { Direction: not MoneyDirection.Out, Strength: 3, Cue: >= 0 } && (scan.Cues[find.Direction.Cue].Kinds & (MoneyWord.In | MoneyWord.Credited)) != MoneyWord.In;

    private static Find InDoubt(Find find) => find with { Doubt = find.Doubt | Doubt.WhichAmount };

    private static bool IsSameWay(Find one, Find other) => (one.Direction.Direction == MoneyDirection.Out) == (other.Direction.Direction == MoneyDirection.Out);

    private static bool IsMovedSomewhere(MoneyScan scan, Amount total) =>
        scan.Amounts.Any(a => a.Value == total.Value && a.Currency == total.Currency && Directions.InSentence(scan, scan.SentenceOf(a.NumberStart), a) is { Direction: MoneyDirection.Out, Strength: 3 });

    // Of one sum told several times the best told; where two sentences tell two ways, neither is sure.
    private static Find Best(IEnumerable<Find> told)
    {
        var ordered = told.OrderByDescending(f => f.Rank).ThenBy(f => f.Amount.NumberStart).ToList();
        var best = ordered[0];
        return best.Direction.Strength == 3 && ordered.Exists(f => f.Direction.Strength == 3 && (f.Direction.Direction == MoneyDirection.Out) != (best.Direction.Direction == MoneyDirection.Out))
            ? best with { Doubt = best.Doubt | Doubt.Direction } : best;
    }

    // A headline is short: where the first words of the text that name its sum say that it is still to come, they hold.
    private static bool IsClarified(MoneyScan scan, MoneyMail mail, Find find, Mood mood)
    {
        if (find.Amount.NumberStart >= scan.SubjectEnd)
        {
            return false;
        }

        var told = scan.Amounts.FirstOrDefault(a => a.NumberStart >= scan.SubjectEnd && a.Value == find.Amount.Value);
        return told is not null && (mood.OfSentence(scan, scan.SentenceOf(told.NumberStart), told) != SentenceMood.Said || Evidence.IsDoubted(scan, mail, told, false));
    }

    // A notice names an account, a card or a reference, or is short; a story about money does not.
    private static bool Addressed(MoneyScan scan, Find find, Mood mood)
    {
        if (find.Source != TransactionSource.Alert)
        {
            return true;
        }

        var isShort = scan.Text.Length < ShortNotice;
        if (Fields.HasTail(scan, find.Amount.NumberStart, Reach) || Fields.HasReference(scan, find.Amount.NumberStart, Reach))
        {
            return true;
        }

        var sentence = scan.Sentences[find.Sentence];
        var own = false;
        for (var c = sentence.CueFrom; c < sentence.CueTo; c++)
        {
            own |= (scan.Cues[c].Kinds & (MoneyWord.Own | MoneyWord.Account)) != 0;
        }

        return isShort ? mood.Adverts == 0 && (mood.IsNotice || own || (find.Direction.Strength == 3 && scan.Text.Length < OneSentence && IsOnly(scan, find))) : own && mood.IsNotice && mood.Adverts < 2 && scan.Text.Length < LongNotice;
    }

    // "NPR 100.00 withdrawn": one sum beside balances. A story about money has several.
    private static bool IsOnly(MoneyScan scan, Find find) => scan.Amounts.All(a => a.Value == find.Amount.Value || a.Role is AmountRole.Balance or AmountRole.Limit or AmountRole.Fee or AmountRole.Tax);

    // Between two accounts of the owner, both balances said: in for one, out for the other.
    private static bool OwnAccounts(MoneyScan scan) =>
        scan.Text.Chars.IndexOf("saving") >= 0 && scan.Amounts.Where(a => a.Role == AmountRole.Balance).Select(a => a.Value).Distinct().Count() > 1;

    private static Find Check(MoneyScan scan, MoneyMail mail, Find find, Mood mood, bool isOnly)
    {
        var parts = Sums.Parts(scan, find);
        if (parts == false)
        {
            return find with { Doubt = find.Doubt | Doubt.Arithmetic };
        }

        // A sum that only a table or the surroundings make a movement needs a mail that is about one.
        var isShort = isOnly && mood.IsNotice && scan.Text.Length < ShortNotice && find.Direction.Strength >= 2;
        var doubt = !isShort && find.Rank < Table || (find.Rank < Noun && !mood.IsNotice) ? Doubt.Happened : Doubt.None;
        if (!Addressed(scan, find, mood) || (find.Source == TransactionSource.Alert && !Evidence.IsEnough(scan, mail, find, mood)))
        {
            doubt |= Doubt.Happened;
        }

        if (IsClarified(scan, mail, find, mood))
        {
            doubt |= Doubt.Happened;
        }

        if (OwnAccounts(scan))
        {
            doubt |= Doubt.Direction;
        }

        return find with { Doubt = find.Doubt | doubt, IsChecked = parts == true };
    }
}
