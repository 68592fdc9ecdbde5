using System.Globalization;
using System.Text.RegularExpressions;

namespace Butler.Sandbox.Mail;

/// <summary>Dates of header fields (RFC 5322 section 3.3, with the obsolete zones of section 4.3).</summary>
internal static partial class MailDates
{
    /// <summary>Milliseconds since 1970, or null when the text is no date of mail.</summary>
    public static long? Parse(string text)
    {
        var m = Pattern().Match(text);
        if (!m.Success)
        {
            return null;
        }

        var month = Array.IndexOf(Months, m.Groups["mon"].Value.ToLowerInvariant()) + 1;
        var day = int.Parse(m.Groups["d"].ValueSpan, CultureInfo.InvariantCulture);
        var year = int.Parse(m.Groups["y"].ValueSpan, CultureInfo.InvariantCulture);
        year += year < 50 ? 2000 : year < 1000 ? 1900 : 0;
        var hour = int.Parse(m.Groups["h"].ValueSpan, CultureInfo.InvariantCulture);
        var minute = int.Parse(m.Groups["m"].ValueSpan, CultureInfo.InvariantCulture);
        var second = m.Groups["s"].Success ? Math.Min(59, int.Parse(m.Groups["s"].ValueSpan, CultureInfo.InvariantCulture)) : 0;
        if (month == 0 || day is < 1 || year is < 1970 or > 2200 || day > DateTime.DaysInMonth(year, month) || hour > 23 || minute > 59)
        {
            return null;
        }

        var local = new DateTimeOffset(year, month, day, hour, minute, second, TimeSpan.Zero).ToUnixTimeMilliseconds();
        return Math.Max(0, local - (Zone(m.Groups["z"].Value) * 60_000L));
    }

    /// <summary>The date of a header field, in UTC.</summary>
    public static string Format(long unixMilliseconds) =>
        DateTimeOffset.FromUnixTimeMilliseconds(unixMilliseconds).ToString("ddd, dd MMM yyyy HH:mm:ss +0000", CultureInfo.InvariantCulture);

    /// <summary>The date of a header field in the zone that another date's text names.</summary>
    public static string FormatLike(string original, long unixMilliseconds)
    {
        var minutes = Pattern().Match(original) is { Success: true } m ? Zone(m.Groups["z"].Value) : 0;
        var local = DateTimeOffset.FromUnixTimeMilliseconds(unixMilliseconds).ToOffset(TimeSpan.FromMinutes(minutes));
        var sign = minutes < 0 ? '-' : '+';
        minutes = Math.Abs(minutes);
        return local.ToString("ddd, dd MMM yyyy HH:mm:ss ", CultureInfo.InvariantCulture) + string.Create(CultureInfo.InvariantCulture, $"{sign}{minutes / 60:00}{minutes % 60:00}");
    }

    private static int Zone(string zone)
    {
        if (zone.Length == 5 && zone[0] is '+' or '-')
        {
            var minutes = (int.Parse(zone.AsSpan(1, 2), CultureInfo.InvariantCulture) * 60) + int.Parse(zone.AsSpan(3, 2), CultureInfo.InvariantCulture);
            return Math.Min(minutes, 14 * 60) * (zone[0] == '-' ? -1 : 1);
        }

        return zone.ToUpperInvariant() switch
        {
            "EDT" => -240,
            "EST" or "CDT" => -300,
            "CST" or "MDT" => -360,
            "MST" or "PDT" => -420,
            "PST" => -480,
            _ => 0,
        };
    }

    private static readonly string[] Months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

    [GeneratedRegex(@"(?<d>\d{1,2})[ \-]+(?<mon>[A-Za-z]{3})[a-z]*[ \-,]+(?<y>\d{2,4})[ ,]+(?<h>\d{1,2}):(?<m>\d{2})(:(?<s>\d{2}))?\s*(?<z>[+-]\d{4}|[A-Z]{1,5})?", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Pattern();
}
