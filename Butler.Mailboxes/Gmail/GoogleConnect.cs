using System.Net;
using System.Text.Json;
using Google.Apis.Auth.OAuth2.Flows;
using Google.Apis.Auth.OAuth2.Requests;
using Google.Apis.Auth.OAuth2.Responses;
using Google.Apis.Http;
using Microsoft.Extensions.Options;

namespace Butler.Mailboxes.Gmail;

/// <summary>Where to send the browser, and what to keep until it is back.</summary>
/// <param name="Address">Google's consent page with everything it needs.</param>
/// <param name="Verifier">PKCE's code verifier: a secret.</param>
public sealed record ConnectStart(Uri Address, string Verifier);

/// <summary>
/// OAuth 2.0 authorization code flow with PKCE and offline access on Google's own library (RFC 6749 section 4.1, RFC 7636; Google
/// "Using OAuth 2.0 for Web Server Applications"). Codes, verifiers and tokens never reach a log or an exception.
/// </summary>
public sealed class GoogleConnect : IDisposable
{
    /// <summary>Reading, labels, drafts, watch. It could also send; Butler never does (docs/security.md).</summary>
    public const string Scope = "https://www.googleapis.com/auth/gmail.modify";

    private static readonly Uri s_googleToken = new("https://oauth2.googleapis.com/token");
    private static readonly Uri s_googleConsent = new("https://accounts.google.com/o/oauth2/v2/auth");
    private static readonly Uri s_googleRevoke = new("https://oauth2.googleapis.com/revoke");
    private readonly GoogleOptions _options;
    private readonly PkceGoogleAuthorizationCodeFlow _flow;
    private readonly HttpClient _http;
    private readonly TimeProvider _time;

    internal GoogleConnect(HttpMessageHandler handler, IOptions<GoogleOptions> options, TimeProvider time)
    {
        _options = options.Value;
        _time = time;
        _http = new HttpClient(handler, disposeHandler: false) { Timeout = Timeout.InfiniteTimeSpan };
        ConsentAddress = ConsentOf(_options);
        _flow = new(new Addresses(ConsentAddress.AbsoluteUri, _options.TokenAddress.AbsoluteUri, RevokeOf(_options).AbsoluteUri)
        {
            ClientSecrets = new() { ClientId = _options.ClientId, ClientSecret = _options.ClientSecret },
            Scopes = [Scope],
            // A second connection must bring a refresh token too.
            Prompt = "consent",
            HttpClientFactory = new HandlerFactory(handler),
            // One layer retries, and it is not this one (DESIGN section 5); a code is good once anyway.
            DefaultExponentialBackOffPolicy = ExponentialBackOffPolicy.None,
        });
    }

    /// <summary>The consent page's address: Google's, or beside the token address where that is a local Google's.</summary>
    public Uri ConsentAddress { get; }

    /// <summary>Whether there are credentials to ask with.</summary>
    public bool IsConfigured => _options.ClientId.Length > 0;

    /// <summary>The consent page's address under these settings.</summary>
    public static Uri ConsentOf(GoogleOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options.TokenAddress == s_googleToken ? s_googleConsent : new Uri(options.TokenAddress, "/o/oauth2/v2/auth");
    }

    private static Uri RevokeOf(GoogleOptions options) => options.TokenAddress == s_googleToken ? s_googleRevoke : new Uri(options.TokenAddress, "/revoke");

    /// <summary>Begins a flow.</summary>
    /// <param name="redirectUri">Where Google sends the browser back to; registered with the OAuth client.</param>
    /// <param name="state">Comes back unchanged.</param>
    public ConnectStart Begin(string redirectUri, string state)
    {
        var request = (GoogleAuthorizationCodeRequestUrl)_flow.CreateAuthorizationCodeRequest(redirectUri, out var verifier);
        request.State = state;
        request.AccessType = "offline";
        return new(request.Build(), verifier);
    }

    /// <summary>Exchanges a code for credentials, by exactly one request.</summary>
    /// <returns>Credentials as <see cref="MailboxAccount.Credentials"/> has them.</returns>
    /// <exception cref="MailboxException">Refused, not all was allowed, or Google does not answer.</exception>
    public async Task<string> ExchangeAsync(string code, string verifier, string redirectUri, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(_options.Timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        TokenResponse answer;
        try
        {
            answer = await _flow.ExchangeCodeForTokenAsync("owner", code, verifier, redirectUri, either.Token);
        }
        catch (TokenResponseException e)
        {
            // Its message quotes the answer; the code alone is safe.
            var error = GmailErrors.Safe(e.Error?.Error) ?? "error";
            throw new MailboxException(
                e.StatusCode is null or >= HttpStatusCode.InternalServerError or HttpStatusCode.TooManyRequests ? MailboxFault.Unavailable
                : error is "invalid_grant" ? MailboxFault.LoginRejected : MailboxFault.BadRequest,
                $"Google's token endpoint refused the code: {error}") { Reason = error };
        }
        catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new MailboxException(MailboxFault.Unavailable, "Google's token endpoint did not answer");
        }

        if (answer.Scope is { Length: > 0 } scopes && !scopes.Split(' ').Contains(Scope, StringComparer.Ordinal))
        {
            throw new MailboxException(MailboxFault.ScopeMissing, "The permission to read mail and write drafts was not given") { Reason = "scope" };
        }

        return answer.RefreshToken is { Length: > 0 } refresh
            ? JsonSerializer.Serialize(new Dictionary<string, string> { ["refresh_token"] = refresh })
            : throw new MailboxException(MailboxFault.BadRequest, "Google's answer holds no refresh token") { Reason = "noRefreshToken" };
    }

    /// <summary>Takes the credentials back at Google (RFC 7009). A token that is not valid any more is fine.</summary>
    /// <exception cref="MailboxException">Google does not answer.</exception>
    public async Task RevokeAsync(string credentials, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(_options.Timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        using var form = new FormUrlEncodedContent([new("token", GoogleTokens.ReadRefreshToken(credentials))]);
        try
        {
            using var response = await _http.PostAsync(RevokeOf(_options), form, either.Token);
            if ((int)response.StatusCode >= 500 || response.StatusCode == HttpStatusCode.TooManyRequests)
            {
                throw new MailboxException(MailboxFault.Unavailable, $"Google did not take the token back ({(int)response.StatusCode})");
            }
        }
        catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new MailboxException(MailboxFault.Unavailable, "Google did not answer when the token was to be taken back");
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _flow.Dispose();
        _http.Dispose();
    }

    /// <summary>The library's own addresses, replaced: its constructor for that is for heirs.</summary>
    private sealed class Addresses(string consent, string token, string revoke) : GoogleAuthorizationCodeFlow.Initializer(consent, token, revoke);

    private sealed class HandlerFactory(HttpMessageHandler handler) : HttpClientFactory
    {
        protected override HttpMessageHandler CreateHandler(CreateHttpClientArgs args) => new Shared(handler);
    }

    // The library disposes what it was given; the handler below belongs to the process.
    private sealed class Shared(HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override void Dispose(bool disposing)
        {
        }
    }
}
