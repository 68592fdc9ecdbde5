using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Butler.ServiceDefaults.Telemetry;

internal static class TelemetrySetup
{
    // What would put queries, prompts or mail into spans stays off whatever the environment says (MECHANICS 15).
    private static readonly string[] s_neverOn =
    [
        "OTEL_DOTNET_EXPERIMENTAL_ASPNETCORE_DISABLE_URL_QUERY_REDACTION",
        "OTEL_DOTNET_EXPERIMENTAL_HTTPCLIENT_DISABLE_URL_QUERY_REDACTION",
        "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT",
    ];

    public static void AddButlerTelemetry(this IHostApplicationBuilder builder)
    {
        foreach (var name in s_neverOn)
        {
            Environment.SetEnvironmentVariable(name, "false");
        }

        AppContext.SetSwitch("System.Net.Http.DisableUriRedaction", false);
        AddLogs(builder.Logging);
        builder.Services.AddSingleton<PrometheusExporter>();
        builder.Services.AddSingleton<HttpMetrics>();
        builder.Services.AddHostedService<ExporterActivation>();

        if (string.IsNullOrWhiteSpace(builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]))
        {
            return;
        }

        builder.Logging.AddOpenTelemetry(logs =>
        {
            logs.IncludeScopes = true;
            logs.IncludeFormattedMessage = true;
            logs.SetResourceBuilder(Resource(builder));
            logs.AddOtlpExporter();
        });
        builder.Services.AddHostedService(_ => new OtlpHost(Resource(builder)));
    }

    private static void AddLogs(ILoggingBuilder logging)
    {
        logging.AddJsonConsole(console =>
        {
            console.IncludeScopes = true;
            console.UseUtcTimestamp = true;
            console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ";
        });

        // ASP.NET Core's own request lines show the query string; Butler's metrics and spans show the route instead.
        logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        // Its scope puts the path on every line of a request, and a caller can write an address there. The correlation id is Butler's own.
        logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
        logging.AddFilter("Microsoft.EntityFrameworkCore", LogLevel.Warning);
        logging.AddFilter("System.Net.Http", LogLevel.Warning);
        // Database and Redis failures are Butler's to report, once and without statements.
        logging.AddFilter("Npgsql", LogLevel.Warning);
    }

    private static ResourceBuilder Resource(IHostApplicationBuilder builder) =>
        ResourceBuilder.CreateDefault().AddService(builder.Configuration["OTEL_SERVICE_NAME"] ?? builder.Environment.ApplicationName);

    /// <summary>The exporter listens from the start, not from the first scrape.</summary>
    private sealed class ExporterActivation(PrometheusExporter exporter) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            exporter.Start();
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    /// <summary>Traces and metrics over OTLP: the OpenTelemetry.Extensions.Hosting package is not served, so this is the part of it in use.</summary>
    private sealed class OtlpHost(ResourceBuilder resource) : IHostedService, IDisposable
    {
        private TracerProvider? _traces;
        private MeterProvider? _metrics;

        public Task StartAsync(CancellationToken cancellationToken)
        {
            _traces = Sdk.CreateTracerProviderBuilder()
                .SetResourceBuilder(resource)
                .AddSource("Microsoft.AspNetCore", "System.Net.Http", "Npgsql", "Butler.*")
                .AddProcessor(new QueryStripper())
                .AddOtlpExporter()
                .Build();
            _metrics = Sdk.CreateMeterProviderBuilder()
                .SetResourceBuilder(resource)
                .AddMeter("Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Net.Http", "System.Runtime", "Npgsql", "Butler.*")
                .AddOtlpExporter()
                .Build();
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public void Dispose()
        {
            _traces?.Dispose();
            _metrics?.Dispose();
        }
    }

    /// <summary>Spans carry the route, never the query, whichever library wrote them.</summary>
    private sealed class QueryStripper : BaseProcessor<Activity>
    {
        public override void OnEnd(Activity data)
        {
            data.SetTag("url.query", null);
            if (data.Kind == ActivityKind.Server)
            {
                // What stands in the place of an id can be an address.
                data.SetTag("url.path", data.GetTagItem("http.route"));
            }

            data.SetTag("db.statement", null);
            data.SetTag("db.query.text", null);
            if (data.GetTagItem("url.full") is string url && url.IndexOf('?', StringComparison.Ordinal) is >= 0 and var query)
            {
                data.SetTag("url.full", url[..query]);
            }
        }
    }
}
