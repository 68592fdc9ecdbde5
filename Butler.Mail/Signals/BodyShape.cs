using System.Globalization;

namespace Butler.Mail;

/// <summary>The form of a mail's parts: their types, charsets and encodings, its HTML, its links.</summary>
internal static class BodyShape
{
    private const int MaxParts = 12;
    private const int MaxText = 100_000;

    public static void Read(MimeMessage message, ShapeWords words)
    {
        var open = new Stack<MimePart>();
        open.Push(message.Body);
        var (parts, html, plain, attachments) = (0, false, false, 0);
        var domain = message.From?.Domain ?? "";
        while (open.TryPop(out var part) && parts < MaxParts)
        {
            parts++;
            var type = part.ContentType;
            words.Add("part:", type.MediaType);
            if (type.Type == "multipart")
            {
                Boundary(type, words);
                for (var i = Math.Min(part.Parts.Count, MaxParts) - 1; i >= 0; i--)
                {
                    open.Push(part.Parts[i]);
                }

                continue;
            }

            attachments += part.IsAttachment ? 1 : 0;
            if (type.Type != "text")
            {
                continue;
            }

            words.Add("charset:", type.Charset ?? "none");
            words.Add("encoding:", part.TransferEncoding.ToString());
            if (part.IsAttachment)
            {
                continue;
            }

            var text = part.DecodeText();
            var read = text.AsSpan(0, Math.Min(text.Length, MaxText));
            if (type.Subtype == "html" || PlainText.LooksLikeHtml(text))
            {
                html = true;
                words.Add("html:as-plain", type.Subtype != "html");
                HtmlShape.Read(read, domain, words);
            }
            else
            {
                plain = true;
                LinkShape.ReadText(read, domain, words);
                Lines(read, words);
            }
        }

        words.Add(html ? plain ? "body:both" : "body:html" : plain ? "body:plain" : "body:none");
        words.Count("attachments:", attachments);
    }

    private static void Boundary(ContentType type, ShapeWords words)
    {
        var boundary = type.Parameters["boundary"];
        if (string.IsNullOrEmpty(boundary))
        {
            words.Add("boundary:none");
            return;
        }

        var end = boundary.AsSpan().IndexOfAnyInRange('0', '9');
        words.Add("boundary:", end < 0 ? boundary.AsSpan(0, Math.Min(boundary.Length, 8)) : boundary.AsSpan(0, Math.Min(end, 16)));
    }

    private static void Lines(ReadOnlySpan<char> text, ShapeWords words)
    {
        int longest = 0, lines = 0, letters = 0, upper = 0, high = 0;
        foreach (var line in text.EnumerateLines())
        {
            lines++;
            longest = Math.Max(longest, line.Length);
        }

        foreach (var c in text[..Math.Min(text.Length, 4_000)])
        {
            upper += char.IsAsciiLetterUpper(c) ? 1 : 0;
            letters += char.IsLetter(c) ? 1 : 0;
            high += c > 127 ? 1 : 0;
        }

        words.Add(longest <= 80 ? "lines:wrapped" : longest <= 250 ? "lines:long" : "lines:unwrapped");
        words.Count("lines:", Math.Min(lines, 500));
        words.Add("text:loud", letters > 50 && upper * 3 > letters);
        words.Add(string.Create(CultureInfo.InvariantCulture, $"text:high{(letters == 0 ? 0 : Math.Min(9, high * 10 / letters))}"), high > 0);
    }
}
