namespace Butler.Mail;

/// <summary>Results of sender authentication (RFC 8601) in lower case ("pass", "fail", "none", ...); null where not given.</summary>
/// <param name="Spf">SPF.</param>
/// <param name="Dkim">DKIM: "pass" if any signature passed.</param>
/// <param name="Dmarc">DMARC.</param>
public sealed record AuthenticationResults(string? Spf, string? Dkim, string? Dmarc)
{
    /// <summary>Nothing known.</summary>
    public static AuthenticationResults None { get; } = new(null, null, null);

    /// <summary>Reads a field's value. Only the topmost field counts: the owner's provider adds it last, a sender may forge others.</summary>
    internal static AuthenticationResults Parse(string? value)
    {
        if (value is null)
        {
            return None;
        }

        string? spf = null, dkim = null, dmarc = null;
        foreach (var range in value.AsSpan().Split(';'))
        {
            var item = value.AsSpan(range).Trim();
            var equals = item.IndexOf('=');
            if (equals <= 0 || equals > 12)
            {
                continue;
            }

            var method = item[..equals].Trim();
            var rest = item[(equals + 1)..].TrimStart();
            var end = rest.IndexOfAny(" \t(");
            var result = (end < 0 ? rest : rest[..end]).ToString().ToLowerInvariant();
            if (result.Length is 0 or > 20)
            {
                continue;
            }

            if (method.Equals("spf", StringComparison.OrdinalIgnoreCase))
            {
                spf ??= result;
            }
            else if (method.Equals("dkim", StringComparison.OrdinalIgnoreCase))
            {
                dkim = dkim == "pass" ? dkim : result;
            }
            else if (method.Equals("dmarc", StringComparison.OrdinalIgnoreCase))
            {
                dmarc ??= result;
            }
        }

        return new AuthenticationResults(spf, dkim, dmarc);
    }
}
