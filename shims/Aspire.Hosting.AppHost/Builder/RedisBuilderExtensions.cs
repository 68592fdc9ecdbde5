using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.ApplicationModel
{
    /// <summary>A Redis server.</summary>
    public sealed class RedisResource(string name, ParameterResource password) : ContainerResource(name), IResourceWithConnectionString
    {
        /// <summary>The one endpoint, named tcp.</summary>
        public EndpointReference PrimaryEndpoint => new(this, "tcp");

        /// <summary>The password.</summary>
        public ParameterResource? PasswordParameter => password;

        /// <inheritdoc />
        public ReferenceExpression ConnectionStringExpression => ReferenceExpression.Create(
            $"{PrimaryEndpoint.Property(EndpointProperty.Host)}:{PrimaryEndpoint.Property(EndpointProperty.Port)},password={password}");

        /// <inheritdoc />
        public IEnumerable<KeyValuePair<string, ReferenceExpression>> GetConnectionProperties()
        {
            var host = PrimaryEndpoint.Property(EndpointProperty.Host);
            var port = PrimaryEndpoint.Property(EndpointProperty.Port);
            yield return new("Host", ReferenceExpression.Create($"{host}"));
            yield return new("Port", ReferenceExpression.Create($"{port}"));
            yield return new("Password", ReferenceExpression.Create($"{password}"));
            yield return new("Uri", ReferenceExpression.Create($"redis://:{password:uri}@{host}:{port}"));
        }
    }
}

namespace Aspire.Hosting
{
    /// <summary>Adds Redis.</summary>
    public static class RedisBuilderExtensions
    {
        /// <summary>Adds a Redis server. When running, a configured <c>ConnectionStrings:NAME</c> is used instead of starting one.</summary>
        public static IResourceBuilder<RedisResource> AddRedis(
            this IDistributedApplicationBuilder builder, string name, int? port = null, IResourceBuilder<ParameterResource>? password = null)
        {
            var secret = password?.Resource ?? PostgresBuilderExtensions.AddGenerated(builder, $"{name}-password", special: false);
            var server = new RedisResource(name, secret) { Entrypoint = "/bin/sh" };
            var resource = builder.AddResource(server)
                .WithAnnotation(new ContainerImageAnnotation { Registry = "docker.io", Image = "library/redis", Tag = "8.2" })
                .WithEndpoint(port: port, targetPort: 6379, scheme: "tcp", name: "tcp")
                .WithArgs("-c", "redis-server --requirepass $REDIS_PASSWORD")
                .WithEnvironment(context => context.EnvironmentVariables["REDIS_PASSWORD"] = secret);
            PostgresBuilderExtensions.UseConfigured(builder, server);
            return resource;
        }
    }
}
