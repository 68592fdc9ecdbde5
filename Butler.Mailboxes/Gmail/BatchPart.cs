using System.Buffers.Text;
using System.Text;

namespace Butler.Mailboxes.Gmail;

/// <summary>One part of a batch answer: whose it is, the inner status, the inner body.</summary>
internal readonly ref struct BatchPart
{
    private BatchPart(int index, int status, string? retryAfter, ReadOnlySpan<byte> body, int bodyAt)
    {
        Index = index;
        Status = status;
        RetryAfter = retryAfter;
        Body = body;
        BodyAt = bodyAt;
    }

    /// <summary>The number in the Content-ID <c>&lt;response-N&gt;</c>; -1 when there is none.</summary>
    public int Index { get; }

    /// <summary>The inner HTTP status; 0 when the part is not an HTTP answer.</summary>
    public int Status { get; }

    public string? RetryAfter { get; }

    public ReadOnlySpan<byte> Body { get; }

    /// <summary>Where the body begins in the part.</summary>
    public int BodyAt { get; }

    public static BatchPart Parse(ReadOnlySpan<byte> part)
    {
        var rest = part;
        var index = -1;
        while (ReadLine(ref rest, out var line) && line.Length > 0)
        {
            if (Value(line, "Content-ID:"u8, out var id))
            {
                index = IndexOf(id);
            }
        }

        if (!ReadLine(ref rest, out var statusLine) || !statusLine.StartsWith("HTTP/"u8))
        {
            return new(index, 0, null, default, part.Length);
        }

        var space = statusLine.IndexOf((byte)' ');
        var status = space > 0 && Utf8Parser.TryParse(statusLine[(space + 1)..], out int code, out _) ? code : 0;
        string? retryAfter = null;
        while (ReadLine(ref rest, out var line) && line.Length > 0)
        {
            if (Value(line, "Retry-After:"u8, out var after) && after.Length < 64)
            {
                retryAfter = Encoding.ASCII.GetString(after);
            }
        }

        return new(index, status, retryAfter, rest, part.Length - rest.Length);
    }

    private static int IndexOf(ReadOnlySpan<byte> id)
    {
        var dash = id.LastIndexOf((byte)'-');
        var digits = id[(dash + 1)..].Trim("<> "u8);
        return Utf8Parser.TryParse(digits, out int index, out var used) && used == digits.Length && index >= 0 ? index : -1;
    }

    private static bool Value(ReadOnlySpan<byte> line, ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        if (line.Length >= name.Length && Ascii.EqualsIgnoreCase(line[..name.Length], name))
        {
            value = line[name.Length..].Trim((byte)' ');
            return true;
        }

        value = default;
        return false;
    }

    private static bool ReadLine(ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> line)
    {
        var end = rest.IndexOf((byte)'\n');
        if (end < 0)
        {
            line = default;
            rest = default;
            return false;
        }

        line = rest[..end].TrimEnd((byte)'\r');
        rest = rest[(end + 1)..];
        return true;
    }
}
