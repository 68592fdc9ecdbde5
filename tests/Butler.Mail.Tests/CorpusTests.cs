using System.Diagnostics;
using Butler.Testing;
using Xunit.Abstractions;

namespace Butler.Mail.Tests;

public sealed class CorpusTests(ITestOutputHelper output)
{
    [CorpusFact]
    public void Parse_EveryCorpusFile_NeverThrowsAndStaysWithinLimits()
    {
        var count = 0;
        List<string> cut = [];
        foreach (var (kind, archive) in CorpusMails.Archives)
        {
            foreach (var (name, bytes) in Corpus.Read(kind, archive))
            {
                var message = MimeMessage.Parse(bytes);
                Touch.Everything(message);
                if (message.IsTruncatedByLimits)
                {
                    cut.Add($"{name}: {string.Join(",", message.Defects.Select(d => d.Kind).Distinct())}");
                }

                count++;
            }
        }

        output.WriteLine($"{count} files; cut by limits: {string.Join("; ", cut)}");
        // Two of them were made to be too long.
        Assert.All(cut, c => Assert.Matches("^nodemailer.mailparser/(large_text|outofmemory).eml: TextTooLong", c));
        Assert.True(count > 3000, $"{count} files");
    }

    [CorpusFact]
    public async Task MailFiles_CorpusArchives_YieldEveryMail()
    {
        var total = 0;
        foreach (var (kind, archive) in CorpusMails.MailArchives)
        {
            var mails = await CorpusMails.ReadAsync(kind, archive);
            var problems = mails.Where(m => m.Problem is not null).ToList();
            output.WriteLine($"{archive}: {mails.Count} mails, {problems.Count} problems {string.Join("; ", problems.Take(5))}");
            Assert.NotEmpty(mails);
            Assert.Equal(mails.Count, mails.Select(m => m.Source).Distinct().Count());
            total += mails.Count;
        }

        Assert.True(total > 4000, $"{total} mails");
    }

    [CorpusFact]
    public async Task Read_AllMails_Figures()
    {
        List<byte[]> mails = [];
        foreach (var (kind, archive) in CorpusMails.MailArchives)
        {
            mails.AddRange((await CorpusMails.ReadAsync(kind, archive)).Select(m => m.Bytes.ToArray()));
        }

        var texts = 0;
        foreach (var warm in mails.Take(300))
        {
            texts += MailText.Read(MimeMessage.Parse(warm)).NewText.Length;
        }

        var clock = Stopwatch.StartNew();
        var parsed = mails.ConvertAll(m => MimeMessage.Parse(m));
        var parse = clock.Elapsed;
        clock.Restart();
        var subjects = 0;
        foreach (var m in parsed)
        {
            subjects += m.Subject.Length + m.To.Count + m.References.Count + m.Attachments.Count + (m.From?.Address.Length ?? 0) + (m.MessageId?.Length ?? 0) + (m.Date?.Day ?? 0);
        }

        var headers = clock.Elapsed;
        clock.Restart();
        foreach (var m in parsed)
        {
            texts += MailSignals.Read(m).IsBulk ? 1 : 0;
        }

        var signals = clock.Elapsed;
        clock.Restart();
        var html = 0;
        foreach (var m in parsed)
        {
            var text = MailText.Read(m);
            html += text.FromHtml ? 1 : 0;
            texts += text.NewText.Length;
        }

        var reading = clock.Elapsed;
        var all = parse + headers + signals + reading;
        output.WriteLine($"{mails.Count} mails, {mails.Sum(m => m.Length) / 1e6:0.0} MB: {mails.Count / all.TotalSeconds:0} mails/s; parse {parse.TotalMilliseconds:0} ms, headers {headers.TotalMilliseconds:0} ms, signals {signals.TotalMilliseconds:0} ms, text {reading.TotalMilliseconds:0} ms, {html} from HTML");
        Assert.True(texts + subjects > 0);
    }
}
