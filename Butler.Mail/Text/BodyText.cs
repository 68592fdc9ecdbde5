namespace Butler.Mail;

/// <summary>Chooses the parts that are the text of a message, and joins them.</summary>
internal static class BodyText
{
    public static TextBody Find(MimePart root)
    {
        TextBody whole = default;
        foreach (var part in Choose(root))
        {
            if (whole.Text is { } soFar && soFar.Length >= root.Limits.TextChars)
            {
                break;
            }

            var body = Text(part);
            if (body.WasCut)
            {
                part.NoteCut();
            }

            if (!string.IsNullOrWhiteSpace(body.Text))
            {
                whole = whole.Text is null ? body : Join(whole, body);
            }
        }

        return whole.Text is { } text && text.Length > root.Limits.TextChars ? whole with { Text = text[..root.Limits.TextChars] } : whole;
    }

    private static TextBody Join(in TextBody one, in TextBody other)
    {
        var kinds = one.Kinds is null && other.Kinds is null ? null : (LineKind[])[.. Kinds(one), LineKind.New, .. Kinds(other)];
        return new TextBody($"{one.Text}\n\n{other.Text}", kinds, one.FromHtml || other.FromHtml, one.WasCut || other.WasCut);
    }

    private static LineKind[] Kinds(in TextBody body)
    {
        var kinds = new LineKind[body.Text.AsSpan().Count('\n') + 1];
        body.Kinds.AsSpan(0, Math.Min(kinds.Length, body.Kinds?.Length ?? 0)).CopyTo(kinds);
        return kinds;
    }

    // Recursion goes no deeper than MimeLimits.Depth, which the reader enforced.
    private static IEnumerable<MimePart> Choose(MimePart part)
    {
        if (part.Parts.Count == 0)
        {
            return IsText(part) ? [part] : [];
        }

        switch (part.ContentType.Subtype)
        {
            case "alternative":
                return ChooseAlternative(part);
            case "related":
                // The root is the part that "start" names, else the first (RFC 2387 section 3.2).
                var start = part.ContentType.Parameters["start"]?.Trim('<', '>');
                return Choose((start is null ? null : part.Parts.FirstOrDefault(p => p.ContentId == start)) ?? part.Parts[0]);
            case "signed" or "report":
                return Choose(part.Parts[0]);
            case "encrypted":
                return [];
            default:
                return part.Parts.SelectMany(Choose);
        }
    }

    private static IEnumerable<MimePart> ChooseAlternative(MimePart part)
    {
        IEnumerable<MimePart> html = [];
        foreach (var child in part.Parts)
        {
            List<MimePart> chosen = [.. Choose(child)];
            if (chosen.Count == 0)
            {
                continue;
            }

            if (chosen.TrueForAll(c => !c.ContentType.Is("text", "html")))
            {
                // Some senders leave the plain part empty or write one line that says "use an HTML reader".
                if (chosen.Exists(c => PlainText.HasContent(c)))
                {
                    return chosen;
                }
            }
            else
            {
                html = chosen;
            }
        }

        return html;
    }

    private static bool IsText(MimePart part)
    {
        var type = part.ContentType;
        // A multipart whose boundary never occurs is text.
        var text = type.Is("text", "plain") || type.Is("text", "html") || type.Is("text", "enriched") || type.Type == "multipart" || (type.Type == "text" && !part.IsAttachment && type.Subtype is not ("calendar" or "vcard" or "x-vcard" or "css" or "csv" or "xml"));
        return text && part.Disposition is null or "inline" && (part.Disposition is "inline" || part.FileName is null || part.Depth == 0 || type.Is("text", "plain") || type.Is("text", "html"));
    }

    private static TextBody Text(MimePart part)
    {
        var text = part.DecodeText();
        if (part.ContentType.Is("text", "html"))
        {
            return HtmlText.ConvertLines(text, part.Limits);
        }

        text = CleanText.Lines(text);
        if ("flowed".Equals(part.ContentType.Parameters["format"], StringComparison.OrdinalIgnoreCase))
        {
            return new TextBody(FlowedText.Join(text, "yes".Equals(part.ContentType.Parameters["delsp"], StringComparison.OrdinalIgnoreCase)), null, false, false);
        }

        // HTML sent as text/plain.
        return PlainText.LooksLikeHtml(text) ? HtmlText.ConvertLines(text, part.Limits) : new TextBody(text, null, false, false);
    }
}
