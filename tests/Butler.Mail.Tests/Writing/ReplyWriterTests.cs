using System.Text;

namespace Butler.Mail.Tests.Writing;

public sealed class ReplyWriterTests
{
    private static readonly DateTimeOffset Date = new(2026, 2, 3, 4, 5, 6, TimeSpan.FromHours(-5.5));

    private static readonly ReplyDraft Draft = new()
    {
        From = new MailAddress("Müller, Änne", "ae@example.org"),
        To = [new MailAddress("Joe \"X\" (Boss)", "joe@example.org"), new MailAddress(null, "b@example.org")],
        Subject = "RE: Aw: " + string.Concat(Enumerable.Repeat("Grüße und 日本語 ", 12)),
        Text = "Hällo,\nFrom here.\n.\n" + new string('x', 300) + "\nlast  \n",
        MessageId = "new@butler",
        Date = Date,
        InReplyTo = "parent@x",
        References = ["first@x", "parent@x", "first@x"],
        ExtraHeaders = [new("X-Butler-Draft", "1")],
    };

    [Fact]
    public void Write_Reply_ReadsBackTheSame()
    {
        var raw = ReplyWriter.Write(Draft);
        var text = Encoding.ASCII.GetString(raw);
        Assert.All(raw, b => Assert.True(b is < 0x80 and not 0));
        Assert.All(text.Split("\r\n"), l => Assert.True(l.Length <= 78 && !l.Contains('\n') && !l.Contains('\r'), l));
        var read = MimeMessage.Parse(raw);
        Assert.Empty(read.Defects);
        Assert.Equal(Draft.From, read.From);
        Assert.Equal(Draft.To, read.To);
        Assert.Equal(ReplyWriter.ReplySubject(Draft.Subject), read.Subject);
        Assert.StartsWith("Re: Grüße", read.Subject);
        Assert.Equal(("new@butler", Date), (read.MessageId, read.Date!.Value));
        Assert.Equal(["parent@x"], read.InReplyTo);
        Assert.Equal(["first@x", "parent@x"], read.References);
        Assert.Equal(Draft.Text.TrimEnd('\n').Replace("\n", "\r\n") + "\r\n", read.Body.DecodeText());
        Assert.Equal("1", read.Headers.Get("X-Butler-Draft"));
    }

    [Theory]
    [InlineData("日本語の本文です。よろしくお願いします。", "base64")]
    [InlineData("plain", "7bit")]
    [InlineData("one é in a long enough line of text", "quoted-printable")]
    [InlineData(".dot\nFrom x", "quoted-printable")]
    public void Write_Body_ChoosesEncoding(string text, string encoding)
    {
        var read = MimeMessage.Parse(ReplyWriter.Write(Draft with { Text = text }));
        Assert.Equal(encoding, read.Headers.Get("Content-Transfer-Encoding"));
        Assert.Equal(text.Replace("\n", "\r\n") + "\r\n", read.Body.DecodeText());
    }

    [Theory]
    [InlineData("x\r\nBcc: evil@example.org")]
    [InlineData("x\nBcc: evil@example.org\n\nbody")]
    [InlineData("x\rBcc: evil@example.org")]
    [InlineData("x\u0085Bcc: e\u2028Bcc: e\0")]
    public void Write_InjectionAttempts_AddNoField(string value)
    {
        var count = MimeMessage.Parse(ReplyWriter.Write(Draft)).Headers.Count;
        var draft = Draft with
        {
            Subject = value,
            From = new MailAddress(value, "a@example.org"),
            To = [new MailAddress(value, "b@example.org")],
            ExtraHeaders = [new("X-Butler-Draft", value)],
            References = [value, "ok@x"],
        };
        var read = MimeMessage.Parse(ReplyWriter.Write(draft));
        Assert.Equal(count, read.Headers.Count);
        Assert.Empty(read.Bcc);
        Assert.Equal(["ok@x", "parent@x"], read.References);
    }

    [Fact]
    public void Write_BadNamesAndAddresses_AreRefused()
    {
        Assert.Throws<ArgumentException>(() => ReplyWriter.Write(Draft with { ExtraHeaders = [new("X: y\r\nBcc", "v")] }));
        Assert.Throws<ArgumentException>(() => ReplyWriter.Write(Draft with { ExtraHeaders = [new("bcc", "v")] }));
        Assert.Throws<ArgumentException>(() => ReplyWriter.Write(Draft with { To = [new MailAddress(null, "a@b>\r\nBcc: x")] }));
        Assert.Throws<ArgumentException>(() => ReplyWriter.Write(Draft with { MessageId = "a b" }));
    }

    [Fact]
    public void Write_ParentIdOfFiveThousandBytes_IsLeftOut()
    {
        var read = MimeMessage.Parse(ReplyWriter.Write(Draft with { InReplyTo = new string('i', 5000) + "@x" }));
        Assert.Empty(read.InReplyTo);
        Assert.Empty(read.References);
    }

    [Theory]
    [InlineData("Hello", "Re: Hello")]
    [InlineData("Re: Hello", "Re: Hello")]
    [InlineData("AW: RE[2]: Sv : Hello", "Re: Hello")]
    [InlineData("回复：Hello", "Re: Hello")]
    [InlineData("Fwd: Hello", "Re: Fwd: Hello")]
    [InlineData("Requirements: all", "Re: Requirements: all")]
    [InlineData("", "Re: ")]
    public void ReplySubject_Prefixes_AreTakenOff(string subject, string expected) => Assert.Equal(expected, ReplyWriter.ReplySubject(subject));

    [Fact]
    public void Answering_UsesReplyToAndThread()
    {
        var parent = MimeMessage.Parse("From: a@x.y\nReply-To: r@x.y\nSubject: S\nMessage-ID: <p@x>\nIn-Reply-To: <g@x>\n\nhi"u8.ToArray());
        var read = MimeMessage.Parse(ReplyWriter.Write(ReplyDraft.Answering(parent, new MailAddress(null, "me@x.y"), "t", "n@x", Date)));
        Assert.Equal("r@x.y", Assert.Single(read.To).Address);
        Assert.Equal(["g@x", "p@x"], read.References);
    }
}
