using System.Globalization;
using System.Text;
using Butler.Mail.Files;
using Butler.Sandbox.Load;
using Butler.Sandbox.Mail;

namespace Butler.Sandbox.Tests.Samples;

/// <summary>The samples the way the sandbox loads them: read as a folder of .eml files, then re-dated.</summary>
public sealed class SampleLoadTests
{
    [Fact]
    public async Task ReadAsync_SamplesFolder_GivesEveryFileWithItsAgeAndNoProblem()
    {
        var now = new DateTimeOffset(2031, 3, 1, 12, 0, 0, TimeSpan.Zero);
        var mails = new List<RawMail>();
        await foreach (var mail in MailFiles.ReadAsync(SampleFilesTests.Folder))
        {
            mails.Add(mail);
        }

        Assert.Equal(SampleFilesTests.Files.Count, mails.Count);
        Assert.All(mails, mail =>
        {
            Assert.Null(mail.Problem);
            var served = new MailContent(SampleAge.Apply(mail.Bytes, now), mail.Bytes);
            Assert.DoesNotContain("X-Butler-Sample-Age", Encoding.Latin1.GetString(served.Bytes.Span), StringComparison.Ordinal);
            var days = (now - DateTimeOffset.FromUnixTimeMilliseconds(served.Date!.Value)).TotalDays;
            Assert.Equal(AgeOf(mail), days, 4);
        });
    }

    private static double AgeOf(RawMail mail)
    {
        var (fields, _) = HeaderScan.All(mail.Bytes.Span);
        return double.Parse(fields.Single(f => f.Key == "X-Butler-Sample-Age").Value, CultureInfo.InvariantCulture);
    }
}
