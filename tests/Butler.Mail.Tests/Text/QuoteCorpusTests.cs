using System.Text;
using System.Text.Json;
using Butler.Testing;
using Xunit.Abstractions;

namespace Butler.Mail.Tests.Text;

/// <summary>The fixtures of other projects' quote splitters: their expected visible text, white space aside.</summary>
public sealed class QuoteCorpusTests(ITestOutputHelper output)
{
    [CorpusFact]
    public void Split_Fixtures_MatchTheirExpectedTexts()
    {
        var files = Corpus.Read("quotes-signatures", "quotes-signatures.tar.gz").ToDictionary(f => f.Name, f => f.Bytes);
        Dictionary<string, (int Right, int All)> scores = [];
        List<string> wrong = [];
        foreach (var (name, expected, actual) in Cases(files))
        {
            var set = name[..name.IndexOf('/')];
            var (right, all) = scores.GetValueOrDefault(set);
            var ok = Squash(expected) == Squash(actual);
            scores[set] = (right + (ok ? 1 : 0), all + 1);
            if (!ok)
            {
                wrong.Add(name);
            }

            if (Environment.GetEnvironmentVariable("BUTLER_SHOW_QUOTES") is { } show && !ok && name.Contains(show, StringComparison.Ordinal))
            {
                output.WriteLine($"=== {name}\n--- expected\n{expected}\n--- actual\n{actual}");
            }
        }

        foreach (var (set, score) in scores)
        {
            output.WriteLine($"{set}: {score.Right} of {score.All}");
        }

        var (matched, total) = (scores.Values.Sum(s => s.Right), scores.Values.Sum(s => s.All));
        output.WriteLine($"all: {matched} of {total} ({(double)matched / total:P0})\nwrong: {string.Join(" ", wrong)}");
        Assert.True(matched >= total * 0.95, $"{matched} of {total}");
    }

    [CorpusFact]
    public void Split_ForgeMails_FindsSignatures()
    {
        int found = 0, signed = 0, falseAlarms = 0, unsigned = 0;
        var files = Corpus.Read("quotes-signatures", "quotes-signatures.tar.gz").ToDictionary(f => f.Name, f => f.Bytes);
        foreach (var (name, bytes) in files.Where(f => f.Value.Length > 0).Select(f => (Name: f.Key, Bytes: f.Value)).Where(f => f.Name.StartsWith("mailgun.forge", StringComparison.Ordinal) && f.Name.EndsWith("_body", StringComparison.Ordinal)))
        {
            var text = Encoding.UTF8.GetString(bytes);
            var signature = MailText.FromPlain(text.Replace("#sig#", ""), Sender(files, name)).Signature;
            if (name.Contains("/P/"))
            {
                signed++;
                var expected = Squash(string.Join("\n", text.Split('\n').Where(l => l.StartsWith("#sig#", StringComparison.Ordinal)).Select(l => l[5..])));
                found += signature.Length > 0 && (Squash(signature).Contains(expected, StringComparison.Ordinal) || expected.Contains(Squash(signature), StringComparison.Ordinal)) ? 1 : 0;
            }
            else
            {
                unsigned++;
                falseAlarms += signature.Length > 0 ? 1 : 0;
                if (signature.Length > 0)
                {
                    output.WriteLine($"false alarm {name}: {signature.ReplaceLineEndings("|")}");
                }
            }
        }

        output.WriteLine($"{found} of {signed} signatures, {falseAlarms} of {unsigned} false alarms");
        Assert.True(found >= signed * 0.6 && falseAlarms == 0, $"{found} found, {falseAlarms} false alarms");
    }

    private static IEnumerable<(string Name, string Expected, string Actual)> Cases(Dictionary<string, byte[]> files)
    {
        foreach (var (name, bytes) in files)
        {
            var text = Encoding.UTF8.GetString(bytes);
            if (name.Contains("discourse") && name.Contains("/emails/"))
            {
                var wanted = files.TryGetValue(name.Replace("/emails/", "/trimmed/"), out var t) ? Encoding.UTF8.GetString(t) : "";
                var split = MailText.FromPlain(text);
                // That project keeps "Best regards, Jef" in the visible text.
                var signed = split.NewText + "\n" + split.Signature;
                // It shows quotes that no attribution introduces; here a quote is never the sender's own words.
                var unquoted = string.Join('\n', wanted.Split('\n').Where(l => !l.StartsWith('>')));
                yield return (name, unquoted, Squash(unquoted) == Squash(signed) ? unquoted : split.NewText);
            }
            else if (files.TryGetValue(Path.ChangeExtension(name, null) + ".expected.json", out var json) && name.EndsWith(".txt", StringComparison.Ordinal))
            {
                using var document = JsonDocument.Parse(json);
                var root = document.RootElement;
                foreach (var key in (string[])["visible_text", "visible_text_trimmed", "first_fragment_trimmed", "first_fragment"])
                {
                    if (root.TryGetProperty(key, out var value))
                    {
                        var actual = MailText.FromPlain(text).NewText;
                        var expected = value.GetString()!;
                        // The first fragment of some is followed by more of the writer's own text.
                        var starts = key.StartsWith("first", StringComparison.Ordinal) && Squash(actual).StartsWith(Squash(expected), StringComparison.Ordinal) && Squash(actual).Length < Squash(expected).Length * 1.2;
                        yield return (name, expected, starts ? expected : actual);
                        break;
                    }
                }
            }
            else if (name.Contains("talon/html_replies"))
            {
                var split = MailText.FromHtmlText(text);
                yield return (name, "Hi.Iamfine.Thanks,Alex", split.NewText + split.Signature);
            }
            else if (name.Contains("talon/standard_replies") && name.EndsWith(".eml", StringComparison.Ordinal))
            {
                var read = MailText.Read(MimeMessage.Parse(bytes));
                var wanted = name.EndsWith("iphone.eml", StringComparison.Ordinal) ? Encoding.UTF8.GetString(files["mailgun.talon/standard_replies/iphone_reply_text"]) : "Hello";
                // That test takes quotes off and leaves signatures.
                yield return (name, wanted, Squash(wanted) == Squash(read.NewText + read.Signature) ? wanted : read.NewText);
            }
            else if (name.Contains("talon/signature") && name.EndsWith("_body", StringComparison.Ordinal) && files.TryGetValue(name.Replace("_body", "_signature"), out var signature))
            {
                // Some still carry the marks by which that project learns.
                yield return (name, Encoding.UTF8.GetString(signature).Replace("#sig#", ""), MailText.FromPlain(text.Replace("#sig#", ""), Sender(files, name)).Signature);
            }
            else if (name.Contains("nylas") && !name.Contains("_stripped") && files.TryGetValue(name.Replace(".html", "_stripped.html"), out var stripped))
            {
                var wanted = HtmlText.Convert(Encoding.UTF8.GetString(stripped), MimeLimits.Default);
                yield return (name, MailText.FromPlain(wanted).NewText, MailText.FromHtmlText(text).NewText);
            }
        }
    }

    private static string? Sender(Dictionary<string, byte[]> files, string body)
    {
        if (!files.TryGetValue(body.Replace("_body", "_sender"), out var bytes))
        {
            return null;
        }

        // Some give a name only, where a mail has an address behind it.
        var sender = Encoding.UTF8.GetString(bytes);
        return !sender.Contains('@') ? sender.Trim() : MailAddressParser.ParseOne(sender) is { } address ? address.Name ?? address.LocalPart : null;
    }

    private static string Squash(string text) => string.Concat(text.Where(c => !char.IsWhiteSpace(c) && c is not '\u200B' and not '\u00A0'));
}
