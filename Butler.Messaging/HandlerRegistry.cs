using System.Text.Json;
using Butler.Messaging.Contracts;
using Microsoft.Extensions.DependencyInjection;

namespace Butler.Messaging;

/// <summary>The kinds a service handles. One queue per service.</summary>
internal sealed class HandlerRegistry(string queue)
{
    private readonly Dictionary<string, Func<IServiceProvider, string, MessageContext, CancellationToken, Task<Outcome>>> _handlers = [];

    public string Queue => queue;

    /// <summary>Whether there is anything for the model lane.</summary>
    public bool HasModels { get; set; }

    /// <summary>Whether there is anything for the index lane.</summary>
    public bool HasIndex { get; set; }

    public void Add<TMessage, THandler>() where TMessage : IMessage where THandler : class, IHandler<TMessage>
    {
        if (TMessage.Queue != queue)
        {
            throw new InvalidOperationException($"{typeof(TMessage).Name} belongs to queue {TMessage.Queue}, not {queue}.");
        }

        _handlers.Add(typeof(TMessage).Name, (services, body, context, cancellationToken) =>
        {
            var message = (TMessage?)JsonSerializer.Deserialize(body, typeof(TMessage), MessageJson.Default)
                ?? throw new JsonException($"{typeof(TMessage).Name} is null.");
            return services.GetRequiredService<THandler>().HandleAsync(message, context, cancellationToken);
        });
    }

    public Task<Outcome> RunAsync(IServiceProvider services, Delivery delivery, MessageContext context, CancellationToken cancellationToken) =>
        _handlers.TryGetValue(delivery.Kind, out var handler)
            ? handler(services, delivery.Body, context, cancellationToken)
            : Task.FromResult(Outcome.Dead($"No handler for {delivery.Kind} in queue {queue}."));
}
