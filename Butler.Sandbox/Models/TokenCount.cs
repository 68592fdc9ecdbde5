namespace Butler.Sandbox.Models;

/// <summary>Tokens as a rule of thumb counts them: four letters each. No vendor's tokeniser, but the same for the same text.</summary>
internal static class TokenCount
{
    private const int Letters = 4;

    public static int Of(string text) => (text.Length + Letters - 1) / Letters;

    /// <summary>The first tokens of a text.</summary>
    public static string Cut(string text, int tokens)
    {
        if (tokens >= Of(text))
        {
            return text;
        }

        var end = tokens * Letters;
        return text[..(end > 0 && char.IsHighSurrogate(text[end - 1]) ? end - 1 : end)];
    }
}
