using System.Text;

namespace Butler.Mail;

/// <summary>The header section of one part: where it ends, and the two fields that the structure depends on.</summary>
internal sealed partial class MimeParser
{
    private const int MaxLookAhead = 50;

    // Reads fields up to the empty line and returns the body's start.
    private int ReadHeader(ReadOnlySpan<byte> raw, MimePart part, int start)
    {
        var section = new Section { Start = start };
        var position = ReadFields(raw, part, start, ref section);
        part.BodyStart = position;
        part.End = raw.Length;
        part.FieldsEnd = section.CutAt >= 0 ? section.CutAt : position;
        part.HasFields = section.Fields > 0;
        document.HeaderBytes += position - start;
        document.FieldCount += section.Fields;
        return position;
    }

    private int ReadFields(ReadOnlySpan<byte> raw, MimePart part, int position, ref Section section)
    {
        var start = position;
        while (position < raw.Length)
        {
            var line = raw.Slice(position, HeaderLines.Length(raw, position));
            var lineEnd = position + line.Length;
            if (line.IsEmpty)
            {
                var body = HeaderLines.AfterBreak(raw, position);
                if (part.Depth > 0 || !GoesOnAfterEmptyLine(raw, body, ref section))
                {
                    return body;
                }

                document.Note(MimeDefectKind.MisplacedHeader, body);
            }
            else if (line[0] is (byte)' ' or (byte)'\t')
            {
                // A continuation, of white space only too (RFC 5322 section 4.2).
                if (section.Fields == 0 && (position != start || !line.Trim(" \t"u8).IsEmpty))
                {
                    return position;
                }

                Count(position, line.Length, ref section);
            }
            else if (HeaderLines.IsField(line, out var name, out var colon))
            {
                if (Count(position, line.Length, ref section) && document.FieldCount + section.Fields < document.Limits.Headers)
                {
                    section.Fields++;
                    TakeField(raw, part, position, line[..name], position + colon + 1, ref section);
                }
                else
                {
                    Cut(position, ref section);
                }
            }
            else if (position != start || !(line.StartsWith("From "u8) || line.StartsWith(">From "u8)))
            {
                if (line.StartsWith("--"u8) && (TryMatch(raw, position, out _, out _, out _) || IsOwnDelimiter(raw, part, position, line)))
                {
                    document.Note(MimeDefectKind.MissingHeaderEnd, position);
                    return position;
                }

                document.Note(MimeDefectKind.BadHeaderLine, position);
                if (section.Fields == 0 || !HeaderGoesOn(raw, HeaderLines.AfterBreak(raw, lineEnd)))
                {
                    document.Note(MimeDefectKind.MissingHeaderEnd, position);
                    return position;
                }

                Count(position, line.Length, ref section);
            }

            position = HeaderLines.AfterBreak(raw, lineEnd);
        }

        return position;
    }

    // The header of a multipart that runs into its own first delimiter.
    private static bool IsOwnDelimiter(ReadOnlySpan<byte> raw, MimePart part, int position, ReadOnlySpan<byte> line) =>
        part.ContentTypeAt >= 0
        && BoundaryReader.TryFind(raw[part.ContentTypeAt..HeaderLines.ValueEnd(raw, part.ContentTypeAt, position)], out var start, out var length, out _)
        && length > 0 && line[2..].TrimEnd(" \t"u8).SequenceEqual(raw.Slice(part.ContentTypeAt + start, length));

    private void TakeField(ReadOnlySpan<byte> raw, MimePart part, int start, ReadOnlySpan<byte> name, int value, ref Section section)
    {
        if (name.Length == 12 && part.ContentTypeAt < 0 && Ascii.EqualsIgnoreCase(name, "Content-Type"u8))
        {
            part.ContentTypeAt = value;
            section.SawMime = true;
        }
        else if (name.Length == 25 && !section.SawEncoding && Ascii.EqualsIgnoreCase(name, "Content-Transfer-Encoding"u8))
        {
            section.SawEncoding = section.SawMime = true;
            part.TransferEncoding = ReadTransferEncoding(raw, value, start);
        }
        else if (name.Length == 12 && Ascii.EqualsIgnoreCase(name, "MIME-Version"u8))
        {
            section.SawMime = true;
        }
    }

    // One word; it may stand on a continuation line.
    private TransferEncoding ReadTransferEncoding(ReadOnlySpan<byte> raw, int at, int offset)
    {
        var line = raw.Slice(at, HeaderLines.Length(raw, at));
        var value = line.Trim(" \t"u8);
        if (value.IsEmpty && HeaderLines.AfterBreak(raw, at + line.Length) is var next && next < raw.Length && raw[next] is (byte)' ' or (byte)'\t')
        {
            value = raw.Slice(next, HeaderLines.Length(raw, next)).Trim(" \t"u8);
        }

        var end = value.IndexOfAny(" \t;("u8);
        value = (end < 0 ? value : value[..end]).Trim("\"'"u8);
        var encoding = TransferEncodings.Parse(value);
        if (encoding is null)
        {
            document.Note(MimeDefectKind.UnknownTransferEncoding, offset);
        }

        return encoding ?? TransferEncoding.Identity;
    }

    // Whether the line is within the limit on header bytes; all that follows is cut.
    private bool Count(int position, int length, ref Section section)
    {
        var fits = section.CutAt < 0 && document.HeaderBytes + (position - section.Start) + length <= document.Limits.HeaderBytes;
        if (!fits)
        {
            Cut(position, ref section);
        }

        return fits;
    }

    private void Cut(int position, ref Section section)
    {
        if (section.CutAt < 0)
        {
            section.CutAt = position;
            document.Note(MimeDefectKind.TooManyHeaders, position);
        }
    }

    // RFC 7103 section 7.2: a line that is no field belongs to the field before it if an empty line or a field follows.
    private static bool HeaderGoesOn(ReadOnlySpan<byte> raw, int position)
    {
        for (var i = 0; i < MaxLookAhead && position < raw.Length; i++)
        {
            var line = raw.Slice(position, HeaderLines.Length(raw, position));
            if (line.IsEmpty || HeaderLines.IsField(line, out _, out _))
            {
                return true;
            }

            position = HeaderLines.AfterBreak(raw, position + line.Length);
        }

        return false;
    }

    // An empty line stands within the header: nothing has said yet how the body is made, and what follows says it. Read
    // as a body, a multipart would be shown with its delimiters and encoded text.
    private static bool GoesOnAfterEmptyLine(ReadOnlySpan<byte> raw, int position, ref Section section)
    {
        if (section.Fields == 0 || section.SawMime || section.CutAt >= 0)
        {
            return false;
        }

        var line = raw.Slice(position, HeaderLines.Length(raw, position));
        if (!HeaderLines.IsField(line, out var name, out _))
        {
            return false;
        }

        return Ascii.EqualsIgnoreCase(line[..name], "MIME-Version"u8) || Ascii.EqualsIgnoreCase(line[..name], "Content-Type"u8);
    }

    private struct Section
    {
        public int Start;
        public int Fields;
        public int CutAt = -1;
        public bool SawMime;
        public bool SawEncoding;

        public Section()
        {
        }
    }
}
