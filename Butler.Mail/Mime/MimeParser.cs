using System.Text;

namespace Butler.Mail;

/// <summary>
/// Reads the tree of parts in one pass over the buffer, with a stack of its own: no recursion, no copying, and nothing
/// allocated but the parts. Lines that start with "--" are compared with the boundaries of all open multiparts,
/// innermost first, so an inner part also ends where an outer one does (RFC 2046 section 5.1.2).
/// </summary>
internal sealed partial class MimeParser
{
    // RFC 2046 allows 70 characters; some writers exceed it.
    private const int MaxBoundary = 250;
    private const int MaxPadding = 64;
    private const int MaxIdleFrames = 64;

    [ThreadStatic]
    private static MimeParser? idle;

    private MimeDocument document = null!;
    private Frame[] frames = new Frame[8];
    private int open;
    private int openBoundaries;

    // Bit n: an open boundary's delimiter or close delimiter has a length of n (mod 64). Tells most lines off at once.
    private ulong lengths;

    /// <summary>Reads the tree and returns its root.</summary>
    public static MimePart Parse(MimeDocument document)
    {
        var parser = idle ?? new MimeParser();
        idle = null;
        parser.document = document;
        try
        {
            return parser.Run(document.Raw.Span);
        }
        finally
        {
            parser.Reset();
            idle = parser;
        }
    }

    private MimePart Run(ReadOnlySpan<byte> raw)
    {
        var position = HeaderLines.First(raw);
        var root = NewPart(position, 0);
        document.Root = root;
        var current = root;
        while (current is not null)
        {
            position = ReadHeader(raw, current, position);
            current = Enter(raw, current, position) ?? NextPart(raw, current, position, out position);
        }

        return root;
    }

    // The thread keeps the parser, not the message.
    private void Reset()
    {
        document = null!;
        (open, openBoundaries, lengths) = (0, 0, 0);
        if (frames.Length > MaxIdleFrames)
        {
            frames = new Frame[8];
        }
        else
        {
            Array.Clear(frames);
        }
    }

    private MimePart NewPart(int start, int depth)
    {
        document.PartCount++;
        return new MimePart(document, start, depth) { BodyStart = start, End = document.Raw.Length };
    }

    // Opens a multipart's or a message's frame. Returns the inner message's part, to be read next, or null.
    private MimePart? Enter(ReadOnlySpan<byte> raw, MimePart part, int position)
    {
        if (!MayHaveParts(raw, part))
        {
            return null;
        }

        var value = part.ContentTypeAt < 0 ? [] : raw[part.ContentTypeAt..HeaderLines.ValueEnd(raw, part.ContentTypeAt, part.FieldsEnd)];
        var frame = new Frame { Part = part };
        var isMessage = false;
        if (BoundaryReader.TryFind(value, out var start, out var length, out frame.IsDigest))
        {
            (frame.Start, frame.Length) = (part.ContentTypeAt + start, length);
        }
        else if (BoundaryReader.IsMessageType(value, out isMessage))
        {
            if (!isMessage)
            {
                return null;
            }
        }
        else
        {
            isMessage = part.ContentType.IsMessage;
            if (!isMessage && !part.ContentType.Is("multipart"))
            {
                return null;
            }
        }

        if (open + 1 >= document.Limits.Depth)
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

            Push(frame);
            return part.FirstChild = NewPart(position, part.Depth + 1);
        }

        // A transfer encoding on a multipart is illegal and ignored (RFC 2045 section 6.4).
        part.TransferEncoding = TransferEncoding.Identity;
        part.IsMultipart = true;
        if (frame.Length == 0 && part.ContentType.Parameters["boundary"]?.TrimEnd() is { Length: > 0 and <= MaxBoundary } boundary)
        {
            frame.Bytes = Encoding.UTF8.GetBytes(boundary);
            frame.Length = frame.Bytes.Length;
            frame.IsDigest = part.ContentType.Subtype == "digest";
        }

        if (frame.Length is 0 or > MaxBoundary)
        {
            document.Note(MimeDefectKind.MissingBoundary, part.Start);
            return null;
        }

        Push(frame);
        return null;
    }

    // Only what begins with "m" can be multipart or message; the others' types are read when asked for.
    private static bool MayHaveParts(ReadOnlySpan<byte> raw, MimePart part)
    {
        if (part.ContentTypeAt < 0)
        {
            return part.IsInDigest;
        }

        var rest = raw[part.ContentTypeAt..part.FieldsEnd].TrimStart(" \t\r\n"u8);
        return rest.Length > 0 && (rest[0] | 0x20) is 'm' or '(' or '"';
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
    private MimePart? NextPart(ReadOnlySpan<byte> raw, MimePart leaf, int position, out int next)
    {
        MimePart? ending = open > 0 && ReferenceEquals(frames[open - 1].Part, leaf) ? null : leaf;
        while (FindDelimiter(raw, position, out var index, out var isClose, out var end, out next))
        {
            if (ending is not null)
            {
                ending.End = Math.Max(ending.BodyStart, end);
                frames[index].DropIfEmpty(ending);
                ending = null;
            }

            while (open - 1 > index)
            {
                // The line break before the delimiter is its own, but no child may reach beyond its parent.
                var last = frames[open - 1].LastChild;
                var inner = Pop();
                inner.End = Math.Max(last?.End ?? inner.BodyStart, end);
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
                return null;
            }

            var child = NewPart(next, parent.Depth + 1);
            child.IsInDigest = frames[index].IsDigest;
            frames[index].Add(child);
            return child;
        }

        if (ending is not null && open > 0)
        {
            // A delimiter line that stands last begins nothing.
            frames[open - 1].DropIfEmpty(ending);
        }

        for (var i = 0; i < open; i++)
        {
            NoteUnclosed(frames[i].Part);
        }

        next = position;
        return null;
    }

    private void NoteUnclosed(MimePart part)
    {
        if (part.IsMultipart)
        {
            document.Note(part.FirstChild is null ? MimeDefectKind.BoundaryNotFound : MimeDefectKind.UnclosedMultipart, part.Start);
        }
    }

    private void Push(in Frame frame)
    {
        if (open == frames.Length)
        {
            Array.Resize(ref frames, open * 2);
        }

        frames[open++] = frame;
        if (frame.Length > 0)
        {
            openBoundaries++;
            lengths |= LengthBits(frame.Length);
        }
    }

    private MimePart Pop()
    {
        ref var frame = ref frames[--open];
        var part = frame.Part;
        openBoundaries -= frame.Length > 0 ? 1 : 0;
        frame = default;
        lengths = 0;
        for (var i = 0; i < open; i++)
        {
            lengths |= LengthBits(frames[i].Length);
        }

        return part;
    }

    private static ulong LengthBits(int length) => length == 0 ? 0 : (1UL << (length & 63)) | (1UL << ((length + 2) & 63));

    private bool FindDelimiter(ReadOnlySpan<byte> raw, int position, out int index, out bool isClose, out int end, out int next)
    {
        (index, isClose, end, next) = (-1, false, 0, raw.Length);
        while (openBoundaries > 0 && position < raw.Length)
        {
            var at = raw[position..].IndexOf("--"u8);
            if (at < 0)
            {
                break;
            }

            at += position;
            if ((at == 0 || raw[at - 1] is (byte)'\n' or (byte)'\r') && TryMatch(raw, at, out index, out isClose, out next))
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
    private bool TryMatch(ReadOnlySpan<byte> raw, int at, out int index, out bool isClose, out int next)
    {
        (index, isClose, next) = (-1, false, at);
        var window = raw.Slice(at + 2, Math.Min(raw.Length - at - 2, MaxBoundary + MaxPadding));
        var length = window.IndexOfAny((byte)'\r', (byte)'\n');
        if (length < 0)
        {
            if (at + 2 + window.Length < raw.Length)
            {
                return false;
            }

            length = window.Length;
        }

        var line = window[..length].TrimEnd(" \t"u8);
        if ((lengths & (1UL << (line.Length & 63))) == 0)
        {
            return false;
        }

        for (var i = open - 1; i >= 0; i--)
        {
            ref var frame = ref frames[i];
            if (frame.Length == 0 || (line.Length != frame.Length && line.Length != frame.Length + 2))
            {
                continue;
            }

            var boundary = frame.Bytes is { } bytes ? bytes : raw.Slice(frame.Start, frame.Length);
            isClose = line.Length != frame.Length;
            if (line.StartsWith(boundary) && (!isClose || line.EndsWith("--"u8)))
            {
                index = i;
                next = HeaderLines.AfterBreak(raw, at + 2 + length);
                return true;
            }
        }

        return false;
    }

    /// <summary>An open multipart, or an open message (without a boundary).</summary>
    private struct Frame
    {
        public MimePart Part;
        public byte[]? Bytes;
        public int Start;
        public int Length;
        public bool IsDigest;
        private MimePart? last;
        private MimePart? beforeLast;

        public readonly MimePart? LastChild => last ?? Part.FirstChild;

        public void Add(MimePart child)
        {
            if (last is null)
            {
                Part.FirstChild = child;
            }
            else
            {
                last.Next = child;
            }

            beforeLast = last;
            last = child;
        }

        // A doubled delimiter line makes no part.
        public void DropIfEmpty(MimePart part)
        {
            if (!ReferenceEquals(part, last) || part.HasFields || part.BodyStart != part.End)
            {
                return;
            }

            last = beforeLast;
            if (last is null)
            {
                Part.FirstChild = null;
            }
            else
            {
                last.Next = null;
            }
        }
    }
}
