using System.Text;

namespace Butler.Mail;

/// <summary>
/// Reads address lists (RFC 5322 section 3.4 with the obsolete forms of 4.4 and the repairs of RFC 7103 section 7.1).
/// The structure is parsed first and encoded words are decoded after: decoded text never creates an address
/// (RFC 2047 section 6.2).
/// </summary>
public static class MailAddressParser
{
    // A domain literal holds an IP address.
    private const int MaxLiteral = 256;

    /// <summary>Reads a list; groups are flattened. Never throws.</summary>
    /// <param name="value">An unfolded field value, encoded words not yet decoded.</param>
    /// <param name="max">At most this many are returned.</param>
    public static IReadOnlyList<MailAddress> ParseList(string value, int max = 2_000)
    {
        List<MailAddress> found = [];
        Parse(value, found, max);
        return found;
    }

    /// <summary>Reads one mailbox; null where there is none.</summary>
    public static MailAddress? ParseOne(string value)
    {
        List<MailAddress> found = [];
        Parse(value, found, 1);
        return found.Count > 0 ? found[0] : null;
    }

    internal static void Parse(string value, List<MailAddress> found, int max)
    {
        var phrase = new StringBuilder();
        string? comment = null;
        string? angle = null;
        // What never closes is looked for only once, and the phrase is never searched again: the parser stays linear.
        var (noQuotes, noComments, hasAt) = (false, false, false);
        var i = 0;
        while (i < value.Length && found.Count < max)
        {
            var c = value[i];
            switch (c)
            {
                case '"':
                    i = noQuotes ? i + 1 : ReadQuoted(value, i, phrase, out noQuotes);
                    break;
                case '(':
                    var text = "";
                    i = noComments ? i + 1 : ReadComment(value, i, out text, out noComments);
                    comment = text.Length > 0 ? text : comment;
                    phrase.Append(' ');
                    break;
                case '<':
                    i = ReadAngle(value, i, out var inside);
                    angle = angle is { Length: > 0 } ? angle : inside;
                    break;
                case '[':
                    var close = value.AsSpan(i, Math.Min(value.Length - i, MaxLiteral)).IndexOf(']');
                    var length = close < 0 ? 1 : close + 1;
                    phrase.Append(value, i, length);
                    i += length;
                    break;
                case ':' when angle is null && !hasAt:
                    // "name:" opens a group; its name is no address.
                    phrase.Clear();
                    comment = null;
                    i++;
                    break;
                case ',' when angle is null && phrase.Length > 0 && !hasAt && NameGoesOn(value, i + 1):
                    // "Doe, Joe <joe@example.org>": an unquoted comma in a name.
                    phrase.Append(',');
                    i++;
                    break;
                case ',' or ';':
                    Add(found, phrase, angle, comment);
                    (angle, comment, hasAt) = (null, null, false);
                    phrase.Clear();
                    i++;
                    break;
                case '>' or ')':
                    i++;
                    break;
                default:
                    phrase.Append(c);
                    hasAt |= c == '@';
                    i++;
                    break;
            }
        }

        if (found.Count < max)
        {
            Add(found, phrase, angle, comment);
        }
    }

    // Whether the name goes on after a comma: an angle bracket comes before any other separator or address.
    private static bool NameGoesOn(string value, int from)
    {
        var at = value.AsSpan(from).IndexOfAny("<,;@:\"");
        return at > 0 && value[from + at] == '<' && !value.AsSpan(from, at).IsWhiteSpace();
    }

    private static int ReadQuoted(string value, int i, StringBuilder phrase, out bool unbalanced)
    {
        unbalanced = false;
        var start = i + 1;
        var open = phrase.Length;
        for (i = start; i < value.Length && value[i] != '"'; i++)
        {
            if (value[i] == '\\' && i + 1 < value.Length)
            {
                i++;
            }

            phrase.Append(value[i]);
        }

        if (i < value.Length)
        {
            // A quoted local part ("joe smith"@example.org) must keep its quotes to stay one word.
            if (i + 1 < value.Length && value[i + 1] == '@')
            {
                phrase.Insert(open, '"').Append('"');
            }

            return i + 1;
        }

        // Unbalanced quote ("Joe <joe@x>): the quote is ignored.
        unbalanced = true;
        phrase.Length = open;
        return start;
    }

    private static int ReadComment(string value, int i, out string text, out bool unbalanced)
    {
        unbalanced = false;
        var depth = 0;
        var inner = new StringBuilder();
        for (var at = i; at < value.Length; at++)
        {
            var c = value[at];
            if (c == '\\' && at + 1 < value.Length)
            {
                inner.Append(value[++at]);
                continue;
            }

            depth += c == '(' ? 1 : c == ')' ? -1 : 0;
            if (depth == 0)
            {
                text = inner.ToString().Trim();
                return at + 1;
            }

            if (depth > 1 || c != '(')
            {
                inner.Append(c);
            }
        }

        // Unbalanced: the parenthesis is dropped.
        text = "";
        unbalanced = true;
        return i + 1;
    }

    private static int ReadAngle(string value, int i, out string inside)
    {
        while (i < value.Length && value[i] is '<' or ' ')
        {
            i++;
        }

        var quoted = false;
        var start = i;
        // <@a,@b:c@d>: commas of the obsolete route do not end the address (RFC 5322 section 4.4).
        var inRoute = i < value.Length && value[i] == '@';
        for (; i < value.Length; i++)
        {
            var c = value[i];
            quoted ^= c == '"';
            inRoute &= c != ':';
            if (!quoted && (c is '>' or '<' or ';' || (c == ',' && !inRoute)))
            {
                break;
            }
        }

        if (i >= value.Length && quoted)
        {
            i = value.AsSpan(start).IndexOfAny('>', ',') is var at and >= 0 ? start + at : value.Length;
        }

        inside = value[start..i];
        while (i < value.Length && value[i] == '>')
        {
            i++;
        }

        return i;
    }

    private static void Add(List<MailAddress> found, StringBuilder phrase, string? angle, string? comment)
    {
        var text = phrase.ToString().Trim();
        var name = text;
        string? address = null;
        if (angle is not null)
        {
            // "<junk joe@example.org>": the word with the @.
            address = angle.AsSpan().Trim().Contains(' ') && angle.Contains('@') && angle.AsSpan().IndexOfAny("\"(:") < 0 ? Split(angle.Trim()).Address : Address(angle);
            if (address.Length == 0 && text.Contains('@'))
            {
                // "joe@example.org <>"
                (address, name) = (Address(text), "");
            }
        }
        else if (text.Length > 0)
        {
            if (AddWords(found, text))
            {
                return;
            }

            (address, name) = Split(text);
        }

        // "@example.org" and "undisclosed-recipients:" are what masked groups leave behind; an encoded word alone is a name.
        if (string.IsNullOrEmpty(address) || address[0] == '@' || address[^1] == ':' || (address.StartsWith("=?", StringComparison.Ordinal) && !address.Contains('@')))
        {
            return;
        }

        name = name.Length == 0 && comment is not null ? comment : name;
        name = OneSpace(CleanText.OneLine(EncodedWords.Decode(name)));
        name = name is ['\'', .., '\''] && name.Length > 2 ? name[1..^1] : name;
        found.Add(new MailAddress(name.Length == 0 ? null : name, address));
    }

    // "a@example.org b@example.org": commas are missing, or a line of addresses is no field.
    private static bool AddWords(List<MailAddress> found, string text)
    {
        if (text.AsSpan().Count('@') < 2 || text.Contains('"'))
        {
            return false;
        }

        var words = text.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        if (words.Length < 2 || !Array.TrueForAll(words, w => w.Length > 2 && w[0] != '@' && w[^1] != '@' && w.AsSpan().Count('@') == 1))
        {
            return false;
        }

        foreach (var word in words)
        {
            found.Add(new MailAddress(null, Address(word)));
        }

        return true;
    }

    // Comments and folds leave more than one space between words.
    private static string OneSpace(string name)
    {
        if (!name.Contains("  ", StringComparison.Ordinal))
        {
            return name.Trim();
        }

        return string.Join(' ', name.Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    // No angle brackets: the word with the @ is the address, words around it a name; spaces round @ and dots are obsolete.
    private static (string Address, string Name) Split(string text)
    {
        var at = text.LastIndexOf('@');
        if (at < 0)
        {
            // A bare local part; a text of several words is no address.
            return text.Contains(' ') ? ("", text) : (Address(text), "");
        }

        var start = at;
        while (start > 0 && text[start - 1] == ' ')
        {
            start--;
        }

        if (start > 0 && text[start - 1] == '"')
        {
            start = Math.Max(0, text.LastIndexOf('"', start - 2 < 0 ? 0 : start - 2));
        }

        while (start > 0)
        {
            if (text[start - 1] != ' ')
            {
                start--;
                continue;
            }

            var before = start - 1;
            while (before > 0 && text[before - 1] == ' ')
            {
                before--;
            }

            // Spaces round dots are obsolete, but part of the address.
            if (before == 0 || (text[before - 1] != '.' && text[start] != '.'))
            {
                break;
            }

            start = before;
        }

        var end = at + 1;
        while (end < text.Length && text[end] == ' ')
        {
            end++;
        }

        while (end < text.Length)
        {
            if (text[end] != ' ')
            {
                end++;
                continue;
            }

            var next = end;
            while (next < text.Length && text[next] == ' ')
            {
                next++;
            }

            if (next == text.Length || (text[next] != '.' && text[end - 1] != '.'))
            {
                break;
            }

            end = next;
        }

        return (Address(text[start..end]), $"{text[..start].Trim()} {text[end..].Trim()}".Trim());
    }

    private static string Address(string text)
    {
        var span = text.AsSpan().Trim();
        if (span is ['@', ..] && span.IndexOf(':') is var colon and > 0)
        {
            span = span[(colon + 1)..];
        }

        if (span.StartsWith("mailto:", StringComparison.OrdinalIgnoreCase))
        {
            span = span[7..];
        }

        var result = new StringBuilder(span.Length);
        var depth = 0;
        var quoted = false;
        foreach (var c in span)
        {
            quoted ^= c == '"';
            depth += !quoted && c == '(' ? 1 : 0;
            if (depth == 0 && c >= ' ' && c != 0x7F && (quoted || c is not (' ' or '\t')))
            {
                result.Append(c);
            }

            depth -= !quoted && c == ')' && depth > 0 ? 1 : 0;
        }

        return CleanText.OneLine(result.ToString()).Trim('\'', ',', '<', '>');
    }
}
