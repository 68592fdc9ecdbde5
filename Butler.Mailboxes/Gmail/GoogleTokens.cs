using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;

namespace Butler.Mailboxes.Gmail;

/// <summary>
/// Access tokens per account, refreshed by one request at a time and kept in memory only (facts/gmail-api.md section 10;
/// RFC 6749 section 6). Tokens and credentials never reach a log or an exception.
/// </summary>
internal sealed class GoogleTokens(HttpClient http, IOptions<GoogleOptions> options, TimeProvider time, MailboxMetrics metrics)
{
    private const string Endpoint = "oauth.token";

    // A token is renewed this long before it ends, so that it outlives the call it is used for.
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(90);

    // An answer of the token endpoint is below 4 KiB; more is not one.
    private const int MaxAnswerBytes = 64 * 1024;

    private readonly ConcurrentDictionary<Guid, Entry> _entries = new();

    /// <summary>A token that was good when it was last looked at.</summary>
    public async ValueTask<string> GetAsync(MailboxAccount account, CancellationToken cancellationToken)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(account.Credentials));
        while (true)
        {
            var entry = _entries.GetOrAdd(account.ProviderUserId, _ => new Entry(hash));
            if (!CryptographicOperations.FixedTimeEquals(entry.CredentialsHash, hash))
            {
                // Reconnected: the old login's token is nothing worth.
                _entries.TryUpdate(account.ProviderUserId, new Entry(hash), entry);
                continue;
            }

            Task<string> refresh;
            lock (entry)
            {
                if (entry.Token is { } token && time.GetUtcNow() < entry.GoodUntil)
                {
                    return token;
                }

                // Shared by all who wait, so one caller's cancellation does not end it.
                refresh = entry.Refreshing ??= RefreshAsync(entry, account);
            }

            return await refresh.WaitAsync(cancellationToken);
        }
    }

    /// <summary>
    /// Gmail answered 401. The first time the token is dropped and the call may be tried again with a new one; a new token
    /// that is refused as well means that the login itself is.
    /// </summary>
    public MailboxException Rejected(MailboxAccount account, string token, string endpoint)
    {
        if (_entries.TryGetValue(account.ProviderUserId, out var entry))
        {
            lock (entry)
            {
                if (entry.Token == token)
                {
                    entry.Token = null;
                    if (entry.AfterRejection)
                    {
                        entry.AfterRejection = false;
                        return new(MailboxFault.LoginRejected, $"Gmail refused the login at {endpoint} (401) with a fresh token") { Reason = "authError" };
                    }

                    entry.AfterRejection = true;
                }
            }
        }

        return new(MailboxFault.Unavailable, $"Gmail refused the access token at {endpoint} (401); it is renewed") { Reason = "authError", RetryAt = time.GetUtcNow() };
    }

    /// <summary>A call with this token was let in.</summary>
    public void Accepted(MailboxAccount account)
    {
        if (_entries.TryGetValue(account.ProviderUserId, out var entry))
        {
            entry.AfterRejection = false;
        }
    }

    private async Task<string> RefreshAsync(Entry entry, MailboxAccount account)
    {
        await Task.Yield(); // so that the lock of the caller is not held
        try
        {
            var (token, seconds) = await RequestAsync(ReadRefreshToken(account.Credentials));
            lock (entry)
            {
                entry.Token = token;
                var life = TimeSpan.FromSeconds(Math.Clamp(seconds, 0, 86_400));
                entry.GoodUntil = time.GetUtcNow() + (life > 2 * Margin ? life - Margin : life / 2);
            }

            return token;
        }
        finally
        {
            lock (entry)
            {
                entry.Refreshing = null;
            }
        }
    }

    private async Task<(string Token, double Seconds)> RequestAsync(string refreshToken)
    {
        var settings = options.Value;
        using var timeout = new CancellationTokenSource(settings.Timeout, time);
        using var request = new HttpRequestMessage(HttpMethod.Post, settings.TokenAddress)
        {
            Content = new FormUrlEncodedContent(
            [
                new("client_id", settings.ClientId), new("client_secret", settings.ClientSecret),
                new("grant_type", "refresh_token"), new("refresh_token", refreshToken),
            ]),
        };
        try
        {
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, timeout.Token);
            metrics.Called(Endpoint, (int)response.StatusCode);
            await response.Content.LoadIntoBufferAsync(MaxAnswerBytes, timeout.Token);
            var body = await response.Content.ReadAsByteArrayAsync(timeout.Token);
            return response.IsSuccessStatusCode ? ReadAnswer(body) : throw Refused(response, body);
        }
        catch (OperationCanceledException)
        {
            metrics.Called(Endpoint, "timeout");
            throw new MailboxException(MailboxFault.Unavailable, "Google's token endpoint did not answer in time");
        }
        catch (HttpRequestException e)
        {
            metrics.Called(Endpoint, "error");
            throw new MailboxException(MailboxFault.Unavailable, "Google's token endpoint could not be reached", e);
        }
    }

    internal static string ReadRefreshToken(string credentials)
    {
        try
        {
            using var json = JsonDocument.Parse(credentials);
            if (json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("refresh_token", out var token)
                && token.ValueKind == JsonValueKind.String && token.GetString() is { Length: > 0 } value)
            {
                return value;
            }
        }
        catch (JsonException)
        {
            // The parser's message quotes its input, which is the secret: it stays out.
        }

        throw new MailboxException(MailboxFault.LoginRejected, "The account's credentials hold no refresh token") { Reason = "noRefreshToken" };
    }

    private static (string Token, double Seconds) ReadAnswer(byte[] body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            var root = json.RootElement;
            if (root.TryGetProperty("access_token", out var token) && token.GetString() is { Length: > 0 } value)
            {
                return (value, root.TryGetProperty("expires_in", out var seconds) && seconds.TryGetDouble(out var s) ? s : 3600);
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // as above
        }

        throw new MailboxException(MailboxFault.Unavailable, "Google's token endpoint gave an answer that is not a token");
    }

    private MailboxException Refused(HttpResponseMessage response, byte[] body)
    {
        var (error, description) = ReadError(body);
        var said = $"Google's token endpoint refused the login: {(int)response.StatusCode} {error}";
        return (response.StatusCode, error) switch
        {
            (_, "invalid_grant") when description.Contains("deleted", StringComparison.OrdinalIgnoreCase) || description.Contains("not found", StringComparison.OrdinalIgnoreCase)
                => new(MailboxFault.AccountGone, said) { Reason = error },
            (_, "invalid_grant") => new(MailboxFault.LoginRejected, said) { Reason = error },
            (_, "admin_policy_enforced" or "access_denied" or "invalid_scope" or "org_internal") => new(MailboxFault.ScopeMissing, said) { Reason = error },
            // The operator's client, not the user's login: the account must not be told to reconnect.
            (_, "invalid_client" or "unauthorized_client" or "invalid_request" or "unsupported_grant_type") => new(MailboxFault.BadRequest, said) { Reason = error },
            (HttpStatusCode.TooManyRequests, _) => new(MailboxFault.Throttled, said) { Reason = error, RetryAt = GmailErrors.RetryAt(response, null, time.GetUtcNow()) },
            _ => new(MailboxFault.Unavailable, said) { Reason = error },
        };
    }

    private static (string Error, string Description) ReadError(byte[] body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            var root = json.RootElement;
            var error = root.TryGetProperty("error", out var e) ? e.GetString() : null;
            var description = root.TryGetProperty("error_description", out var d) ? d.GetString() : null;
            return (GmailErrors.Safe(error) ?? "error", description ?? "");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return ("error", "");
        }
    }

    private sealed class Entry(byte[] credentialsHash)
    {
        public byte[] CredentialsHash { get; } = credentialsHash;

        public string? Token { get; set; }

        public DateTimeOffset GoodUntil { get; set; }

        public bool AfterRejection { get; set; }

        public Task<string>? Refreshing { get; set; }
    }
}
