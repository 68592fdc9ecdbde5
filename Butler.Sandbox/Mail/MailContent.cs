using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Butler.Sandbox.Mail;

/// <summary>One mail's bytes and what search needs of them; held once however many accounts show it.</summary>
internal sealed class MailContent
{
    private readonly int _dateStart = -1;
    private readonly int _dateEnd = -1;
    private string? _snippet;

    /// <param name="bytes">The message as it is served.</param>
    /// <param name="identity">What ids are made from when it is not these bytes (a sample before it was dated).</param>
    public MailContent(ReadOnlyMemory<byte> bytes, ReadOnlyMemory<byte>? identity = null)
    {
        Bytes = bytes;
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData((identity ?? bytes).Span, hash);
        Hash = BinaryPrimitives.ReadUInt64BigEndian(hash);
        var ids = new List<string>();
        long? received = null;
        var scan = new HeaderScan(bytes.Span);
        while (scan.Next())
        {
            if (scan.Is("Date"u8) && _dateStart < 0)
            {
                (_dateStart, _dateEnd) = (scan.FieldStart, scan.Position);
                Date = MailDates.Parse(HeaderScan.Text(scan.Value));
            }
            else if (scan.Is("Received"u8) && received is null)
            {
                // The stamp is what follows the last semicolon (RFC 5321 section 4.4).
                var text = HeaderScan.Text(scan.Value);
                received = MailDates.Parse(text[(text.LastIndexOf(';') + 1)..]);
            }
            else if (scan.Is("Message-ID"u8))
            {
                MessageId ??= Ids(HeaderScan.Text(scan.Value)).FirstOrDefault();
            }
            else if (scan.Is("References"u8) || scan.Is("In-Reply-To"u8))
            {
                ids.AddRange(Ids(HeaderScan.Text(scan.Value)));
            }
            else if (scan.Is("From"u8))
            {
                From ??= HeaderScan.Text(scan.Value);
            }
            else if (scan.Is("Delivered-To"u8))
            {
                DeliveredTo ??= HeaderScan.Text(scan.Value);
            }
            else if (scan.Is("To"u8) || scan.Is("Cc"u8))
            {
                To = To is null ? HeaderScan.Text(scan.Value) : To + ", " + HeaderScan.Text(scan.Value);
            }
            else if (scan.Is("Subject"u8))
            {
                Subject ??= HeaderScan.Text(scan.Value);
            }
            else if (scan.Is("X-Gmail-Labels"u8))
            {
                GmailLabels ??= HeaderScan.Text(scan.Value);
            }
        }

        Date ??= received;
        References = ids.Count == 0 ? [] : [.. ids.Distinct(StringComparer.Ordinal).TakeLast(Limits.References)];
    }

    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>First 64 bits of a SHA-256; what ids are made from.</summary>
    public ulong Hash { get; }

    /// <summary>The Date field, else the topmost Received stamp; Unix milliseconds.</summary>
    public long? Date { get; }

    public string? MessageId { get; }

    /// <summary>Ids of References and In-Reply-To, without angle brackets.</summary>
    public string[] References { get; }

    public string? From { get; }

    public string? To { get; }

    public string? DeliveredTo { get; }

    public string? Subject { get; }

    public string? GmailLabels { get; }

    /// <summary>Start of the text, HTML-escaped as Gmail does.</summary>
    public string Snippet => _snippet ??= Mail.Snippet.Of(Bytes);

    /// <summary>Whether the sender's field names this address.</summary>
    public bool IsFrom(string address) => From is not null && AddressOf(From).Equals(address, StringComparison.OrdinalIgnoreCase);

    /// <summary>Subject without reply and forward prefixes; drafts must match it to join a thread.</summary>
    public string BaseSubject
    {
        get
        {
            var text = (Subject ?? "").AsSpan().Trim();
            while (text.IndexOf(':') is var colon and > 0 and <= 4 && Prefixes.Contains(text[..colon].Trim().ToString().ToLowerInvariant()))
            {
                text = text[(colon + 1)..].Trim();
            }

            return text.ToString();
        }
    }

    /// <summary>Writes the message with its Date field replaced; every other byte as it was.</summary>
    public void WriteRedated(long unixMilliseconds, IBufferWriter<byte> output)
    {
        var bytes = Bytes.Span;
        var crlf = bytes.IndexOf((byte)'\n') is var lf and > 0 && bytes[lf - 1] == '\r';
        var start = _dateStart < 0 ? (bytes.StartsWith("From "u8) ? HeaderScan.LineEnd(bytes, 0) : 0) : _dateStart;
        var end = _dateStart < 0 ? start : _dateEnd;
        output.Write(bytes[..start]);
        Span<byte> field = stackalloc byte[64];
        Encoding.ASCII.TryGetBytes("Date: " + MailDates.Format(unixMilliseconds) + (crlf ? "\r\n" : "\n"), field, out var length);
        output.Write(field[..length]);
        output.Write(bytes[end..]);
    }

    /// <summary>The address inside a From or To value, lower case.</summary>
    public static string AddressOf(string value)
    {
        var open = value.LastIndexOf('<');
        var close = open < 0 ? -1 : value.IndexOf('>', open);
        var text = close > open && open >= 0 ? value.AsSpan(open + 1, close - open - 1) : value.AsSpan();
        return text.Trim().Trim('"').ToString().ToLowerInvariant();
    }

    private static IEnumerable<string> Ids(string value)
    {
        var found = 0;
        for (var at = value.IndexOf('<'); at >= 0; at = value.IndexOf('<', at))
        {
            var end = value.IndexOf('>', at);
            if (end < 0)
            {
                break;
            }

            found++;
            yield return value[(at + 1)..end].Trim();
            at = end;
        }

        if (found == 0 && value.Length > 0 && !value.Contains(' ', StringComparison.Ordinal))
        {
            yield return value;
        }
    }

    private static readonly HashSet<string> Prefixes = ["re", "aw", "sv", "fw", "fwd", "wg", "tr", "rv"];
}
