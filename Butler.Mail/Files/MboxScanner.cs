using System.Buffers.Text;
using System.Text;

namespace Butler.Mail.Files;

/// <summary>Where a mail lies in a file, and which one it is.</summary>
/// <param name="Offset">Its first byte, after the "From " line.</param>
/// <param name="Length">Its bytes in the file, without the empty line that separates it from the next.</param>
/// <param name="Next">Where the next one's "From " line begins, or the file's end: a scan goes on from there.</param>
/// <param name="Identity">See <see cref="MailIdentity"/>.</param>
/// <param name="Head">Its header fields and the beginning of its text, at most <see cref="MboxScanner.HeadBytes"/>; valid until the next is read.</param>
/// <param name="IsVerbatim">Its length was given by Content-Length and its text holds unquoted "From " lines (mboxcl2): nothing is to be unquoted.</param>
/// <param name="IsCut">The file ends within it.</param>
public readonly record struct MboxEntry(long Offset, long Length, long Next, string Identity, ReadOnlyMemory<byte> Head, bool IsVerbatim, bool IsCut);

/// <summary>
/// Finds the mails of an mbox without holding them: for files of any size, in the memory of one buffer. It begins at any "From " line
/// that an earlier scan named as <see cref="MboxEntry.Next"/>.
/// </summary>
/// <remarks>
/// The four dialects (RFC 4155 appendix A; qmail's mbox(5)) differ in how a line of text that begins with "From " is kept apart: mboxo
/// and mboxcl quote it, mboxrd also quotes quoted ones, mboxcl2 quotes nothing. mboxcl and mboxcl2 give Content-Length, which is
/// believed when the file can be sought in and a "From " line or the end follows it.
/// </remarks>
public sealed class MboxScanner
{
    /// <summary>How much of a mail's beginning is given for its dates, labels and threads.</summary>
    public const int HeadBytes = 64 * 1024;

    private const int BufferBytes = 256 * 1024;

    private readonly Stream _stream;
    private readonly byte[] _buffer = new byte[BufferBytes];
    private readonly byte[] _head = new byte[HeadBytes];
    private readonly byte[] _peek = new byte[16];
    private int _start;
    private int _end;
    private long _position; // of _start in the file
    private bool _ended;

    /// <summary>Makes a scanner over a stream that stands at <paramref name="position"/>.</summary>
    public MboxScanner(Stream stream, long position = 0)
    {
        ArgumentNullException.ThrowIfNull(stream);
        (_stream, _position) = (stream, position);
    }

    /// <summary>The next mail; null at the end, and where no "From " line stands.</summary>
    public async Task<MboxEntry?> ReadAsync(CancellationToken cancellationToken)
    {
        if (!await SkipSeparatorAsync(cancellationToken))
        {
            return null;
        }

        var mail = new Scan(_position, _head);
        while (true)
        {
            if (await TakeAsync(mail, cancellationToken) is { } entry)
            {
                return entry;
            }
        }
    }

    /// <summary>Passes the "From " line at the beginning; empty lines before it are none of a mail.</summary>
    private async Task<bool> SkipSeparatorAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var rest = _buffer.AsMemory(_start, _end - _start);
            var blank = rest.Span.IndexOfAnyExcept((byte)'\r', (byte)'\n');
            if (blank != 0 && rest.Length > 0)
            {
                Advance(blank < 0 ? rest.Length : blank);
                continue;
            }

            var end = rest.Span.IndexOf((byte)'\n');
            if (end >= 0 || (_ended && rest.Length > 0))
            {
                var line = end >= 0 ? rest[..(end + 1)] : rest;
                if (!line.Span.StartsWith("From "u8))
                {
                    return false;
                }

                Advance(line.Length);
                return true;
            }

            if (_ended || rest.Length > MboxLines.MaxSeparator * 8)
            {
                return false;
            }

            await FillAsync(cancellationToken);
        }
    }

    private async Task<MboxEntry?> TakeAsync(Scan mail, CancellationToken cancellationToken)
    {
        if (mail.Left > 0)
        {
            // Within the length that the mail gives: no line in here separates.
            if (_start == _end)
            {
                await FillAsync(cancellationToken);
            }

            var piece = _buffer.AsMemory(_start, (int)Math.Min(_end - _start, mail.Left));
            if (piece.IsEmpty)
            {
                return Finish(mail, cut: true);
            }

            mail.HasFrom |= piece.Span.IndexOf("\nFrom "u8) >= 0;
            mail.Append(piece.Span);
            mail.Left -= piece.Length;
            Advance(piece.Length);
            return null;
        }

        var rest = _buffer.AsMemory(_start, _end - _start);
        if (!mail.InBody)
        {
            // Header fields are few: line by line.
            var end = rest.Span.IndexOf((byte)'\n');
            if (end < 0 && !_ended && rest.Length < BufferBytes)
            {
                await FillAsync(cancellationToken);
                return null;
            }

            if (rest.IsEmpty)
            {
                return Finish(mail, cut: true);
            }

            var line = end < 0 ? rest : rest[..(end + 1)];
            if (mail.AtLineStart && mail.AfterEmpty && MboxLines.IsSeparator(line.Span))
            {
                return Finish(mail, cut: false);
            }

            mail.Line(line.Span, isWhole: end >= 0);
            Advance(line.Length);
            if (mail.InBody && mail.ContentLength is { } length && await FollowsAsync(_position + length, cancellationToken))
            {
                mail.Left = length;
            }

            return null;
        }

        return await TakeBodyAsync(mail, rest, cancellationToken);
    }

    private async Task<MboxEntry?> TakeBodyAsync(Scan mail, ReadOnlyMemory<byte> rest, CancellationToken cancellationToken)
    {
        // A line that separates stands after an empty line; the first of the text may be that line itself.
        var from = mail.AtLineStart && rest.Span.StartsWith("From "u8) ? 0 : rest.Span.IndexOf("\nFrom "u8) is var at && at >= 0 ? at + 1 : -1;
        if (from < 0)
        {
            // What may be the beginning of "\nFrom " stays in the buffer.
            var keep = _ended ? 0 : Math.Min(rest.Length, 6);
            if (rest.Length - keep <= 0)
            {
                if (_ended)
                {
                    return Finish(mail, cut: !mail.AtLineStart && rest.IsEmpty);
                }

                await FillAsync(cancellationToken);
                return null;
            }

            mail.Append(rest.Span[..(rest.Length - keep)]);
            Advance(rest.Length - keep);
            return null;
        }

        var lineEnd = rest.Span[from..].IndexOf((byte)'\n');
        if (lineEnd < 0 && !_ended && rest.Length - from <= MboxLines.MaxSeparator)
        {
            mail.Append(rest.Span[..from]);
            Advance(from);
            await FillAsync(cancellationToken);
            return null;
        }

        mail.Append(rest.Span[..from]);
        Advance(from);
        var line = lineEnd < 0 ? rest[from..] : rest.Slice(from, lineEnd + 1);
        if (mail.AfterEmpty && lineEnd >= 0 && MboxLines.IsSeparator(line.Span))
        {
            return Finish(mail, cut: false);
        }

        mail.Append(line.Span[..5]);
        Advance(5);
        return null;
    }

    private MboxEntry Finish(Scan mail, bool cut)
    {
        var length = mail.Length;
        return new(mail.Offset, length, _position, mail.Identity(), _head.AsMemory(0, (int)Math.Min(mail.HeadLength, length)), mail.HasFrom, cut);
    }

    /// <summary>Whether a mail's text may end there: the end, or a "From " line after at most an empty one.</summary>
    private async Task<bool> FollowsAsync(long position, CancellationToken cancellationToken)
    {
        if (!_stream.CanSeek || position > _stream.Length)
        {
            return false;
        }

        var here = _stream.Position;
        try
        {
            _stream.Position = position;
            var read = await _stream.ReadAtLeastAsync(_peek, _peek.Length, throwOnEndOfStream: false, cancellationToken);
            var next = _peek.AsSpan(0, read).TrimStart("\r\n"u8);
            return next.IsEmpty || (next.StartsWith("From "u8) && (next.Length < read || position == 0 || await EndsLineAsync(position, cancellationToken)));
        }
        finally
        {
            _stream.Position = here;
        }
    }

    private async Task<bool> EndsLineAsync(long position, CancellationToken cancellationToken)
    {
        _stream.Position = position - 1;
        return await _stream.ReadAsync(_peek.AsMemory(0, 1), cancellationToken) == 1 && _peek[0] == '\n';
    }

    private void Advance(int count)
    {
        _start += count;
        _position += count;
    }

    private async Task FillAsync(CancellationToken cancellationToken)
    {
        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        (_start, _end) = (0, _end - _start);
        var read = await _stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken);
        _end += read;
        _ended = read == 0;
    }

    /// <summary>A mail as far as it was read.</summary>
    private sealed class Scan(long offset, byte[] head)
    {
        private readonly MailIdentity _identity = new();
        private long _length;
        private int _breakBytes; // of the line breaks at its end so far
        private bool _lastWasEmpty = true;
        private int _current; // bytes of the line that has not ended yet

        public long Offset => offset;

        public bool InBody { get; private set; }

        public bool AtLineStart { get; private set; } = true;

        public bool AfterEmpty => _lastWasEmpty && AtLineStart;

        public long? ContentLength { get; private set; }

        public long Left { get; set; }

        public bool HasFrom { get; set; }

        public long HeadLength { get; private set; }

        /// <summary>Without one line break at its end where two stand there: the empty line separates.</summary>
        public long Length => _lastWasEmpty && AtLineStart && _length > 0 ? Math.Max(0, _length - _breakBytes) : _length;

        public string Identity() => _identity.Finish();

        /// <summary>A header line, or a piece of one.</summary>
        public void Line(ReadOnlySpan<byte> line, bool isWhole)
        {
            var content = line.TrimEnd("\r\n"u8);
            if (AtLineStart && content.IsEmpty && isWhole)
            {
                InBody = true;
            }
            else if (AtLineStart && content.Length > 15 && Ascii.EqualsIgnoreCase(content[..15], "content-length:"u8) && Utf8Parser.TryParse(content[15..].Trim(" \t"u8), out long length, out _) && length >= 0)
            {
                ContentLength = length;
            }

            Append(line);
        }

        public void Append(ReadOnlySpan<byte> bytes)
        {
            if (bytes.IsEmpty)
            {
                return;
            }

            var room = (int)Math.Min(bytes.Length, head.Length - HeadLength);
            bytes[..room].CopyTo(head.AsSpan((int)HeadLength));
            HeadLength += room;
            _identity.Append(bytes);
            _length += bytes.Length;

            // Of the lines so far only the last ones matter: whether the next byte begins a line, and whether an empty one stands before it.
            var last = bytes.LastIndexOf((byte)'\n');
            if (last < 0)
            {
                _current += Weight(bytes);
                AtLineStart = false;
                return;
            }

            var before = bytes[..last].LastIndexOf((byte)'\n');
            var ended = bytes[(before + 1)..last];
            var isEmpty = Weight(ended) + (before < 0 ? _current : 0) == 0;
            AtLineStart = last == bytes.Length - 1;
            _current = Weight(bytes[(last + 1)..]);
            _lastWasEmpty = isEmpty;
            _breakBytes = last > 0 && bytes[last - 1] == '\r' ? 2 : 1;
        }

        private static int Weight(ReadOnlySpan<byte> line) => line.Trim((byte)'\r').Length;
    }
}
