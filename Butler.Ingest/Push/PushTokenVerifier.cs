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

        return RefuseTimes(parsed) ?? RefuseSender(parsed);
    }

    private string? RefuseTimes(JsonWebToken token)
    {
        var (now, skew) = (time.GetUtcNow(), options.Value.Skew);
        if (Seconds(token, "exp") is not { } expires || Seconds(token, "iat") is not { } issued)
        {
            return "times";
        }

        return expires + skew <= now ? "expired" : expires > now + s_longest + skew || issued > now + skew || (Seconds(token, "nbf") is { } from && from > now + skew) ? "times" : null;
    }

    private string? RefuseSender(JsonWebToken token) =>
        token.Audiences.Take(2).Count() != 1 ? "audience"
        : !token.TryGetPayloadValue<string>("email", out var email) || !string.Equals(email, options.Value.ServiceAccount, StringComparison.Ordinal) ? "service_account"
        : !token.TryGetPayloadValue<JsonElement>("email_verified", out var verified) || verified.ValueKind != JsonValueKind.True ? "service_account"
        : null;

    private static DateTimeOffset? Seconds(JsonWebToken token, string claim) =>
        token.TryGetPayloadValue<long>(claim, out var seconds) && seconds is > 0 and < 253_402_300_800 ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null;

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
