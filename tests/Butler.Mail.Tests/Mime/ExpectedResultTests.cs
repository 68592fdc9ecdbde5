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
        // A body that is uuencoded, as its header says or as a block within the text, is decoded.
        ["legacy/017"] = "uuencode", ["legacy/026"] = "uuencode", ["legacy/049"] = "uuencode",
        // 8-bit text under the label us-ascii: shown by what its bytes say, not as replacement characters.
        ["legacy/033"] = "charset", ["legacy/052"] = "charset",
        // The boundary is a line of its own, not the beginning of one (so that one may begin with another).
        ["malformed/001"] = "boundary", ["malformed/004"] = "boundary", ["malformed/007"] = "boundary", ["malformed/008"] = "boundary", ["malformed/009"] = "boundary",
        ["testmsgs/ending-boundaries_decoded_1_1.txt"] = "boundary", ["thirdparty/005"] = "boundary in the middle of a line, and UTF-16 of an odd length",
        // Delimiters of outer multiparts end messages and multiparts within.
        ["malformed/012"] = "outer boundary", ["thirdparty/015"] = "outer boundary",
        // Spaces at the end of a boundary are an error of transport, and lines longer than 250 are none.
        ["testmsgs/very-long-boundary_decoded_1_1.txt"] = "boundary", ["testmsgs/weird-boundary_decoded_1_1.txt"] = "boundary",
        // The other decodes what follows the padding to bytes that are no UTF-8, as we do; ours are shown as Windows-1252.
        ["thirdparty/002"] = "charset",
        // Two characters that are left over hold one byte more; the other drops what is not padded.
        ["mimetools-testmsgs/frag_decoded_1_2_1_2_1_2_1_2.bin"] = "missing padding",
        // An inner message is a level of its own; the other counts it as the multipart that it is.
        ["testmsgs/multipartnestedemptyparts_decoded_1_1.txt"] = "counting",
        // Comments are no part of a name where there is one.
        ["address.json#8"] = "comment", ["address.json#9"] = "comment", ["address.json#10"] = "comment", ["address.json#14"] = "comment", ["address.json#22"] = "comment", ["address.json#56"] = "comment",
        // An obsolete route, and spaces round dots, are taken off the address; names lose spaces at their ends.
        ["address.json#13"] = "route", ["address.json#33"] = "spaces",
        // A line that is no field belongs to the field before it.
        ["address.json#30"] = "no field",
        // These are fields of lists, whose values are no addresses; "mailto:" is taken off where one stands among addresses.
        ["address.json#38"] = "mailto", ["address.json#39"] = "mailto", ["address.json#40"] = "mailto", ["address.json#41"] = "mailto", ["address.json#43"] = "mailto",
        ["address.json#44"] = "mailto", ["address.json#45"] = "mailto", ["address.json#46"] = "mailto", ["address.json#47"] = "mailto",
        // Spaces within an id come from folding.
        ["id.json#6"] = "spaces",
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
                if (Differs.ContainsKey(Short(name).Replace(".crlf.json", "", StringComparison.Ordinal).Replace(".json", name.Contains('#') ? ".json" : "", StringComparison.Ordinal)))
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
