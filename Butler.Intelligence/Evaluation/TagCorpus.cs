using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Butler.Intelligence.Training;
using Butler.Mail;

namespace Butler.Intelligence.Evaluation;

/// <summary>A mail with the tags that it should bear.</summary>
internal sealed record TagCase(string Name, MailFeatures Mail, IReadOnlyList<string> Tags)
{
    private const string Seed = "tags 20261122 ";

    /// <summary>The rules were tuned on it; the other half is only scored.</summary>
    public bool IsTuned => (SHA256.HashData(Encoding.UTF8.GetBytes(Seed + Name))[0] & 1) == 0;
}

/// <summary>
/// Mails of a corpus folder that <c>tag-labels.tsv</c> names. A language model wrote the labels, having read sender, subject, headers and
/// the first lines, before the tagger was run over them (docs/quality.md).
/// </summary>
internal static class TagCorpus
{
    public static IEnumerable<TagCase> Read(string data)
    {
        var labels = Labels();
        foreach (var kind in labels.Keys.Select(Kind).Distinct().Order(StringComparer.Ordinal).ToArray())
        {
            var files = CorpusFolder.Read(data, kind);
            foreach (var (name, tags) in labels.Where(l => Kind(l.Key) == kind).OrderBy(l => l.Key, StringComparer.Ordinal))
            {
                var record = name.LastIndexOf('#');
                var file = name[(kind.Length + 1)..(record < 0 ? name.Length : record)];
                if (files.TryGetValue(file, out var bytes) && Mail(file, bytes, record < 0 ? 0 : int.Parse(name[(record + 1)..], System.Globalization.CultureInfo.InvariantCulture)) is { } mail)
                {
                    yield return new(name, mail, tags);
                }
            }
        }
    }

    private static string Kind(string name) => name[..name.IndexOf('/')];

    private static Dictionary<string, string[]> Labels()
    {
        using var reader = new StreamReader(typeof(TagCorpus).Assembly.GetManifestResourceStream("Butler.Intelligence.Evaluation.tag-labels.tsv")!);
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(l => l[0] != '#').Select(l => l.TrimEnd('\r').Split('\t'))
            .ToDictionary(c => c[0], c => c[1].Split(' '), StringComparer.Ordinal);
    }

    private static MailFeatures? Mail(string file, byte[] bytes, int record)
    {
        if (record == 0 && !file.EndsWith(".html", StringComparison.Ordinal))
        {
            var message = MimeMessage.Parse(bytes);
            return MailFeatures.Of(message, MailText.Read(message), MailSignals.Read(message), []);
        }

        var text = Encoding.UTF8.GetString(bytes);
        if (record == 0)
        {
            return Of("", MailText.FromHtmlText(text));
        }

        var line = text.Split('\n', StringSplitOptions.RemoveEmptyEntries).ElementAtOrDefault(record - 1);
        return line is null ? null : IntentCorpus.Parse(file, file, line)?.Mail ?? Notice(line);
    }

    // A bank's text of the transactions: its sender is no address.
    private static MailFeatures? Notice(string line)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            var root = json.RootElement;
            return root.TryGetProperty("body_html", out var html) ? Of("", MailText.FromHtmlText(html.GetString() ?? ""))
                : root.TryGetProperty("input", out var input) ? Of(input.GetProperty("subject").GetString() ?? "", MailText.FromPlain(input.GetProperty("text").GetString() ?? ""))
                : root.TryGetProperty("message", out var message) ? Of("", MailText.FromPlain(message.GetString() ?? ""))
                : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            return null;
        }
    }

    private static MailFeatures Of(string subject, MailText text) => new() { Subject = subject, NewText = text.NewText };
}
