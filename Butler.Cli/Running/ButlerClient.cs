using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace Butler.Cli.Running;

/// <summary>REST calls to the running services with the token of the token file.</summary>
internal sealed class ButlerClient : IDisposable
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(20);
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web) { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };
    private readonly HttpClient _http;

    public ButlerClient(RunningButler butler)
    {
        Butler = butler;
        _http = new() { Timeout = s_timeout };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", butler.Token);
    }

    public RunningButler Butler { get; }

    public Task<T> GetAsync<T>(Uri service, string path, CancellationToken cancellationToken) =>
        SendAsync<T>(new(HttpMethod.Get, new Uri(service, path)), cancellationToken, false);

    /// <summary>As <see cref="GetAsync{T}(Uri, string, CancellationToken)"/>; a body that comes with an error status is the answer too.</summary>
    public Task<T> GetWhateverAsync<T>(Uri service, string path, CancellationToken cancellationToken) =>
        SendAsync<T>(new(HttpMethod.Get, new Uri(service, path)), cancellationToken, true);

    public Task<T> PostAsync<T>(Uri service, string path, object? body, CancellationToken cancellationToken) =>
        SendAsync<T>(new(HttpMethod.Post, new Uri(service, path)) { Content = body is null ? null : JsonContent.Create(body, options: s_json) }, cancellationToken, false);

    public Task<T> PatchAsync<T>(Uri service, string path, object body, CancellationToken cancellationToken) =>
        SendAsync<T>(new(HttpMethod.Patch, new Uri(service, path)) { Content = JsonContent.Create(body, options: s_json) }, cancellationToken, false);

    public void Dispose() => _http.Dispose();

    /// <summary>What an answer other than success says, in the API's error format.</summary>
    internal static string Explain(HttpStatusCode status, string body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            if (document.RootElement.TryGetProperty("error", out var error) && error.TryGetProperty("message", out var message))
            {
                return $"Butler answers {(int)status}: {message.GetString()}";
            }
        }
        catch (JsonException)
        {
            // Not one of ours, a proxy's page perhaps.
        }

        return $"Butler answers {(int)status}.";
    }

    private async Task<T> SendAsync<T>(HttpRequestMessage request, CancellationToken cancellationToken, bool anyStatus)
    {
        using (request)
        {
            try
            {
                using var response = await _http.SendAsync(request, cancellationToken);
                var body = await response.Content.ReadAsStringAsync(cancellationToken);
                return response.IsSuccessStatusCode || anyStatus
                    ? JsonSerializer.Deserialize<T>(body, s_json) ?? throw new CliException("Butler answers with nothing.")
                    : throw new CliException(Explain(response.StatusCode, body));
            }
            catch (HttpRequestException)
            {
                throw new CliException($"{request.RequestUri!.Authority} does not answer. {CliException.NotRunning}");
            }
            catch (TaskCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw new CliException($"{request.RequestUri!.Authority} did not answer within {s_timeout.TotalSeconds:0} s.");
            }
            catch (JsonException)
            {
                throw new CliException($"{request.RequestUri!.Authority} answers something that is not Butler's.");
            }
        }
    }
}

/// <summary>Answer of <c>GET /api/v1/me</c>.</summary>
internal sealed record Me(Guid UserId, string Role);
