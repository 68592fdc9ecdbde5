using System.Text;

namespace Butler.Mail.Tests.Writing;

public sealed class MailWriterTests
{
    private static readonly MailDraft Draft = new()
    {
        From = new MailAddress("Jörg", "j@example.org"),
        To = [new MailAddress(null, "a@example.org"), new MailAddress("日本", "b@bücher.example")],
        Subject = "Re: as it is, Größe",
        Text = "Plain é\n--=_m\n",
        Html = "<p>HTML é <img src=cid:pic></p>",
        Files =
        [
            new MailFile("../Ünïcode näme that is long enough to need several sections of RFC 2231 日本語.pdf", "application/pdf", Enumerable.Range(0, 1000).Select(i => (byte)i).ToArray()),
            new MailFile("p.png", "image/png", new byte[] { 1, 2, 3 }, "pic"),
            new MailFile("quo\"te.txt", "text/plain", "text"u8.ToArray()),
        ],
        MessageId = "n@butler",
        Date = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.FromHours(2)),
    };

    [Fact]
    public void Write_TextHtmlPictureAndFiles_ReadsBackTheSame()
    {
        var raw = MailWriter.Write(Draft);
        Assert.All(raw, b => Assert.InRange(b, 9, 126));
        Assert.All(Encoding.ASCII.GetString(raw).Split("\r\n"), l => Assert.True(l.Length <= 78 && !l.Contains('\n'), l));
        var read = MimeMessage.Parse(raw);
        Assert.Empty(read.Defects);
        Assert.Equal((Draft.From, Draft.Subject, Draft.Date), (read.From, read.Subject, read.Date));
        Assert.Equal(["a@example.org", "b@xn--bcher-kva.example"], read.To.Select(t => t.Address));
        Assert.True(read.To[1].IsSameMailbox("B@Bücher.example"));
        var root = read.Body;
        Assert.Equal(["multipart/related", "application/pdf", "text/plain"], root.Parts.Select(p => p.ContentType.MediaType));
        Assert.Equal(["multipart/alternative", "image/png"], root.Parts[0].Parts.Select(p => p.ContentType.MediaType));
        Assert.Equal(("Plain é\r\n--=_m\r\n", Draft.Html + "\r\n"), (root.Parts[0].Parts[0].Parts[0].DecodeText(), root.Parts[0].Parts[0].Parts[1].DecodeText()));
        Assert.Equal(("pic", "inline"), (root.Parts[0].Parts[1].ContentId, root.Parts[0].Parts[1].Disposition));
        Assert.Equal(("Ünïcode näme that is long enough to need several sections of RFC 2231 日本語.pdf", "attachment"), (root.Parts[1].FileName, root.Parts[1].Disposition));
        Assert.Equal(Draft.Files[0].Bytes.ToArray(), root.Parts[1].DecodeBody().ToArray());
        Assert.Equal("quo\"te.txt", root.Parts[2].FileName);
        Assert.Equal(raw, MailWriter.Write(Draft));
    }

    [Fact]
    public void Write_TextOnly_IsOnePart()
    {
        var read = MimeMessage.Parse(MailWriter.Write(Draft with { Html = null, Files = [] }));
        Assert.Equal("text/plain", read.Body.ContentType.MediaType);
    }

    [Fact]
    public void Write_TextWithTheBoundary_IsNotCut()
    {
        var first = Encoding.ASCII.GetString(MailWriter.Write(Draft with { Text = "x", Files = [] }));
        var boundary = first.Split("boundary=\"")[1].Split('"')[0];
        var read = MimeMessage.Parse(MailWriter.Write(Draft with { Text = $"a\n--{boundary}\nb", Files = [] }));
        Assert.Equal($"a\r\n--{boundary}\r\nb\r\n", read.Body.Parts[0].DecodeText());
        Assert.Equal(2, read.Body.Parts.Count);
    }

    [Theory]
    [InlineData("multipart/mixed")]
    [InlineData("text/plain\r\nX: y")]
    [InlineData("message/rfc822")]
    [InlineData("")]
    public void Write_BadContentType_IsRefused(string type) =>
        Assert.Throws<ArgumentException>(() => MailWriter.Write(Draft with { Files = [new MailFile("x", type, new byte[1])] }));
}
