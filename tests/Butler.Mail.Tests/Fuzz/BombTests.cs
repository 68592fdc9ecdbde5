using System.Text;

namespace Butler.Mail.Tests.Fuzz;

/// <summary>Mails that are made to cost much: what reading them may take is bounded by their size and by <see cref="MimeLimits"/>.</summary>
public sealed class BombTests
{
    private const int Size = 2_000_000;

    public static TheoryData<string, string, string> Bombs => new()
    {
        { "nested multiparts", "", "Content-Type: multipart/mixed; boundary=b{0}\r\n\r\n--b{0}\r\n" },
        { "nested multiparts of one boundary", "", "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" },
        { "nested messages", "", "Content-Type: message/rfc822\r\n\r\n" },
        { "siblings", "Content-Type: multipart/mixed; boundary=b\r\n\r\n", "--b\r\n\r\n" },
        { "delimiters only", "Content-Type: multipart/mixed; boundary=b\r\n\r\n", "--b\r\n" },
        { "near delimiters", "Content-Type: multipart/mixed; boundary=bbbbbbbb\r\n\r\n--bbbbbbbb\r\n", "\r\n--bbbbbbbc" },
        { "dashes", "Content-Type: multipart/mixed; boundary=b\r\n\r\n", "--" },
        { "fields", "", "X-{0}: v\r\n" },
        { "one field folded", "Subject: x\r\n", " y\r\n" },
        { "one long field", "Subject: ", "=?utf-8?Q?x?= " },
        { "encoded words without end", "Subject: ", "=?utf-8?Q?" },
        { "transfer encodings without end", "Content-Type: multipart/mixed; boundary=b\r\n\r\n", "--b\r\nContent-Transfer-Encoding:\r\n" },
        { "lines that are no fields", "Subject: x\r\n", "no field here\r\n" },
        { "addresses", "To: ", "a@b.c, " },
        { "open quotes", "To: ", "\"a <a@b>, " },
        { "comments", "To: ", "(" },
        { "groups", "To: ", "g{0}: " },
        { "parameters", "Content-Type: text/plain", "; p{0}=v" },
        { "continued parameters", "Content-Type: text/plain", "; name*{0}*=%41" },
        { "boundaries", "Content-Type: multipart/mixed", "; boundary*{0}=x" },
        { "base64 padding", "Content-Transfer-Encoding: base64\r\n\r\n", "YQ==" },
        { "base64 rubbish", "Content-Transfer-Encoding: base64\r\n\r\n", "!?" },
        { "base64 words", "Content-Transfer-Encoding: base64\r\n\r\nYQ==\r\n", "= a" },
        { "soft breaks", "Content-Transfer-Encoding: quoted-printable\r\n\r\n", "=\r\n" },
        { "uuencode begins", "\r\n", "begin 644 x\n#86)C\n" },
        { "uuencode files", "\r\n", "begin 644 x\n#86)C\n`\nend\n" },
        { "yenc begins", "\r\n", "=ybegin name=x\n" },
        { "ids", "References: ", "<a{0}@b>" },
        { "escapes", "Subject: ", "\u001b$B" },
        { "nul", "", "\0" },
        { "carriage returns", "X: y\r", "\r\r\n" },
    };

    [Theory]
    [MemberData(nameof(Bombs))]
    public void Read_Bomb_IsBounded(string name, string start, string piece)
    {
        var raw = Make(start, piece);
        MimeMessage.Parse(raw);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var message = MimeMessage.Parse(raw);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before <= MemoryBound.Structure(raw.Length, message), name);
        ReadEverything.Of(message);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before <= MemoryBound.Everything(raw.Length, message), name);
        Assert.True(MimeWriter.ToArray(message).AsSpan().SequenceEqual(raw), name);
    }

    private static byte[] Make(string start, string piece)
    {
        var text = new StringBuilder(start, Size + 100);
        for (var i = 0; text.Length < Size; i++)
        {
            text.Append(piece.Replace("{0}", i.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal));
        }

        return Encoding.Latin1.GetBytes(text.ToString());
    }
}
