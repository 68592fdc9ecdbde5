using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Butler.Sandbox.OAuth;

/// <summary>
/// Tokens are signed, not stored, so that they outlive a restart. The key lies in the data folder; without one it
/// comes from the seed, which is enough for made-up mail.
/// </summary>
internal sealed class Tokens(byte[] key, int accessTokenSeconds, TimeProvider clock)
{
    private readonly ConcurrentDictionary<string, string> _byRefreshToken = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> _byHandle = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, (string Address, long Expires)> _seen = new(StringComparer.Ordinal);

    public int Lifetime => accessTokenSeconds;

    public string RefreshToken(string address) => RefreshToken(address, 0);

    /// <summary>The token after so many renewed consents; the later ones name their account, because they outlive a restart unregistered.</summary>
    public string RefreshToken(string address, int grants) =>
        grants == 0
            ? "1//sandbox-" + Sign("refresh\n" + address.ToLowerInvariant())
            : string.Create(CultureInfo.InvariantCulture, $"1//sandbox-{Handle(address)}-{grants}-{Sign($"refresh\n{address.ToLowerInvariant()}\n{grants}")}");

    public void Register(string address)
    {
        _byRefreshToken[RefreshToken(address)] = address;
        _byHandle[Handle(address)] = address;
    }

    public string? AddressOfRefreshToken(string token) =>
        _byRefreshToken.GetValueOrDefault(token)
        ?? (token.Split('-') is [_, var handle, var grants, _] && _byHandle.TryGetValue(handle, out var address)
            && int.TryParse(grants, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && token == RefreshToken(address, number) ? address : null);

    public string NewAccessToken(string address)
    {
        var expires = clock.GetUtcNow().ToUnixTimeSeconds() + accessTokenSeconds;
        var body = string.Create(CultureInfo.InvariantCulture, $"{Handle(address)}.{expires}");
        var token = $"ya29.{body}.{Sign("access\n" + body)}";
        _seen[token] = (address, expires);
        return token;
    }

    /// <summary>Whose token this is; null when it is made up or too old.</summary>
    public string? AddressOfAccessToken(string token)
    {
        if (!_seen.TryGetValue(token, out var known))
        {
            var parts = token.Split('.');
            if (parts is not ["ya29", var handle, var until, var signature]
                || !_byHandle.TryGetValue(handle, out var address)
                || !long.TryParse(until, NumberStyles.None, CultureInfo.InvariantCulture, out var expires)
                || !CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(signature), Encoding.ASCII.GetBytes(Sign($"access\n{handle}.{until}"))))
            {
                return null;
            }

            known = _seen[token] = (address, expires);
        }

        if (known.Expires > clock.GetUtcNow().ToUnixTimeSeconds())
        {
            return known.Address;
        }

        _seen.TryRemove(token, out _);
        return null;
    }

    private string Handle(string address) => Sign("handle\n" + address.ToLowerInvariant())[..16];

    private string Sign(string text) =>
        Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text)))[..40];
}
