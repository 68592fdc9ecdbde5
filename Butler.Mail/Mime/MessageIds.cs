namespace Butler.Mail;

/// <summary>Message ids from Message-ID, In-Reply-To and References, without their angle brackets (RFC 5322 section 3.6.4).</summary>
internal static class MessageIds
{
    /// <summary>The first id, or null. A value without brackets counts when it is one word.</summary>
    public static string? First(string value)
    {
        var all = All(value, 1);
        return all.Count > 0 ? all[0] : null;
    }

    /// <summary>The ids in order; phrases between them are ignored. Beyond <paramref name="max"/> the first and the last ones are kept.</summary>
    public static List<string> All(string value, int max)
    {
        List<string> ids = [];
        var rest = value.AsSpan();
        while (true)
        {
            var open = rest.IndexOf('<');
            if (open < 0)
            {
                break;
            }

            rest = rest[(open + 1)..];
            var close = rest.IndexOfAny('>', '<');
            var id = Clean(close < 0 ? rest : rest[..close]);
            rest = close < 0 ? [] : rest[close..].TrimStart('>');
            if (id.Length == 0)
            {
                continue;
            }

            ids.Add(id);
            if (max == 1)
            {
                return ids;
            }
        }

        if (ids.Count == 0)
        {
            foreach (var word in value.AsSpan().SplitAny(' ', '\t', ','))
            {
                var id = value.AsSpan(word).Trim();
                if (id.Contains('@') && ids.Count < max)
                {
                    ids.Add(Clean(id));
                }
            }

            if (ids.Count == 0 && value.Trim().Trim('<', '>') is { Length: > 0 } only && !only.Contains(' '))
            {
                ids.Add(Clean(only));
            }

            ids.RemoveAll(i => i.Length == 0);
        }

        if (ids.Count > max)
        {
            ids.RemoveRange(1, ids.Count - max);
        }

        return ids;
    }

    // White space inside comes from folding in the middle of an id.
    private static string Clean(ReadOnlySpan<char> id)
    {
        id = id.Trim();
        var text = CleanText.OneLine(id.ToString());
        return text.Contains(' ') ? text.Replace(" ", "") : text;
    }
}
