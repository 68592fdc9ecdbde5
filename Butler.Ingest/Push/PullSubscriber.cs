using System.Net.Http.Headers;
using System.Text.Json;
using Google.Apis.Auth.OAuth2;
using Microsoft.Extensions.Options;

namespace Butler.Ingest.Push;

/// <summary>
/// Pulls notifications for installations without a public address (google/pubsub/v1/pubsub.proto, service Subscriber). The same intake
/// as a push; acknowledged after the commit.
/// </summary>
internal sealed partial class PullSubscriber(
    IHttpClientFactory clients, PushIntake intake, IOptions<PushOptions> options, TimeProvider time, ILogger<PullSubscriber> logger) : BackgroundService
{
    /// <summary>Name of the HttpClient: a pull waits up to 90 s for a message.</summary>
    public const string HttpClientName = "Butler.PubSub";

    public static readonly TimeSpan HttpTimeout = TimeSpan.FromSeconds(120);

    private const string Scope = "https://www.googleapis.com/auth/pubsub";
    private const int MaxBytes = 8 * 1024 * 1024;
    private static readonly TimeSpan s_firstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromMinutes(1);

    private PushOptions.PullOptions Pull => options.Value.Pull;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!options.Value.PullOn)
        {
            return;
        }

        var pause = s_firstPause;
        ITokenAccess? credential = null;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                credential ??= await CredentialAsync(stoppingToken);
                await TurnAsync(credential, stoppingToken);
                pause = s_firstPause;
                continue;
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // The funnel of this loop: nothing that Google or the database says ends the service; what is not acknowledged comes again.
                LogPostponed(e.GetType().Name);
            }

            await Task.Delay(pause, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause = pause * 2 < s_longestPause ? pause * 2 : s_longestPause;
        }
    }

    private async Task<ITokenAccess> CredentialAsync(CancellationToken cancellationToken) => Pull.CredentialsFile is { } file
        ? (await CredentialFactory.FromFileAsync<ServiceAccountCredential>(file, cancellationToken)).ToGoogleCredential().CreateScoped(Scope)
        : (await GoogleCredential.GetApplicationDefaultAsync(cancellationToken)).CreateScoped(Scope);

    private async Task TurnAsync(ITokenAccess credential, CancellationToken cancellationToken)
    {
        using var answer = await CallAsync(credential, "pull", new { maxMessages = Pull.MaxMessages }, cancellationToken);
        if (!answer.RootElement.TryGetProperty("receivedMessages", out var received) || received.ValueKind != JsonValueKind.Array)
        {
            return;
        }

        var (done, accepted) = (new List<string>(), new List<Task>());
        foreach (var entry in received.EnumerateArray())
        {
            if (!entry.TryGetProperty("ackId", out var ack) || ack.GetString() is not { } ackId)
            {
                continue;
            }

            if (entry.TryGetProperty("message", out var message) && message.ValueKind == JsonValueKind.Object && PushEnvelope.ReadMessage(message, out _) is { } notice)
            {
                accepted.Add(intake.AcceptAsync(notice, Guid.CreateVersion7(), cancellationToken));
            }
            else
            {
                // Nothing will ever make it readable, and nothing can be lost: the periodic sync sees what it spoke of.
                intake.Count("malformed");
            }

            done.Add(ackId);
        }

        await Task.WhenAll(accepted);
        if (done.Count > 0)
        {
            (await CallAsync(credential, "acknowledge", new { ackIds = done }, cancellationToken)).Dispose();
        }
    }

    private async Task<JsonDocument> CallAsync<T>(ITokenAccess credential, string method, T body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{Pull.BaseAddress.AbsoluteUri.TrimEnd('/')}/v1/{Pull.Subscription}:{method}") { Content = JsonContent.Create(body) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await credential.GetAccessTokenForRequestAsync(null, cancellationToken));
        using var http = clients.CreateClient(HttpClientName);
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        response.EnsureSuccessStatusCode();
        await response.Content.LoadIntoBufferAsync(MaxBytes, cancellationToken);
        return JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(cancellationToken));
    }

    [LoggerMessage(2311, LogLevel.Warning, "Pulling notifications is postponed: {Reason}")]
    private partial void LogPostponed(string reason);
}
