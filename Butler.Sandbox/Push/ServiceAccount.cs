using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Butler.Sandbox.Push;

/// <summary>
/// The service account that may pull: its key file is given out by the control API, and the token endpoint takes what it signs
/// (RFC 7523 section 2.1, Google's "Using OAuth 2.0 for server to server applications").
/// </summary>
internal sealed class ServiceAccount(SandboxOptions options, TimeProvider clock) : IDisposable
{
    public const string GrantType = "urn:ietf:params:oauth:grant-type:jwt-bearer";

    private const int Seconds = 3599;

    private readonly Lazy<RSA> _key = new(() => RSA.Create(2048));
    private readonly ConcurrentDictionary<string, DateTimeOffset> _tokens = new(StringComparer.Ordinal);

    public static int Lifetime => Seconds;

    /// <summary>The key file, as Google's console gives it out.</summary>
    public object KeyFile(string root) => new
    {
        type = "service_account",
        project_id = options.Push.Subscription.Split('/').ElementAtOrDefault(1) ?? "sandbox",
        private_key_id = "sandbox-pull",
        private_key = _key.Value.ExportPkcs8PrivateKeyPem(),
        client_email = options.Push.ServiceAccount,
        client_id = "100000000000000000000",
        token_uri = root + "/token",
    };

    /// <summary>An access token for a signed assertion; null when it is not good.</summary>
    public string? Grant(string assertion)
    {
        try
        {
            var parts = assertion.Split('.');
            if (parts.Length != 3
                || !_key.Value.VerifyData(Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), Base64Url.DecodeFromChars(parts[2]), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))
            {
                return null;
            }

            using var claims = JsonDocument.Parse(Base64Url.DecodeFromChars(parts[1]));
            if (claims.RootElement.GetProperty("iss").GetString() != options.Push.ServiceAccount
                || claims.RootElement.GetProperty("exp").GetInt64() <= clock.GetUtcNow().ToUnixTimeSeconds())
            {
                return null;
            }

            var token = "ya29.sa." + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(20));
            _tokens[token] = clock.GetUtcNow().AddSeconds(Seconds);
            return token;
        }
        catch (Exception e) when (e is FormatException or JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return null;
        }
    }

    public bool IsGood(string authorization) =>
        authorization.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) && _tokens.TryGetValue(authorization[7..].Trim(), out var until) && until > clock.GetUtcNow();

    public void Dispose()
    {
        if (_key.IsValueCreated)
        {
            _key.Value.Dispose();
        }
    }
}
