namespace Butler.Mail;

/// <summary>A media type with its parameters (RFC 2045 section 5, RFC 2231). Type and subtype are in lower case.</summary>
public sealed class ContentType
{
    internal static readonly ContentType TextPlain = new("text", "plain", ParameterList.Empty);
    internal static readonly ContentType MessageRfc822 = new("message", "rfc822", ParameterList.Empty);
    internal static readonly ContentType OctetStream = new("application", "octet-stream", ParameterList.Empty);

    internal ContentType(string type, string subtype, ParameterList parameters)
    {
        Type = type;
        Subtype = subtype;
        Parameters = parameters;
    }

    /// <summary>Such as "text".</summary>
    public string Type { get; }

    /// <summary>Such as "plain".</summary>
    public string Subtype { get; }

    /// <summary>The parameters, RFC 2231 decoded.</summary>
    public ParameterList Parameters { get; }

    /// <summary>The charset parameter, or null.</summary>
    public string? Charset => Parameters["charset"];

    /// <summary>Such as "text/plain".</summary>
    public string MediaType => (Type, Subtype) switch
    {
        ("text", "plain") => "text/plain",
        ("text", "html") => "text/html",
        _ => $"{Type}/{Subtype}",
    };

    internal bool IsMessage => Type == "message" && Subtype is "rfc822" or "global";

    /// <summary>Whether this is that type; a null subtype matches all.</summary>
    public bool Is(string type, string? subtype = null) => Type == type && (subtype is null || Subtype == subtype);

    /// <inheritdoc />
    public override string ToString() => MediaType;

    /// <summary>Reads a field's unfolded value; a broken one reads as <paramref name="fallback"/>.</summary>
    internal static ContentType Parse(string value, ContentType fallback, int maxParameters)
    {
        value = WithoutComments(value);
        var end = value.IndexOf(';');
        var head = (end < 0 ? value : value.AsSpan(0, end)).Trim();
        head = head.Trim("\"'");
        var slash = head.IndexOf('/');
        var type = slash < 0 ? head : head[..slash].TrimEnd();
        var subtype = slash < 0 ? [] : head[(slash + 1)..].TrimStart();
        var space = subtype.IndexOfAny(' ', '\t', '/');
        if (space >= 0)
        {
            // The ';' before the first parameter is missing: "text/plain charset=utf-8".
            end = subtype[space] == '/' ? end : value.IndexOf(subtype[space..].ToString(), StringComparison.Ordinal);
            subtype = subtype[..space];
        }

        if (!IsToken(type) || (!subtype.IsEmpty && !IsToken(subtype)) || (subtype.IsEmpty && !type.Equals("text", StringComparison.OrdinalIgnoreCase)))
        {
            return fallback;
        }

        var parameters = end < 0 ? ParameterList.Empty : ParameterList.Parse(value.AsSpan(end), maxParameters);
        return new ContentType(Known(type), subtype.IsEmpty ? "plain" : Known(subtype), parameters);
    }

    // "(comment) text/plain (comment; with a semicolon); charset=x": those before the first parameter.
    private static string WithoutComments(string value)
    {
        for (var open = value.IndexOf('('); open >= 0 && value.AsSpan(0, open).IndexOfAny(';', '=') < 0; open = value.IndexOf('('))
        {
            var close = value.IndexOf(')', open);
            value = string.Concat(value.AsSpan(0, open), " ", close < 0 ? [] : value.AsSpan(close + 1)).Trim();
        }

        return value;
    }

    private static bool IsToken(ReadOnlySpan<char> text) => text.Length is > 0 and < 128 && text.IndexOfAnyExceptInRange('!', '~') < 0 && text.IndexOfAny("()<>@,;:\\\"/[]?=") < 0;

    // The few names that nearly all parts have need no allocation.
    private static string Known(ReadOnlySpan<char> name)
    {
        ReadOnlySpan<string> known = ["text", "plain", "html", "multipart", "alternative", "mixed", "related", "application", "octet-stream", "pdf", "image", "png", "jpeg", "gif", "message", "rfc822", "calendar", "signed"];
        foreach (var candidate in known)
        {
            if (name.Equals(candidate, StringComparison.OrdinalIgnoreCase))
            {
                return candidate;
            }
        }

        return name.ToString().ToLowerInvariant();
    }
}
