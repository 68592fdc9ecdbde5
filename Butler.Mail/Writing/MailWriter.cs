using System.Security.Cryptography;
using System.Text;

namespace Butler.Mail;

/// <summary>
/// Writes new messages (RFC 5322, 2045 to 2049, 2231, 2387): CRLF, ASCII only, lines of at most 78 characters where words
/// allow it. The same draft gives the same bytes. No value can add a field or a line.
/// </summary>
public static class MailWriter
{
    private const int MaxMessageId = 900;
    private const int Line = 76;

    /// <summary>Writes the message.</summary>
    /// <exception cref="ArgumentException">A name is no token, a media type is none, or an address or id cannot be written.</exception>
    public static byte[] Write(MailDraft draft)
    {
        ArgumentNullException.ThrowIfNull(draft);
        var output = new StringBuilder(1024);
        HeaderWriter.Addresses(output, "From", [draft.From]);
        HeaderWriter.Addresses(output, "To", draft.To);
        HeaderWriter.Addresses(output, "Cc", draft.Cc);
        HeaderWriter.Unstructured(output, "Subject", draft.Subject);
        HeaderWriter.Words(output, "Date", [HeaderWriter.Date(draft.Date)]);
        HeaderWriter.Words(output, "Message-ID", [$"<{Id(draft.MessageId)}>"]);
        foreach (var (name, value) in draft.ExtraHeaders)
        {
            if (!HeaderWriter.IsName(name) || HeaderWriter.IsOwn(name))
            {
                throw new ArgumentException("An extra header's name is not allowed.", nameof(draft));
            }

            HeaderWriter.Unstructured(output, name, value);
        }

        output.Append("MIME-Version: 1.0\r\n");
        var seed = SHA256.HashData(Encoding.UTF8.GetBytes(draft.MessageId));
        // A 7bit text could hold a boundary that was guessed.
        while (draft.Text.Contains(Convert.ToHexStringLower(seed.AsSpan(0, 12)), StringComparison.OrdinalIgnoreCase) || draft.Html?.Contains(Convert.ToHexStringLower(seed.AsSpan(0, 12)), StringComparison.OrdinalIgnoreCase) == true)
        {
            seed = SHA256.HashData(seed);
        }

        Content(output, draft, seed);
        return Encoding.ASCII.GetBytes(output.ToString());
    }

    // mixed(related(alternative(text, html), pictures), attachments); what is not needed is left out.
    private static void Content(StringBuilder output, MailDraft draft, byte[] seed)
    {
        List<MailFile> attached = [.. draft.Files.Where(f => f.ContentId is null || draft.Html is null)];
        List<MailFile> shown = [.. draft.Files.Where(f => f.ContentId is not null && draft.Html is not null)];
        Action<StringBuilder> body = o => Text(o, "plain", draft.Text);
        if (draft.Html is { } html)
        {
            var plain = body;
            body = o => Multipart(o, "alternative", Boundary(seed, 'a'), "", [plain, inner => Text(inner, "html", html)]);
        }

        if (shown.Count > 0)
        {
            var root = body;
            body = o => Multipart(o, "related", Boundary(seed, 'r'), "; type=\"multipart/alternative\"", [root, .. shown.Select(f => (Action<StringBuilder>)(inner => File(inner, f)))]);
        }

        if (attached.Count > 0)
        {
            var root = body;
            body = o => Multipart(o, "mixed", Boundary(seed, 'm'), "", [root, .. attached.Select(f => (Action<StringBuilder>)(inner => File(inner, f)))]);
        }

        body(output);
    }

    private static void Multipart(StringBuilder output, string subtype, string boundary, string parameters, IReadOnlyList<Action<StringBuilder>> parts)
    {
        output.Append($"Content-Type: multipart/{subtype}; boundary=\"{boundary}\"{parameters.Replace("; ", ";\r\n ")}\r\n\r\n");
        foreach (var part in parts)
        {
            output.Append("--").Append(boundary).Append("\r\n");
            part(output);
            // The delimiter takes a line break of its own; the text keeps its last one (RFC 2046 section 5.1.1).
            output.Append("\r\n");
        }

        output.Append("--").Append(boundary).Append("--\r\n");
    }

    // "=_" stands in no base64 and no quoted-printable (RFC 2045 section 6.7).
    private static string Boundary(byte[] seed, char kind) => $"=_{kind}{Convert.ToHexStringLower(seed.AsSpan(0, 12))}";

    private static void Text(StringBuilder output, string subtype, string text)
    {
        var (encoding, bytes) = BodyEncoder.Encode(text);
        output.Append($"Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n");
        output.Append(Encoding.ASCII.GetString(bytes));
    }

    private static void File(StringBuilder output, MailFile file)
    {
        if (Butler.Mail.ContentType.Parse(file.ContentType, Butler.Mail.ContentType.OctetStream, 0).MediaType != file.ContentType.ToLowerInvariant()
            || file.ContentType.StartsWith("multipart/", StringComparison.OrdinalIgnoreCase) || file.ContentType.StartsWith("message/", StringComparison.OrdinalIgnoreCase))
        {
            throw new ArgumentException("A file's content type is not allowed.", nameof(file));
        }

        var name = FileNames.Clean(file.Name) ?? "file";
        output.Append($"Content-Type: {file.ContentType.ToLowerInvariant()}");
        ParameterWriter.Write(output, "name", name);
        output.Append("\r\nContent-Transfer-Encoding: base64\r\n");
        output.Append("Content-Disposition: ").Append(file.ContentId is null ? "attachment" : "inline");
        ParameterWriter.Write(output, "filename", name);
        output.Append("\r\n");
        if (file.ContentId is { } id)
        {
            HeaderWriter.Words(output, "Content-ID", [$"<{Id(id)}>"]);
        }

        output.Append("\r\n");
        var base64 = Convert.ToBase64String(file.Bytes.Span);
        for (var i = 0; i < base64.Length; i += Line)
        {
            output.Append(base64, i, Math.Min(Line, base64.Length - i)).Append("\r\n");
        }
    }

    private static string Id(string id) =>
        id.Length is > 0 and <= MaxMessageId && id.AsSpan().IndexOfAnyExceptInRange('!', '~') < 0 && id.AsSpan().IndexOfAny('<', '>') < 0
            ? id : throw new ArgumentException("An id is empty, too long, or has characters that cannot be written.", nameof(id));
}
