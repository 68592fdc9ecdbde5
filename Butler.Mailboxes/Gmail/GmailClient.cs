using System.Net.Http.Headers;
using Butler.Mailboxes.Quota;
using Google;
using Google.Apis.Gmail.v1;
using Google.Apis.Http;
using Google.Apis.Requests;
using Google.Apis.Services;
using Microsoft.Extensions.Options;

namespace Butler.Mailboxes.Gmail;

/// <summary>
/// The one funnel to Gmail: quota, token, exactly one request, a time limit, and faults instead of status codes.
/// The service is Google's client; requests are sent through its HttpClient by hand, because its own Execute
/// loses the Retry-After header and puts answers into exception messages.
/// </summary>
internal sealed class GmailClient
{
    /// <summary>MECHANICS 7: the longest the POST of a draft may take.</summary>
    public static readonly TimeSpan DraftTimeout = TimeSpan.FromSeconds(15);

    // A draft of Gmail's largest size (35 MiB) in base64, with room.
    private const int MaxAnswerBytes = 64 * 1024 * 1024;

    // Google's error bodies are below 2 KiB.
    private const int MaxErrorBytes = 64 * 1024;

    private readonly GoogleOptions _options;
    private readonly GoogleTokens _tokens;
    private readonly IQuotaLimiter _quota;
    private readonly MailboxMetrics _metrics;

    public GmailClient(HttpMessageHandler handler, IOptions<GoogleOptions> options, GoogleTokens tokens, IQuotaLimiter quota, TimeProvider time, MailboxMetrics metrics)
    {
        _options = options.Value;
        _tokens = tokens;
        _quota = quota;
        _metrics = metrics;
        Time = time;
        Service = new GmailService(new BaseClientService.Initializer
        {
            ApplicationName = "Butler",
            BaseUri = _options.BaseAddress.AbsoluteUri.TrimEnd('/') + "/",
            HttpClientFactory = new SharedHandlerFactory(handler),
            // One layer retries, and it is not this one (DESIGN section 5).
            DefaultExponentialBackOffPolicy = ExponentialBackOffPolicy.None,
            // Bodies go out as they are: compressing a draft saves nothing worth a surprise at the other end.
            GZipEnabled = false,
            // Every call has its own limit.
            HttpClientTimeout = System.Threading.Timeout.InfiniteTimeSpan,
        });
        Service.HttpClient.MessageHandler.NumTries = 1;
        Service.HttpClient.MessageHandler.FollowRedirect = false;
    }

    public GmailService Service { get; }

    public TimeProvider Time { get; }

    public TimeSpan Timeout => _options.Timeout;

    public int MaxConcurrent => _options.MaxConcurrentPerUser;

    public Uri BatchAddress => new(_options.BaseAddress.AbsoluteUri.TrimEnd('/') + "/batch/gmail/v1");

    public IQuotaLimiter Quota => _quota;

    public MailboxMetrics Metrics => _metrics;

    public GoogleTokens Tokens => _tokens;

    public int Units(GmailEndpoint endpoint) => endpoint.Units(_options.PriceList);

    /// <summary>One call that answers with JSON.</summary>
    public async Task<T> CallAsync<T>(MailboxAccount account, ClientServiceRequest<T> request, GmailCall call, MailLane lane, CancellationToken cancellationToken)
    {
        var token = await _tokens.GetAsync(account, cancellationToken);
        var answer = await _quota.TryAcquireAsync(UserKey(account), QuotaRequest.Single(Units(call.Endpoint), lane), cancellationToken);
        await using var lease = answer.Lease ?? throw Refused(answer, call.Endpoint);
        using var message = request.CreateRequest();
        message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var limit = new CancellationTokenSource(call.Write && DraftTimeout < Timeout ? DraftTimeout : Timeout, Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            using var response = await Service.HttpClient.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, either.Token);
            _metrics.Called(call.Endpoint.Name, (int)response.StatusCode);
            if (!response.IsSuccessStatusCode)
            {
                throw await FaultAsync(account, token, response, call, either.Token);
            }

            _tokens.Accepted(account);
            await response.Content.LoadIntoBufferAsync(MaxAnswerBytes, either.Token);
            return await Service.DeserializeResponse<T>(response);
        }
        catch (Exception e) when (Link(e, call.Endpoint, call.Write, cancellationToken) is { } fault)
        {
            throw fault;
        }
    }

    /// <summary>The fault of an answer that is not 2xx. A throttled user is noted with the limiter.</summary>
    public async Task<MailboxException> FaultAsync(MailboxAccount account, string token, HttpResponseMessage response, GmailCall call, CancellationToken cancellationToken)
    {
        var status = (int)response.StatusCode;
        if (status == 401)
        {
            return _tokens.Rejected(account, token, call.Endpoint.Name);
        }

        var body = await ReadErrorAsync(response, cancellationToken);
        var now = Time.GetUtcNow();
        return await NotedAsync(account, GmailErrors.Map(status, body, GmailErrors.RetryAt(response, body.RetryAfter, now), now, call), cancellationToken);
    }

    /// <summary>Feeds a refusal back into the limiter, so that the user's other calls are not refused as well.</summary>
    public async Task<MailboxException> NotedAsync(MailboxAccount account, MailboxException fault, CancellationToken cancellationToken)
    {
        if (fault is { Scope: { } scope, RetryAt: { } at } && at > Time.GetUtcNow())
        {
            await _quota.PenaliseAsync(UserKey(account), scope, at - Time.GetUtcNow(), cancellationToken);
        }

        return fault;
    }

    /// <summary>A fault of the link as a <see cref="MailboxException"/>; null when the exception is something else.</summary>
    public MailboxException? Link(Exception error, GmailEndpoint endpoint, bool write, CancellationToken caller)
    {
        switch (error)
        {
            case OperationCanceledException when !caller.IsCancellationRequested:
                _metrics.Called(endpoint.Name, "timeout");
                return new(MailboxFault.Unavailable, $"Gmail did not answer {endpoint.Name} in time") { OutcomeUnknown = write };
            case HttpRequestException http:
                _metrics.Called(endpoint.Name, "error");
                // Before a connection stands nothing can have been carried out.
                var sent = http.HttpRequestError is not (HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError);
                return new(MailboxFault.Unavailable, $"The link to Gmail failed during {endpoint.Name}", http) { OutcomeUnknown = write && sent };
            case IOException io:
                _metrics.Called(endpoint.Name, "error");
                return new(MailboxFault.Unavailable, $"The link to Gmail failed during {endpoint.Name}", io) { OutcomeUnknown = write };
            case GoogleApiException or Newtonsoft.Json.JsonException:
                // Its message quotes the answer, which is mail: it stays out.
                return new(MailboxFault.Unavailable, $"Gmail's answer to {endpoint.Name} could not be read") { OutcomeUnknown = write };
            default:
                return null;
        }
    }

    /// <summary>A refusal of the limiter as a fault.</summary>
    public static MailboxException Refused(QuotaAnswer answer, GmailEndpoint endpoint) => answer.Daily
        ? new(MailboxFault.DailyQuota, $"The day's quota of the project is used up ({endpoint.Name})") { RetryAt = answer.NotBefore, Reason = "dailyLimitExceeded" }
        : new(MailboxFault.Throttled, $"Butler's own limiter holds {endpoint.Name} back") { RetryAt = answer.NotBefore, Reason = "butlerQuota" };

    public static string UserKey(MailboxAccount account) => account.ProviderUserId.ToString("N");

    private static async Task<GmailErrorBody> ReadErrorAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            await response.Content.LoadIntoBufferAsync(MaxErrorBytes, cancellationToken);
            return GmailErrors.Read(await response.Content.ReadAsByteArrayAsync(cancellationToken));
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return default; // the status alone decides
        }
    }

    /// <summary>All requests share one handler: it holds the connections.</summary>
    private sealed class SharedHandlerFactory(HttpMessageHandler handler) : Google.Apis.Http.HttpClientFactory
    {
        protected override HttpMessageHandler CreateHandler(CreateHttpClientArgs args) => handler;
    }
}
