using System.Globalization;
using System.Text;
using Butler.Testing;
using Xunit.Abstractions;

namespace Butler.Mail.Tests.Mime;

/// <summary>Reading allocates at most a quarter of the message beyond its buffer while no body is decoded.</summary>
public sealed class AllocationTests(ITestOutputHelper output)
{
    // A message, its document and its root part; nothing else is allocated for a mail of one part.
    private const int Fixed = 320;
    private const int PerPart = 96;

    [CorpusFact]
    public async Task Parse_EveryCorpusMail_AllocatesAtMostAQuarter()
    {
        List<(string Class, int Length, long Structure, long Headers, int Parts)> measured = [];
        foreach (var (kind, archive) in CorpusMails.MailArchives)
        {
            foreach (var mail in await CorpusMails.ReadAsync(kind, archive))
            {
                MimeMessage.Parse(mail.Bytes);
                var before = GC.GetAllocatedBytesForCurrentThread();
                var message = MimeMessage.Parse(mail.Bytes);
                var structure = GC.GetAllocatedBytesForCurrentThread() - before;
                // The index of all fields of all parts: what a look-up by name needs.
                Index(message.Body);
                measured.Add((Class(mail.Bytes.Length), mail.Bytes.Length, structure, GC.GetAllocatedBytesForCurrentThread() - before, message.PartCount));
            }
        }

        foreach (var group in measured.GroupBy(m => m.Class).OrderBy(g => g.Min(m => m.Length)))
        {
            long bytes = group.Sum(m => (long)m.Length);
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{group.Key}: {group.Count()} mails, {(double)bytes / group.Count():0} bytes each; structure {100.0 * group.Sum(m => m.Structure) / bytes:0.0} %, with the index of all headers {100.0 * group.Sum(m => m.Headers) / bytes:0.0} %; over a quarter: {group.Count(m => m.Structure > m.Length / 4)}"));
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"all: structure {100.0 * measured.Sum(m => m.Structure) / measured.Sum(m => (long)m.Length):0.00} %, with headers {100.0 * measured.Sum(m => m.Headers) / measured.Sum(m => (long)m.Length):0.00} %"));
        // Odd forms of Content-Type go through the full parser, which makes strings: few mails have them.
        var over = measured.Where(m => m.Structure > (m.Length / 4) + Fixed + (PerPart * (m.Parts - 1))).ToList();
        output.WriteLine($"{over.Count} with odd forms, at most {over.Max(m => m.Structure)} bytes");
        Assert.True(over.Count * 100 <= measured.Count, $"{over.Count}");
        Assert.All(over, m => Assert.True(m.Structure <= 1024 + (4 * m.Length) + (512 * m.Parts), $"{m}"));
        Assert.True(measured.Sum(m => m.Headers) <= measured.Sum(m => (long)m.Length) / 4);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(900)]
    public void Parse_ManyParts_AllocatesTheirObjectsOnly(int parts)
    {
        var raw = Encoding.ASCII.GetBytes("From: a@b.c\r\nContent-Type: multipart/mixed; boundary=\"b\"\r\n\r\n" + string.Concat(Enumerable.Repeat("--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\ntext\r\n", parts)) + "--b--\r\n");
        MimeMessage.Parse(raw);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var message = MimeMessage.Parse(raw);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 1, Fixed + (PerPart * parts));
        Assert.Equal(parts, message.Body.Parts.Count);
    }

    [Fact]
    public void Parse_LargeBody_AllocatesNothingForIt()
    {
        var raw = new byte[10_000_000];
        raw.AsSpan().Fill((byte)'x');
        "Subject: big\r\nContent-Type: text/plain\r\n\r\n"u8.CopyTo(raw);
        MimeMessage.Parse(raw);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var message = MimeMessage.Parse(raw);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 1, Fixed);
        Assert.Equal("big", message.Subject);
    }

    private static void Index(MimePart part)
    {
        _ = part.Headers.Count;
        foreach (var child in part.Parts)
        {
            Index(child);
        }

        if (part.FirstChild is not null && part.Message is { } inner)
        {
            Index(inner.Body);
        }
    }

    private static string Class(int length) => length < 1000 ? "below 1 KB" : length < 4000 ? "1 to 4 KB" : length < 16_000 ? "4 to 16 KB" : length < 100_000 ? "16 to 100 KB" : "above 100 KB";
}
