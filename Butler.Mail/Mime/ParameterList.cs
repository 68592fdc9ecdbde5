using System.Collections;
using System.Text;

namespace Butler.Mail;

/// <summary>Parameters of a structured field, names without case, the first of a name wins.</summary>
public sealed class ParameterList : IReadOnlyList<KeyValuePair<string, string>>
{
    internal static readonly ParameterList Empty = new([]);
    private readonly List<KeyValuePair<string, string>> items;

    private ParameterList(List<KeyValuePair<string, string>> items) => this.items = items;

    /// <inheritdoc />
    public int Count => items.Count;

    /// <inheritdoc />
    public KeyValuePair<string, string> this[int index] => items[index];

    /// <summary>The value of that parameter, or null.</summary>
    public string? this[string name]
    {
        get
        {
            foreach (var item in items)
            {
                if (item.Key.Equals(name, StringComparison.OrdinalIgnoreCase))
                {
                    return item.Value;
                }
            }

            return null;
        }
    }

    /// <inheritdoc />
    public IEnumerator<KeyValuePair<string, string>> GetEnumerator() => items.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    internal static ParameterList Parse(ReadOnlySpan<char> text, int max)
    {
        List<KeyValuePair<string, string>> items = [];
        List<Section>? sections = null;
        for (var count = 0; count < max && TryReadNext(ref text, out var name, out var value); count++)
        {
            var star = name.IndexOf('*');
            if (star <= 0)
            {
                AddFirst(items, name, value);
                continue;
            }

            // name*  name*0  name*0*  (RFC 2231 sections 3 and 4)
            var encoded = name.EndsWith('*');
            var number = name.AsSpan(star + 1).TrimEnd('*');
            if (number.IsEmpty || int.TryParse(number, out _))
            {
                (sections ??= []).Add(new Section(name[..star], number.IsEmpty ? -1 : int.Parse(number), encoded, value));
            }
        }

        if (sections is not null)
        {
            Join(items, sections);
        }

        return items.Count == 0 ? Empty : new ParameterList(items);
    }

    private static void Join(List<KeyValuePair<string, string>> items, List<Section> sections)
    {
        foreach (var group in sections.GroupBy(s => s.Name, StringComparer.OrdinalIgnoreCase))
        {
            using var bytes = new MemoryStream();
            string? charset = null;
            var next = 0;
            foreach (var section in group.OrderBy(s => s.Number))
            {
                if (section.Number >= 0 && section.Number != next)
                {
                    if (section.Number < next)
                    {
                        continue;
                    }

                    // A gap: what follows cannot be placed.
                    break;
                }

                var value = section.Value.AsSpan();
                if (section.Encoded && charset is null)
                {
                    // charset'language'text stands in the first section only.
                    var q1 = value.IndexOf('\'');
                    var q2 = q1 < 0 ? -1 : value[(q1 + 1)..].IndexOf('\'');
                    charset = q2 < 0 ? "" : value[..q1].ToString();
                    value = q2 < 0 ? value : value[(q1 + q2 + 2)..];
                }

                Append(bytes, value, section.Encoded);
                next = section.Number < 0 ? next : next + 1;
                if (section.Number < 0)
                {
                    break;
                }
            }

            // name* is preferred to name, which is there for old readers.
            items.RemoveAll(i => i.Key.Equals(group.Key, StringComparison.OrdinalIgnoreCase));
            items.Add(new(group.Key, Charsets.Decode(bytes.GetBuffer().AsSpan(0, (int)bytes.Length), charset)));
        }
    }

    private static void Append(MemoryStream bytes, ReadOnlySpan<char> value, bool encoded)
    {
        Span<byte> utf8 = new byte[Encoding.UTF8.GetMaxByteCount(value.Length)];
        utf8 = utf8[..Encoding.UTF8.GetBytes(value, utf8)];
        for (var i = 0; i < utf8.Length; i++)
        {
            if (encoded && utf8[i] == '%' && i + 2 < utf8.Length && QuotedPrintable.Hex(utf8[i + 1]) is var high and >= 0 && QuotedPrintable.Hex(utf8[i + 2]) is var low and >= 0)
            {
                bytes.WriteByte((byte)((high << 4) | low));
                i += 2;
            }
            else
            {
                bytes.WriteByte(utf8[i]);
            }
        }
    }

    private static void AddFirst(List<KeyValuePair<string, string>> items, string name, string value)
    {
        foreach (var item in items)
        {
            if (item.Key.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return;
            }
        }

        items.Add(new(name, value));
    }

    private static bool TryReadNext(ref ReadOnlySpan<char> text, out string name, out string value)
    {
        while (!text.IsEmpty)
        {
            text = SkipComments(text.TrimStart(" \t\r\n;"));
            var equals = text.IndexOfAny('=', ';');
            if (equals < 0)
            {
                break;
            }

            if (text[equals] == ';' || text[..equals].IsWhiteSpace())
            {
                text = text[(equals + 1)..];
                continue;
            }

            name = text[..equals].Trim().ToString();
            text = text[(equals + 1)..].TrimStart();
            value = text.StartsWith("\"") ? ReadQuoted(ref text) : ReadBare(ref text);
            return true;
        }

        text = [];
        (name, value) = ("", "");
        return false;
    }

    private static string ReadQuoted(ref ReadOnlySpan<char> text)
    {
        text = text[1..];
        var value = new StringBuilder();
        while (true)
        {
            var at = text.IndexOfAny('"', '\\');
            if (at < 0)
            {
                // The closing quote is missing: up to the next ';'.
                var end = text.IndexOf(';');
                var rest = end < 0 ? text : text[..end];
                value.Append(rest.TrimEnd());
                text = text[rest.Length..];
                return value.ToString();
            }

            value.Append(text[..at]);
            if (text[at] == '"')
            {
                text = text[(at + 1)..];
                return value.ToString();
            }

            // Only \" and \\ are pairs here: Windows writes C:\folder\file unescaped.
            var pair = at + 1 < text.Length && text[at + 1] is '"' or '\\';
            value.Append(pair ? text[at + 1] : '\\');
            text = text[(at + (pair ? 2 : 1))..];
        }
    }

    private static string ReadBare(ref ReadOnlySpan<char> text)
    {
        var end = text.IndexOf(';');
        var value = end < 0 ? text : text[..end];
        for (var i = 0; i < value.Length; i++)
        {
            // "charset=utf-8 name=x": a missing ';'. "charset=utf-8 (comment)": the comment is none of it.
            if (value[i] is not (' ' or '\t'))
            {
                continue;
            }

            var rest = value[i..].TrimStart();
            if (rest is ['(', ..] || StartsParameter(rest))
            {
                value = value[..i];
                break;
            }

            i = value.Length - rest.Length - 1;
        }

        text = text[value.Length..];
        return value.Trim().ToString();
    }

    private static bool StartsParameter(ReadOnlySpan<char> text)
    {
        var i = 0;
        while (i < text.Length && i < 32 && (char.IsAsciiLetterOrDigit(text[i]) || text[i] is '-' or '*'))
        {
            i++;
        }

        return i > 2 && i < text.Length && text[i] == '=' && char.IsAsciiLetter(text[0]);
    }

    private static ReadOnlySpan<char> SkipComments(ReadOnlySpan<char> text)
    {
        while (text is ['(', ..])
        {
            var end = text.IndexOf(')');
            text = end < 0 ? [] : text[(end + 1)..].TrimStart(" \t\r\n;");
        }

        return text;
    }

    private readonly record struct Section(string Name, int Number, bool Encoded, string Value);
}
