using System.Globalization;

namespace Butler.Mail;

/// <summary>
/// How a mail is made, as short words: which header fields its sender set, the form of its Message-ID, what its Received lines and its
/// HTML look like, where its links lead. It is what is left for a judge once the raw bytes are gone. No addresses and none of the text:
/// only their form, of the sender, the Message-ID and the links the registered domain, and words of the links' hosts and paths.
/// </summary>
public static class MailShape
{
    /// <summary>At most so many words.</summary>
    public const int MaxWords = 128;

    /// <summary>The longest word.</summary>
    public const int MaxLength = 32;

    /// <summary>The words of a mail's form. Never throws on content.</summary>
    public static IReadOnlyList<string> Read(MimeMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        var words = new ShapeWords();
        HeaderShape.Read(message, words);
        BodyShape.Read(message, words);
        return words.Finish();
    }
}

/// <summary>Collects words: each once, short, of letters that can stand in a database as they are.</summary>
internal sealed class ShapeWords
{
    private const int MostLast = 32;
    private readonly List<string> words = new(96);
    private readonly List<string> last = [];

    /// <summary>All of them, those of least weight last: the limit cuts them first.</summary>
    public IReadOnlyList<string> Finish()
    {
        foreach (var word in last)
        {
            Add(word);
        }

        last.Clear();
        return words;
    }

    public void Add(string word)
    {
        if (words.Count < MailShape.MaxWords && word.Length <= MailShape.MaxLength && !words.Contains(word))
        {
            words.Add(word);
        }
    }

    public void Add(string word, bool holds)
    {
        if (holds)
        {
            Add(word);
        }
    }

    /// <summary>A word with something of the mail in it: cut, lower case, only what is plain.</summary>
    public void Add(string kind, ReadOnlySpan<char> value) => Add(Clean(kind, value));

    /// <summary>A word that may only take the room others leave.</summary>
    public void AddLast(string kind, ReadOnlySpan<char> value)
    {
        if (last.Count == MostLast)
        {
            return;
        }

        foreach (var word in last)
        {
            if (word.Length == kind.Length + value.Length && value.Equals(word.AsSpan(kind.Length), StringComparison.OrdinalIgnoreCase))
            {
                return;
            }
        }

        last.Add(Clean(kind, value));
    }

    private static string Clean(string kind, ReadOnlySpan<char> value)
    {
        Span<char> clean = stackalloc char[MailShape.MaxLength];
        var length = 0;
        kind.AsSpan().CopyTo(clean);
        length = kind.Length;
        foreach (var c in value)
        {
            if (length == clean.Length)
            {
                break;
            }

            clean[length++] = char.IsAsciiLetterOrDigit(c) || c is '/' or '-' or '.' or '_' or '+' or '=' ? char.ToLowerInvariant(c) : '.';
        }

        return new string(clean[..length]);
    }

    /// <summary>A number in steps, so that near numbers are one word: 0, 1, 2, 3, 5, 8, 16 ...</summary>
    public void Count(string kind, int value)
    {
        var step = value <= 3 ? value : value <= 5 ? 5 : value <= 8 ? 8 : (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Min(value, 4096));
        Add(string.Create(CultureInfo.InvariantCulture, $"{kind}{step}"));
    }
}
