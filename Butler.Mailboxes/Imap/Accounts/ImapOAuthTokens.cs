using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Butler.Mailboxes.Imap.Accounts;

/// <summary>
/// Logins: the password, or an access token got by the refresh token (RFC 6749 section 6) and kept in memory until shortly before it ends.
/// </summary>
internal sealed class ImapOAuthTokens(HttpClient http, TimeProvider time)
{
    /// <summary>More tokens than this are not kept; an installation has as many as OAuth accounts.</summary>
    private const int MaxKept = 10_000;

    private const int MaxAnswer = 64 * 1024;
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_early = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan s_default = TimeSpan.FromMinutes(10);
    private readonly ConcurrentDictionary<string, (string Token, DateTimeOffset Until)> _kept = new(StringComparer.Ordinal);

    /// <exception cref="MailboxException">The token endpoint refused or failed.</exception>
    public async Task<ImapLogin> LoginAsync(ImapAccountSettings settings, CancellationToken cancellationToken)
    {
        if (settings.OAuth is not { } oauth)
        {
            return new(settings.User, settings.Password ?? "");
        }

        var key = Key(oauth);
        if (_kept.TryGetValue(key, out var kept) && kept.Until > time.GetUtcNow())
        {
            return new(settings.User, kept.Token, IsToken: true);
        }

        var (token, life) = await RefreshAsync(oauth, cancellationToken);
        if (_kept.Count > MaxKept)
        {
            _kept.Clear();
        }

        _kept[key] = (token, time.GetUtcNow() + (life > 2 * s_early ? life - s_early : life / 2));
        return new(settings.User, token, IsToken: true);
    }

    /// <summary>The server refused the login: the next one gets a fresh token.</summary>
    public void Forget(ImapAccountSettings settings)
    {
        if (settings.OAuth is { } oauth)
        {
            _kept.TryRemove(Key(oauth), out _);
        }
    }

    private async Task<(string Token, TimeSpan Life)> RefreshAsync(ImapOAuth oauth, CancellationToken cancellationToken)
    {
        var form = new Dictionary<string, string> { ["grant_type"] = "refresh_token", ["refresh_token"] = oauth.RefreshToken, ["client_id"] = oauth.ClientId };
        if (oauth.ClientSecret is { } secret)
        {
            form["client_secret"] = secret;
        }

        if (oauth.Scope is { } scope)
        {
            form["scope"] = scope;
        }

        using var limit = new CancellationTokenSource(s_timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, oauth.TokenEndpoint) { Content = new FormUrlEncodedContent(form) };
            using var response = await http.SendAsync(request, either.Token);
            if (response.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
            {
                throw new MailboxException(MailboxFault.LoginRejected, "The token endpoint refused the refresh token") { Problem = ImapProblem.LoginRefused };
            }

            if (!response.IsSuccessStatusCode)
            {
                throw new MailboxException(MailboxFault.Unavailable, "The token endpoint failed") { Problem = ImapProblem.Unavailable };
            }

            await response.Content.LoadIntoBufferAsync(MaxAnswer, either.Token);
            using var answer = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(either.Token));
            var life = answer.RootElement.TryGetProperty("expires_in", out var seconds) && seconds.TryGetInt64(out var s) && s is > 0 and < 1_000_000 ? TimeSpan.FromSeconds(s) : s_default;
            return (answer.RootElement.GetProperty("access_token").GetString() ?? throw new JsonException(), life);
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or KeyNotFoundException or InvalidOperationException
            || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new MailboxException(MailboxFault.Unavailable, "The token endpoint does not answer as it should", e) { Problem = ImapProblem.Unavailable };
        }
    }

    private static string Key(ImapOAuth oauth) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes($"{oauth.TokenEndpoint}\n{oauth.ClientId}\n{oauth.RefreshToken}")));
}
