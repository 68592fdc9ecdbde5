using Butler.Messaging.Postgres;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Butler.Messaging;

/// <summary>Registers the chosen transport and the handlers of a service.</summary>
public static class MessagingExtensions
{
    /// <summary>The transport's configuration key.</summary>
    public const string TransportKey = "Butler:Transport";

    /// <summary>Adds sending: outbox wake-ups and progress hints.</summary>
    /// <exception cref="OptionsValidationException"><c>Butler:Transport</c> names a transport that is not built.</exception>
    public static IHostApplicationBuilder AddMessaging(this IHostApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var transport = builder.Configuration.GetValue(TransportKey, "postgres");
        if (transport != "postgres")
        {
            throw new OptionsValidationException(TransportKey, typeof(string), [$"{TransportKey} is '{transport}'; this build has: postgres."]);
        }

        builder.Services.AddOptions<MessagingOptions>().BindConfiguration("Butler:Messaging").ValidateDataAnnotations()
            .Validate(o => o.Renewal * 2 < o.Lease, "Butler:Messaging:Renewal must be less than half of Butler:Messaging:Lease.")
            .Validate(o => o.GiveUp < o.Lease, "Butler:Messaging:GiveUp must be less than Butler:Messaging:Lease.")
            .ValidateOnStart();
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.TryAddSingleton(_ => new Random(Environment.TickCount));
        builder.Services.AddSingleton<MessagingMetrics>();
        builder.Services.AddSingleton<ProgressPublisher>();
        builder.Services.AddSingleton<WakeUps>();
        builder.Services.AddHostedService(s => s.GetRequiredService<WakeUps>());
        builder.Services.AddSingleton<ITransport, PostgresTransport>();
        return builder;
    }

    /// <summary>Adds the pump for one queue; register the kinds on the result.</summary>
    public static HandlerBuilder AddHandlers(this IHostApplicationBuilder builder, string queue)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var registry = new HandlerRegistry(queue);
        builder.Services.AddSingleton(registry);
        builder.Services.AddHostedService<MessagePump>();
        return new HandlerBuilder(builder.Services, registry);
    }
}

/// <summary>Registers handlers of a queue.</summary>
public sealed class HandlerBuilder
{
    private readonly IServiceCollection _services;
    private readonly HandlerRegistry _registry;

    internal HandlerBuilder(IServiceCollection services, HandlerRegistry registry)
    {
        _services = services;
        _registry = registry;
    }

    /// <summary>Adds a handler.</summary>
    public HandlerBuilder Handle<TMessage, THandler>() where TMessage : IMessage where THandler : class, IHandler<TMessage>
    {
        _services.AddScoped<THandler>();
        _registry.Add<TMessage, THandler>();
        return this;
    }

    /// <summary>Adds a handler whose messages come in the index lane too, which waits behind the others.</summary>
    public HandlerBuilder HandleIndex<TMessage, THandler>() where TMessage : IMessage where THandler : class, IHandler<TMessage>
    {
        _registry.HasIndex = true;
        return Handle<TMessage, THandler>();
    }

    /// <summary>Adds a handler of the model lane, which has workers of its own.</summary>
    public HandlerBuilder HandleModel<TMessage, THandler>() where TMessage : IMessage where THandler : class, IHandler<TMessage>
    {
        _registry.HasModels = true;
        return Handle<TMessage, THandler>();
    }
}
