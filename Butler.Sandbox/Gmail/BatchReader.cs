using System.Text;
using Butler.Sandbox.Mail;

namespace Butler.Sandbox.Gmail;

/// <summary>One call of a batch and the Content-ID it came with.</summary>
internal readonly record struct BatchCall(GmailCall? Call, string? ContentId, string? Authorization);

/// <summary>Reads <c>multipart/mixed</c> batches of <c>application/http</c> parts ("Batching requests").</summary>
internal static class BatchReader
{
    /// <summary>The calls in order; null when the body is no batch. A part that is no request has no call.</summary>
    public static List<BatchCall>? Read(ReadOnlyMemory<byte> body, string boundary)
    {
        var marker = Encoding.Latin1.GetBytes("--" + boundary);
        var calls = new List<BatchCall>();
        var bytes = body.Span;
        var at = bytes.IndexOf(marker);
        if (at < 0)
        {
            return null;
        }

        while (calls.Count <= Limits.BatchCalls)
        {
            at += marker.Length;
            if (at + 1 < bytes.Length && bytes[at] == '-' && bytes[at + 1] == '-')
            {
                return calls;
            }

            var start = HeaderScan.LineEnd(bytes, at);
            var next = FindMarker(bytes, start, marker);
            if (next < 0)
            {
                return null;
            }

            calls.Add(ReadPart(body[start..next]));
            at = next;
        }

        return calls;
    }

    private static int FindMarker(ReadOnlySpan<byte> bytes, int from, ReadOnlySpan<byte> marker)
    {
        for (var at = from; at < bytes.Length;)
        {
            var found = bytes[at..].IndexOf(marker);
            if (found < 0)
            {
                return -1;
            }

            if (at + found == 0 || bytes[at + found - 1] == '\n')
            {
                return at + found;
            }

            at += found + 1;
        }

        return -1;
    }

    private static BatchCall ReadPart(ReadOnlyMemory<byte> part)
    {
        var scan = new HeaderScan(part.Span);
        string? contentId = null;
        while (scan.Next())
        {
            if (scan.Is("Content-ID"u8))
            {
                contentId = Encoding.Latin1.GetString(scan.Value);
            }
        }

        var http = part[scan.Position..];
        var lineEnd = HeaderScan.LineEnd(http.Span, 0);
        var line = Encoding.Latin1.GetString(http.Span[..lineEnd].Trim("\r\n "u8)).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (line.Length < 2)
        {
            return new BatchCall(null, contentId, null);
        }

        string? authorization = null;
        var length = -1;
        var inner = new HeaderScan(http.Span[lineEnd..]);
        while (inner.Next())
        {
            if (inner.Is("Authorization"u8))
            {
                authorization = Encoding.Latin1.GetString(inner.Value);
            }
            else if (inner.Is("Content-Length"u8) && int.TryParse(inner.Value, out var given))
            {
                length = given;
            }
        }

        var body = http[(lineEnd + inner.Position)..];
        body = length >= 0 && length < body.Length ? body[..length] : body;
        return new BatchCall(new GmailCall(line[0], line[1], body), contentId, authorization);
    }
}
