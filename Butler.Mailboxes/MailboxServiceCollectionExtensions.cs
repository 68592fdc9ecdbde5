using System.Net;
using Butler.Mailboxes.Files;
using System.Security.Cryptography;
using Butler.Mailboxes.Gmail;
using Butler.Mailboxes.Imap;
using Butler.Mailboxes.Quota;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Butler.Mailboxes;

/// <summary>Registers the mailboxes.</summary>
public static class MailboxServiceCollectionExtensions
{
    /// <summary>The name of the HttpClient under all Google calls; add handlers to it with <c>AddHttpClient(name)</c>.</summary>
    public const string HttpClientName = "Butler.Google";

    /// <summary>
    /// Registers <see cref="IMailboxFactory"/> with options from <c>Butler:Google</c>, checked at start. The quota is shared
    /// through an <see cref="IConnectionMultiplexer"/> where one is registered; without one, and while it does not answer,
    /// each of <c>Butler:Replicas</c> processes (default 1) uses its share of half the limits.
    /// </summary>
    public static IServiceCollection AddMailboxes(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddGoogleConnect(configuration);
        var replicas = configuration.GetValue("Butler:Replicas", 1);
        if (replicas is < 1 or > 1000)
        {
            throw new InvalidOperationException("Butler:Replicas: must be 1 to 1000.");
        }

        services.AddMetrics();
        services.TryAddSingleton<MailboxMetrics>();
        services.TryAddSingleton(sp => new RedisGate(sp.GetService<IConnectionMultiplexer>, sp.GetRequiredService<TimeProvider>(), sp.GetRequiredService<ILogger<RedisGate>>()));
        services.TryAddSingleton<IQuotaLimiter>(sp =>
        {
            var limits = QuotaLimits.From(sp.GetRequiredService<IOptions<GoogleOptions>>().Value);
            var time = sp.GetRequiredService<TimeProvider>();
            var metrics = sp.GetRequiredService<MailboxMetrics>();
            var local = new LocalQuotaLimiter(limits.LocalShare(replicas), time, metrics);
            return new RedisQuotaLimiter(limits, sp.GetRequiredService<RedisGate>(), local, time, metrics);
        });
        services.TryAddSingleton(sp => new QuotaReading(sp.GetRequiredService<IQuotaLimiter>()));
        services.TryAddSingleton(sp => new GoogleTokens(
            sp.GetRequiredService<IHttpClientFactory>().CreateClient(HttpClientName),
            sp.GetRequiredService<IOptions<GoogleOptions>>(),
            sp.GetRequiredService<TimeProvider>(),
            sp.GetRequiredService<MailboxMetrics>()));
        services.TryAddSingleton(sp => new GmailClient(
            sp.GetRequiredService<IHttpMessageHandlerFactory>().CreateHandler(HttpClientName),
            sp.GetRequiredService<IOptions<GoogleOptions>>(),
            sp.GetRequiredService<GoogleTokens>(),
            sp.GetRequiredService<IQuotaLimiter>(),
            sp.GetRequiredService<TimeProvider>(),
            sp.GetRequiredService<MailboxMetrics>()));
        services.AddOptions<FileMailboxOptions>().Bind(configuration.GetSection(FileMailboxOptions.Section));
        services.TryAddSingleton(sp => new FileRoots(sp.GetRequiredService<IOptions<FileMailboxOptions>>().Value));
        services.AddOptions<ImapSettings>().Bind(configuration.GetSection(ImapPoolOptions.Section)).ValidateDataAnnotations().ValidateOnStart();
        services.TryAddSingleton(sp =>
        {
            var options = sp.GetRequiredService<IOptions<ImapSettings>>().Value.ToPoolOptions();
            var time = sp.GetRequiredService<TimeProvider>();
            var leases = new ImapLeases(sp.GetRequiredService<RedisGate>(), options, time, replicas, static () => RandomNumberGenerator.GetInt32(1_000_000) / 1e6);
            return new ImapPool(leases, options, time, sp.GetRequiredService<ILoggerFactory>().CreateLogger("Butler.Mailboxes.Imap"), sp.GetRequiredService<MailboxMetrics>());
        });
        services.TryAddSingleton<IMailboxFactory, MailboxFactory>();
        return services;
    }

    /// <summary>Registers <see cref="GoogleConnect"/> with the options from <c>Butler:Google</c>, for a service that connects accounts but reads no mail.</summary>
    public static IServiceCollection AddGoogleConnect(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<GoogleOptions>().Bind(configuration.GetSection(GoogleOptions.Section)).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<GoogleOptions>, GoogleOptionsValidator>());
        services.TryAddSingleton(TimeProvider.System);
        services.AddHttpClient(HttpClientName)
            .ConfigurePrimaryHttpMessageHandler(static () => new SocketsHttpHandler
            {
                // A redirected POST would be a second request.
                AllowAutoRedirect = false,
                UseCookies = false,
                // Inflating base64 costs more than the wire saves, and listings are small.
                AutomaticDecompression = DecompressionMethods.None,
                PooledConnectionLifetime = TimeSpan.FromMinutes(5),
                PooledConnectionIdleTimeout = TimeSpan.FromSeconds(50),
                ConnectTimeout = TimeSpan.FromSeconds(10),
            })
            // The pooled lifetime above renews connections; the handler itself lives as long as its one owner.
            .SetHandlerLifetime(Timeout.InfiniteTimeSpan)
            // They log addresses with message ids and searches.
            .RemoveAllLoggers();
        services.TryAddSingleton(sp => new GoogleConnect(
            sp.GetRequiredService<IHttpMessageHandlerFactory>().CreateHandler(HttpClientName), sp.GetRequiredService<IOptions<GoogleOptions>>(), sp.GetRequiredService<TimeProvider>()));
        return services;
    }
}
