using System.Buffers;
using System.Text;

namespace Butler.Mail;

/// <summary>
/// Writes a message that was read: the tree's own ranges with everything between them (preambles, delimiters, epilogues),
/// so that what was not changed comes out byte for byte as it came in.
/// </summary>
public static class MimeWriter
{
    /// <summary>Writes the message with its changes.</summary>
    /// <param name="message">The message.</param>
    /// <param name="output">Where to.</param>
    /// <param name="edits">The changes; none writes the same bytes again.</param>
    public static void Write(MimeMessage message, IBufferWriter<byte> output, MimeEdits? edits = null)
    {
        ArgumentNullException.ThrowIfNull(message);
        ArgumentNullException.ThrowIfNull(output);
        var raw = message.Raw.Span;
        output.Write(raw[..message.Body.Start]);
        WritePart(message.Body, raw, output, edits);
        output.Write(raw[message.Body.End..]);
    }

    /// <summary>The message with its changes as bytes.</summary>
    public static byte[] ToArray(MimeMessage message, MimeEdits? edits = null)
    {
        var output = new ArrayBufferWriter<byte>();
        Write(message, output, edits);
        return output.WrittenSpan.ToArray();
    }

    // Recursion goes no deeper than MimeLimits.Depth, which the reader enforced.
    private static void WritePart(MimePart part, ReadOnlySpan<byte> raw, IBufferWriter<byte> output, MimeEdits? edits)
    {
        if (edits?.Replacement(part) is { } replacement)
        {
            output.Write(replacement);
            return;
        }

        if (edits?.Headers(part) is { Count: > 0 } changed)
        {
            WriteHeader(part, raw, output, changed);
        }
        else
        {
            output.Write(raw[part.Start..part.BodyStart]);
        }

        var done = part.BodyStart;
        for (var child = part.FirstChild; child is not null; child = child.Next)
        {
            output.Write(raw[done..child.Start]);
            WritePart(child, raw, output, edits);
            done = child.End;
        }

        output.Write(raw[done..part.End]);
    }

    private static void WriteHeader(MimePart part, ReadOnlySpan<byte> raw, IBufferWriter<byte> output, IReadOnlyList<MimeEdits.HeaderEdit> edits)
    {
        var headers = part.Headers;
        var lineBreak = raw[part.Start..part.BodyStart].IndexOf("\r\n"u8) >= 0 || part.Start == part.BodyStart ? "\r\n"u8 : "\n"u8;
        var first = headers.Count > 0 ? headers.RangeAt(0).Start : part.Start;
        output.Write(raw[part.Start..first]);
        var written = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var end = first;
        for (var i = 0; i < headers.Count; i++)
        {
            var range = headers.RangeAt(i);
            // The last field's range has the empty line after it.
            var field = raw[range.Start..range.End].TrimEnd("\r\n"u8);
            var after = HeaderLines.AfterBreak(raw, range.Start + field.Length);
            end = after;
            var edit = Find(edits, headers.GetName(i));
            if (edit is null)
            {
                output.Write(raw[range.Start..after]);
            }
            else if (edit.Value.Value is { } value && written.Add(edit.Value.Name))
            {
                WriteField(output, edit.Value.Name, value, lineBreak);
            }
        }

        foreach (var edit in edits)
        {
            if (edit.Value is { } value && written.Add(edit.Name))
            {
                WriteField(output, edit.Name, value, lineBreak);
            }
        }

        if (end >= part.BodyStart)
        {
            // No empty line was there.
            output.Write(lineBreak);
        }

        output.Write(raw[Math.Min(end, part.BodyStart)..part.BodyStart]);
    }

    private static MimeEdits.HeaderEdit? Find(IReadOnlyList<MimeEdits.HeaderEdit> edits, string name)
    {
        foreach (var edit in edits)
        {
            if (edit.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return edit;
            }
        }

        return null;
    }

    private static void WriteField(IBufferWriter<byte> output, string name, string value, ReadOnlySpan<byte> lineBreak)
    {
        var text = new StringBuilder();
        HeaderWriter.Unstructured(text, name, value);
        var field = Encoding.ASCII.GetBytes(text.ToString());
        output.Write(lineBreak.Length == 2 ? field : Encoding.ASCII.GetBytes(text.Replace("\r\n", "\n").ToString()));
    }
}
