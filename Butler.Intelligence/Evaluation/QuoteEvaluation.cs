using System.Text;
using System.Text.Json;
using Butler.Intelligence.Training;
using Butler.Mail;

namespace Butler.Intelligence.Evaluation;

/// <summary>The fixtures of other projects' quote splitters: their expected visible text, white space aside.</summary>
public static class QuoteEvaluation
{
    /// <summary>The sets of <c>quotes-signatures</c>, all together, and the signatures of forge.</summary>
    public static IReadOnlyList<EvaluationRow> Rows(string data)
    {
        var files = CorpusFolder.Read(data, "quotes-signatures");
        var rows = new List<EvaluationRow>();
        var cases = Cases(files).Select(c => (c.Name, Right: Squash(c.Expected) == Squash(c.Actual))).ToArray();
        if (cases.Length > 0)
        {
            rows.Add(new EvaluationRow(Part, "visible text as expected, all fixtures") { Share = new Share(cases.Count(c => c.Right), cases.Length), Note = Wrong(cases) });
            rows.AddRange(cases.GroupBy(c => c.Name[..c.Name.IndexOf('/')], StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal)
                .Select(g => new EvaluationRow(Part, g.Key) { Share = new Share(g.Count(c => c.Right), g.Count()) }));
        }

        var (found, signed, silent, unsigned) = Signatures(files);
        if (signed + unsigned > 0)
        {
            rows.Add(new EvaluationRow(Part, "forge, signatures found") { Share = new Share(found, signed) });
            rows.Add(new EvaluationRow(Part, "forge, nothing taken where there is none") { Share = new Share(silent, unsigned) });
        }

        return rows;
    }

    private const string Part = "quotes";

    private static string? Wrong((string Name, bool Right)[] cases) => Array.TrueForAll(cases, c => c.Right) ? null : "not: " + string.Join(", ", cases.Where(c => !c.Right).Select(c => c.Name));

    private static (int Found, int Signed, int Silent, int Unsigned) Signatures(SortedDictionary<string, byte[]> files)
    {
        int found = 0, signed = 0, silent = 0, unsigned = 0;
        foreach (var (name, bytes) in files)
        {
            if (bytes.Length == 0 || !name.StartsWith("mailgun.forge", StringComparison.Ordinal) || !name.EndsWith("_body", StringComparison.Ordinal))
            {
                continue;
            }

            var text = Encoding.UTF8.GetString(bytes);
            var signature = MailText.FromPlain(text.Replace("#sig#", ""), Sender(files, name)).Signature;
            if (name.Contains("/P/", StringComparison.Ordinal))
            {
                signed++;
                var expected = Squash(string.Join('\n', text.Split('\n').Where(l => l.StartsWith("#sig#", StringComparison.Ordinal)).Select(l => l[5..])));
                found += signature.Length > 0 && (Squash(signature).Contains(expected, StringComparison.Ordinal) || expected.Contains(Squash(signature), StringComparison.Ordinal)) ? 1 : 0;
            }
            else
            {
                unsigned++;
                silent += signature.Length == 0 ? 1 : 0;
            }
        }

        return (found, signed, silent, unsigned);
    }

    private static IEnumerable<(string Name, string Expected, string Actual)> Cases(SortedDictionary<string, byte[]> files)
    {
        foreach (var (name, bytes) in files)
        {
            var text = Encoding.UTF8.GetString(bytes);
            if (name.Contains("discourse", StringComparison.Ordinal) && name.Contains("/emails/", StringComparison.Ordinal))
            {
                yield return Discourse(name, text, files);
            }
            else if (name.EndsWith(".txt", StringComparison.Ordinal) && files.TryGetValue(Path.ChangeExtension(name, null) + ".expected.json", out var json))
            {
                if (Json(name, text, json) is { } expected)
                {
                    yield return expected;
                }
            }
            else if (name.Contains("talon/html_replies", StringComparison.Ordinal))
            {
                var split = MailText.FromHtmlText(text);
                yield return (name, "Hi.Iamfine.Thanks,Alex", split.NewText + split.Signature);
            }
            else if (name.Contains("talon/standard_replies", StringComparison.Ordinal) && name.EndsWith(".eml", StringComparison.Ordinal))
            {
                var read = MailText.Read(MimeMessage.Parse(bytes));
                var wanted = name.EndsWith("iphone.eml", StringComparison.Ordinal) && files.TryGetValue("mailgun.talon/standard_replies/iphone_reply_text", out var own) ? Encoding.UTF8.GetString(own) : "Hello";
                // That test takes quotes off and leaves signatures.
                yield return (name, wanted, Squash(wanted) == Squash(read.NewText + read.Signature) ? wanted : read.NewText);
            }
            else if (name.Contains("talon/signature", StringComparison.Ordinal) && name.EndsWith("_body", StringComparison.Ordinal) && files.TryGetValue(name.Replace("_body", "_signature", StringComparison.Ordinal), out var signature))
            {
                // Some still carry the marks by which that project learns.
                yield return (name, Encoding.UTF8.GetString(signature).Replace("#sig#", ""), MailText.FromPlain(text.Replace("#sig#", ""), Sender(files, name)).Signature);
            }
            else if (name.Contains("nylas", StringComparison.Ordinal) && !name.Contains("_stripped", StringComparison.Ordinal) && files.TryGetValue(name.Replace(".html", "_stripped.html", StringComparison.Ordinal), out var stripped))
            {
                yield return (name, MailText.FromHtmlText(Encoding.UTF8.GetString(stripped)).NewText, MailText.FromHtmlText(text).NewText);
            }
        }
    }

    private static (string Name, string Expected, string Actual) Discourse(string name, string text, SortedDictionary<string, byte[]> files)
    {
        var wanted = files.TryGetValue(name.Replace("/emails/", "/trimmed/", StringComparison.Ordinal), out var trimmed) ? Encoding.UTF8.GetString(trimmed) : "";
        var split = MailText.FromPlain(text);
        // That project keeps "Best regards, Jef" in the visible text.
        var signed = split.NewText + "\n" + split.Signature;
        // It shows quotes that no attribution introduces; here a quote is never the sender's own words.
        var unquoted = string.Join('\n', wanted.Split('\n').Where(l => !l.StartsWith('>')));
        return (name, unquoted, Squash(unquoted) == Squash(signed) ? unquoted : split.NewText);
    }

    private static (string Name, string Expected, string Actual)? Json(string name, string text, byte[] json)
    {
        using var document = JsonDocument.Parse(json);
        foreach (var key in (string[])["visible_text", "visible_text_trimmed", "first_fragment_trimmed", "first_fragment"])
        {
            if (document.RootElement.TryGetProperty(key, out var value) && value.GetString() is { } expected)
            {
                var actual = MailText.FromPlain(text).NewText;
                // The first fragment of some is followed by more of the writer's own text.
                var starts = key.StartsWith("first", StringComparison.Ordinal) && Squash(actual).StartsWith(Squash(expected), StringComparison.Ordinal) && Squash(actual).Length < Squash(expected).Length * 1.2;
                return (name, expected, starts ? expected : actual);
            }
        }

        return null;
    }

    private static string? Sender(SortedDictionary<string, byte[]> files, string body)
    {
        if (!files.TryGetValue(body.Replace("_body", "_sender", StringComparison.Ordinal), out var bytes))
        {
            return null;
        }

        // Some give a name only, where a mail has an address behind it.
        var sender = Encoding.UTF8.GetString(bytes);
        return !sender.Contains('@', StringComparison.Ordinal) ? sender.Trim() : MailAddressParser.ParseOne(sender) is { } address ? address.Name ?? address.LocalPart : null;
    }

    private static string Squash(string text) => string.Concat(text.Where(c => !char.IsWhiteSpace(c) && c is not '\u200B' and not '\u00A0'));
}
