using System.Text;
using System.Text.Json;
using Butler.Testing;
using Xunit.Abstractions;

namespace Butler.Mail.Tests.Mime;

/// <summary>
/// The results that other projects expect of their own fixtures. Where Butler differs, it is by a rule, and the case
/// stands here with its reason.
/// </summary>
public sealed class ExpectedResultTests(ITestOutputHelper output)
{
    private static readonly Dictionary<string, string> Differs = new(StringComparer.Ordinal)
    {
    };

    [CorpusFact]
    public void Stalwart_Messages_HaveTheExpectedParts()
    {
        var files = Files("stalwartlabs.mail-parser/");
        var count = 0;
        Run(files.Where(f => f.Key.EndsWith(".json", StringComparison.Ordinal) && f.Key.Contains("/eml/", StringComparison.Ordinal)), (name, expected) =>
        {
            var crlf = name.EndsWith(".crlf.json", StringComparison.Ordinal);
            var raw = files[name[..^(crlf ? ".crlf.json".Length : ".json".Length)] + ".eml"];
            using var json = JsonDocument.Parse(expected);
            count++;
            Same(json.RootElement, MimeMessage.Parse(crlf ? Crlf(raw) : raw).Body, "1");
        });
        Assert.True(count > 100, $"{count}");
    }

    [CorpusFact]
    public void Stalwart_Addresses_AreAsExpected() => Cases("address.json", (header, expected) =>
    {
        List<(string? Name, string? Address)> wanted = [];
        foreach (var list in expected.TryGetProperty("Group", out var groups) ? groups.EnumerateArray().Select(g => g.GetProperty("addresses")) : [expected.GetProperty("List")])
        {
            wanted.AddRange(list.EnumerateArray().Select(a => (a.GetProperty("name").GetString(), a.GetProperty("address").GetString())));
        }

        var found = Parse("To: " + header).To;
        Equal(string.Join('|', wanted.Where(w => w.Address is not null).Select(w => $"{w.Name}<{w.Address}>")), string.Join('|', found.Select(f => $"{f.Name}<{f.Address}>")));
    });

    [CorpusFact]
    public void Stalwart_Ids_AreAsExpected() => Cases("id.json", (header, expected) =>
        Equal(expected.ValueKind == JsonValueKind.Array ? string.Join('|', expected.EnumerateArray().Select(e => e.GetString())) : "", string.Join('|', Parse("References: " + header).References)));

    [CorpusFact]
    public void Mime4j_DecodedBodies_AreAsExpected()
    {
        var files = Files("apache.james-mime4j/");
        var count = 0;
        Run(files.Where(f => f.Key.Contains("_decoded_", StringComparison.Ordinal)), (name, expected) =>
        {
            var at = name.IndexOf("_decoded_", StringComparison.Ordinal);
            var part = MimeMessage.Parse(files[name[..at] + ".msg"]).Body;
            // "_decoded_1_2_1.txt": the root is 1, then the numbers of the children.
            foreach (var index in Path.GetFileNameWithoutExtension(name[(at + 9)..]).Split('_').Skip(1).Select(int.Parse))
            {
                if (part.Message is { } inner)
                {
                    // A message counts as a level of its own.
                    part = inner.Body;
                    continue;
                }

                part = index <= part.Parts.Count ? part.Parts[index - 1] : throw new InvalidOperationException($"no part {index}");
            }

            part = part.Message?.Body ?? part;
            count++;
            Equal(Lines(Encoding.Latin1.GetString(expected)), Lines(Encoding.Latin1.GetString(part.DecodeBody().Span)));
        });
        Assert.True(count > 50, $"{count}");
    }

    private static void Same(JsonElement expected, MimePart part, string path)
    {
        var parts = expected.GetProperty("parts");
        Walk(0, part, path);

        void Walk(int index, MimePart ours, string at)
        {
            var body = parts[index].GetProperty("body");
            if (body.TryGetProperty("Multipart", out var children))
            {
                if (children.GetArrayLength() != ours.Parts.Count)
                {
                    throw new InvalidOperationException($"{at}: {ours.Parts.Count} parts, expected {children.GetArrayLength()}");
                }

                var number = 0;
                foreach (var child in children.EnumerateArray())
                {
                    Walk(child.GetInt32(), ours.Parts[number], $"{at}.{++number}");
                }
            }
            else if (body.TryGetProperty("Message", out var message))
            {
                Same(message, ours.Message?.Body ?? throw new InvalidOperationException($"{at}: no message"), at + ".m");
            }
            else if (body.TryGetProperty("Text", out var text) || body.TryGetProperty("Html", out text))
            {
                Equal(Lines(text.GetString()!), Lines(ours.DecodeText()), at);
            }
            else if (body.TryGetProperty("Binary", out var bytes) || body.TryGetProperty("InlineBinary", out bytes))
            {
                Equal(Convert.ToHexString([.. bytes.EnumerateArray().Select(b => b.GetByte())]), Convert.ToHexString(ours.DecodeBody().Span), at);
            }
        }
    }

    private void Cases(string file, Action<string, JsonElement> check)
    {
        using var json = JsonDocument.Parse(Files("stalwartlabs.mail-parser/").Single(f => f.Key.Contains("/" + file, StringComparison.Ordinal)).Value);
        var number = 0;
        Run(json.RootElement.EnumerateArray().Select(c => KeyValuePair.Create($"{file}#{number++}", c)), (_, c) => check(c.GetProperty("header").GetString()!, c.GetProperty("expected")));
    }

    private void Run<T>(IEnumerable<KeyValuePair<string, T>> cases, Action<string, T> check)
    {
        List<string> wrong = [];
        var (total, known) = (0, 0);
        foreach (var (name, value) in cases)
        {
            total++;
            try
            {
                check(name, value);
            }
            catch (InvalidOperationException e)
            {
                if (Differs.ContainsKey(Short(name)))
                {
                    known++;
                    continue;
                }

                wrong.Add($"{Short(name)}: {e.Message}");
            }
        }

        output.WriteLine($"{total - known - wrong.Count} of {total} as expected, {known} differ by rule");
        Assert.True(wrong.Count == 0, string.Join("\n", wrong));
    }

    private static string Short(string name) => name[(name.LastIndexOf('/', Math.Max(0, name.LastIndexOf('/') - 1)) + 1)..];

    private static Dictionary<string, byte[]> Files(string prefix) => Corpus.Read("mime", "mime.tar.gz").Where(f => f.Name.StartsWith(prefix, StringComparison.Ordinal)).ToDictionary(f => f.Name, f => f.Bytes);

    private static byte[] Crlf(byte[] raw) => Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(raw).ReplaceLineEndings("\n").Replace("\n", "\r\n", StringComparison.Ordinal));

    private static string Lines(string text) => text.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n').TrimEnd('\n');

    private static void Equal(string expected, string actual, string where = "")
    {
        if (expected == actual)
        {
            return;
        }

        var at = expected.Zip(actual).TakeWhile(p => p.First == p.Second).Count();
        throw new InvalidOperationException($"{where} at {at}: expected '{Part(expected, at)}', is '{Part(actual, at)}'");
    }

    private static string Part(string text, int at) => text.Substring(Math.Max(0, at - 15), Math.Min(text.Length - Math.Max(0, at - 15), 70)).ReplaceLineEndings("\\n");

    private static MimeMessage Parse(string raw) => MimeMessage.Parse(Encoding.UTF8.GetBytes(raw + "\n\n"));
}
