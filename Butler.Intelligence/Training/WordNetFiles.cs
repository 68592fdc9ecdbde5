namespace Butler.Intelligence.Training;

/// <summary>WordNet's database files (wndb(5WN)): each synset is a text of its words, their kind and the definition with its examples.</summary>
internal sealed class WordNetFiles
{
    private static readonly string[] s_parts = ["noun", "verb", "adj", "adv"];
    private readonly string _folder;
    private readonly HashSet<string> _lemmas = new(StringComparer.Ordinal);

    public WordNetFiles(string folder)
    {
        _folder = folder;
        foreach (var part in s_parts)
        {
            foreach (var line in Lines("index." + part))
            {
                var end = line.IndexOf(' ', StringComparison.Ordinal);
                if (end > 0 && !line.AsSpan(0, end).Contains('_'))
                {
                    _lemmas.Add(line[..end]);
                }
            }
        }
    }

    /// <summary>The dictionary's form of a word, where a usual ending leads to one.</summary>
    public string Lemma(string word) => _lemmas.Contains(word) ? word : Endings(word).FirstOrDefault(_lemmas.Contains) ?? word;

    /// <summary>What a word may be the plural, past or participle of.</summary>
    internal static IEnumerable<string> Endings(string word)
    {
        if (word.Length < 4)
        {
            yield break;
        }

        if (word.EndsWith("ies", StringComparison.Ordinal))
        {
            yield return word[..^3] + "y";
        }

        foreach (var ending in (string[])["s", "es", "ed", "d", "ing", "er", "ly"])
        {
            if (word.EndsWith(ending, StringComparison.Ordinal) && word.Length - ending.Length >= 3)
            {
                var stem = word[..^ending.Length];
                yield return stem;
                if (ending == "ing")
                {
                    yield return stem + "e";
                }

                if (ending is "ed" or "ing" && stem[^1] == stem[^2])
                {
                    yield return stem[..^1];
                }
            }
        }
    }

    public IEnumerable<string> Texts()
    {
        // Words of each synset first: a text also names the kinds (hypernyms) above it.
        var words = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var part in s_parts)
        {
            foreach (var line in Lines("data." + part))
            {
                words[part[0] + line[..8]] = Words(line.Split(' '));
            }
        }

        foreach (var part in s_parts)
        {
            foreach (var line in Lines("data." + part))
            {
                var bar = line.IndexOf('|', StringComparison.Ordinal);
                var cells = line[..Math.Max(bar, 0)].Split(' ');
                var own = Words(cells);
                var kinds = Enumerable.Range(0, Math.Max(0, cells.Length - 2)).Where(i => cells[i] is "@" or "+" or "~" or "&" && words.ContainsKey(part[0] + cells[i + 1]))
                    .Select(i => words[part[0] + cells[i + 1]]).Take(8);
                yield return $"{own} {own} {string.Join(' ', kinds)} {line[(bar + 1)..]}";
            }
        }
    }

    private static string Words(string[] cells)
    {
        var count = Convert.ToInt32(cells[3], 16);
        return string.Join(' ', Enumerable.Range(0, count).Select(i => cells[4 + (2 * i)].Replace('_', ' ')));
    }

    private IEnumerable<string> Lines(string file) => File.ReadLines(Path.Combine(_folder, file)).Where(l => !l.StartsWith("  ", StringComparison.Ordinal));
}
