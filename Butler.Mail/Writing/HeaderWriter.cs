using System.Buffers;
using System.Globalization;
using System.Text;

namespace Butler.Mail;

/// <summary>Writes folded fields: at most 78 characters a line where words allow it (RFC 5322 section 2.1.1).</summary>
internal static class HeaderWriter
{
    private const int Line = 78;

    // RFC 5322 specials and what else needs quotes in a display name.
    private const string AtomChars = "!#$%&'*+-/=?^_`{|}~ ";

    private static readonly SearchValues<char> Token = SearchValues.Create("!#$%&'*+-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ^_`abcdefghijklmnopqrstuvwxyz|~");
    private static readonly HashSet<string> Own = new(StringComparer.OrdinalIgnoreCase)
    {
        "From", "To", "Cc", "Bcc", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "MIME-Version", "Content-Type", "Content-Transfer-Encoding", "Sender", "Reply-To",
    };

    /// <summary>Whether a name can be a field's.</summary>
    public static bool IsName(string name) => name.Length is > 0 and <= 70 && name.AsSpan().IndexOfAnyExcept(Token) < 0;

    /// <summary>Whether the writers write that field themselves.</summary>
    public static bool IsOwn(string name) => Own.Contains(name);

    /// <summary>A date as fields have it (RFC 5322 section 3.3).</summary>
    public static string Date(DateTimeOffset date) =>
        date.ToString("ddd, d MMM yyyy HH:mm:ss ", CultureInfo.InvariantCulture) + date.ToString("zzz", CultureInfo.InvariantCulture).Replace(":", "");

    public static void Unstructured(StringBuilder output, string name, string value)
    {
        value = CleanText.OneLine(value);
        Words(output, name, NeedsEncoding(value) ? EncodedWordWriter.Encode(value, phrase: false, name.Length + 2) : value.Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    public static void Addresses(StringBuilder output, string name, IReadOnlyList<MailAddress> addresses)
    {
        if (addresses.Count == 0)
        {
            return;
        }

        List<string> words = [];
        for (var i = 0; i < addresses.Count; i++)
        {
            var comma = i + 1 < addresses.Count ? "," : "";
            var address = Checked(addresses[i].Address);
            var display = CleanText.OneLine(addresses[i].Name ?? "");
            if (display.Length == 0)
            {
                words.Add(address + comma);
                continue;
            }

            words.AddRange(NeedsEncoding(display) ? EncodedWordWriter.Encode(display, phrase: true, name.Length + 2) : [Quoted(display)]);
            words.Add($"<{address}>{comma}");
        }

        Words(output, name, words);
    }

    /// <summary>Writes words with a fold before each that does not fit.</summary>
    public static void Words(StringBuilder output, string name, IEnumerable<string> words)
    {
        output.Append(name).Append(':');
        var length = name.Length + 1;
        var first = true;
        foreach (var word in words)
        {
            // Never a fold right after the name: a first line of white space only is obsolete.
            if (!first && length + 1 + word.Length > Line)
            {
                output.Append("\r\n");
                length = 0;
            }

            output.Append(' ').Append(word);
            length += 1 + word.Length;
            first = false;
        }

        output.Append("\r\n");
    }

    // What is not ASCII, looks like an encoded word, or has a word that no line can hold is written encoded.
    private static bool NeedsEncoding(string value)
    {
        if (!Ascii.IsValid(value) || value.Contains("=?", StringComparison.Ordinal) || value.Contains("  ", StringComparison.Ordinal))
        {
            return true;
        }

        var longest = 0;
        foreach (var range in value.AsSpan().Split(' '))
        {
            longest = Math.Max(longest, range.End.Value - range.Start.Value);
        }

        return longest > Line - 20;
    }

    private static string Quoted(string display)
    {
        foreach (var c in display)
        {
            if (!char.IsAsciiLetterOrDigit(c) && !AtomChars.Contains(c))
            {
                return $"\"{display.Replace("\\", "\\\\").Replace("\"", "\\\"")}\"";
            }
        }

        return display;
    }

    private static string Checked(string address)
    {
        // Internationalised addresses would need SMTPUTF8 (RFC 6531), which a draft cannot promise: only their domain can be written in ASCII.
        var at = address.LastIndexOf('@');
        if (at > 0 && !Ascii.IsValid(address.AsSpan(at)))
        {
            address = string.Concat(address.AsSpan(0, at + 1), DomainNames.ToAscii(address[(at + 1)..]));
        }

        var span = address.AsSpan();
        if (span.Length is 0 or > 900 || span.IndexOfAnyExceptInRange('!', '~') >= 0 || span.IndexOfAny("<>,;()") >= 0)
        {
            throw new ArgumentException("An address cannot be written.");
        }

        return address;
    }
}
