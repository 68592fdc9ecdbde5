namespace Butler.ServiceDefaults.Errors;

/// <summary>The closed list of error codes (docs/api.md).</summary>
public static class ApiErrorCodes
{
    /// <summary>400: the request cannot be understood.</summary>
    public const string InvalidRequest = "invalid_request";

    /// <summary>400: the body is not the JSON that is expected.</summary>
    public const string InvalidJson = "invalid_json";

    /// <summary>400: an id is not a UUID.</summary>
    public const string InvalidId = "invalid_id";

    /// <summary>400: a parameter is missing or out of its range.</summary>
    public const string InvalidParameter = "invalid_parameter";

    /// <summary>401: no token, or one that is unknown, expired or revoked.</summary>
    public const string Unauthorized = "unauthorized";

    /// <summary>403: somebody else's data, or a command that needs another role.</summary>
    public const string Forbidden = "forbidden";

    /// <summary>404: no such route, user, sync, task or mail.</summary>
    public const string NotFound = "not_found";

    /// <summary>405.</summary>
    public const string MethodNotAllowed = "method_not_allowed";

    /// <summary>409: the state does not allow it.</summary>
    public const string Conflict = "conflict";

    /// <summary>409: the caller has several accounts, so <c>account</c> must be named.</summary>
    public const string AccountRequired = "account_required";

    /// <summary>413.</summary>
    public const string PayloadTooLarge = "payload_too_large";

    /// <summary>415.</summary>
    public const string UnsupportedMediaType = "unsupported_media_type";

    /// <summary>429: try later; Retry-After says when.</summary>
    public const string TooManyRequests = "too_many_requests";

    /// <summary>500: Butler's own fault; the log has it under <c>request_id</c>.</summary>
    public const string Internal = "internal_error";

    /// <summary>503: the database is away; try again.</summary>
    public const string Unavailable = "unavailable";

    /// <summary>All of them with their status.</summary>
    public static IReadOnlyDictionary<string, int> All { get; } = new Dictionary<string, int>
    {
        [InvalidRequest] = 400,
        [InvalidJson] = 400,
        [InvalidId] = 400,
        [InvalidParameter] = 400,
        [Unauthorized] = 401,
        [Forbidden] = 403,
        [NotFound] = 404,
        [MethodNotAllowed] = 405,
        [Conflict] = 409,
        [AccountRequired] = 409,
        [PayloadTooLarge] = 413,
        [UnsupportedMediaType] = 415,
        [TooManyRequests] = 429,
        [Internal] = 500,
        [Unavailable] = 503,
    };
}

/// <summary>An answer that is an error. Its texts go to the caller: no mail text, no addresses.</summary>
public sealed class ApiException : Exception
{
    /// <summary>Makes one.</summary>
    /// <param name="code">One of <see cref="ApiErrorCodes"/>.</param>
    /// <param name="message">For people: what is wrong and what to do.</param>
    /// <param name="details">More, for programs.</param>
    public ApiException(string code, string message, IReadOnlyDictionary<string, object?>? details = null)
        : base(message)
    {
        Code = code;
        Status = ApiErrorCodes.All[code];
        Details = details ?? new Dictionary<string, object?>();
    }

    /// <summary>One of <see cref="ApiErrorCodes"/>.</summary>
    public string Code { get; }

    /// <summary>The HTTP status.</summary>
    public int Status { get; }

    /// <summary>More, for programs.</summary>
    public IReadOnlyDictionary<string, object?> Details { get; }
}

/// <summary>The errors that endpoints throw, and the reading of parameters that throws them.</summary>
public static class ApiErrors
{
    /// <summary>404 for a thing.</summary>
    /// <param name="what">Such as "sync".</param>
    public static ApiException NotFound(string what) => new(ApiErrorCodes.NotFound, $"There is no such {what}.", Detail("resource", what));

    /// <summary>403.</summary>
    public static ApiException Forbidden() => new(ApiErrorCodes.Forbidden, "This belongs to somebody else.");

    /// <summary>401.</summary>
    public static ApiException Unauthorized() => new(ApiErrorCodes.Unauthorized, "Send a valid token as \"Authorization: Bearer …\".");

    /// <summary>409.</summary>
    /// <param name="message">What stands in the way.</param>
    public static ApiException Conflict(string message) => new(ApiErrorCodes.Conflict, message);

    /// <summary>409 where the caller must say which account is meant.</summary>
    /// <param name="accounts">The accounts' ids to choose from (never addresses).</param>
    public static ApiException AccountRequired(IEnumerable<Guid> accounts) =>
        new(ApiErrorCodes.AccountRequired, "You have several accounts: name one with ?account=ID.", Detail("accounts", accounts.ToArray()));

    /// <summary>400 for a parameter.</summary>
    /// <param name="field">The parameter.</param>
    /// <param name="allowed">What is allowed, in words.</param>
    /// <param name="provided">What came; repeated only when it cannot be mail or an address.</param>
    public static ApiException InvalidParameter(string field, string allowed, string? provided = null) =>
        new(ApiErrorCodes.InvalidParameter, $"{field} must be {allowed}.", new Dictionary<string, object?>
        {
            ["field"] = field,
            ["allowed"] = allowed,
            ["provided"] = Repeatable(provided),
        });

    /// <summary>Reads a UUID or throws 400.</summary>
    /// <param name="field">The parameter.</param>
    /// <param name="value">What came.</param>
    public static Guid Id(string field, string? value) =>
        Guid.TryParseExact(value, "D", out var id)
            ? id
            : throw new ApiException(ApiErrorCodes.InvalidId, $"{field} must be a UUID.", new Dictionary<string, object?> { ["field"] = field, ["provided"] = Repeatable(value) });

    /// <summary>Reads a whole number in a range or throws 400.</summary>
    /// <param name="field">The parameter.</param>
    /// <param name="value">What came; null or empty means <paramref name="fallback"/>.</param>
    /// <param name="fallback">The default.</param>
    /// <param name="min">Smallest allowed.</param>
    /// <param name="max">Largest allowed.</param>
    public static int Number(string field, string? value, int fallback, int min, int max)
    {
        if (string.IsNullOrEmpty(value))
        {
            return fallback;
        }

        return int.TryParse(value, System.Globalization.NumberStyles.AllowLeadingSign, System.Globalization.CultureInfo.InvariantCulture, out var number) && number >= min && number <= max
            ? number
            : throw InvalidParameter(field, $"a whole number from {min} to {max}", value);
    }

    // Numbers, ids and single short words; anything longer, spaced or with an @ could be mail or an address.
    private static string? Repeatable(string? value) =>
        value is { Length: > 0 and <= 40 } && value.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.') ? value : null;

    private static Dictionary<string, object?> Detail(string key, object? value) => new() { [key] = value };
}
