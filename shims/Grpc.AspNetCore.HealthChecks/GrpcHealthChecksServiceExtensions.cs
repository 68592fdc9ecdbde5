using Grpc.AspNetCore.HealthChecks;
using Grpc.AspNetCore.HealthChecks.Internal;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers the gRPC health service.</summary>
public static class GrpcHealthChecksServiceExtensions
{
    public static IHealthChecksBuilder AddGrpcHealthChecks(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddOptions<GrpcHealthChecksOptions>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<Options.IConfigureOptions<GrpcHealthChecksOptions>, MapWholeServer>());
        services.TryAddSingleton<HealthFeed>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHealthCheckPublisher, HealthFeedPublisher>());
        services.TryAddSingleton<HealthService>();
        return services.AddHealthChecks();
    }

    public static IHealthChecksBuilder AddGrpcHealthChecks(this IServiceCollection services, Action<GrpcHealthChecksOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        var builder = services.AddGrpcHealthChecks();
        services.Configure(configure);
        return builder;
    }

    private sealed class MapWholeServer : Options.IConfigureOptions<GrpcHealthChecksOptions>
    {
        public void Configure(GrpcHealthChecksOptions options) => options.Services.Map("", _ => true);
    }
}
