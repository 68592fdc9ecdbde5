using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Butler.Sandbox.Gmail;

/// <summary>Where a listing goes on: the key of the last entry and its number, bound to the query it came from.</summary>
internal readonly record struct PageToken(long Date, ulong Key, int Seen, ulong Number, ulong Query)
{
    public string Text() => Base64Url.EncodeToString(Encoding.ASCII.GetBytes(
        string.Create(CultureInfo.InvariantCulture, $"{Date}.{Key}.{Seen}.{Number}.{Query}")));

    public static PageToken? Parse(string text)
    {
        Span<byte> bytes = stackalloc byte[128];
        if (text.Length > 160 || !Base64Url.IsValid(text) || !Base64Url.TryDecodeFromChars(text, bytes, out var length))
        {
            return null;
        }

        var parts = Encoding.ASCII.GetString(bytes[..length]).Split('.');
        return parts.Length == 5
            && long.TryParse(parts[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var date)
            && ulong.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var key)
            && int.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out var seen)
            && ulong.TryParse(parts[3], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && ulong.TryParse(parts[4], NumberStyles.None, CultureInfo.InvariantCulture, out var query)
            ? new PageToken(date, key, seen, number, query)
            : null;
    }
}
