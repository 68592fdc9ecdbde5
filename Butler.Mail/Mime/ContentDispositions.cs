namespace Butler.Mail;

/// <summary>Reads Content-Disposition (RFC 2183).</summary>
internal static class ContentDispositions
{
    public static (string? Kind, ParameterList Parameters) Parse(string? value, int maxParameters)
    {
        if (value is null)
        {
            return (null, ParameterList.Empty);
        }

        var end = value.IndexOf(';');
        var kind = (end < 0 ? value : value.AsSpan(0, end)).Trim();
        // "filename=x" without a kind.
        var bare = kind.Contains('=');
        var comment = kind.IndexOf('(');
        kind = (comment < 0 ? kind : kind[..comment]).Trim(" \t\"");
        var name = bare || kind.IsEmpty ? "attachment"
            : kind.Equals("attachment", StringComparison.OrdinalIgnoreCase) ? "attachment"
            : kind.Equals("inline", StringComparison.OrdinalIgnoreCase) ? "inline"
            : kind.ToString().ToLowerInvariant();
        return (name, ParameterList.Parse(bare ? value : end < 0 ? [] : value.AsSpan(end), maxParameters));
    }
}
