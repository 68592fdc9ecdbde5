using System.Security.Cryptography;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting;

/// <summary>Adds programs of the solution.</summary>
public static class ProjectResourceBuilderExtensions
{
    /// <summary>Adds the project that a generated <c>Projects.*</c> class names.</summary>
    public static IResourceBuilder<ProjectResource> AddProject<TProject>(this IDistributedApplicationBuilder builder, string name)
        where TProject : IProjectMetadata, new() => builder.AddProject(name, new TProject());

    /// <summary>Adds a project by the path of its project file, from the AppHost's folder.</summary>
    public static IResourceBuilder<ProjectResource> AddProject(this IDistributedApplicationBuilder builder, string name, string projectPath) =>
        builder.AddProject(name, new PathMetadata(Path.GetFullPath(projectPath, builder.AppHostDirectory)));

    /// <summary>Runs several processes. The first one has the endpoints' ports; there is no proxy that spreads calls.</summary>
    public static IResourceBuilder<ProjectResource> WithReplicas(this IResourceBuilder<ProjectResource> builder, int replicas)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(replicas, 1);
        return builder.WithAnnotation(new ReplicaAnnotation(replicas));
    }

    private static IResourceBuilder<ProjectResource> AddProject(this IDistributedApplicationBuilder builder, string name, IProjectMetadata metadata)
    {
        var resource = builder.AddResource(new ProjectResource(name)).WithAnnotation(new ProjectMetadataAnnotation(metadata));
        return resource.WithEnvironment(context => AddDefaults(context, builder));
    }

    // The variables of Aspire 13.1 (shared facts, section 3). The callback runs first, so that everything the
    // AppHost says itself wins.
    private static void AddDefaults(EnvironmentCallbackContext context, IDistributedApplicationBuilder builder)
    {
        var env = context.EnvironmentVariables;
        env["OTEL_DOTNET_EXPERIMENTAL_OTLP_EMIT_EXCEPTION_LOG_ATTRIBUTES"] = "true";
        env["OTEL_DOTNET_EXPERIMENTAL_OTLP_EMIT_EVENT_LOG_ATTRIBUTES"] = "true";
        env["OTEL_DOTNET_EXPERIMENTAL_OTLP_RETRY"] = "in_memory";
        var endpoints = context.Resource.Annotations.OfType<EndpointAnnotation>().Where(e => e.UriScheme is "http" or "https").ToList();
        if (context.ExecutionContext.IsPublishMode)
        {
            if (endpoints.Count > 0)
            {
                env["ASPNETCORE_FORWARDEDHEADERS_ENABLED"] = "true";
            }

            var http = endpoints.Where(e => e.UriScheme == "http" && e.TargetPortEnvironmentVariable is null).ToList();
            if (http.Count > 0)
            {
                env["HTTP_PORTS"] = new Raw(string.Join(';', http.Select(e => $"{{{context.Resource.Name}.bindings.{e.Name}.targetPort}}")));
            }

            return;
        }

        AddTelemetry(env, builder, context.Resource.Name);
        env["LOGGING__CONSOLE__FORMATTERNAME"] = "simple";
        env["DOTNET_SYSTEM_CONSOLE_ALLOW_ANSI_COLOR_REDIRECTION"] = "true";
        var urls = endpoints.Where(e => e.TargetPortEnvironmentVariable is null && e.AllocatedEndpoint is not null).ToList();
        if (urls.Count > 0)
        {
            env["ASPNETCORE_URLS"] = string.Join(';', urls.Select(e => $"{e.UriScheme}://{e.TargetHost}:{e.AllocatedEndpoint!.Port}"));
        }

        if (urls.FirstOrDefault(e => e.UriScheme == "https") is { } https)
        {
            env["ASPNETCORE_HTTPS_PORT"] = $"{https.AllocatedEndpoint!.Port}";
        }
    }

    private static void AddTelemetry(Dictionary<string, object> env, IDistributedApplicationBuilder builder, string name)
    {
        // Aspire falls back to its own dashboard's address; here there is none, so nothing is injected without one.
        var configuration = builder.Configuration;
        var grpc = configuration["ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL"] ?? configuration["DOTNET_DASHBOARD_OTLP_ENDPOINT_URL"];
        var http = configuration["ASPIRE_DASHBOARD_OTLP_HTTP_ENDPOINT_URL"];
        if ((grpc ?? http) is { Length: > 0 } endpoint)
        {
            env["OTEL_EXPORTER_OTLP_ENDPOINT"] = endpoint;
            env["OTEL_EXPORTER_OTLP_PROTOCOL"] = grpc is not null ? "grpc" : "http/protobuf";
            if (configuration["AppHost:OtlpApiKey"] is { Length: > 0 } key)
            {
                env["OTEL_EXPORTER_OTLP_HEADERS"] = $"x-otlp-api-key={key}";
            }
        }

        env["OTEL_SERVICE_NAME"] = name;
        env["OTEL_RESOURCE_ATTRIBUTES"] = $"service.instance.id={RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyz", 8)}";
        if (!builder.Environment.IsDevelopment())
        {
            return;
        }

        env["OTEL_BLRP_SCHEDULE_DELAY"] = "1000";
        env["OTEL_BSP_SCHEDULE_DELAY"] = "1000";
        env["OTEL_METRIC_EXPORT_INTERVAL"] = "1000";
        env["OTEL_TRACES_SAMPLER"] = "always_on";
        env["OTEL_METRICS_EXEMPLAR_FILTER"] = "trace_based";
        env["OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"] = "true";
        env["OTEL_DOTNET_EXPERIMENTAL_ASPNETCORE_DISABLE_URL_QUERY_REDACTION"] = "true";
        env["OTEL_DOTNET_EXPERIMENTAL_HTTPCLIENT_DISABLE_URL_QUERY_REDACTION"] = "true";
    }

    private sealed class PathMetadata(string path) : IProjectMetadata
    {
        public string ProjectPath => path;
    }

    /// <summary>An expression already in the manifest's form.</summary>
    private sealed class Raw(string expression) : IManifestExpressionProvider
    {
        public string ValueExpression => expression;
    }
}
