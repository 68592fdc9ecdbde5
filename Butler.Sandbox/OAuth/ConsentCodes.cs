using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace Butler.Sandbox.OAuth;

/// <summary>Authorization codes: good once, for ten minutes, for one client, one redirect address and one PKCE challenge (RFC 7636 section 4.6).</summary>
internal sealed class ConsentCodes(TimeProvider clock)
{
    private static readonly TimeSpan s_life = TimeSpan.FromMinutes(10);
    private readonly ConcurrentDictionary<string, Code> _codes = new(StringComparer.Ordinal);

    public string New(string address, string clientId, string redirectUri, string? challenge, string? method)
    {
        var now = clock.GetUtcNow();
        foreach (var (old, _) in _codes.Where(c => c.Value.Until < now))
        {
            _codes.TryRemove(old, out _);
        }

        var code = "4/sandbox-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));
        _codes[code] = new(address, clientId, redirectUri, challenge, method, now + s_life);
        return code;
    }

    /// <summary>Whose code this is; null when anything does not fit. Used up either way.</summary>
    public string? Redeem(string code, string clientId, string redirectUri, string verifier)
    {
        if (!_codes.TryRemove(code, out var known) || known.Until < clock.GetUtcNow() || known.ClientId != clientId || known.RedirectUri != redirectUri)
        {
            return null;
        }

        var given = known.Method == "S256" ? Convert.ToBase64String(SHA256.HashData(Encoding.ASCII.GetBytes(verifier))).TrimEnd('=').Replace('+', '-').Replace('/', '_') : verifier;
        return known.Challenge is null || CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(given), Encoding.ASCII.GetBytes(known.Challenge)) ? known.Address : null;
    }

    private sealed record Code(string Address, string ClientId, string RedirectUri, string? Challenge, string? Method, DateTimeOffset Until);
}
