using System.Text;

namespace Butler.Sandbox.Mail;

/// <summary>One node of the part tree that the <c>full</c> format shows.</summary>
internal sealed class MimePart
{
    public required string PartId { get; init; }

    public required List<KeyValuePair<string, string>> Headers { get; init; }

    public string MimeType { get; private set; } = "text/plain";

    public string Filename { get; private set; } = "";

    public List<MimePart> Parts { get; } = [];

    public ReadOnlyMemory<byte> Encoded { get; private set; }

    public bool IsContainer => Parts.Count > 0 || MimeType.StartsWith("multipart/", StringComparison.Ordinal);

    /// <summary>Whether the bytes are left out and fetched with attachments.get.</summary>
    public bool IsAttachment => !IsContainer && (Filename.Length > 0 || !MimeType.StartsWith("text/", StringComparison.Ordinal));

    /// <summary>Reads a message; hostile nesting ends at <see cref="Limits"/> and stays undivided.</summary>
    public static MimePart Read(ReadOnlyMemory<byte> message)
    {
        var budget = Limits.MimeParts;
        return Read(message, "", 0, ref budget);
    }

    /// <summary>The content without its transfer encoding (RFC 2045 section 6).</summary>
    public byte[] Decode() => (Header("Content-Transfer-Encoding") ?? "").Trim().ToLowerInvariant() switch
    {
        "base64" => Transfer.Base64(Encoded.Span),
        "quoted-printable" => Transfer.QuotedPrintable(Encoded.Span),
        _ => Encoded.ToArray(),
    };

    public string? Header(string name) =>
        Headers.FirstOrDefault(h => h.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;

    /// <summary>This part and all below, in order.</summary>
    public IEnumerable<MimePart> Walk() => Parts.SelectMany(p => p.Walk()).Prepend(this);

    private static MimePart Read(ReadOnlyMemory<byte> bytes, string id, int depth, ref int budget)
    {
        budget--;
        var (fields, bodyStart) = HeaderScan.All(bytes.Span);
        var part = new MimePart { PartId = id, Headers = fields };
        var body = bytes[bodyStart..];
        part.Encoded = body;
        var type = part.Header("Content-Type") ?? "text/plain";
        var bare = type.Split(';')[0].Trim().ToLowerInvariant();
        part.MimeType = bare.Contains('/', StringComparison.Ordinal) ? bare : "text/plain";
        part.Filename = Parameter(part.Header("Content-Disposition"), "filename") ?? Parameter(type, "name") ?? "";
        if (depth >= Limits.MimeDepth)
        {
            return part;
        }

        if (part.MimeType.StartsWith("multipart/", StringComparison.Ordinal) && Parameter(type, "boundary") is { Length: > 0 } boundary)
        {
            foreach (var range in Split(body.Span, boundary))
            {
                if (budget <= 0)
                {
                    break;
                }

                part.Parts.Add(Read(body[range], Child(id, part.Parts.Count), depth + 1, ref budget));
            }
        }
        else if (part.MimeType == "message/rfc822" && budget > 0 && part.Header("Content-Transfer-Encoding") is null or "7bit" or "8bit" or "binary")
        {
            part.Parts.Add(Read(body, Child(id, 0), depth + 1, ref budget));
        }

        return part;
    }

    private static string Child(string id, int index) => id.Length == 0 ? $"{index}" : $"{id}.{index}";

    /// <summary>Ranges between boundary lines; a missing closing line ends the last part (RFC 2046 section 5.1.1).</summary>
    private static List<Range> Split(ReadOnlySpan<byte> body, string boundary)
    {
        var marker = Encoding.Latin1.GetBytes("--" + boundary);
        var ranges = new List<Range>();
        var start = -1;
        for (var at = 0; at < body.Length;)
        {
            var end = HeaderScan.LineEnd(body, at);
            var line = body[at..end].TrimEnd(" \t\r\n"u8);
            if (line.StartsWith(marker) && (line.Length == marker.Length || line[marker.Length..].SequenceEqual("--"u8)))
            {
                if (start >= 0)
                {
                    // The line end before a boundary belongs to the boundary.
                    var stop = at > start && body[at - 1] == '\n' ? at - 1 : at;
                    stop = stop > start && body[stop - 1] == '\r' ? stop - 1 : stop;
                    ranges.Add(start..Math.Max(start, stop));
                }

                if (line.Length > marker.Length)
                {
                    return ranges;
                }

                start = end;
            }

            at = end;
        }

        if (start >= 0 && start < body.Length)
        {
            ranges.Add(start..body.Length);
        }

        return ranges;
    }

    private static string? Parameter(string? value, string name)
    {
        if (value is null)
        {
            return null;
        }

        for (var at = value.IndexOf(';', StringComparison.Ordinal); at >= 0 && at < value.Length;)
        {
            var eq = value.IndexOf('=', at);
            if (eq < 0)
            {
                return null;
            }

            var key = value[(at + 1)..eq].Trim();
            var rest = eq + 1;
            while (rest < value.Length && value[rest] is ' ' or '\t')
            {
                rest++;
            }

            string found;
            if (rest < value.Length && value[rest] == '"')
            {
                var text = new StringBuilder();
                var i = rest + 1;
                for (; i < value.Length && value[i] != '"'; i++)
                {
                    i += value[i] == '\\' && i + 1 < value.Length ? 1 : 0;
                    text.Append(value[i]);
                }

                found = text.ToString();
                at = value.IndexOf(';', Math.Min(i, value.Length));
            }
            else
            {
                at = value.IndexOf(';', rest);
                found = (at < 0 ? value[rest..] : value[rest..at]).Trim();
            }

            if (key.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return found;
            }
        }

        return null;
    }
}
