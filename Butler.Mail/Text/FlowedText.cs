using System.Text;

namespace Butler.Mail;

/// <summary>Joins the lines of format=flowed (RFC 3676 section 4).</summary>
internal static class FlowedText
{
    public static string Join(string text, bool deleteSpace)
    {
        var result = new StringBuilder(text.Length);
        var flowing = -1;
        foreach (var range in text.AsSpan().Split('\n'))
        {
            var line = text.AsSpan(range);
            var depth = 0;
            while (depth < line.Length && line[depth] == '>')
            {
                depth++;
            }

            var content = line[depth..];
            content = content is [' ', ..] ? content[1..] : content;
            var signature = content.SequenceEqual("-- ");
            if (flowing != depth || signature)
            {
                // A soft line that is followed by another quote depth ends there (section 4.5).
                if (result.Length > 0)
                {
                    result.Append('\n');
                }

                result.Append('>', depth).Append(depth > 0 ? " " : "");
            }

            var soft = !signature && content is [.., ' '];
            result.Append(soft && deleteSpace ? content[..^1] : content);
            flowing = soft ? depth : -1;
        }

        return result.ToString();
    }
}
