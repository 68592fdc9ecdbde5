using Microsoft.Extensions.Configuration;

namespace Butler.AppHost;

/// <summary>
/// Chat and embedding providers as the AppHost's own configuration names them (docs/operations.md, Deploying): settings go to the services
/// as they are, keys only as secret parameters, because a manifest is a file that people keep.
/// </summary>
internal static class ModelExtensions
{
    private const string Chat = "Butler:Chat";
    private const string Providers = Chat + ":Providers";
    private const string Embeddings = "Butler:Embeddings";
    private const string EmbeddingKey = "embedding-key";

    /// <summary>What stands in for providers in a run (Program.cs); it is no setting of a service.</summary>
    private const string Sandbox = Chat + ":Sandbox";

    /// <summary>Chat providers, budgets and what is asked about: the Classifier's.</summary>
    public static void WithChatProviders(this IDistributedApplicationBuilder builder, IResourceBuilder<ProjectResource> classifier)
    {
        foreach (var provider in builder.Configuration.GetSection(Providers).GetChildren())
        {
            var mayLack = provider["Kind"] == "compatible" || provider["KeyVault"] is { Length: > 0 };
            builder.WithKey(provider, $"chat-key-{provider.Key}", mayLack, ["Key", "KeyFile"], key => classifier.WithEnvironment($"{Variable(provider.Path)}__Key", key));
        }

        foreach (var section in (string[])[Chat, "Butler:Judging"])
        {
            builder.Forward(section, classifier);
        }
    }

    /// <summary>The embedding provider: of what is indexed, and of what is searched for.</summary>
    public static void WithEmbeddings(this IDistributedApplicationBuilder builder, params IResourceBuilder<ProjectResource>[] services)
    {
        var section = builder.Configuration.GetSection(Embeddings);
        builder.WithKey(section, EmbeddingKey, section["Provider"] is null or "local" || section["BaseAddress"] is { Length: > 0 }, ["ApiKey"], key =>
        {
            foreach (var service in services)
            {
                service.WithEnvironment($"{Variable(Embeddings)}__ApiKey", key);
            }
        });
        builder.Forward(Embeddings, services);
    }

    /// <summary>A key as a secret parameter: deployed always where one is needed, in a run where it is given.</summary>
    private static void WithKey(
        this IDistributedApplicationBuilder builder, IConfigurationSection section, string parameter, bool mayLack, string[] plain, Action<IResourceBuilder<ParameterResource>> give)
    {
        var isRun = builder.ExecutionContext.IsRunMode;
        if (!isRun && plain.FirstOrDefault(p => section[p] is { Length: > 0 }) is { } name)
        {
            throw new DistributedApplicationException($"{section.Path}:{name} is not deployed, because the manifest would hold it: give the parameter {parameter} instead.");
        }

        if (builder.Configuration[$"Parameters:{parameter}"] is { Length: > 0 } || (!isRun && !mayLack))
        {
            give(builder.AddParameter(parameter, secret: true));
        }
    }

    private static void Forward(this IDistributedApplicationBuilder builder, string section, params IResourceBuilder<ProjectResource>[] services)
    {
        foreach (var (key, value) in builder.Configuration.GetSection(section).AsEnumerable().Where(s => s.Value is not null && s.Key != Sandbox && !IsKey(s.Key)).OrderBy(s => s.Key, StringComparer.Ordinal))
        {
            foreach (var service in services)
            {
                service.WithEnvironment(Variable(key), value!);
            }
        }
    }

    // A run's services have them from its own environment.
    private static bool IsKey(string name) => name.EndsWith(":Key", StringComparison.OrdinalIgnoreCase) || name.EndsWith(":ApiKey", StringComparison.OrdinalIgnoreCase);

    private static string Variable(string key) => key.Replace(":", "__", StringComparison.Ordinal);
}
