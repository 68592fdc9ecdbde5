using System.Text;

namespace Butler.Mail;

/// <summary>Writes parameters: quoted where they are short ASCII, else by RFC 2231 in sections that fit a line.</summary>
internal static class ParameterWriter
{
    private const int MaxPlain = 60;
    private const int MaxSection = 50;

    public static void Write(StringBuilder output, string name, string value)
    {
        if (value.Length <= MaxPlain && Ascii.IsValid(value) && !value.Contains("=?", StringComparison.Ordinal))
        {
            output.Append($";\r\n {name}=\"{value.Replace("\\", "\\\\").Replace("\"", "\\\"")}\"");
            return;
        }

        List<string> sections = [];
        var section = new StringBuilder("utf-8''");
        Span<byte> utf8 = stackalloc byte[4];
        foreach (var rune in value.EnumerateRunes())
        {
            var bytes = utf8[..rune.EncodeToUtf8(utf8)];
            // A character is never split, though readers must join the bytes first.
            if (section.Length + (bytes.Length * 3) > MaxSection)
            {
                sections.Add(section.ToString());
                section.Clear();
            }

            foreach (var b in bytes)
            {
                var c = (char)b;
                section.Append(char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_' ? c.ToString() : $"%{b:X2}");
            }
        }

        sections.Add(section.ToString());
        for (var i = 0; i < sections.Count; i++)
        {
            output.Append(sections.Count == 1 ? $";\r\n {name}*={sections[0]}" : $";\r\n {name}*{i}*={sections[i]}");
        }
    }
}
