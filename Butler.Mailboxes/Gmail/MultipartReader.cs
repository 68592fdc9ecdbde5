using System.Buffers;

namespace Butler.Mailboxes.Gmail;

/// <summary>
/// Reads a multipart body part by part from a stream into one pooled buffer; a part lies there in one piece until the
/// next is asked for. A part above the limit is not kept: only its first bytes are, so that it can be told whose it was.
/// </summary>
internal sealed class MultipartReader : IDisposable
{
    // Enough for the outer and inner headers of a part.
    private const int HeadBytes = 4096;

    // RFC 2046 section 5.1.1 allows text behind the closing delimiter; beyond this the connection is dropped.
    private const int MaxEpilogueBytes = 64 * 1024;

    // Larger buffers were for one giant mail: the pool would keep them for good.
    private const int MaxPooledBytes = 8 * 1024 * 1024;

    private readonly Stream _stream;
    private readonly byte[] _delimiter;
    private readonly int _maxPart;
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(64 * 1024);
    private int _start;
    private int _end;
    private bool _first = true;
    private bool _closed;

    /// <param name="stream">The body.</param>
    /// <param name="boundary">As in the Content-Type, without the hyphens.</param>
    /// <param name="maxPart">Parts above this many bytes are skipped.</param>
    public MultipartReader(Stream stream, ReadOnlySpan<byte> boundary, int maxPart)
    {
        _stream = stream;
        _maxPart = maxPart;
        _delimiter = [(byte)'\n', (byte)'-', (byte)'-', .. boundary];
        // The first delimiter stands at the body's very beginning: with a line end before it all are found alike.
        _buffer[0] = (byte)'\n';
        _end = 1;
    }

    /// <summary>The current part: headers, blank line, content. Of a part that was too large only the head.</summary>
    public ReadOnlyMemory<byte> Part { get; private set; }

    /// <summary>Whether the current part was above the limit.</summary>
    public bool TooLarge { get; private set; }

    /// <summary>
    /// Moves to the next part; false after the closing delimiter. <paramref name="stopAbove"/> is asked with the size so far
    /// of a part that is still arriving; true ends the reading (<see cref="Stopped"/>).
    /// </summary>
    /// <exception cref="EndOfStreamException">The body ends without its closing delimiter.</exception>
    public async ValueTask<bool> NextAsync(Func<int, bool> stopAbove, CancellationToken cancellationToken)
    {
        if (_first)
        {
            _first = false;
            await ReadToDelimiterAsync(static _ => false, cancellationToken); // the preamble
        }

        if (_closed || Stopped || !await SkipDelimiterLineAsync(cancellationToken))
        {
            return false;
        }

        return await ReadToDelimiterAsync(stopAbove, cancellationToken);
    }

    /// <summary>Whether the reading was ended by the caller's bound.</summary>
    public bool Stopped { get; private set; }

    public void Dispose()
    {
        Return(_buffer);
        _buffer = [];
        Part = default;
    }

    // On entry _start is at the delimiter. Leaves it behind the delimiter's line.
    private async ValueTask<bool> SkipDelimiterLineAsync(CancellationToken cancellationToken)
    {
        var from = _start + _delimiter.Length;
        while (true)
        {
            if (_end - from >= 2 && _buffer[from] == '-' && _buffer[from + 1] == '-')
            {
                _closed = true;
                await ReadEpilogueAsync(cancellationToken);
                return false;
            }

            var lineEnd = _end > from ? _buffer.AsSpan(from, _end - from).IndexOf((byte)'\n') : -1;
            if (lineEnd >= 0)
            {
                _start = from + lineEnd + 1;
                return true;
            }

            if (_end - from > HeadBytes)
            {
                throw new InvalidDataException("A batch answer's delimiter line does not end.");
            }

            from -= await FillAsync(cancellationToken);
        }
    }

    // The peer counts the calls as in flight until its answer has ended: without waiting for that the next batch can be
    // refused as one too many at the same time. It also leaves the connection fit for use.
    private async ValueTask ReadEpilogueAsync(CancellationToken cancellationToken)
    {
        try
        {
            int read;
            for (var left = MaxEpilogueBytes; left > 0 && (read = await _stream.ReadAsync(_buffer, cancellationToken)) > 0; left -= read)
            {
                // nothing of it is used
            }
        }
        catch (IOException)
        {
            // All parts are there; that the link broke after them concerns the next call only.
        }
    }

    // Finds the next delimiter from _start on and leaves _start at it.
    private async ValueTask<bool> ReadToDelimiterAsync(Func<int, bool> stopAbove, CancellationToken cancellationToken)
    {
        // The line end before the delimiter belongs to it, so an empty part's is the one just read.
        var begin = _start;
        var scanned = Math.Max(0, begin - 1);
        byte[]? head = null;
        while (true)
        {
            var found = _buffer.AsSpan(scanned, _end - scanned).IndexOf(_delimiter);
            if (found >= 0)
            {
                var at = scanned + found;
                var length = Math.Max(0, at - begin);
                TooLarge = head is not null || length > _maxPart;
                Part = head ?? _buffer.AsMemory(begin, TooLarge ? Math.Min(length, HeadBytes) : length);
                _start = at;
                return true;
            }

            scanned = Math.Max(scanned, _end - _delimiter.Length + 1);
            var size = _end - begin;
            if (head is null && stopAbove(size))
            {
                Stopped = true;
                return false;
            }

            if (head is not null || size > _maxPart)
            {
                head ??= _buffer.AsSpan(begin, HeadBytes).ToArray();
                // Nothing of it is needed but the tail that may begin a delimiter.
                _start = begin = scanned;
            }

            var moved = await FillAsync(cancellationToken);
            begin -= moved;
            scanned -= moved;
        }
    }

    // Reads more bytes behind _end; answers by how much everything moved to the front.
    private async ValueTask<int> FillAsync(CancellationToken cancellationToken)
    {
        var moved = 0;
        if (_end == _buffer.Length)
        {
            // One byte before _start is kept: it can be the line end that a delimiter begins with.
            moved = Math.Max(0, _start - 1);
            var length = _end - moved;
            var target = length > _buffer.Length / 2 ? ArrayPool<byte>.Shared.Rent(_buffer.Length * 2) : _buffer;
            Buffer.BlockCopy(_buffer, moved, target, 0, length);
            if (target != _buffer)
            {
                Return(_buffer);
                _buffer = target;
            }

            _start -= moved;
            _end = length;
        }

        var read = await _stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken);
        if (read == 0)
        {
            throw new EndOfStreamException("The batch answer ends before its closing delimiter.");
        }

        _end += read;
        return moved;
    }

    private static void Return(byte[] buffer)
    {
        if (buffer.Length <= MaxPooledBytes)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
