using System.Diagnostics;
using Butler.Testing;
using Xunit.Abstractions;

namespace Butler.Mail.Tests;

public sealed class FuzzTests(ITestOutputHelper output)
{
    private static readonly byte[] Nasty = "\0\r\n:;=?<>\"()[]-,@\\ \t%'"u8.ToArray();

    [CorpusFact]
    public void Parse_MutatedCorpusMails_NeverThrows()
    {
        var random = new Random(4711);
        var mails = Corpus.Read("mime", "mime.tar.gz").Where(m => m.Bytes.Length is > 100 and < 20_000).Select(m => m.Bytes).ToArray();
        var slowest = TimeSpan.Zero;
        for (var i = 0; i < 4000; i++)
        {
            var mail = Mutate(mails[random.Next(mails.Length)], mails[random.Next(mails.Length)], random);
            var clock = Stopwatch.StartNew();
            try
            {
                Touch.Everything(MimeMessage.Parse(mail));
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"mutation {i}: {Convert.ToBase64String(mail)}", e);
            }

            slowest = clock.Elapsed > slowest ? clock.Elapsed : slowest;
        }

        output.WriteLine($"slowest {slowest.TotalMilliseconds:0} ms");
    }

    [Fact]
    public void Read_HostileHtml_IsBounded()
    {
        foreach (var piece in (string[])["<div>", "<b>", "<table>", "<font size=1><p>", "<a href=x>", "<!--", "<svg>", "<li>", "<ol><li>", "<blockquote>", "<p>", "</p>", "<select>", "<template>", "&amp", "<x y='", "<i id=", "<td>", "<button>", "<noscript>", "<math><mi>", "<form><frameset>", "<script>"])
        {
            foreach (var count in (int[])[5_000, 200_000])
            {
                var text = MailText.FromHtmlText(string.Concat(Enumerable.Repeat(piece, Math.Min(count, 1_000_000 / piece.Length))) + "text");
                Assert.NotNull(text);
            }
        }
    }

    [Fact]
    public void Split_HostileLines_StaysLinear()
    {
        foreach (var line in (string[])["> ", "From: x", "On 1 Jan 2024", "-- ", "", "--", "On 1 <a@b", "Thanks", ">>>>>>", "_____"])
        {
            _ = MailText.FromPlain(string.Concat(Enumerable.Repeat(line + "\n", 100_000)), "Thanks");
        }
    }

    private static byte[] Mutate(byte[] mail, byte[] other, Random random)
    {
        var copy = mail.ToList();
        for (var n = random.Next(1, 12); n > 0; n--)
        {
            var at = random.Next(copy.Count);
            switch (random.Next(6))
            {
                case 0:
                    copy[at] = (byte)random.Next(256);
                    break;
                case 1:
                    copy[at] = Nasty[random.Next(Nasty.Length)];
                    break;
                case 2:
                    copy.Insert(at, Nasty[random.Next(Nasty.Length)]);
                    break;
                case 3:
                    copy.RemoveRange(at, Math.Min(random.Next(1, 50), copy.Count - at));
                    break;
                case 4:
                    var from = random.Next(other.Length);
                    copy.InsertRange(at, other.AsSpan(from, Math.Min(random.Next(200), other.Length - from)).ToArray());
                    break;
                default:
                    copy.InsertRange(at, copy.GetRange(at, Math.Min(random.Next(100), copy.Count - at)));
                    break;
            }

            if (copy.Count == 0)
            {
                return [];
            }
        }

        return [.. copy];
    }
}
