using System.Reflection;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>Maps each method of a service to a POST endpoint, and what is unknown to UNIMPLEMENTED.</summary>
internal static class ServiceMapper<TService>
    where TService : class
{
    public static IReadOnlyList<IEndpointConventionBuilder> Map(IEndpointRouteBuilder builder, GrpcMarkerService marker)
    {
        var settings = ServiceSettings.For<TService>(builder.ServiceProvider);
        var binder = new ServiceMethods<TService>(settings);
        Bind(binder);

        var endpoints = new List<IEndpointConventionBuilder>();
        foreach (var method in binder.Methods)
        {
            var endpoint = builder.Map(RoutePatternFactory.Parse(method.Method.FullName), method.Handler)
                .WithMetadata(Post())
                .WithDisplayName("gRPC - " + method.Method.FullName);
            endpoint.Add(route =>
            {
                foreach (var item in method.Metadata)
                {
                    route.Metadata.Add(item);
                }
            });
            endpoints.Add(endpoint);
        }

        if (!settings.IgnoreUnknown)
        {
            foreach (var service in binder.Methods.Select(m => m.Method.ServiceName).Distinct())
            {
                endpoints.Add(MapUnknown(builder, service + "/{unimplementedMethod:required}", "Method is unimplemented."));
            }

            if (!marker.UnknownServicesMapped)
            {
                marker.UnknownServicesMapped = true;
                MapUnknown(builder, "{unimplementedService}/{unimplementedMethod:required}", "Service is unimplemented.");
            }
        }

        return endpoints;
    }

    private static void Bind(ServiceBinderBase binder)
    {
        for (var type = typeof(TService); type is not null; type = type.BaseType)
        {
            if (type.GetCustomAttribute<BindServiceMethodAttribute>(inherit: false) is { } named)
            {
                // The generated BindService(ServiceBinderBase, XBase) lists the methods; there is no instance yet.
                var bind = named.BindType.GetMethod(
                    named.BindMethodName, BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static, [typeof(ServiceBinderBase), type])
                    ?? throw new InvalidOperationException($"Cannot locate {named.BindMethodName} on {named.BindType}.");
                bind.Invoke(null, BindingFlags.DoNotWrapExceptions, null, [binder, null], null);
                return;
            }
        }

        throw new InvalidOperationException($"Error binding gRPC service '{typeof(TService).Name}'. Cannot locate a base class with BindServiceMethodAttribute.");
    }

    private static IEndpointConventionBuilder MapUnknown(IEndpointRouteBuilder builder, string pattern, string detail)
    {
        // Only gRPC requests: everything else on such a path is somebody else's.
        var route = RoutePatternFactory.Parse(pattern, null, new { unimplementedMethod = new GrpcRequestConstraint() });
        return builder.Map(route, http => RequestCheck.AnswerUnknownAsync(http, detail))
            .WithMetadata(Post())
            .WithDisplayName("gRPC - " + detail);
    }

    private static HttpMethodMetadata Post() => new(["POST"], acceptCorsPreflight: true);
}
