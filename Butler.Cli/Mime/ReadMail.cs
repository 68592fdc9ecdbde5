using System.Security.Cryptography;
using System.Text.Json;
using Butler.Mail;

namespace Butler.Cli.Mime;

/// <summary>What one parser read of one mail, in a form that all of them can give.</summary>
internal sealed record ReadMail
{
    public bool Failed { get; init; }

    public string Subject { get; init; } = "";

    public IReadOnlyList<(string Name, string Address)> From { get; init; } = [];

    public IReadOnlyList<(string Name, string Address)> To { get; init; } = [];

    public IReadOnlyList<(string Name, string Address)> Cc { get; init; } = [];

    /// <summary>Seconds since 1970; null where there is no readable date.</summary>
    public long? Date { get; init; }

    public string Id { get; init; } = "";

    /// <summary>The leaves of the tree, inner messages entered; null where a parser does not tell.</summary>
    public IReadOnlyList<Leaf>? Leaves { get; init; }

    /// <summary>The plain text and the HTML as one, where a parser joins them.</summary>
    public string? Text { get; init; }

    public string? Html { get; init; }

    public IReadOnlyList<Leaf> Files { get; init; } = [];

    /// <summary>What Butler says is wrong with the mail.</summary>
    public string Defects { get; init; } = "";

    /// <summary>Hashes of all leaves' and inner messages' bytes.</summary>
    public IReadOnlySet<string> Hashes { get; init; } = new HashSet<string>();

    public static ReadMail ByButler(ReadOnlyMemory<byte> raw)
    {
        var message = MimeMessage.Parse(raw);
        List<Leaf> leaves = [];
        HashSet<string> hashes = [];
        List<string> text = [];
        List<string> html = [];
        Walk(message.Body, leaves, hashes, text, html, inMessage: false);
        foreach (var file in message.Attachments)
        {
            hashes.Add(Hash(file.Part.DecodeBody().Span));
        }

        return new ReadMail
        {
            Subject = message.Subject,
            From = Pairs(message.FromAll),
            To = Pairs(message.To),
            Cc = Pairs(message.Cc),
            Date = message.Headers.Get("Date") is { } date && MailDate.TryParse(date, out var read) ? read.ToUnixTimeSeconds() : null,
            Id = message.MessageId ?? "",
            Leaves = leaves,
            Hashes = hashes,
            Text = string.Concat(text),
            Html = string.Concat(html),
            Defects = string.Join("+", message.Defects.Select(d => d.Kind).Where(k => k is not (MimeDefectKind.MissingDate or MimeDefectKind.MissingFrom)).Distinct().Order()),
        };
    }

    public static ReadMail FromJson(string line)
    {
        using var document = JsonDocument.Parse(line);
        var root = document.RootElement;
        if (root.TryGetProperty("error", out _))
        {
            return new ReadMail { Failed = true };
        }

        return new ReadMail
        {
            Subject = String(root, "subject") ?? "",
            From = Addresses(root, "from"),
            To = Addresses(root, "to"),
            Cc = Addresses(root, "cc"),
            Date = root.TryGetProperty("date", out var date) && date.ValueKind == JsonValueKind.Number ? date.GetInt64() : null,
            Id = (String(root, "id") ?? "").Trim('<', '>', ' '),
            Leaves = Leafs(root, "leaves"),
            Text = String(root, "text"),
            Html = String(root, "html"),
            Files = Leafs(root, "files") ?? [],
        };
    }

    private static void Walk(MimePart part, List<Leaf> leaves, HashSet<string> hashes, List<string> text, List<string> html, bool inMessage)
    {
        foreach (var child in part.Parts)
        {
            Walk(child, leaves, hashes, text, html, inMessage);
        }

        if (part.Parts.Count > 0)
        {
            return;
        }

        var bytes = part.DecodeBody();
        hashes.Add(Hash(bytes.Span));
        if (part.Message is { } inner)
        {
            Walk(inner.Body, leaves, hashes, text, html, inMessage: true);
            return;
        }

        var decoded = part.ContentType.Is("text") ? part.DecodeText() : null;
        leaves.Add(new Leaf(part.ContentType.MediaType, bytes.Length, Hash(bytes.Span), part.FileName, decoded, part.TransferEncoding.ToString()));
        if (decoded is not null && part.Disposition is null or "inline" && !inMessage)
        {
            (part.ContentType.Is("text", "html") ? html : text).Add(decoded ?? "");
        }
    }

    private static List<(string Name, string Address)> Pairs(IReadOnlyList<MailAddress> addresses) => [.. addresses.Select(a => (a.Name ?? "", a.Address))];

    private static string Hash(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes))[..16];

    private static string? String(JsonElement root, string name) => root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static List<(string Name, string Address)> Addresses(JsonElement root, string name)
    {
        List<(string, string)> found = [];
        if (root.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in list.EnumerateArray())
            {
                found.Add((item[0].GetString() ?? "", item[1].GetString() ?? ""));
            }
        }

        return found;
    }

    private static List<Leaf>? Leafs(JsonElement root, string name)
    {
        if (!root.TryGetProperty(name, out var list) || list.ValueKind != JsonValueKind.Array)
        {
            return null;
        }

        return [.. list.EnumerateArray().Select(l => new Leaf(String(l, "type") ?? "", l.GetProperty("size").GetInt64(), String(l, "hash"), String(l, "name"), String(l, "text"), ""))];
    }
}

/// <summary>A leaf of a mail's tree, or a file that a parser lists.</summary>
internal sealed record Leaf(string Type, long Size, string? Hash, string? Name, string? Text, string Encoding);
