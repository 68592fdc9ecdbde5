using System.Text;

namespace Butler.Mail.Tests.Mime;

public sealed class MimeMessageTests
{
    [Fact]
    public void Parse_NestedMultipart_FindsTextAndAttachment()
    {
        var message = Parse("""
            From: =?utf-8?Q?J=C3=BCrgen?= <j@example.org>
            To: "Doe, Jane" <jane@example.org>, undisclosed: a@b.c;, bob@example.org
            Subject: =?iso-8859-1?Q?Gr=FC=DFe?= =?iso-8859-1?Q?_aus_K=F6ln?=
            Date: Tue, 3 Feb 2026 10:11:12 +0100 (CET)
            Message-ID: <abc@example.org>
            References: <one@x> phrase <two@x>
            Content-Type: multipart/mixed; boundary="out"

            preamble
            --out
            Content-Type: multipart/alternative; boundary=out2

            --out2
            Content-Type: text/plain; charset=utf-8
            Content-Transfer-Encoding: quoted-printable

            caf=C3=A9 =
            noir
            --out2
            Content-Type: text/html

            <p>html</p>
            --out2--
            --out
            Content-Type: application/pdf
            Content-Disposition: attachment; filename*0*=utf-8''a%20; filename*1="b.pdf"
            Content-Transfer-Encoding: base64

            SGVsbG8=
            --out--
            epilogue
            """);
        Assert.Equal("Grüße aus Köln", message.Subject);
        Assert.Equal(new MailAddress("Jürgen", "j@example.org"), message.From);
        Assert.Equal(["jane@example.org", "a@b.c", "bob@example.org"], message.To.Select(t => t.Address));
        Assert.Equal("Doe, Jane", message.To[0].Name);
        Assert.Equal(new DateTimeOffset(2026, 2, 3, 10, 11, 12, TimeSpan.FromHours(1)), message.Date);
        Assert.Equal("abc@example.org", message.MessageId);
        Assert.Equal(["one@x", "two@x"], message.References);
        var attachment = Assert.Single(message.Attachments);
        Assert.Equal(("a b.pdf", "application/pdf", 5L), (attachment.FileName, attachment.ContentType, attachment.Size));
        Assert.Equal("Hello", Encoding.ASCII.GetString(attachment.Part.DecodeBody().Span));
        Assert.Equal("café noir", MailText.Read(message).NewText);
        Assert.Empty(message.Defects);
    }

    [Fact]
    public void Parse_InnerPartWithoutClose_EndsAtOuterBoundary()
    {
        var message = Parse("Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\ninner\n--a\n\nouter\n--a--\n");
        Assert.Equal(2, message.Body.Parts.Count);
        Assert.Equal("inner", message.Body.Parts[0].Parts[0].DecodeText());
        Assert.Equal("outer", message.Body.Parts[1].DecodeText());
        Assert.Contains(message.Defects, d => d.Kind == MimeDefectKind.UnclosedMultipart);
    }

    [Fact]
    public void Parse_BoundaryPrefixOfAnother_AreToldApart()
    {
        var message = Parse("Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/mixed; boundary=ab\n\n--ab\n\none\n--ab\n\ntwo\n--ab--\n--a--\n");
        Assert.Equal(["one", "two"], Assert.Single(message.Body.Parts).Parts.Select(p => p.DecodeText()));
    }

    [Fact]
    public void Parse_BoundaryNeverOccurs_BodyIsText()
    {
        var message = Parse("From: a@b.c\nDate: 1 Jan 2024 00:00:00 +0000\nContent-Type: multipart/mixed; boundary=zzz\n\nhello there\n");
        Assert.Equal("hello there", MailText.Read(message).NewText);
        Assert.Contains(message.Defects, d => d.Kind == MimeDefectKind.BoundaryNotFound);
    }

    [Fact]
    public void Parse_MessageRfc822_InlineAndBase64_AreRead()
    {
        const string Inner = "Subject: inner\n\nbody";
        Assert.Equal("inner", Parse($"Content-Type: message/rfc822\n\n{Inner}").Body.Message!.Subject);
        var encoded = Convert.ToBase64String(Encoding.ASCII.GetBytes(Inner));
        Assert.Equal("inner", Parse($"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n{encoded}").Body.Message!.Subject);
    }

    [Fact]
    public void Parse_FiveThousandNestedParts_IsBounded()
    {
        var raw = new StringBuilder();
        for (var i = 0; i < 5000; i++)
        {
            raw.Append($"Content-Type: multipart/mixed; boundary=b{i}\r\n\r\n--b{i}\r\n");
        }

        var message = Parse(raw.Append("\r\ninnermost").ToString());
        Assert.True(message.IsTruncatedByLimits);
        Assert.Contains(message.Defects, d => d.Kind == MimeDefectKind.TooDeep);
        Touch.Everything(message);
    }

    [Fact]
    public void Parse_FiveThousandSiblingParts_IsBounded()
    {
        var raw = "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + string.Concat(Enumerable.Repeat("--b\r\n\r\nx\r\n", 5000));
        var message = Parse(raw);
        Assert.Equal(MimeLimits.Default.Parts - 1, message.Body.Parts.Count);
        Assert.True(message.IsTruncatedByLimits);
    }

    [Fact]
    public void Parse_NestedMessages_IsBounded()
    {
        var message = Parse(string.Concat(Enumerable.Repeat("Content-Type: message/rfc822\r\n\r\n", 5000)));
        Assert.True(message.IsTruncatedByLimits);
        Touch.Everything(message);
    }

    [Fact]
    public void Parse_SixtyMegabytes_IsCut()
    {
        var raw = new byte[60_000_000];
        raw.AsSpan().Fill((byte)'x');
        "Subject: big\r\n\r\n"u8.CopyTo(raw);
        var message = MimeMessage.Parse(raw);
        Assert.True(message.IsTruncatedByLimits);
        Assert.Equal("big", message.Subject);
        Assert.Equal(MimeLimits.Default.TextChars, message.Body.DecodeText().Length);
    }

    [Fact]
    public void Subject_WithNulAndControls_IsClean()
    {
        Assert.Equal("ab c", Parse("Subject: a\0b\u0007\tc\n\n").Subject);
        Assert.Equal("evil  Bcc: x", Parse("Subject: =?utf-8?Q?evil=0D=0ABcc:_x?= \n\n").Subject);
        Assert.DoesNotContain('\u202E', Parse("Subject: =?utf-8?Q?a=E2=80=AEb?=\n\n").Subject);
    }

    [Fact]
    public void MessageId_OfFiveThousandBytes_IsKept()
    {
        var id = new string('i', 5000) + "@x";
        Assert.Equal(id, Parse($"Message-ID: <{id}>\n\n").MessageId);
    }

    [Fact]
    public void Headers_TooMany_AreCutAndContinuationsDoNotSpill()
    {
        var raw = string.Concat(Enumerable.Range(0, 6000).Select(i => $"X-{i}: v\r\n more\r\n")) + "\r\nbody";
        var message = Parse(raw);
        Assert.Equal(MimeLimits.Default.Headers, message.Headers.Count);
        Assert.Equal("v more", message.Headers.Get("X-4999"));
        Assert.Equal("body", message.Body.DecodeText());
        Assert.True(message.IsTruncatedByLimits);
    }

    [Theory]
    [InlineData("Subject: a\r\n  \r\nX-Y: 1\r\n\r\nbody", "1")]
    [InlineData("From x\r\nX-Y : 1\r\n\r\nbody", "1")]
    [InlineData("X-Y: 1\rSubject: q\r\rbody", "1")]
    [InlineData("X-Y: 1\nbroken line\nSubject: q\n\nbody", "1 broken line")]
    [InlineData("\r\n\r\nX-Y: 1\r\n\r\nbody", "1")]
    public void Headers_OddForms_AreRead(string raw, string expected)
    {
        var message = Parse(raw);
        Assert.Equal(expected, message.Headers.Get("x-y"));
        Assert.Equal("body", message.Body.DecodeText());
    }

    [Theory]
    [InlineData("=?UTF-8?B?w6k=?= =?UTF-8?B?w6k=?=", "éé")]
    [InlineData("=?UTF-8?B?w?= =?UTF-8?B?6k=?=", "é")]
    [InlineData("=?utf-8?q?=C3?= =?utf-8?q?=A9?=", "é")]
    [InlineData("a =?utf-8*en?Q?b_c?= d", "a b c d")]
    [InlineData("x=?utf-8?Q?y?=z", "xyz")]
    [InlineData("=?nonsense?Q?abc?=", "abc")]
    [InlineData("=?utf-8?X?abc?=", "=?utf-8?X?abc?=")]
    [InlineData("=?utf-8?Q?abc", "=?utf-8?Q?abc")]
    [InlineData("=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=", "日本")]
    [InlineData("=?koi8-r?B?8NLJ18XU?=", "Привет")]
    [InlineData("=?utf-7?Q?+AOk-?=", "é")]
    public void EncodedWords_Decode(string raw, string expected) => Assert.Equal(expected, EncodedWords.Decode(raw));

    [Theory]
    [InlineData("text/plain; charset=utf-8; charset=x", "text/plain", "utf-8")]
    [InlineData("text/plain;; charset=\"utf-8\" ;", "text/plain", "utf-8")]
    [InlineData("TEXT/Html charset=utf-8 name=x", "text/html", "utf-8")]
    [InlineData("text/plain; charset=utf-8 (comment)", "text/plain", "utf-8")]
    [InlineData("text", "text/plain", null)]
    [InlineData("rubbish", "application/octet-stream", null)]
    [InlineData("text/plain; charset = utf-8", "text/plain", "utf-8")]
    [InlineData("text/plain; charset=\"utf-8", "text/plain", "utf-8")]
    public void ContentType_OddForms_AreRead(string raw, string type, string? charset)
    {
        var read = ContentType.Parse(raw, ContentType.OctetStream, 100);
        Assert.Equal((type, charset), (read.MediaType, read.Charset));
    }

    [Theory]
    [InlineData("../../etc/passwd", "passwd")]
    [InlineData("C:\\\\x\\\\report.pdf", "report.pdf")]
    [InlineData("con.txt", "_con.txt")]
    [InlineData("=?utf-8?Q?=C3=A9.txt?=", "é.txt")]
    [InlineData("..", null)]
    public void FileName_IsHarmless(string given, string? expected) =>
        Assert.Equal(expected, Parse($"Content-Type: application/x\nContent-Disposition: attachment; filename=\"{given}\"\n\n").Body.FileName);

    [Theory]
    [InlineData("SGVs\r\nbG8=", "Hello")]
    [InlineData("SGVsbG8", "Hello")]
    [InlineData("SGV!sbG8=", "Hello")]
    [InlineData("SGU=bGxv", "Hello")]
    [InlineData("SGVsbG8x=A", "Hello1")]
    public void Base64_Lenient(string text, string expected) => Assert.Equal(expected, Encoding.ASCII.GetString(Base64Decoder.Decode(Encoding.ASCII.GetBytes(text)).Span));

    [Theory]
    [InlineData("a=\r\nb", "ab")]
    [InlineData("a=  \r\nb", "ab")]
    [InlineData("a=c3=a9  \r\nb", "aé\r\nb")]
    [InlineData("a=ZZ b=", "a=ZZ b")]
    public void QuotedPrintable_Lenient(string text, string expected) => Assert.Equal(expected, Encoding.UTF8.GetString(QuotedPrintable.Decode(Encoding.ASCII.GetBytes(text)).Span));

    private static MimeMessage Parse(string raw) => MimeMessage.Parse(Encoding.UTF8.GetBytes(raw));
}
