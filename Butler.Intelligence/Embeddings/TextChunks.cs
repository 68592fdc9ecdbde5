namespace Butler.Intelligence.Embeddings;

/// <summary>A passage of a text.</summary>
/// <param name="Start">Its first character.</param>
/// <param name="Length">Its length in UTF-16 characters.</param>
public readonly record struct TextChunk(int Start, int Length);

/// <summary>
/// Cuts a text into passages of about <see cref="Target"/> characters, at the end of a paragraph if there is one near, else of a sentence,
/// a line or a word. A passage begins with the last sentence of the one before it, so that what stands at a cut is whole in one of both.
/// </summary>
public static class TextChunks
{
    /// <summary>About how long a passage is.</summary>
    public const int Target = 1_000;

    /// <summary>Passages of one text: what comes later is found by its words only.</summary>
    public const int Most = 32;

    private const int Least = 600;
    private const int Longest = 1_300;
    private const int Overlap = 200;

    /// <summary>The passages; one empty passage for an empty text, whose subject still says something.</summary>
    public static List<TextChunk> Of(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var chunks = new List<TextChunk>();
        var start = Skip(text, 0);
        while (chunks.Count < Most)
        {
            var end = text.Length - start <= Longest ? text.Length : Cut(text, start);
            var last = end;
            while (last > start && char.IsWhiteSpace(text[last - 1]))
            {
                last--;
            }

            if (last > start || chunks.Count == 0)
            {
                chunks.Add(new(start, Math.Max(0, last - start)));
            }

            if (end >= text.Length)
            {
                break;
            }

            start = Math.Max(start + Least / 2, Skip(text, Back(text, end)));
        }

        return chunks;
    }

    /// <summary>The best place to end a passage that begins at <paramref name="start"/>.</summary>
    private static int Cut(string text, int start)
    {
        var (paragraph, sentence, line, word) = (-1, -1, -1, -1);
        var limit = Math.Min(text.Length - 1, start + Longest);
        for (var i = start + Least; i < limit; i++)
        {
            if (!char.IsWhiteSpace(text[i]))
            {
                continue;
            }

            word = Nearer(word, i, start);
            if (text[i] == '\n')
            {
                line = Nearer(line, i, start);
                if (text[i + 1] == '\n' || (text[i + 1] == '\r' && i + 2 < text.Length && text[i + 2] == '\n'))
                {
                    paragraph = Nearer(paragraph, i, start);
                }
            }

            if (text[i - 1] is '.' or '!' or '?' or '。' or '！' or '？' or '…')
            {
                sentence = Nearer(sentence, i, start);
            }
        }

        var cut = paragraph > 0 ? paragraph : sentence > 0 ? sentence : line > 0 ? line : word > 0 ? word : start + Target;
        // Never between the halves of a surrogate pair.
        return char.IsLowSurrogate(text[cut]) ? cut - 1 : cut;
    }

    private static int Nearer(int found, int place, int start) => found < 0 || Math.Abs(place - start - Target) < Math.Abs(found - start - Target) ? place : found;

    /// <summary>Where the last sentence before <paramref name="end"/> begins, at most <see cref="Overlap"/> characters back; else a word.</summary>
    private static int Back(string text, int end)
    {
        var word = end;
        for (var i = end - 2; i > end - Overlap; i--)
        {
            if (!char.IsWhiteSpace(text[i]))
            {
                continue;
            }

            word = i;
            if (text[i] == '\n' || text[i - 1] is '.' or '!' or '?' or '。' or '！' or '？')
            {
                if (end - i > 20)
                {
                    return i;
                }
            }
        }

        return word;
    }

    private static int Skip(string text, int at)
    {
        while (at < text.Length && char.IsWhiteSpace(text[at]))
        {
            at++;
        }

        return at;
    }
}
