using System.Text;
using Butler.Mail.Files;

namespace Butler.Mail.Tests.Files;

/// <summary>The four dialects of mbox, found without holding their mails.</summary>
public sealed class MboxScannerTests
{
    private const string Line = "From sender@example.org Sat Jan  3 01:05:34 1996\n";

    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    public async Task Read_Mbox_GivesPlacesOfTheMailsBytes(string newline)
    {
        var first = "Subject: one\n\nHello\n>From here on\n".Replace("\n", newline, StringComparison.Ordinal);
        var second = "Subject: two\n\nFrom home\nbye\n".Replace("\n", newline, StringComparison.Ordinal);
        var separator = Line.Replace("\n", newline, StringComparison.Ordinal);
        var file = Encoding.ASCII.GetBytes(separator + first + newline + separator + second);

        var mails = await ReadAsync(file);

        Assert.Equal([first, second], mails.Select(m => Encoding.ASCII.GetString(file, (int)m.Offset, (int)m.Length)));
        Assert.All(mails, m => Assert.False(m.IsVerbatim || m.IsCut));
    }

    [Fact]
    public async Task Read_EveryChunkSize_GivesTheSame()
    {
        var file = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 30).Select(i => $"{Line}Subject: {i}\r\n\r\nText {i}\r\n{(i % 3 == 0 ? "\r\nFrom the start of a line\r\n" : "")}\r\n")));
        var whole = await ReadAsync(file);
        Assert.Equal(30, whole.Count);
        foreach (var chunk in new[] { 1, 2, 3, 5, 7, 11, 13, 64 })
        {
            Assert.Equal(Places(whole), Places(await ReadAsync(file, chunk)));
        }
    }

    [Fact]
    public async Task Read_ContentLength_KeepsUnquotedFromLines()
    {
        // mboxcl2: nothing is quoted, the length tells where the text ends.
        var text = "Dear all,\n\nFrom sender@example.org Sat Jan  3 01:05:34 1996\n\nis what it said.\n";
        var file = Encoding.ASCII.GetBytes($"{Line}Subject: a\nContent-Length: {text.Length}\n\n{text}\n{Line}Subject: b\n\nlast\n");

        var mails = await ReadAsync(file);

        Assert.Equal(2, mails.Count);
        Assert.True(mails[0].IsVerbatim);
        Assert.EndsWith("is what it said.\n", Encoding.ASCII.GetString(file, (int)mails[0].Offset, (int)mails[0].Length), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1_000_000)]
    [InlineData(3)]
    public async Task Read_WrongContentLength_IsNotBelieved(int length)
    {
        var file = Encoding.ASCII.GetBytes($"{Line}Subject: a\nContent-Length: {length}\n\nsome text\n\n{Line}Subject: b\n\nlast\n");
        var mails = await ReadAsync(file);
        Assert.Equal(2, mails.Count);
        Assert.Equal("Subject: b\n\nlast\n", Encoding.ASCII.GetString(file, (int)mails[1].Offset, (int)mails[1].Length));
    }

    [Fact]
    public async Task Read_FromWhereAnEarlierScanStopped_GoesOn()
    {
        var file = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 9).Select(i => $"{Line}Subject: {i}\n\nText {i}\n\n")));
        var whole = await ReadAsync(file);
        for (var i = 0; i < whole.Count; i++)
        {
            using var stream = new MemoryStream(file) { Position = whole[i].Next };
            var scanner = new MboxScanner(stream, whole[i].Next);
            var next = await scanner.ReadAsync(default);
            Assert.Equal(i + 1 < whole.Count ? whole[i + 1].Identity : null, next?.Identity);
        }
    }

    [Fact]
    public void Identity_OfOneMail_IsTheSameHoweverItIsKept()
    {
        var mail = "Subject: a\nX-Other: b\n folded\n\nText\n\nmore\n";
        var identity = MailIdentity.Of(Encoding.ASCII.GetBytes(mail));
        foreach (var kept in new[]
        {
            mail.Replace("\n", "\r\n", StringComparison.Ordinal), mail + "\n\n", mail.Replace("\nmore", "\n>>more", StringComparison.Ordinal), mail.Replace("\nText", "\n>Text", StringComparison.Ordinal).Replace("\n", "\r\n", StringComparison.Ordinal), "Status: RO\n" + mail, "X-Gmail-Labels: Inbox,\n Opened\n" + mail, mail.Replace("\n\n", "\nContent-Length: 11\nLines: 2\n\n", StringComparison.Ordinal)
                .Replace("Text\nContent-Length: 11\nLines: 2\n", "Text\n", StringComparison.Ordinal),
        })
        {
            Assert.Equal(identity, MailIdentity.Of(Encoding.ASCII.GetBytes(kept)));
        }

        Assert.NotEqual(identity, MailIdentity.Of(Encoding.ASCII.GetBytes(mail.Replace("Text", "text", StringComparison.Ordinal))));
        Assert.NotEqual(identity, MailIdentity.Of(Encoding.ASCII.GetBytes(mail.Replace("X-Other: b", "X-Other: c", StringComparison.Ordinal))));
    }

    /// <summary>2 GB that are never there at once: what is allocated does not grow with the file, nor with its largest mail.</summary>
    [Fact]
    public async Task Read_TwoGigabytes_InTheMemoryOfOneBuffer()
    {
        const long Size = 2L * 1024 * 1024 * 1024;
        using var stream = new EndlessMbox(Size);
        var scanner = new MboxScanner(stream);
        await scanner.ReadAsync(default);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var (count, bytes) = (1L, 0L);
        while (await scanner.ReadAsync(default) is { } mail)
        {
            count++;
            bytes += mail.Length;
        }

        var perMail = (GC.GetAllocatedBytesForCurrentThread() - before) / count;
        Assert.Equal(Size / EndlessMbox.MailBytes, count);
        Assert.True(bytes > Size * 9 / 10);
        Assert.True(perMail < 4096, $"{perMail} bytes allocated per mail of {EndlessMbox.MailBytes}");
    }

    private static IEnumerable<(long Offset, long Length, string Identity)> Places(IEnumerable<MboxEntry> mails) => mails.Select(m => (m.Offset, m.Length, m.Identity));

    private static async Task<List<MboxEntry>> ReadAsync(byte[] file, int chunk = int.MaxValue)
    {
        using var stream = new SlowStream(file, chunk);
        var scanner = new MboxScanner(stream);
        var mails = new List<MboxEntry>();
        while (await scanner.ReadAsync(default) is { } mail)
        {
            mails.Add(mail with { Head = default });
        }

        return mails;
    }

    private sealed class SlowStream(byte[] bytes, int chunk) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => base.ReadAsync(buffer[..Math.Min(buffer.Length, chunk)], cancellationToken);
    }

    /// <summary>Mails of 64 KiB, made as they are read.</summary>
    private sealed class EndlessMbox : Stream
    {
        public const int MailBytes = 64 * 1024;

        private readonly byte[] _mail = Make();
        private readonly long _size;
        private long _position;

        public EndlessMbox(long size) => _size = size;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => _size;

        public override long Position
        {
            get => _position;
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count)
        {
            var at = (int)(_position % MailBytes);
            var length = (int)Math.Min(Math.Min(count, MailBytes - at), _size - _position);
            _mail.AsSpan(at, length).CopyTo(buffer.AsSpan(offset));
            _position += length;
            return length;
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var at = (int)(_position % MailBytes);
            var length = (int)Math.Min(Math.Min(buffer.Length, MailBytes - at), _size - _position);
            _mail.AsMemory(at, length).CopyTo(buffer);
            _position += length;
            return ValueTask.FromResult(length);
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        private static byte[] Make()
        {
            var text = new StringBuilder($"{Line}Subject: big\nDate: Sat, 3 Jan 1996 01:05:34 +0000\n\n");
            while (text.Length < MailBytes - 100)
            {
                text.Append("The quick brown fox jumps over the lazy dog again, and again.\n");
            }

            text.Append('x', MailBytes - text.Length - 2).Append("\n\n");
            return Encoding.ASCII.GetBytes(text.ToString());
        }
    }
}
