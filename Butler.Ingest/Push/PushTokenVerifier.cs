using System.Text.Json;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Butler.Ingest.Push;

/// <summary>
/// Verifies the OIDC token of a push (Google Cloud, "Authentication for push subscriptions"): signature by Google's keys, issuer, exact
/// audience, times, and the expected service account.
/// </summary>
internal sealed class PushTokenVerifier(GoogleKeys keys, IOptions<PushOptions> options, TimeProvider time)
{
    /// <summary>Google's tokens are below 1 KiB.</summary>
    private const int MaxToken = 4 * 1024;

    private const int MaxKeyId = 200;

    /// <summary>The year 10000, where DateTimeOffset ends.</summary>
    private const long MaxSeconds = 253_402_300_800;

    private static readonly JsonDocumentOptions s_json = new() { MaxDepth = 8, AllowDuplicateProperties = false };

    private static readonly string[] s_issuers = ["https://accounts.google.com", "accounts.google.com"];
    private static readonly TimeSpan s_longest = TimeSpan.FromHours(24);
    private readonly JsonWebTokenHandler _handler = new() { MapInboundClaims = false, MaximumTokenSizeInBytes = MaxToken };

    /// <summary>Null: good. Otherwise why it is refused, as a word for a metric.</summary>
    /// <exception cref="KeysUnavailableException">Nothing can be said now.</exception>
    public async ValueTask<string?> RefuseAsync(string? authorization, CancellationToken cancellationToken)
    {
        const string Bearer = "Bearer ";
        if (authorization is null || !authorization.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase))
        {
            return "no_token";
        }

        var token = authorization[Bearer.Length..];
        if (token.Length is 0 or > MaxToken || token.Count(c => c == '.') != 2 || Parse(token) is not { } parsed)
        {
            return "no_jwt";
        }

        // What the header says is not believed beyond the name of the key: no other algorithm, no key from inside the token, no
        // extension that must be understood (RFC 7515 section 4.1.11).
        if (parsed.Alg != SecurityAlgorithms.RsaSha256 || parsed.Kid is not { Length: > 0 and <= MaxKeyId } || parsed.TryGetHeaderValue<object>("crit", out _))
        {
            return "header";
        }

        if (await keys.FindAsync(parsed.Kid, cancellationToken) is not { } key)
        {
            return "unknown_key";
        }

        try
        {
            return await RefuseAsync(parsed, key);
        }
        catch (Exception e) when (e is JsonException or FormatException or ArgumentException or InvalidOperationException)
        {
            return "claims";
        }
    }

    private async Task<string?> RefuseAsync(JsonWebToken parsed, JsonWebKey key)
    {
        var result = await _handler.ValidateTokenAsync(parsed, new TokenValidationParameters
        {
            ValidAlgorithms = [SecurityAlgorithms.RsaSha256],
            IssuerSigningKey = key,
            TryAllIssuerSigningKeys = false,
            ValidIssuers = s_issuers,
            ValidAudience = options.Value.Audience,
            IgnoreTrailingSlashWhenValidatingAudience = false,
            RequireAudience = true,
            // Ours below, by our clock.
            ValidateLifetime = false,
        });
        if (!result.IsValid)
        {
            return result.Exception switch
            {
                SecurityTokenInvalidAudienceException => "audience",
                SecurityTokenInvalidIssuerException => "issuer",
                _ => "signature",
            };
        }

        // The signature stands; what it signed is read strictly, by type.
        using var payload = JsonDocument.Parse(Base64UrlEncoder.DecodeBytes(parsed.EncodedPayload), s_json);
        return RefuseTimes(payload.RootElement) ?? RefuseSender(payload.RootElement);
    }

    private string? RefuseTimes(JsonElement token)
    {
        var (now, skew) = (time.GetUtcNow(), options.Value.Skew);
        if (Seconds(token, "exp") is not { } expires || Seconds(token, "iat") is not { } issued)
        {
            return "times";
        }

        return expires + skew <= now ? "expired" : expires > now + s_longest + skew || issued > now + skew || (Seconds(token, "nbf") is { } from && from > now + skew) ? "times" : null;
    }

    private string? RefuseSender(JsonElement token) =>
        Text(token, "aud") != options.Value.Audience ? "audience"
        : Text(token, "email") != options.Value.ServiceAccount || !token.TryGetProperty("email_verified", out var verified) || verified.ValueKind != JsonValueKind.True ? "service_account"
        : null;

    private static DateTimeOffset? Seconds(JsonElement token, string claim) =>
        token.TryGetProperty(claim, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var seconds) && seconds is > 0 and < MaxSeconds
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : null;

    private static string? Text(JsonElement token, string claim) =>
        token.TryGetProperty(claim, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private JsonWebToken? Parse(string token)
    {
        try
        {
            return _handler.ReadJsonWebToken(token);
        }
        catch (Exception e) when (e is ArgumentException or SecurityTokenException or FormatException or JsonException)
        {
            return null;
        }
    }
}
