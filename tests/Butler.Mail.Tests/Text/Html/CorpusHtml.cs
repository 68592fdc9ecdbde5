using Butler.Testing;

namespace Butler.Mail.Tests.Text.Html;

/// <summary>Every HTML document of the corpus: HTML parts of its mails, and its .html files.</summary>
internal static class CorpusHtml
{
    private static readonly Lazy<List<(string Name, string Html)>> Documents = new(Load);

    public static List<(string Name, string Html)> All => Documents.Value;

    private static List<(string Name, string Html)> Load()
    {
        List<(string, string)> all = [];
        foreach (var (kind, archive) in CorpusMails.Archives)
        {
            foreach (var (name, bytes) in Corpus.Read(kind, archive))
            {
                if (name.EndsWith(".html", StringComparison.Ordinal) || name.EndsWith(".htm", StringComparison.Ordinal))
                {
                    all.Add((name, Charsets.Decode(bytes, null)));
                }
                else
                {
                    Add(all, name, MimeMessage.Parse(bytes).Body, 0);
                }
            }
        }

        return all;
    }

    private static void Add(List<(string Name, string Html)> all, string name, MimePart part, int depth)
    {
        if (part.Parts.Count == 0 && part.ContentType.Is("text", "html"))
        {
            var html = part.DecodeText();
            if (!string.IsNullOrWhiteSpace(html))
            {
                all.Add(($"{name}@{part.Start}", html));
            }
        }

        foreach (var child in part.Parts)
        {
            Add(all, name, child, depth + 1);
        }

        if (part.Message is { } inner && depth < 20)
        {
            Add(all, name, inner.Body, depth + 1);
        }
    }
}
