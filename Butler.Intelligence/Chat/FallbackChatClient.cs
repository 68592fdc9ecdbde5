using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Butler.Intelligence.Chat;

/// <summary>
/// Asks the providers in their order until one gives an answer of use. Repeats nothing: trying again is the message's (DESIGN section 5).
/// </summary>
internal sealed class FallbackChatClient(IReadOnlyList<(string Name, IChatClient Client)> providers, ChatSettings settings, ChatMetrics metrics, TimeProvider time) : IChatClient
{
    public async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        var conversation = messages as IReadOnlyList<ChatMessage> ?? [.. messages];
        var faults = new List<ChatException>();
        foreach (var (name, client) in providers)
        {
            try
            {
                return await client.GetResponseAsync(conversation, options, cancellationToken);
            }
            catch (ChatException e)
            {
                faults.Add(e);
                if (e.Fault == ChatFault.RateLimit && ChatRequest.Of(options) is { CanWait: true } && e.RetryAt - time.GetUtcNow() <= settings.RateLimitPatience)
                {
                    break; // It will soon be over, and the caller comes back then.
                }

                metrics.FellBack(name, e.Fault);
            }
        }

        throw new NoChatAnswerException(faults, faults.All(f => f.RetryAt is not null) ? faults.Min(f => f.RetryAt) : null);
    }

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        foreach (var update in (await GetResponseAsync(messages, options, cancellationToken)).ToChatResponseUpdates())
        {
            yield return update;
        }
    }

    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is null && serviceType.IsInstanceOfType(this) ? this : null;
    }

    public void Dispose()
    {
        foreach (var (_, client) in providers)
        {
            client.Dispose();
        }
    }
}
