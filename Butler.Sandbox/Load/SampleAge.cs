using System.Buffers;
using System.Globalization;
using System.Text;
using Butler.Sandbox.Mail;

namespace Butler.Sandbox.Load;

/// <summary>
/// Samples name their age instead of a date (samples/README.md): <c>X-Butler-Sample-Age: days</c> becomes
/// <c>Date = now − age</c> in the file's own time zone, and the field is taken out.
/// </summary>
internal static class SampleAge
{
    private const double MaxDays = 36_500;

    /// <summary>The mail as it is served; the same bytes when it names no age.</summary>
    public static ReadOnlyMemory<byte> Apply(ReadOnlyMemory<byte> mail, DateTimeOffset now)
    {
        var scan = new HeaderScan(mail.Span);
        double? age = null;
        (int Start, int End) ageField = default, dateField = default;
        string? date = null;
        while (scan.Next())
        {
            if (age is null && scan.Is("X-Butler-Sample-Age"u8))
            {
                if (!double.TryParse(HeaderScan.Text(scan.Value), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var days) || !(days is >= 0 and <= MaxDays))
                {
                    return mail;
                }

                (age, ageField) = (days, (scan.FieldStart, scan.Position));
            }
            else if (date is null && scan.Is("Date"u8))
            {
                (date, dateField) = (HeaderScan.Text(scan.Value), (scan.FieldStart, scan.Position));
            }
        }

        if (age is not { } known || date is null)
        {
            return mail;
        }

        var at = now.AddDays(-known).ToUnixTimeSeconds() * 1000;
        var bytes = mail.Span;
        var lineEnd = bytes[..dateField.End].EndsWith("\r\n"u8) ? "\r\n" : "\n";
        var output = new ArrayBufferWriter<byte>(mail.Length + 16);
        var from = 0;
        foreach (var (start, end, isDate) in new[] { (ageField.Start, ageField.End, false), (dateField.Start, dateField.End, true) }.OrderBy(f => f.Item1))
        {
            output.Write(bytes[from..start]);
            if (isDate)
            {
                output.Write(Encoding.ASCII.GetBytes("Date: " + MailDates.FormatLike(date, at) + lineEnd));
            }

            from = end;
        }

        output.Write(bytes[from..]);
        return output.WrittenMemory;
    }
}
