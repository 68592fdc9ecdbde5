using System.Text.Json;
using Butler.ServiceDefaults.Errors;
using Butler.ServiceDefaults.Health;
using Butler.ServiceDefaults.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace Butler.ServiceDefaults;

/// <summary>What every service of Butler shares at its start.</summary>
public static class ServiceDefaultsExtensions
{
    /// <summary>Largest request body any endpoint takes unless it says otherwise: commands are small, mail never comes this way.</summary>
    public const int MaxRequestBytes = 256 * 1024;

    private static readonly TimeSpan s_httpTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_connectionLifetime = TimeSpan.FromMinutes(2);

    /// <summary>
    /// Telemetry (OTLP only when <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> is set), JSON logs with a correlation id, health
    /// checks, the error format, JSON in snake_case, the clock, and defaults for HTTP clients.
    /// </summary>
    /// <typeparam name="TBuilder">The kind of host.</typeparam>
    /// <param name="builder">The host builder.</param>
    public static TBuilder AddServiceDefaults<TBuilder>(this TBuilder builder)
        where TBuilder : IHostApplicationBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);
        // Host filtering is on (MECHANICS 12): a page of another site cannot reach Butler under a name that points here.
        // A deployment names its own hosts, those of its health probes too.
        builder.Configuration["AllowedHosts"] ??= "localhost;127.0.0.1;[::1]";
        builder.AddButlerTelemetry();
        builder.AddButlerHealth();
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.ConfigureHttpJsonOptions(options => ApiJson.Apply(options.SerializerOptions));
        builder.Services.AddButlerErrors();
        builder.Services.Configure<KestrelServerOptions>(options =>
        {
            options.AddServerHeader = false;
            options.Limits.MaxRequestBodySize = MaxRequestBytes;
        });
        builder.Services.ConfigureHttpClientDefaults(http =>
        {
            // A Gmail address carries search words and ids: HttpClient's own log lines are off, spans and metrics stay.
            http.RemoveAllLoggers();
            http.ConfigureHttpClient(client => client.Timeout = s_httpTimeout);
            http.UseSocketsHttpHandler((handler, _) => handler.PooledConnectionLifetime = s_connectionLifetime);
            http.AddHttpMessageHandler(provider => new NoOpenTransactionHandler(provider.GetService<TransactionProbe>()));
        });
        return builder;
    }

    /// <summary>
    /// The middleware in front of everything (correlation, metrics, errors) and the endpoints of every service:
    /// <c>/health</c>, <c>/alive</c> and <c>/api/metrics</c>. Call it first, right after the application is built.
    /// </summary>
    /// <param name="app">The application.</param>
    public static WebApplication MapDefaultEndpoints(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        app.UseMiddleware<CorrelationMiddleware>();
        app.UseMiddleware<HttpMetricsMiddleware>();
        app.UseMiddleware<ErrorMiddleware>();
        app.MapButlerHealth();
        app.MapGet("/api/metrics", (PrometheusExporter exporter) => Results.Text(exporter.Write(), PrometheusExporter.ContentType))
            .AllowAnonymous()
            .WithName("Metrics")
            .WithTags("operation")
            .WithSummary("Metrics in Prometheus's text format.");
        return app;
    }
}

/// <summary>How Butler's APIs write JSON.</summary>
public static class ApiJson
{
    /// <summary>snake_case, lenient in nothing.</summary>
    public static JsonSerializerOptions Options { get; } = Apply(new JsonSerializerOptions(JsonSerializerDefaults.Web));

    /// <summary>Applies Butler's rules to options.</summary>
    /// <param name="options">What to change.</param>
    public static JsonSerializerOptions Apply(JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
        options.DictionaryKeyPolicy = null;
        options.MaxDepth = 32;
        return options;
    }
}
