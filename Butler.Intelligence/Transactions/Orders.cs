namespace Butler.Intelligence.Transactions;

/// <summary>Several orders or payments in one mail: the same label before each sum, and a reference of its own for each.</summary>
internal static class Orders
{
    public static List<Find> Split(MoneyScan scan, List<Find> finds)
    {
        var ordered = finds.OrderBy(f => f.Amount.NumberStart).ToList();
        if (ordered.Any(f => f.Amount.Role != AmountRole.Total) || ordered.Select(f => Label(scan, f)).Distinct(StringComparer.Ordinal).Count() != 1)
        {
            return [];
        }

        var from = 0;
        foreach (var find in ordered)
        {
            if (!HasReference(scan, from, find.Amount.Start))
            {
                return [];
            }

            from = find.Amount.End;
        }

        return ordered;
    }

    private static string Label(MoneyScan scan, Find find)
    {
        var cue = Roles.LastBefore(scan, find.Amount.Start);
        return cue < 0 ? "" : scan.Text.Slice(scan.Cues[cue].Start, scan.Cues[cue].End).ToString();
    }

    private static bool HasReference(MoneyScan scan, int from, int to)
    {
        foreach (var cue in scan.Cues)
        {
            if (cue.Start >= from && cue.End <= to && (cue.Kinds & MoneyWord.Reference) != 0 && Fields.ReferenceAfter(scan, cue.End, out _, out _))
            {
                return true;
            }
        }

        return false;
    }
}
