using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Butler.Sandbox.Push;

/// <summary>
/// The keys that sign push tokens (RS256, RFC 7518 section 3.3), published as a JWK set at <c>/oauth2/v3/certs</c> as Google does.
/// Made at first use: most tests never push.
/// </summary>
public sealed class PushKeys : IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<(string Id, RSA Key)> _published = [];
    private int _made;

    /// <summary>The id of the key that signs now.</summary>
    public string CurrentId
    {
        get
        {
            lock (_gate)
            {
                return Current().Id;
            }
        }
    }

    /// <summary>How often the key set was asked for.</summary>
    public int Reads { get; private set; }

    /// <summary>Signs with a new key from now on; the old one stays published unless <paramref name="withdraw"/>.</summary>
    public string Rotate(bool withdraw = false)
    {
        lock (_gate)
        {
            if (withdraw)
            {
                _published.ForEach(k => k.Key.Dispose());
                _published.Clear();
            }

            _published.Add(Make());
            return Current().Id;
        }
    }

    /// <summary>A signed token with these claims.</summary>
    public string Sign(IReadOnlyDictionary<string, object> claims)
    {
        lock (_gate)
        {
            var (id, key) = Current();
            return Jwt.Sign(key, id, claims);
        }
    }

    /// <summary>The published keys (RFC 7517).</summary>
    public byte[] KeySet()
    {
        lock (_gate)
        {
            Current();
            Reads++;
            return JsonSerializer.SerializeToUtf8Bytes(new
            {
                keys = _published.Select(k =>
                {
                    var parameters = k.Key.ExportParameters(false);
                    return new { kid = k.Id, kty = "RSA", alg = "RS256", use = "sig", n = Base64Url.EncodeToString(parameters.Modulus), e = Base64Url.EncodeToString(parameters.Exponent) };
                }),
            });
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _published.ForEach(k => k.Key.Dispose());
            _published.Clear();
        }
    }

    private (string Id, RSA Key) Current()
    {
        if (_published.Count == 0)
        {
            _published.Add(Make());
        }

        return _published[^1];
    }

    private (string Id, RSA Key) Make() => ($"sandbox-{++_made}-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}", RSA.Create(2048));
}

/// <summary>The compact form of a signed token (RFC 7515 section 7.1).</summary>
internal static class Jwt
{
    public static string Sign(RSA key, string keyId, IReadOnlyDictionary<string, object> claims)
    {
        var head = Part(new Dictionary<string, object> { ["alg"] = "RS256", ["kid"] = keyId, ["typ"] = "JWT" });
        var signed = $"{head}.{Part(claims)}";
        return $"{signed}.{Base64Url.EncodeToString(key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))}";
    }

    private static string Part(IReadOnlyDictionary<string, object> members) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(members));
}
