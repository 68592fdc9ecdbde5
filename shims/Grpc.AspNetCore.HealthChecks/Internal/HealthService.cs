using Grpc.Core;
using Grpc.Health.V1;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using ServingStatus = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace Grpc.AspNetCore.HealthChecks.Internal;

/// <summary>grpc.health.v1.Health over ASP.NET Core's health checks (grpc/doc/health-checking.md).</summary>
internal sealed class HealthService(
    HealthCheckService checks,
    HealthFeed feed,
    IOptions<GrpcHealthChecksOptions> options,
    IOptions<HealthCheckServiceOptions> registrations,
    IHostApplicationLifetime lifetime) : Grpc.Health.V1.Health.HealthBase
{
    public override async Task<HealthCheckResponse> Check(HealthCheckRequest request, ServerCallContext context)
    {
        var mapping = options.Value.Services.Find(request.Service)
            ?? throw new RpcException(new Status(StatusCode.NotFound, ""));
        return new() { Status = await GetStatusAsync(mapping, context.CancellationToken) };
    }

    public override async Task Watch(HealthCheckRequest request, IServerStreamWriter<HealthCheckResponse> responseStream, ServerCallContext context)
    {
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(
            context.CancellationToken,
            options.Value.SuppressCompletionOnShutdown ? CancellationToken.None : lifetime.ApplicationStopping);
        var watcher = feed.Subscribe();
        try
        {
            // An unknown service is told so, and the call stays open: it could be mapped one day.
            var mapping = options.Value.Services.Find(request.Service);
            var status = mapping is null ? ServingStatus.ServiceUnknown : await GetStatusAsync(mapping, stopping.Token);
            await responseStream.WriteAsync(new() { Status = status }, context.CancellationToken);
            await foreach (var report in watcher.Reader.ReadAllAsync(stopping.Token))
            {
                var next = mapping is null ? status : ToStatus(report, mapping);
                if (next != status)
                {
                    status = next;
                    await responseStream.WriteAsync(new() { Status = status }, context.CancellationToken);
                }
            }
        }
        catch (OperationCanceledException) when (!context.CancellationToken.IsCancellationRequested)
        {
            // The server is stopping: callers should go elsewhere.
            await responseStream.WriteAsync(new() { Status = ServingStatus.NotServing }, context.CancellationToken);
        }
        finally
        {
            feed.Unsubscribe(watcher);
        }
    }

    private async Task<ServingStatus> GetStatusAsync(ServiceMapping mapping, CancellationToken cancellationToken) =>
        options.Value.UseHealthChecksCache && feed.Last is { } last
            ? ToStatus(last, mapping)
            : ToStatus(
                await checks.CheckHealthAsync(check => mapping.HealthCheckPredicate!(new(check.Name, check.Tags)), cancellationToken),
                mapping);

    private ServingStatus ToStatus(HealthReport report, ServiceMapping mapping)
    {
        var counted = registrations.Value.Registrations
            .Where(check => mapping.HealthCheckPredicate!(new(check.Name, check.Tags)))
            .Select(check => check.Name)
            .ToHashSet(StringComparer.OrdinalIgnoreCase);
        var statuses = report.Entries.Where(entry => counted.Contains(entry.Key)).Select(entry => entry.Value.Status).ToList();

        // Without a check there is nothing to say; a degraded service still serves.
        return statuses.Count == 0 ? ServingStatus.Unknown
            : statuses.Contains(HealthStatus.Unhealthy) ? ServingStatus.NotServing
            : ServingStatus.Serving;
    }
}
