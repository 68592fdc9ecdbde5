using System.Buffers;
using System.Text;

namespace Butler.Mail;

/// <summary>
/// Reads the tree of parts in one pass over the buffer, with a stack of its own: no recursion, no copying. Lines that
/// start with "--" are compared with the boundaries of all open multiparts, innermost first, so an inner part also
/// ends where an outer one does (RFC 2046 section 5.1.2).
/// </summary>
internal sealed class MimeParser(MimeDocument document)
{
    // RFC 2046 allows 70 characters; some writers exceed it.
    private const int MaxBoundary = 250;
    private const int MaxPadding = 64;
    private const int MaxLookAhead = 50;
    private static readonly SearchValues<byte> NameChars = SearchValues.Create([.. Enumerable.Range(33, 94).Where(c => c != ':').Select(c => (byte)c)]);

    private readonly List<Frame> frames = [];
    private int headerBytes;

    // Whether the field being read is beyond the limits: its continuation lines must not go to the one before.
    private bool skipping;

    private ReadOnlySpan<byte> Raw => document.Raw.Span;

    public MimePart Parse()
    {
        var position = SkipToFirstHeader();
        var root = NewPart(position, 0);
        var current = root;
        while (current is not null)
        {
            position = ReadHeader(current, position);
            current = Enter(current, position) ?? NextPart(current, position, out position);
        }

        return root;
    }

    // A byte order mark or empty lines before the first field are not the body.
    private int SkipToFirstHeader()
    {
        var start = Raw.StartsWith("\uFEFF"u8) ? 3 : 0;
        var at = start;
        while (at < Raw.Length && Raw[at] is (byte)'\r' or (byte)'\n' or (byte)' ' or (byte)'\t' or 0)
        {
            at++;
        }

        return at > start && at < Raw.Length && IsField(LineAt(at), out _) ? at : start;
    }

    private MimePart NewPart(int start, int depth)
    {
        document.PartCount++;
        return new MimePart(document, start, depth) { BodyStart = start, End = document.Raw.Length };
    }

    // Opens a multipart's or a message's frame. Returns the inner message's part, to be read next, or null.
    private MimePart? Enter(MimePart part, int position)
    {
        var type = part.ContentType;
        var isMessage = type.Is("message", "rfc822") || type.Is("message", "global");
        if (!isMessage && type.Type != "multipart")
        {
            return null;
        }

        if (frames.Count + 1 >= document.Limits.Depth)
        {
            document.Note(MimeDefectKind.TooDeep, part.Start);
            return null;
        }

        if (isMessage)
        {
            if (part.TransferEncoding != TransferEncoding.Identity || !HasPartsLeft(part.Start))
            {
                return null;
            }

            frames.Add(new Frame(part, null));
            return part.MessagePart = NewPart(position, part.Depth + 1);
        }

        // A transfer encoding on a multipart is illegal and ignored (RFC 2045 section 6.4).
        part.TransferEncoding = TransferEncoding.Identity;
        var boundary = type.Parameters["boundary"]?.TrimEnd();
        if (string.IsNullOrEmpty(boundary) || boundary.Length > MaxBoundary)
        {
            document.Note(MimeDefectKind.MissingBoundary, part.Start);
            return null;
        }

        frames.Add(new Frame(part, Encoding.UTF8.GetBytes(boundary)));
        return null;
    }

    private bool HasPartsLeft(int offset)
    {
        if (document.PartCount < document.Limits.Parts)
        {
            return true;
        }

        document.Note(MimeDefectKind.TooManyParts, offset);
        return false;
    }

    // From a part's body to the next part: ends everything that a delimiter ends on the way. Null at the end.
    private MimePart? NextPart(MimePart leaf, int position, out int next)
    {
        MimePart? open = frames.Count > 0 && ReferenceEquals(frames[^1].Part, leaf) ? null : leaf;
        while (FindDelimiter(position, out var index, out var isClose, out var end, out next))
        {
            if (open is not null)
            {
                open.End = Math.Max(open.BodyStart, end);
                DropIfEmpty(index, open);
                open = null;
            }

            while (frames.Count - 1 > index)
            {
                var inner = Pop();
                inner.End = Math.Max(inner.BodyStart, end);
                NoteUnclosed(inner);
            }

            var parent = frames[index].Part;
            position = next;
            if (isClose)
            {
                parent.End = next;
                Pop();
                continue;
            }

            if (!HasPartsLeft(next))
            {
                // The rest of the message stays out of the tree.
                frames.Clear();
                return null;
            }

            var child = NewPart(next, parent.Depth + 1);
            parent.Add(child);
            return child;
        }

        foreach (var frame in frames)
        {
            NoteUnclosed(frame.Part);
        }

        next = position;
        return null;
    }

    // A doubled delimiter line makes no part.
    private void DropIfEmpty(int index, MimePart part)
    {
        var parent = frames[index].Part;
        if (part.Headers.Count == 0 && part.BodyStart == part.End && parent.Parts.Count > 0 && ReferenceEquals(parent.Parts[^1], part))
        {
            parent.RemoveLast();
        }
    }

    private void NoteUnclosed(MimePart part)
    {
        if (part.ContentType.Type == "multipart")
        {
            document.Note(part.Parts.Count == 0 ? MimeDefectKind.BoundaryNotFound : MimeDefectKind.UnclosedMultipart, part.Start);
        }
    }

    private MimePart Pop()
    {
        var part = frames[^1].Part;
        frames.RemoveAt(frames.Count - 1);
        return part;
    }

    private bool FindDelimiter(int position, out int index, out bool isClose, out int end, out int next)
    {
        (index, isClose, end, next) = (-1, false, 0, document.Raw.Length);
        if (!frames.Exists(f => f.Boundary is not null))
        {
            return false;
        }

        var raw = Raw;
        while (position < raw.Length)
        {
            var at = raw[position..].IndexOf("--"u8);
            if (at < 0)
            {
                break;
            }

            at += position;
            if ((at == 0 || raw[at - 1] is (byte)'\n' or (byte)'\r') && TryMatch(at, out index, out isClose, out next))
            {
                // The line break before a delimiter belongs to the delimiter.
                end = at > 0 && raw[at - 1] == '\n' ? at - 1 : at;
                end = end > 0 && raw[end - 1] == '\r' ? end - 1 : end;
                return true;
            }

            var run = raw[at..].IndexOfAnyExcept((byte)'-');
            position = run < 0 ? raw.Length : at + run;
        }

        return false;
    }

    // Whether the line at a "--" is a delimiter: the boundary, then white space only.
    private bool TryMatch(int at, out int index, out bool isClose, out int next)
    {
        (index, isClose, next) = (-1, false, at);
        var window = Raw.Slice(at + 2, Math.Min(Raw.Length - at - 2, MaxBoundary + MaxPadding));
        var length = window.IndexOfAny((byte)'\r', (byte)'\n');
        if (length < 0)
        {
            if (at + 2 + window.Length < Raw.Length)
            {
                return false;
            }

            length = window.Length;
        }

        var line = window[..length].TrimEnd(" \t"u8);
        for (var i = frames.Count - 1; i >= 0; i--)
        {
            if (frames[i].Boundary is not { } boundary || !line.StartsWith(boundary))
            {
                continue;
            }

            isClose = line.Length == boundary.Length + 2 && line.EndsWith("--"u8);
            if (isClose || line.Length == boundary.Length)
            {
                index = i;
                next = AfterLineBreak(at + 2 + length);
                return true;
            }
        }

        return false;
    }

    private int ReadHeader(MimePart part, int position)
    {
        var first = document.Fields.Count;
        var read = ReadFields(position);
        headerBytes += read - position;
        part.BodyStart = read;
        part.End = document.Raw.Length;
        part.Headers = new HeaderList(document, first, document.Fields.Count - first);
        var inDigest = frames.Count > 0 && frames[^1].Part.ContentType.Is("multipart", "digest");
        var fallback = inDigest ? ContentType.MessageRfc822 : ContentType.TextPlain;
        part.ContentType = part.Headers.GetUnfolded("Content-Type") is { } type
            ? ContentType.Parse(type, part.Depth == 0 ? ContentType.TextPlain : ContentType.OctetStream, document.Limits.Parameters)
            : fallback;
        part.TransferEncoding = ReadTransferEncoding(part);
        return read;
    }

    private TransferEncoding ReadTransferEncoding(MimePart part)
    {
        var index = part.Headers.Find("Content-Transfer-Encoding", 0);
        if (index < 0)
        {
            return TransferEncoding.Identity;
        }

        var value = HeaderText.Trim(part.Headers.ValueSpan(index));
        var end = value.IndexOfAny(" \t;(\r\n"u8);
        value = (end < 0 ? value : value[..end]).Trim("\""u8);
        if (Ascii.EqualsIgnoreCase(value, "base64"u8))
        {
            return TransferEncoding.Base64;
        }

        if (Ascii.EqualsIgnoreCase(value, "quoted-printable"u8))
        {
            return TransferEncoding.QuotedPrintable;
        }

        if (Ascii.EqualsIgnoreCase(value, "x-uuencode"u8) || Ascii.EqualsIgnoreCase(value, "uuencode"u8) || Ascii.EqualsIgnoreCase(value, "x-uue"u8))
        {
            return TransferEncoding.Uuencode;
        }

        if (!Ascii.EqualsIgnoreCase(value, "7bit"u8) && !Ascii.EqualsIgnoreCase(value, "8bit"u8) && !Ascii.EqualsIgnoreCase(value, "binary"u8))
        {
            document.Note(MimeDefectKind.UnknownTransferEncoding, part.Start);
        }

        return TransferEncoding.Identity;
    }

    // Reads fields up to the empty line and returns the body's start.
    private int ReadFields(int position)
    {
        var raw = Raw;
        var start = position;
        var first = document.Fields.Count;
        while (position < raw.Length)
        {
            var line = LineAt(position);
            var lineEnd = position + line.Length;
            if (line.IsEmpty)
            {
                return AfterLineBreak(position);
            }

            if (line[0] is (byte)' ' or (byte)'\t')
            {
                // A continuation, of white space only too (RFC 5322 section 4.2).
                if (document.Fields.Count > first)
                {
                    Extend(lineEnd);
                }
                else if (position != start || !line.Trim(" \t"u8).IsEmpty)
                {
                    return position;
                }
            }
            else if (IsField(line, out var colon))
            {
                AddField(position, line, colon, start);
            }
            else if (position != start || !(line.StartsWith("From "u8) || line.StartsWith(">From "u8)))
            {
                if (line.StartsWith("--"u8) && TryMatch(position, out _, out _, out _))
                {
                    document.Note(MimeDefectKind.MissingHeaderEnd, position);
                    return position;
                }

                document.Note(MimeDefectKind.BadHeaderLine, position);
                if (document.Fields.Count == first || !HeaderGoesOn(AfterLineBreak(lineEnd)))
                {
                    document.Note(MimeDefectKind.MissingHeaderEnd, position);
                    return position;
                }

                Extend(lineEnd);
            }

            position = AfterLineBreak(lineEnd);
        }

        return position;
    }

    private void AddField(int position, ReadOnlySpan<byte> line, int colon, int start)
    {
        var limits = document.Limits;
        if (document.Fields.Count >= limits.Headers || headerBytes + (position - start) + line.Length > limits.HeaderBytes)
        {
            if (!document.Truncated)
            {
                document.Note(MimeDefectKind.TooManyHeaders, position);
            }

            skipping = true;
            return;
        }

        skipping = false;
        document.Fields.Add(new HeaderField(position, line[..colon].TrimEnd(" \t"u8).Length, position + colon + 1, line.Length - colon - 1));
    }

    private void Extend(int lineEnd)
    {
        var field = document.Fields[^1];
        if (!skipping && lineEnd - field.ValueStart + headerBytes <= document.Limits.HeaderBytes)
        {
            document.Fields[^1] = field with { ValueLength = lineEnd - field.ValueStart };
        }
    }

    // RFC 7103 section 7.2: a line that is no field belongs to the field before it if an empty line or a field follows.
    private bool HeaderGoesOn(int position)
    {
        for (var i = 0; i < MaxLookAhead && position < Raw.Length; i++)
        {
            var line = LineAt(position);
            if (line.IsEmpty || IsField(line, out _))
            {
                return true;
            }

            position = AfterLineBreak(position + line.Length);
        }

        return false;
    }

    private static bool IsField(ReadOnlySpan<byte> line, out int colon)
    {
        colon = line.IndexOfAnyExcept(NameChars);
        if (colon <= 0)
        {
            return false;
        }

        var name = colon;
        while (colon < line.Length && line[colon] is (byte)' ' or (byte)'\t')
        {
            colon++;
        }

        return name > 0 && colon < line.Length && line[colon] == ':';
    }

    private ReadOnlySpan<byte> LineAt(int position)
    {
        var rest = Raw[position..];
        var end = rest.IndexOfAny((byte)'\r', (byte)'\n');
        return end < 0 ? rest : rest[..end];
    }

    // CRLF, LF, a bare CR (RFC 7103 section 7.1) and the CR CR LF of broken gateways are one line break.
    private int AfterLineBreak(int position)
    {
        var raw = Raw;
        if (position >= raw.Length)
        {
            return raw.Length;
        }

        if (raw[position] != '\r')
        {
            return position + 1;
        }

        var rest = raw[(position + 1)..];
        return rest.StartsWith("\n"u8) ? position + 2 : rest.StartsWith("\r\n"u8) ? position + 3 : position + 1;
    }

    private readonly record struct Frame(MimePart Part, byte[]? Boundary);
}
