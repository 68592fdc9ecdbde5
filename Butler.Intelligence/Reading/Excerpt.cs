using System.Text;
using Butler.Intelligence.Text;

namespace Butler.Intelligence;

/// <summary>Cuts a sentence out of its text: white space collapsed, list signs removed, shortened at a word.</summary>
internal static class Excerpt
{
    public static string Of(string text, in Sentence sentence, int max)
    {
        var span = text.AsSpan(sentence.Start, sentence.End - sentence.Start).TrimStart("-*•–·> ");
        var builder = new StringBuilder(Math.Min(span.Length, max + 1));
        var gap = false;
        foreach (var c in span)
        {
            if (char.IsWhiteSpace(c) || char.IsControl(c))
            {
                gap = builder.Length > 0;
                continue;
            }

            if (gap)
            {
                builder.Append(' ');
                gap = false;
            }

            builder.Append(c);
            if (builder.Length > max)
            {
                return Shorten(builder.ToString(), max);
            }
        }

        return builder.ToString();
    }

    private static string Shorten(string text, int max)
    {
        var space = text.LastIndexOf(' ', max - 2);
        var cut = space > max / 2 ? space : max - 1;
        // Never between the halves of a surrogate pair.
        cut -= char.IsHighSurrogate(text[cut - 1]) ? 1 : 0;
        return string.Concat(text.AsSpan(0, cut), "…");
    }
}
