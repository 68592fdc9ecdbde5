using System.Buffers;

namespace Butler.Intelligence;

/// <summary>The tagger's own words (<c>tag-words.txt</c>): which of each tag occur, in one pass over folded text.</summary>
internal static class TagWords
{
    private static readonly Dictionary<string, int> s_tags = Tagger.All.Select((t, i) => (t, i)).ToDictionary(t => t.t, t => t.i, StringComparer.Ordinal);
    private static readonly (string Phrase, int Tags)[] s_phrases = Read();
    private static readonly SearchValues<string> s_any = SearchValues.Create([.. s_phrases.Select(p => p.Phrase)], StringComparison.Ordinal);
    private static readonly Dictionary<int, int[]> s_byStart = s_phrases.Select((p, i) => (Key: Start(p.Phrase), i)).GroupBy(p => p.Key).ToDictionary(g => g.Key, g => g.Select(p => p.i).ToArray());

    /// <summary>How many different phrases of each tag occur as words, in the order of <see cref="Tagger.All"/>.</summary>
    public static void Count(ReadOnlySpan<char> folded, Span<int> counts)
    {
        Span<bool> seen = stackalloc bool[s_phrases.Length];
        for (var at = 0; at < folded.Length;)
        {
            var next = folded[at..].IndexOfAny(s_any);
            if (next < 0)
            {
                return;
            }

            at += next;
            foreach (var i in s_byStart.GetValueOrDefault(Start(folded[at..]), []))
            {
                var phrase = s_phrases[i].Phrase;
                if (!seen[i] && folded[at..].StartsWith(phrase, StringComparison.Ordinal) && TagText.IsWhole(folded, at, phrase.Length))
                {
                    seen[i] = true;
                    for (var tag = 0; tag < counts.Length; tag++)
                    {
                        counts[tag] += (s_phrases[i].Tags >> tag) & 1;
                    }
                }
            }

            at++;
        }
    }

    private static int Start(ReadOnlySpan<char> text) => text[0] | (text.Length > 1 ? text[1] << 16 : 0);

    private static (string, int)[] Read()
    {
        using var reader = new StreamReader(typeof(TagWords).Assembly.GetManifestResourceStream("Butler.Intelligence.Tags.tag-words.txt")!);
        var phrases = new Dictionary<string, int>(StringComparer.Ordinal);
        var tag = 0;
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith('['))
            {
                tag = s_tags[line.Trim('[', ']')];
            }
            else if (line.Length > 0 && line[0] != '#')
            {
                foreach (var phrase in line.Split('|', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
                {
                    phrases[phrase] = phrases.GetValueOrDefault(phrase) | (1 << tag);
                }
            }
        }

        return [.. phrases.Select(p => (p.Key, p.Value))];
    }
}
