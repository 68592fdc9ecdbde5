using System.Text.Json.Serialization;
using Butler.Data;
using Butler.Progress.Reads;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Butler.Progress.Health;

/// <summary>The body of <c>GET /api/health</c>; each value is healthy, degraded or unhealthy. Chat models are named where providers are configured.</summary>
internal sealed record HealthBody(string Status, DateTimeOffset Timestamp, HealthServices Services);

internal sealed record HealthServices(string Database, string Redis, string Workers, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? ChatModels);

internal static class HealthEndpoint
{
    // Work that is due this long ago and still not taken means that its workers are away.
    private static readonly TimeSpan s_stuck = TimeSpan.FromSeconds(60);

    public static void MapHealth(this WebApplication app) =>
        app.MapGet("/api/health", async (HealthCheckService checks, StatsReader stats, TimeProvider time, CancellationToken cancellationToken) =>
        {
            var report = await checks.CheckHealthAsync(cancellationToken);
            string Worst(Func<string, bool> names) =>
                Name(report.Entries.Where(e => names(e.Key)).Select(e => e.Value.Status).DefaultIfEmpty(HealthStatus.Degraded).Min());
            var database = Worst(n => n is "schema" or nameof(ButlerContext));
            var redis = Worst(n => n.Contains("redis", StringComparison.OrdinalIgnoreCase));
            var workers = database != "healthy" ? "degraded"
                : await stats.OldestDueAsync(cancellationToken) > s_stuck ? "degraded" : "healthy";
            var chat = database == "healthy" ? await stats.ChatHealthAsync(cancellationToken) : "off";
            var status = database == "unhealthy" ? "unhealthy" : redis == "healthy" && workers == "healthy" && chat != "degraded" ? "healthy" : "degraded";
            return Results.Json(new HealthBody(status, time.GetUtcNow(), new(database, redis, workers, chat == "off" ? null : chat)), statusCode: status == "unhealthy" ? 503 : 200);
        })
        .AllowAnonymous()
        .Produces<HealthBody>()
        .Produces<HealthBody>(503)
        .WithTags("operation")
        .WithSummary("Whether Butler works: degraded (200) without Redis, with work left waiting, or with a chat provider that waits for a person, unhealthy (503) without PostgreSQL.");

    private static string Name(HealthStatus status) => status switch
    {
        HealthStatus.Healthy => "healthy",
        HealthStatus.Degraded => "degraded",
        _ => "unhealthy",
    };
}
