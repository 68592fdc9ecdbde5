using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace Butler.ServiceDefaults.Health;

internal static class HealthSetup
{
    private const string Live = "live";

    public static void AddButlerHealth(this IHostApplicationBuilder builder)
    {
        builder.Services.AddHealthChecks().AddCheck("self", () => HealthCheckResult.Healthy(), [Live]);
        // Redis gives speed, PostgreSQL is the truth: without Redis Butler is degraded and still ready.
        builder.Services.PostConfigure<HealthCheckServiceOptions>(options =>
        {
            foreach (var check in options.Registrations.Where(r => r.Name.Contains("redis", StringComparison.OrdinalIgnoreCase)))
            {
                check.FailureStatus = HealthStatus.Degraded;
            }
        });
    }

    public static void MapButlerHealth(this WebApplication app)
    {
        app.MapHealthChecks("/health", new HealthCheckOptions { ResponseWriter = WriteAsync }).AllowAnonymous();
        app.MapHealthChecks("/alive", new HealthCheckOptions { Predicate = check => check.Tags.Contains(Live), ResponseWriter = WriteAsync }).AllowAnonymous();
    }

    // Names and states only: an exception's text may name a host or an address.
    private static Task WriteAsync(HttpContext context, HealthReport report) =>
        context.Response.WriteAsJsonAsync(
            new Dictionary<string, object>
            {
                ["status"] = JsonNamingPolicy.SnakeCaseLower.ConvertName(report.Status.ToString()),
                ["checks"] = report.Entries.ToDictionary(e => e.Key, e => JsonNamingPolicy.SnakeCaseLower.ConvertName(e.Value.Status.ToString())),
            },
            context.RequestAborted);
}
