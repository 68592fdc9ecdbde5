namespace Butler.AppHost;

/// <summary>Settings that several services share, by the names in which the services read them.</summary>
internal static class ServiceExtensions
{
    private const string TokenPath = "/token";
    private const string KeysPath = "/oauth2/v3/certs";
    private const string WebhookPath = "/api/webhook/gmail";
    private const string PushTopic = "projects/sandbox/topics/gmail";
    private const string PushAudience = "https://butler.sandbox/push";
    private const string SandboxModel = "butler-sandbox";
    private const string PushAccount = "push@sandbox.iam.gserviceaccount.com";

    /// <summary>
    /// HTTP/1.1 and cleartext HTTP/2 cannot share a port: a run gives gRPC a port of its own. Deployed there is
    /// one external binding, which speaks HTTP/2 and carries everything (DESIGN section 7).
    /// </summary>
    public static IResourceBuilder<ProjectResource> WithGrpc(this IResourceBuilder<ProjectResource> service, bool run)
    {
        if (!run)
        {
            return service.AsHttp2Service().WithEnvironment("Kestrel__EndpointDefaults__Protocols", "Http2");
        }

        service.WithHttpEndpoint(name: "grpc").WithEndpoint("grpc", e => e.Transport = "http2");
        foreach (var name in (string[])["http", "grpc"])
        {
            var endpoint = service.GetEndpoint(name);
            service.WithEnvironment(context =>
            {
                var host = service.Resource.Annotations.OfType<EndpointAnnotation>().Single(e => e.Name == name).TargetHost;
                context.EnvironmentVariables[$"Kestrel__Endpoints__{name}__Url"] =
                    ReferenceExpression.Create($"http://{host}:{endpoint.Property(EndpointProperty.TargetPort)}");
            });
        }

        return service
            .WithEnvironment("Kestrel__Endpoints__http__Protocols", "Http1")
            .WithEnvironment("Kestrel__Endpoints__grpc__Protocols", "Http2");
    }

    /// <summary>Prompts and query strings hold mail: no environment may switch them on for telemetry (MECHANICS 15).</summary>
    public static IResourceBuilder<ProjectResource> WithoutMailInTelemetry(this IResourceBuilder<ProjectResource> service) => service
        .WithEnvironment("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "false")
        .WithEnvironment("OTEL_DOTNET_EXPERIMENTAL_ASPNETCORE_DISABLE_URL_QUERY_REDACTION", "false")
        .WithEnvironment("OTEL_DOTNET_EXPERIMENTAL_HTTPCLIENT_DISABLE_URL_QUERY_REDACTION", "false");

    /// <summary>Binds all addresses instead of loopback: <c>./butler up --public</c>.</summary>
    public static void ListenOnAllAddresses(this IResourceBuilder<ProjectResource> service)
    {
        foreach (var endpoint in service.Resource.Annotations.OfType<EndpointAnnotation>())
        {
            endpoint.TargetHost = "0.0.0.0";
        }

        service.WithEnvironment("Butler__Public", "true");
    }

    /// <summary>The local Pub/Sub pushes to Ingest's webhook.</summary>
    public static IResourceBuilder<ProjectResource> WithPushTo(this IResourceBuilder<ProjectResource> sandbox, IResourceBuilder<ProjectResource> ingest) => sandbox
        .WithEnvironment("Sandbox__Push__Endpoint", ReferenceExpression.Create($"{ingest.GetEndpoint("http")}{WebhookPath}"))
        .WithEnvironment("Sandbox__Push__Topic", PushTopic)
        .WithEnvironment("Sandbox__Push__Audience", PushAudience)
        .WithEnvironment("Sandbox__Push__ServiceAccount", PushAccount);

    /// <summary>Ingest takes the local Pub/Sub's pushes.</summary>
    public static IResourceBuilder<ProjectResource> WithPushFrom(this IResourceBuilder<ProjectResource> ingest, EndpointReference google) => ingest
        .WithEnvironment("Butler__Push__Topic", PushTopic)
        .WithEnvironment("Butler__Push__Audience", PushAudience)
        .WithEnvironment("Butler__Push__ServiceAccount", PushAccount)
        .WithEnvironment("Butler__Push__CertificatesAddress", ReferenceExpression.Create($"{google}{KeysPath}"));

    /// <summary>Puts a local Google in the place of the real one.</summary>
    public static IResourceBuilder<ProjectResource> WithGoogleAt(this IResourceBuilder<ProjectResource> service, EndpointReference google) => service
        .WithEnvironment("Butler__Google__BaseAddress", google)
        .WithEnvironment("Butler__Google__TokenAddress", ReferenceExpression.Create($"{google}{TokenPath}"))
        .WithEnvironment("Butler__Google__ClientId", "sandbox")
        .WithEnvironment("Butler__Google__ClientSecret", "sandbox")
        // A file on this machine has no owner at Google to be fair to: a user may use the whole project's budget, and more.
        .WithEnvironment("Butler__Google__UserUnitsPerMinute", "10000000")
        .WithEnvironment("Butler__Google__ProjectUnitsPerMinute", "10000000")
        .WithEnvironment("Butler__Google__DayUnits", "1000000000000");

    /// <summary>
    /// The sandbox's own "models" as chat providers, one of each vendor's wire format. Only when asked for: their name stands in every verdict's
    /// record, so that none passes for a real model's.
    /// </summary>
    public static IResourceBuilder<ProjectResource> WithSandboxChat(this IResourceBuilder<ProjectResource> classifier, EndpointReference sandbox)
    {
        const string Providers = "Butler__Chat__Providers__";
        (string Kind, string Path)[] kinds = [("openai", "/v1"), ("anthropic", "")];
        for (var i = 0; i < kinds.Length; i++)
        {
            var (kind, path) = kinds[i];
            classifier
                .WithEnvironment($"{Providers}{i}__Name", "sandbox-" + kind)
                .WithEnvironment($"{Providers}{i}__Kind", kind)
                .WithEnvironment($"{Providers}{i}__Model", SandboxModel)
                .WithEnvironment($"{Providers}{i}__Key", "sandbox")
                .WithEnvironment($"{Providers}{i}__BaseAddress", ReferenceExpression.Create($"{sandbox}{path}"));
        }

        return classifier;
    }
}
