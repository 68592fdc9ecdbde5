using System.Globalization;

namespace Butler.Intelligence.Transactions;

/// <summary>Arithmetic over the sums of a mail: parts and total, balances before and after.</summary>
internal static class Sums
{
    private const int MaxParts = 12;
    private const int MaxTimes = 9_999;

    /// <summary>True: the labelled parts add up to the sum. False: the mail says subtotal and tax and they do not. Null: nothing to check.</summary>
    public static bool? Parts(MoneyScan scan, Find find)
    {
        if (find.Source != TransactionSource.Receipt)
        {
            return Balances(scan, find);
        }

        decimal? subtotal = null;
        var added = 0m;
        var taken = 0m;
        foreach (var amount in scan.Amounts)
        {
            if (amount.Currency != find.Amount.Currency)
            {
                continue;
            }

            switch (amount.Role)
            {
                case AmountRole.Subtotal:
                    subtotal ??= amount.Value;
                    break;
                case AmountRole.Fee or AmountRole.Tax:
                    added += amount.Value;
                    break;
                case AmountRole.Offer:
                    taken += amount.Value;
                    break;
                default:
                    break;
            }
        }

        if (subtotal is not { } net)
        {
            return null;
        }

        // Tax may be inside, discounts may be shown twice: agreement proves, disagreement alone does not refute.
        var total = find.Amount.Value;
        return total == net || total == net + added || total == net + added - taken || total == net - taken ? true : null;
    }

    // before - after = amount, where both balances are said.
    private static bool? Balances(MoneyScan scan, Find find)
    {
        var balances = scan.Amounts.Where(a => a.Role == AmountRole.Balance && a.Currency == find.Amount.Currency).Select(a => a.Value).Distinct().ToArray();
        if (balances.Length != 2)
        {
            return null;
        }

        return Math.Abs(balances[0] - balances[1]) == find.Amount.Value ? true : null;
    }

    /// <summary>"10 shares at 45.12. Total 451.20": a price of one of several, where the mail names the product.</summary>
    public static bool IsUnitPrice(MoneyScan scan, Amount amount)
    {
        foreach (var other in scan.Amounts)
        {
            if (other.Currency != amount.Currency || other.Value <= amount.Value || amount.Value == 0 || other.Value % amount.Value != 0)
            {
                continue;
            }

            var times = other.Value / amount.Value;
            if (times is >= 2 and <= MaxTimes && CountBefore(scan, amount) == times)
            {
                return true;
            }
        }

        return false;
    }

    // "10 shares of ACME at", "2 x Admission @": the number that begins the words before a price.
    private static int CountBefore(MoneyScan scan, Amount amount)
    {
        var start = Math.Max(scan.Sentences[scan.SentenceOf(amount.NumberStart)].Start, scan.LineStart(scan.LineOf(amount.NumberStart)));
        var before = scan.Text.Slice(start, amount.Start).TrimEnd();
        if (!before.EndsWith(" at") && !before.EndsWith("@") && !before.EndsWith(" x") && !before.EndsWith("price of"))
        {
            return 0;
        }

        var end = before.LastIndexOfAnyInRange('0', '9') + 1;
        var from = end;
        while (from > 0 && char.IsAsciiDigit(before[from - 1]))
        {
            from--;
        }

        return end - from is > 0 and <= 4 && (from == 0 || before[from - 1] == ' ') ? int.Parse(before[from..end], CultureInfo.InvariantCulture) : 0;
    }

    /// <summary>Total 46.35, gift card -25.00, charged 21.35: what was charged, where the mail names what was taken off.</summary>
    public static Find? Charged(MoneyScan scan, List<Find> finds)
    {
        var total = finds.Where(f => f.Amount.Role == AmountRole.Total).MaxBy(f => f.Amount.Value);
        var charged = finds.FirstOrDefault(f => f.Direction is { Direction: MoneyDirection.Out, Strength: 3 } && f.Amount.Value < total?.Amount.Value && f.Amount.Currency == total.Amount.Currency);
        return charged is not null && scan.Amounts.Any(a => a.Value == total!.Amount.Value - charged.Amount.Value && a.Currency == charged.Amount.Currency && (a.Sign < 0 || a.Role is AmountRole.Offer or AmountRole.Labelled)) ? charged : null;
    }

    /// <summary>"845.00 … of which rent 770.00, charges 75.00": sums of one line that add up to another sum of the mail are its parts.</summary>
    public static List<Find> WithoutParts(MoneyScan scan, List<Find> finds)
    {
        if (finds.Count < 2)
        {
            return finds;
        }

        HashSet<int>? parts = null;
        foreach (var find in finds)
        {
            var (sum, count) = (0m, 0);
            foreach (var amount in scan.Amounts)
            {
                if (amount.Currency == find.Amount.Currency && scan.LineOf(amount.NumberStart) == scan.LineOf(find.Amount.NumberStart) && count < MaxParts)
                {
                    sum += amount.Value;
                    count++;
                }
            }

            if (count > 1 && finds.Exists(f => f.Amount.Value == sum && f.Amount.Currency == find.Amount.Currency && f.Amount.Value > find.Amount.Value))
            {
                (parts ??= []).Add(find.Amount.NumberStart);
            }
        }

        return parts is null ? finds : [.. finds.Where(f => !parts.Contains(f.Amount.NumberStart))];
    }

    /// <summary>The one of several sums that the others add up to; null when there is none or more than one.</summary>
    public static Find? TotalOf(MoneyScan scan, List<Find> finds)
    {
        var ordered = finds.OrderByDescending(f => f.Amount.Value).ToList();
        var largest = ordered[0];
        if (finds.Any(f => f.Amount.Currency != largest.Amount.Currency) || finds.Count > MaxParts)
        {
            return null;
        }

        // Paid in parts: 30 + 20 = 50. Or items, tax and shipping of a table.
        var rest = ordered.Skip(1).Sum(f => f.Amount.Value);
        if (rest == largest.Amount.Value)
        {
            return largest;
        }

        var beside = scan.Amounts.Where(a => a.Currency == largest.Amount.Currency && a.Role is AmountRole.Fee or AmountRole.Tax).Select(a => a.Value).Distinct().ToArray();
        foreach (var find in ordered.Skip(1))
        {
            var gap = largest.Amount.Value - find.Amount.Value;
            if (gap > 0 && (beside.Contains(gap) || beside.Sum() == gap))
            {
                return largest;
            }
        }

        return null;
    }
}
