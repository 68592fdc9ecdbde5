namespace Butler.Mail;

/// <summary>A part that is not the text of its message.</summary>
/// <param name="FileName">The cleaned file name, or null.</param>
/// <param name="ContentType">Such as "application/pdf".</param>
/// <param name="Size">Decoded bytes, counted without decoding.</param>
/// <param name="IsInline">Whether it is shown within the text (an image with a Content-ID).</param>
/// <param name="Part">The part itself.</param>
public sealed record MailAttachment(string? FileName, string ContentType, long Size, bool IsInline, MimePart Part);

/// <summary>Finds attachments.</summary>
internal static class AttachmentReader
{
    public static IReadOnlyList<MailAttachment> Read(MimePart root)
    {
        List<MailAttachment> found = [];
        // The tree's depth is bounded by MimeLimits.Depth; its own stack keeps the order.
        var open = new Stack<(MimePart Part, MimePart? Parent)>();
        open.Push((root, null));
        while (open.TryPop(out var next))
        {
            var (part, parent) = next;
            for (var i = part.Parts.Count - 1; i >= 0; i--)
            {
                open.Push((part.Parts[i], part));
            }

            foreach (var file in part.Parts.Count == 0 ? part.EmbeddedFiles : [])
            {
                found.Add(new MailAttachment(file.FileName, file.ContentType.MediaType, file.GetDecodedSize(), false, file));
            }

            var isProtocol = parent is not null && parent.ContentType.Is("multipart", "signed") && part.ContentType.Subtype.EndsWith("-signature", StringComparison.Ordinal);
            if (part.Parts.Count == 0 && part.IsAttachment && !isProtocol && (parent is not null || part.RawBody.Length > 0))
            {
                var inline = part.Disposition != "attachment" && part.ContentType.Is("image") && part.Headers.Contains("Content-ID");
                found.Add(new MailAttachment(part.FileName, part.ContentType.MediaType, part.GetDecodedSize(), inline, part));
            }
        }

        return found;
    }
}
