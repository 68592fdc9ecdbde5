using Butler.Intelligence.Text;

namespace Butler.Intelligence.Training;

/// <summary>
/// Joins the groups of mails that share much of their text. Campaigns change subjects with every copy, so grouping by
/// subject alone would train on one copy and score another.
/// </summary>
internal static class NearDuplicates
{
    /// <summary>Shared share of the shorter mail's three-word sequences from which two mails are one campaign.</summary>
    private const double Shared = 0.4;

    private const int Least = 10;

    // A sequence in more mails than this is a footer or an idiom.
    private const int Common = 40;

    public static List<LabelledMail> Join(IReadOnlyList<LabelledMail> mails)
    {
        var sequences = mails.Select(Sequences).ToArray();
        var where = new Dictionary<ulong, List<int>>();
        for (var i = 0; i < sequences.Length; i++)
        {
            foreach (var sequence in sequences[i])
            {
                if (!where.TryGetValue(sequence, out var list))
                {
                    where[sequence] = list = [];
                }

                list.Add(i);
            }
        }

        var pairs = new Dictionary<(int, int), int>();
        foreach (var list in where.Values.Where(l => l.Count is > 1 and <= Common))
        {
            for (var a = 0; a < list.Count; a++)
            {
                for (var b = a + 1; b < list.Count; b++)
                {
                    pairs[(list[a], list[b])] = pairs.GetValueOrDefault((list[a], list[b])) + 1;
                }
            }
        }

        var parent = new Dictionary<ulong, ulong>();
        foreach (var ((a, b), count) in pairs.OrderBy(p => p.Key))
        {
            var shorter = Math.Min(sequences[a].Count, sequences[b].Count);
            if (shorter >= Least && count > shorter * Shared)
            {
                var (rootA, rootB) = (Root(parent, mails[a].Group), Root(parent, mails[b].Group));
                if (rootA != rootB)
                {
                    parent[Math.Max(rootA, rootB)] = Math.Min(rootA, rootB);
                }
            }
        }

        return [.. mails.Select(m => m with { Group = Root(parent, m.Group) })];
    }

    private static ulong Root(Dictionary<ulong, ulong> parent, ulong group)
    {
        while (parent.TryGetValue(group, out var above))
        {
            group = above;
        }

        return group;
    }

    private static HashSet<ulong> Sequences(LabelledMail mail)
    {
        var tokens = TextScan.Of("", mail.Mail.NewText).Tokens;
        var set = new HashSet<ulong>();
        for (var i = 2; i < tokens.Length; i++)
        {
            set.Add(WordHash.Combine(WordHash.Combine(tokens[i - 2], tokens[i - 1]), tokens[i]));
        }

        return set;
    }
}
