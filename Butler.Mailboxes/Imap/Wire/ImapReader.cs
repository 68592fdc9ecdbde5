namespace Butler.Mailboxes.Imap.Wire;

/// <summary>One answer of the server: its text, in which each literal's octets were taken out behind <c>{n}CRLF</c>, and those octets. Valid until the next read.</summary>
internal sealed class ImapResponse
{
    public byte[] Buffer { get; set; } = new byte[1024];

    public int Length { get; set; }

    public List<byte[]> Literals { get; } = [];

    public ReadOnlySpan<byte> Text => Buffer.AsSpan(0, Length);

    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (Buffer.Length - Length < bytes.Length)
        {
            var larger = new byte[Math.Max(Buffer.Length * 2, Length + bytes.Length)];
            Text.CopyTo(larger);
            Buffer = larger;
        }

        bytes.CopyTo(Buffer.AsSpan(Length));
        Length += bytes.Length;
    }

    public void Clear()
    {
        Length = 0;
        Literals.Clear();

        // One giant SEARCH must not be held for the connection's life.
        if (Buffer.Length > 256 * 1024)
        {
            Buffer = new byte[1024];
        }
    }
}

/// <summary>
/// Reads answers from a stream. A literal's octets go straight from the stream into their array, which grows with what has
/// arrived and not with what was announced.
/// </summary>
internal sealed class ImapReader(Stream stream, ImapLimits limits, Func<Memory<byte>, CancellationToken, ValueTask<int>> read)
{
    // What is believed of an announced size before its bytes arrive.
    private const int FirstLiteralBytes = 256 * 1024;

    private readonly byte[] _buffer = new byte[32 * 1024];
    private readonly ImapResponse _response = new();
    private int _start;
    private int _end;

    /// <summary>The stream below.</summary>
    public Stream Stream { get; } = stream;

    /// <summary>Whether bytes were received that no answer has used yet.</summary>
    public bool HasBuffered => _end > _start;

    /// <summary>The next answer, without its last line end; null at the stream's end between answers.</summary>
    public async ValueTask<ImapResponse?> ReadAsync(CancellationToken cancellationToken)
    {
        _response.Clear();
        var literals = 0L;
        while (true)
        {
            var lineStart = _response.Length;
            if (!await ReadLineAsync(cancellationToken))
            {
                return _response.Length == 0 ? null : throw ImapErrors.Make(ImapProblem.Disconnected, "inside an answer");
            }

            if (lineStart == 0 && _response.Length == 0)
            {
                // Empty lines between answers: some servers send one after a literal.
                continue;
            }

            var size = ImapLine.Literal(_response.Text[lineStart..], lineStart == 0);
            if (size < 0)
            {
                return _response;
            }

            literals += size;
            if (size > limits.MaxLiteralBytes || literals > limits.MaxResponseBytes || _response.Literals.Count >= limits.MaxLiterals)
            {
                throw ImapErrors.Make(ImapProblem.LimitExceeded, "literal");
            }

            _response.Append("\r\n"u8);
            _response.Literals.Add(await ReadLiteralAsync((int)size, cancellationToken));
        }
    }

    private async ValueTask<bool> ReadLineAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var available = _buffer.AsSpan(_start, _end - _start);
            var at = available.IndexOf((byte)'\n');
            var take = at < 0 ? available.Length : at;
            if (_response.Length + take > limits.MaxLineBytes)
            {
                throw ImapErrors.Make(ImapProblem.LimitExceeded, "line");
            }

            if (at >= 0)
            {
                _response.Append(available[..at]);
                _start += at + 1;
                if (_response.Length > 0 && _response.Buffer[_response.Length - 1] == (byte)'\r')
                {
                    _response.Length--;
                }

                return true;
            }

            _response.Append(available);
            _start = _end = 0;
            if (!await FillAsync(cancellationToken))
            {
                return false;
            }
        }
    }

    private async ValueTask<byte[]> ReadLiteralAsync(int size, CancellationToken cancellationToken)
    {
        if (size == 0)
        {
            return [];
        }

        var octets = GC.AllocateUninitializedArray<byte>(Math.Min(size, FirstLiteralBytes));
        var have = Math.Min(octets.Length, _end - _start);
        _buffer.AsSpan(_start, have).CopyTo(octets);
        _start += have;
        while (have < size)
        {
            if (have == octets.Length)
            {
                var larger = GC.AllocateUninitializedArray<byte>((int)Math.Min(size, octets.Length * 4L));
                octets.CopyTo(larger, 0);
                octets = larger;
            }

            var got = 0;
            if (_end > _start)
            {
                got = Math.Min(_end - _start, octets.Length - have);
                _buffer.AsSpan(_start, got).CopyTo(octets.AsSpan(have));
                _start += got;
            }
            else if (octets.Length - have >= _buffer.Length)
            {
                got = await read(octets.AsMemory(have), cancellationToken);
            }
            else
            {
                // The end of a literal: what follows comes along in the same read.
                _start = _end = 0;
                if (await FillAsync(cancellationToken))
                {
                    continue;
                }
            }

            if (got == 0)
            {
                throw ImapErrors.Make(ImapProblem.Disconnected, "inside a literal");
            }

            have += got;
        }

        return octets;
    }

    private async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        var got = await read(_buffer.AsMemory(_end), cancellationToken);
        _end += got;
        return got > 0;
    }
}

/// <summary>Questions about a line of an answer.</summary>
internal static class ImapLine
{
    /// <summary>
    /// The size of the literal that a line announces at its end, or -1. Text for people may end in <c>{5}</c> without announcing
    /// anything, and so may a quoted string (RFC 3501 section 9: resp-text, quoted).
    /// </summary>
    /// <param name="line">The line.</param>
    /// <param name="first">Whether it is an answer's first line, which may be a status.</param>
    public static long Literal(ReadOnlySpan<byte> line, bool first)
    {
        if (line.Length < 3 || line[^1] != (byte)'}')
        {
            return -1;
        }

        var open = line.LastIndexOf((byte)'{');
        if (open < 0 || (first && IsStatus(line)))
        {
            return -1;
        }

        var digits = line[(open + 1)..^1];
        if (digits.Length > 0 && digits[^1] == (byte)'+')
        {
            digits = digits[..^1];
        }

        if (digits.IsEmpty || digits.ContainsAnyExceptInRange((byte)'0', (byte)'9') || InQuotes(line[..open]))
        {
            return -1;
        }

        return digits.Length > 12 ? long.MaxValue / 2 : long.Parse(digits, System.Globalization.CultureInfo.InvariantCulture);
    }

    // "* OK …", "+ …", "A1 NO …": all answers whose text is free.
    private static bool IsStatus(ReadOnlySpan<byte> line)
    {
        if (line[0] == (byte)'+')
        {
            return true;
        }

        var space = line.IndexOf((byte)' ');
        if (space < 0)
        {
            return false;
        }

        if (line[0] != (byte)'*')
        {
            return true;
        }

        var word = line[(space + 1)..];
        var end = word.IndexOf((byte)' ');
        word = end < 0 ? word : word[..end];
        return IsWord(word, "OK"u8) || IsWord(word, "NO"u8) || IsWord(word, "BAD"u8) || IsWord(word, "BYE"u8) || IsWord(word, "PREAUTH"u8);
    }

    private static bool IsWord(ReadOnlySpan<byte> word, ReadOnlySpan<byte> name) => System.Text.Ascii.EqualsIgnoreCase(word, name);

    private static bool InQuotes(ReadOnlySpan<byte> text)
    {
        var quoted = false;
        for (var i = 0; i < text.Length; i++)
        {
            if (quoted && text[i] == (byte)'\\')
            {
                i++;
            }
            else if (text[i] == (byte)'"')
            {
                quoted = !quoted;
            }
        }

        return quoted;
    }
}
