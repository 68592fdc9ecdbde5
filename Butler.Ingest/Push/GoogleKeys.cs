using System.Net.Http.Headers;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Tokens;

namespace Butler.Ingest.Push;

/// <summary>The keys cannot be read now, so nothing can be said about a token.</summary>
internal sealed class KeysUnavailableException(Exception inner) : Exception("Google's keys cannot be read.", inner);

/// <summary>
/// Google's public keys, kept as long as their answer says. An unknown key id reads them again at once, for Google may have changed
/// keys, but at most once in a while, because anybody can make up key ids. Old keys serve on while Google does not answer.
/// </summary>
internal sealed partial class GoogleKeys(HttpClient http, IOptions<PushOptions> options, TimeProvider time, ILogger<GoogleKeys> logger) : IDisposable
{
    /// <summary>Google's key set is below 8 KiB.</summary>
    private const int MaxBytes = 256 * 1024;

    private static readonly TimeSpan s_least = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan s_most = TimeSpan.FromHours(24);
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim _one = new(1);
    private volatile Known? _known;
    private DateTimeOffset? _asked;

    public void Dispose() => _one.Dispose();

    /// <summary>The RSA key of this id; null: Google has none.</summary>
    /// <exception cref="KeysUnavailableException">They could never be read.</exception>
    public async ValueTask<JsonWebKey?> FindAsync(string keyId, CancellationToken cancellationToken)
    {
        if (_known is { } known && time.GetUtcNow() < known.Until && known.Keys.TryGetValue(keyId, out var key))
        {
            return key;
        }

        await _one.WaitAsync(cancellationToken);
        try
        {
            var now = time.GetUtcNow();
            var stale = _known is null || now >= _known.Until;
            var unknown = _known is null || !_known.Keys.ContainsKey(keyId);
            if ((stale || unknown) && (_asked is not { } asked || now - asked >= options.Value.KeyRefresh))
            {
                _asked = now;
                await ReadAsync(cancellationToken);
            }
        }
        finally
        {
            _one.Release();
        }

        return _known is { } current ? current.Keys.GetValueOrDefault(keyId) : throw new KeysUnavailableException(new InvalidOperationException("They have not been read yet."));
    }

    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var limit = new CancellationTokenSource(s_timeout, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
            using var response = await http.GetAsync(options.Value.CertificatesAddress, HttpCompletionOption.ResponseHeadersRead, either.Token);
            response.EnsureSuccessStatusCode();
            await response.Content.LoadIntoBufferAsync(MaxBytes, either.Token);
            var keys = new JsonWebKeySet(await response.Content.ReadAsStringAsync(either.Token)).Keys
                .Where(k => k is { Kty: "RSA", Kid.Length: > 0 } && k.Use is null or "sig" && k.Alg is null or "RS256")
                .GroupBy(k => k.Kid, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.First(), StringComparer.Ordinal);
            if (keys.Count == 0)
            {
                throw new InvalidDataException("The key set has no RSA key.");
            }

            _known = new(keys, time.GetUtcNow() + Life(response.Headers.CacheControl));
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested && e is HttpRequestException or IOException or OperationCanceledException or ArgumentException or InvalidDataException)
        {
            LogUnreadable(e.GetType().Name);
            if (_known is null)
            {
                // Asked again by the next push: there is nothing to fall back on.
                _asked = null;
                throw new KeysUnavailableException(e);
            }
        }
    }

    private static TimeSpan Life(CacheControlHeaderValue? cache) => cache?.MaxAge is { } age ? TimeSpan.FromTicks(Math.Clamp(age.Ticks, s_least.Ticks, s_most.Ticks)) : s_least;

    [LoggerMessage(2301, LogLevel.Warning, "Google's keys could not be read: {Reason}")]
    private partial void LogUnreadable(string reason);

    private sealed record Known(Dictionary<string, JsonWebKey> Keys, DateTimeOffset Until);
}
