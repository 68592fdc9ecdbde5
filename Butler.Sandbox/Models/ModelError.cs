namespace Butler.Sandbox.Models;

/// <summary>An answer that is an error, in the words of both vendors.</summary>
internal sealed class ModelError(int status, string type, string message, string? code = null, string? param = null) : Exception(message)
{
    public int Status { get; } = status;

    public string Type { get; } = type;

    public string? Code { get; } = code;

    public string? Param { get; } = param;

    /// <summary>Seconds of the Retry-After header; null: none is sent.</summary>
    public double? RetryAfter { get; init; }

    public static ModelError Bad(string message, string? param = null, string? code = null) => new(400, "invalid_request_error", message, code, param);
}
