namespace Butler.Sandbox.Models;

/// <summary>The errors that faults answer with, in each vendor's words (facts/llm-apis.md sections 4 and 6).</summary>
internal static class FaultErrors
{
    /// <summary>The error of a fault; null for one that is no error.</summary>
    public static ModelError? Of(ModelFault fault, ModelVendor vendor) => vendor == ModelVendor.OpenAI ? OpenAI(fault) : Anthropic(fault);

    /// <summary>A call over the limits.</summary>
    public static ModelError RateLimit(ModelVendor vendor, double? retryAfter) => vendor == ModelVendor.OpenAI
        ? new(429, "requests", "Rate limit reached for this model in organization org-sandbox on requests per min (RPM). Please try again later.", "rate_limit_exceeded") { RetryAfter = retryAfter }
        : new(429, "rate_limit_error", "This request would exceed your organization's rate limit. Please reduce the prompt length or the maximum tokens requested, or try again later.") { RetryAfter = retryAfter };

    private static ModelError? OpenAI(ModelFault fault) => fault.Kind switch
    {
        ModelFaultKind.RateLimited => RateLimit(ModelVendor.OpenAI, fault.Seconds),
        ModelFaultKind.RateLimitedBare or ModelFaultKind.RateLimitedByHeaders => RateLimit(ModelVendor.OpenAI, null),
        ModelFaultKind.OutOfCredit or ModelFaultKind.SpendCap => new(429, "insufficient_quota", "You exceeded your current quota, please check your plan and billing details.", "insufficient_quota"),
        ModelFaultKind.ServerError => new(500, "server_error", "The server had an error while processing your request. Sorry about that!"),
        ModelFaultKind.Unavailable => new(503, "server_error", "Slow Down"),
        ModelFaultKind.Overloaded => new(503, "server_error", "The engine is currently overloaded, please try again later."),
        ModelFaultKind.GatewayTimeout => new(504, "server_error", "The request timed out."),
        ModelFaultKind.Unauthorized => InvalidKey,
        ModelFaultKind.Forbidden => new(403, "request_forbidden", "Country, region, or territory not supported", "unsupported_country_region_territory"),
        ModelFaultKind.ModelNotFound => new(404, "invalid_request_error", "The model does not exist or you do not have access to it.", "model_not_found"),
        ModelFaultKind.ContextTooLong => OpenAIRequest.TooLong(128_000, 130_000),
        ModelFaultKind.NoTemperature => OpenAIRequest.NoTemperature,
        _ => null,
    };

    private static ModelError? Anthropic(ModelFault fault) => fault.Kind switch
    {
        ModelFaultKind.RateLimited => RateLimit(ModelVendor.Anthropic, fault.Seconds),
        ModelFaultKind.RateLimitedBare or ModelFaultKind.RateLimitedByHeaders => RateLimit(ModelVendor.Anthropic, null),
        ModelFaultKind.OutOfCredit => new(402, "billing_error", "Your credit balance is too low to access the Anthropic API."),
        ModelFaultKind.SpendCap => new(429, "rate_limit_error", "You have reached your specified API usage limits.", "enforced_spend_limit_reached"),
        ModelFaultKind.ServerError => new(500, "api_error", "Internal server error"),
        ModelFaultKind.Unavailable => new(503, "api_error", "Service unavailable"),
        ModelFaultKind.Overloaded => new(529, "overloaded_error", "Overloaded"),
        ModelFaultKind.GatewayTimeout => new(504, "timeout_error", "Request timed out"),
        ModelFaultKind.Unauthorized => new(401, "authentication_error", "invalid x-api-key"),
        ModelFaultKind.Forbidden => new(403, "permission_error", "Your API key does not have permission to use the specified resource."),
        ModelFaultKind.ModelNotFound => new(404, "not_found_error", "model: unknown"),
        ModelFaultKind.ContextTooLong => AnthropicRequest.TooLong(200_000, 210_000),
        ModelFaultKind.NoTemperature => ModelError.Bad("temperature: not supported with this model"),
        _ => null,
    };

    public static ModelError InvalidKey => new(401, "invalid_request_error", "Incorrect API key provided. You can find your API key in the settings of your account.", "invalid_api_key");
}
