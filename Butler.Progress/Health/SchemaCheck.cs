using Butler.Data;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Butler.Progress.Health;

/// <summary>Not ready until the schema this build was made for is there (MECHANICS 14).</summary>
internal sealed class SchemaCheck(Schema schema) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        await schema.IsCurrentAsync(cancellationToken) ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy("The schema is not current.");
}
