using System.IO.Pipelines;
using System.Text;

namespace Butler.Mail.Tests.Mime;

public sealed class MimeReadingTests
{
    private static readonly byte[] Raw = Encoding.ASCII.GetBytes("Subject: read\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n" + new string('x', 200_000) + "\r\n--b\r\n\r\ny\r\n--b--\r\n");

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1000)]
    [InlineData(1_000_000)]
    public async Task ReadAsync_StreamInPieces_IsTheSame(int piece)
    {
        Assert.True((await MimeMessage.ReadAsync(new Pieces(Raw, Math.Max(piece, 100), seekable: false))).Raw.Span.SequenceEqual(Raw));
        var message = await MimeMessage.ReadAsync(new Pieces(Raw[..500], piece, seekable: true));
        Assert.Equal(("read", 500), (message.Subject, message.Raw.Length));
    }

    [Fact]
    public async Task ReadAsync_LargerThanTheLimit_IsCutAndRestStaysInTheStream()
    {
        var stream = new Pieces(Raw, 100, seekable: false);
        var message = await MimeMessage.ReadAsync(stream, new MimeLimits { MessageBytes = 1000 });
        Assert.True(message.IsTruncatedByLimits);
        Assert.Equal((1000, "read"), (message.Raw.Length, message.Subject));
        Assert.InRange(stream.Position, 1001, 1100);
    }

    [Fact]
    public async Task ReadAsync_Pipe_IsTheSame()
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        var read = MimeMessage.ReadAsync(pipe.Reader);
        for (var at = 0; at < Raw.Length; at += 1013)
        {
            await pipe.Writer.WriteAsync(Raw.AsMemory(at, Math.Min(1013, Raw.Length - at)));
        }

        await pipe.Writer.CompleteAsync();
        var message = await read;
        Assert.True(message.Raw.Span.SequenceEqual(Raw));
        Assert.Equal(2, message.Body.Parts.Count);
    }

    [Fact]
    public async Task ReadAsync_PipeLargerThanTheLimit_IsCut()
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        await pipe.Writer.WriteAsync(Raw);
        var message = await MimeMessage.ReadAsync(pipe.Reader, new MimeLimits { MessageBytes = 1000 });
        Assert.True(message.IsTruncatedByLimits);
        Assert.Equal(1000, message.Raw.Length);
    }

    private sealed class Pieces(byte[] bytes, int piece, bool seekable) : MemoryStream(bytes)
    {
        public override bool CanSeek => seekable;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => base.ReadAsync(buffer[..Math.Min(piece, buffer.Length)], cancellationToken);
    }
}
