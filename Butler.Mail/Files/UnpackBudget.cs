namespace Butler.Mail.Files;

/// <summary>An archive unpacks to more than the options allow.</summary>
internal sealed class ArchiveLimitException(string message) : IOException(message);

/// <summary>What all archives of one reading may still unpack to.</summary>
internal sealed class UnpackBudget(MailFileOptions options)
{
    private int entries;
    private long bytes;

    public MailFileOptions Options { get; } = options;

    public void CountEntry()
    {
        if (++entries > Options.MaxArchiveEntries)
        {
            throw new ArchiveLimitException("the archive holds more entries than allowed");
        }
    }

    public void CountBytes(int count)
    {
        bytes += count;
        if (bytes > Options.MaxUnpackedBytes)
        {
            throw new ArchiveLimitException("the archive unpacks to more than allowed");
        }
    }
}

/// <summary>Counts what an archive unpacks to, and stops a bomb by its ratio.</summary>
internal sealed class CountingStream(Stream inner, UnpackBudget budget, Func<long> packed) : Stream
{
    private const long RatioFrom = 64 * 1024 * 1024;
    private long count;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer) => Count(inner.Read(buffer));

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => Count(await inner.ReadAsync(buffer, cancellationToken));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private int Count(int read)
    {
        count += read;
        budget.CountBytes(read);
        if (count > RatioFrom && count / Math.Max(1, packed()) > budget.Options.MaxCompressionRatio)
        {
            throw new ArchiveLimitException("the archive unpacks to far more than mail does");
        }

        return read;
    }
}
