using System.Text;
using Butler.Testing;

namespace Butler.Mail.Tests.Writing;

public sealed class MimeWriterTests
{
    private const string Mixed = "From: a@b.c\r\nSubject: old\r\nX-Keep:  as\r\n\tit is\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\npreamble\r\n--b\r\nContent-Type: text/plain\r\n\r\none\r\n--b  \r\nContent-Type: application/x; name=y\r\n\r\ntwo\r\n--b--\r\nepilogue";

    [CorpusFact]
    public void ToArray_EveryCorpusFile_GivesTheSameBytes()
    {
        var count = 0;
        foreach (var (kind, archive) in CorpusMails.Archives)
        {
            foreach (var (name, bytes) in Corpus.Read(kind, archive))
            {
                Assert.True(MimeWriter.ToArray(MimeMessage.Parse(bytes)).AsSpan().SequenceEqual(bytes), name);
                count++;
            }
        }

        Assert.True(count > 3000, $"{count} files");
    }

    [Fact]
    public void ToArray_SetHeader_ChangesThatFieldOnly()
    {
        var message = MimeMessage.Parse(Encoding.ASCII.GetBytes(Mixed));
        var written = Encoding.ASCII.GetString(MimeWriter.ToArray(message, new MimeEdits().SetHeader(message.Body, "Subject", "Größe").SetHeader(message.Body, "X-New", "1")));
        Assert.Equal(Mixed.Replace("Subject: old", "Subject: =?utf-8?B?R3LDtsOfZQ==?=").Replace("boundary=b\r\n\r\n", "boundary=b\r\nX-New: 1\r\n\r\n"), written);
    }

    [Fact]
    public void ToArray_RemoveHeader_TakesAllOfThatName()
    {
        const string Raw = "Received: a\nReceived: b\n c\nSubject: x\n\nbody";
        var message = MimeMessage.Parse(Encoding.ASCII.GetBytes(Raw));
        Assert.Equal("Subject: x\n\nbody", Encoding.ASCII.GetString(MimeWriter.ToArray(message, new MimeEdits().RemoveHeader(message.Body, "received"))));
    }

    [Fact]
    public void ToArray_ReplacedPart_LeavesTheOthers()
    {
        var message = MimeMessage.Parse(Encoding.ASCII.GetBytes(Mixed));
        var written = MimeWriter.ToArray(message, new MimeEdits().Replace(message.Body.Parts[1], "Content-Type: text/plain\r\n\r\nremoved"u8));
        Assert.Equal(Mixed.Replace("Content-Type: application/x; name=y\r\n\r\ntwo", "Content-Type: text/plain\r\n\r\nremoved"), Encoding.ASCII.GetString(written));
        Assert.Equal("removed", MimeMessage.Parse(written).Body.Parts[1].DecodeText());
    }

    [Fact]
    public void SetHeader_OnAPartWithoutHeader_WritesOne()
    {
        var message = MimeMessage.Parse("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\none\r\n--b--\r\n"u8.ToArray());
        var written = MimeMessage.Parse(MimeWriter.ToArray(message, new MimeEdits().SetHeader(message.Body.Parts[0], "X-A", "1")));
        Assert.Equal(("1", "one"), (written.Body.Parts[0].Headers.Get("X-A"), written.Body.Parts[0].DecodeText()));
    }

    [Fact]
    public void SetHeader_InjectionAndBadNames_AreRefusedOrHarmless()
    {
        var message = MimeMessage.Parse(Encoding.ASCII.GetBytes(Mixed));
        var read = MimeMessage.Parse(MimeWriter.ToArray(message, new MimeEdits().SetHeader(message.Body, "Subject", "x\r\nBcc: evil@x\r\n\r\nbody")));
        Assert.Empty(read.Bcc);
        Assert.Equal(2, read.Body.Parts.Count);
        Assert.Throws<ArgumentException>(() => new MimeEdits().SetHeader(message.Body, "X:\r\nY", "v"));
    }
}
