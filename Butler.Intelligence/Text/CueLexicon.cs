using System.Collections.Frozen;
using System.Reflection;

namespace Butler.Intelligence.Text;

/// <summary>The phrase list of <c>Text/cues.txt</c> as a trie over word hashes: a look-up costs one probe per word.</summary>
internal static class CueLexicon
{
    private static readonly FrozenDictionary<ulong, Node> Nodes = Load();

    /// <summary>The number of cue kinds.</summary>
    public static int Kinds { get; } = Enum.GetValues<Cue>().Length;

    /// <summary>The longest phrase, in words.</summary>
    public const int MaxWords = 5;

    /// <summary>The kinds of the longest phrase that starts at <paramref name="at"/>, its words and its text.</summary>
    public static uint Longest(ReadOnlySpan<ulong> hashes, int at, out int words, out string phrase)
    {
        words = 0;
        phrase = "";
        var kinds = 0u;
        var key = 0UL;
        var end = Math.Min(hashes.Length, at + MaxWords);
        for (var i = at; i < end; i++)
        {
            key = WordHash.Combine(key, hashes[i]);
            if (!Nodes.TryGetValue(key, out var node))
            {
                break;
            }

            if (node.Kinds != 0)
            {
                kinds = node.Kinds;
                words = i - at + 1;
                phrase = node.Phrase;
            }
        }

        return kinds;
    }

    private static FrozenDictionary<ulong, Node> Load()
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("Butler.Intelligence.Text.cues.txt")
            ?? throw new InvalidOperationException("The phrase list cues.txt is not embedded.");
        using var reader = new StreamReader(stream);
        var nodes = new Dictionary<ulong, Node>();
        var kind = 0u;
        while (reader.ReadLine() is { } raw)
        {
            var line = raw.Trim();
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            if (line[0] == '[')
            {
                kind = 1u << (int)Enum.Parse<Cue>(line.Trim('[', ']'));
                continue;
            }

            foreach (var phrase in line.Split('|', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            {
                Add(nodes, phrase, kind);
            }
        }

        return nodes.ToFrozenDictionary();
    }

    private static void Add(Dictionary<ulong, Node> nodes, string phrase, uint kind)
    {
        var key = 0UL;
        var words = phrase.Split(' ');
        for (var i = 0; i < words.Length; i++)
        {
            key = WordHash.Combine(key, WordHash.Of(words[i]));
            var node = nodes.GetValueOrDefault(key, new Node(0, ""));
            nodes[key] = i == words.Length - 1 ? new Node(node.Kinds | kind, phrase) : node;
        }
    }

    private readonly record struct Node(uint Kinds, string Phrase);
}
