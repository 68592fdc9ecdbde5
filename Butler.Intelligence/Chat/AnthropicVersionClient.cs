using System.Text.Json;
using Anthropic.Models.Messages;
using Microsoft.Extensions.AI;

namespace Butler.Intelligence.Chat;

/// <summary>
/// Speaks the API version that the settings name (docs/decisions/0031). The SDK speaks a newer one by itself, which has no temperature,
/// and drops the setting in silence: it goes as a raw member of the request.
/// </summary>
internal sealed class AnthropicVersionClient(IChatClient inner, ChatProviderSettings provider, ChatSettings settings) : ChatLayer(inner)
{
    /// <summary>The version with a temperature; its wire format is the one Butler was written against.</summary>
    public const string WithTemperature = "2023-06-01";

    // Not optional there; the request names it in any case.
    private const int MaxTokens = 1024;

    public override Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        var own = options?.Clone() ?? new ChatOptions();
        var body = new Dictionary<string, JsonElement>(StringComparer.Ordinal)
        {
            ["model"] = JsonSerializer.SerializeToElement(provider.Model),
            ["max_tokens"] = JsonSerializer.SerializeToElement(own.MaxOutputTokens ?? Math.Max(MaxTokens, settings.TriageTokens)),
            ["messages"] = JsonSerializer.SerializeToElement(Array.Empty<object>()), // The SDK adds them.
        };
        if (provider.ApiVersion == WithTemperature && own.Temperature is { } temperature)
        {
            body["temperature"] = JsonSerializer.SerializeToElement(Math.Round((decimal)temperature, 4));
        }

        own.Temperature = null;
        own.RawRepresentationFactory = _ => MessageCreateParams.FromRawUnchecked(new Dictionary<string, JsonElement>(), new Dictionary<string, JsonElement>(), body);
        return InnerClient.GetResponseAsync(messages, own, cancellationToken);
    }

    /// <summary>Names the version: a raw header would stand beside the SDK's own.</summary>
    internal sealed class Header(string version) : DelegatingHandler
    {
        private const string Name = "anthropic-version";

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.Headers.Remove(Name);
            request.Headers.Add(Name, version);
            return base.SendAsync(request, cancellationToken);
        }
    }
}
