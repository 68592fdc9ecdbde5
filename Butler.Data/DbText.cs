using System.Buffers;

namespace Butler.Data;

/// <summary>
/// The one way of a string into the database (MECHANICS 4): PostgreSQL's text refuses U+0000, UTF-8 has no lone
/// surrogates, and every kind of text has a named maximum length.
/// </summary>
public static class DbText
{
    /// <summary>Header values: the line length of RFC 5322 section 2.1.1.</summary>
    public const int MaxHeader = 998;

    /// <summary>Mail text, in characters.</summary>
    public const int MaxText = 1024 * 1024;

    /// <summary>Errors and reasons.</summary>
    public const int MaxError = 2000;

    private static readonly SearchValues<char> s_suspects = SearchValues.Create([.. Enumerable.Range(0xD800, 0x800).Select(i => (char)i), '\0']);

    /// <summary>Cuts to <paramref name="maxLength"/> characters and replaces what the database cannot hold by U+FFFD.</summary>
    public static string Clean(string? text, int maxLength)
    {
        if (string.IsNullOrEmpty(text))
        {
            return "";
        }

        if (text.Length > maxLength)
        {
            text = text[..maxLength];
        }

        return text.AsSpan().ContainsAny(s_suspects) ? Replace(text) : text;
    }

    /// <summary>As <see cref="Clean"/>, keeping null.</summary>
    public static string? CleanOrNull(string? text, int maxLength) => text is null ? null : Clean(text, maxLength);

    private static string Replace(string text) => string.Create(text.Length, text, static (target, source) =>
    {
        for (var i = 0; i < source.Length; i++)
        {
            var c = source[i];
            if (char.IsHighSurrogate(c) && i + 1 < source.Length && char.IsLowSurrogate(source[i + 1]))
            {
                target[i] = c;
                target[i + 1] = source[++i];
            }
            else
            {
                target[i] = c == '\0' || char.IsSurrogate(c) ? '\uFFFD' : c;
            }
        }
    });
}
