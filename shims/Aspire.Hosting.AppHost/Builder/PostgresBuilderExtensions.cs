using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting.ApplicationModel
{
    /// <summary>A PostgreSQL server.</summary>
    public sealed class PostgresServerResource(string name, ParameterResource? userName, ParameterResource password)
        : ContainerResource(name), IResourceWithConnectionString
    {
        private const string DefaultUserName = "postgres";

        /// <summary>The one endpoint, named tcp.</summary>
        public EndpointReference PrimaryEndpoint => new(this, "tcp");

        /// <summary>The user's name; null for postgres.</summary>
        public ParameterResource? UserNameParameter => userName;

        /// <summary>The user's password.</summary>
        public ParameterResource PasswordParameter => password;

        /// <summary>Databases by resource name.</summary>
        public Dictionary<string, string> Databases { get; } = [];

        /// <inheritdoc />
        public ReferenceExpression ConnectionStringExpression => ReferenceExpression.Create(
            $"Host={PrimaryEndpoint.Property(EndpointProperty.Host)};Port={PrimaryEndpoint.Property(EndpointProperty.Port)};Username={UserName};Password={password}");

        internal ReferenceExpression UserName => userName is null
            ? ReferenceExpression.Create($"{DefaultUserName}")
            : ReferenceExpression.Create($"{userName}");

        /// <inheritdoc />
        public IEnumerable<KeyValuePair<string, ReferenceExpression>> GetConnectionProperties() => Properties(null);

        internal IEnumerable<KeyValuePair<string, ReferenceExpression>> Properties(string? database)
        {
            var host = PrimaryEndpoint.Property(EndpointProperty.Host);
            var port = PrimaryEndpoint.Property(EndpointProperty.Port);
            yield return new("Host", ReferenceExpression.Create($"{host}"));
            yield return new("Port", ReferenceExpression.Create($"{port}"));
            yield return new("Username", UserName);
            yield return new("Password", ReferenceExpression.Create($"{password}"));
            if (database is null)
            {
                yield return new("Uri", ReferenceExpression.Create($"postgresql://{UserName}:{password:uri}@{host}:{port}"));
                yield return new("JdbcConnectionString", ReferenceExpression.Create($"jdbc:postgresql://{host}:{port}"));
            }
            else
            {
                yield return new("Uri", ReferenceExpression.Create($"postgresql://{UserName}:{password:uri}@{host}:{port}/{database}"));
                yield return new("JdbcConnectionString", ReferenceExpression.Create($"jdbc:postgresql://{host}:{port}/{database}"));
                yield return new("DatabaseName", ReferenceExpression.Create($"{database}"));
            }
        }
    }

    /// <summary>A database of a PostgreSQL server.</summary>
    public sealed class PostgresDatabaseResource(string name, string databaseName, PostgresServerResource parent)
        : Resource(name), IResourceWithParent<PostgresServerResource>, IResourceWithConnectionString
    {
        /// <summary>The server.</summary>
        public PostgresServerResource Parent => parent;

        /// <summary>The database's name on the server.</summary>
        public string DatabaseName => databaseName;

        /// <inheritdoc />
        public ReferenceExpression ConnectionStringExpression => ReferenceExpression.Create($"{new ParentConnection(parent)};Database={databaseName}");

        /// <inheritdoc />
        public IEnumerable<KeyValuePair<string, ReferenceExpression>> GetConnectionProperties() => parent.Properties(databaseName);

        private sealed class ParentConnection(IResourceWithConnectionString server) : IValueProvider, IManifestExpressionProvider
        {
            public string ValueExpression => server.ValueExpression;

            public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default) => server.GetConnectionStringAsync(cancellationToken);
        }
    }
}

namespace Aspire.Hosting
{
    /// <summary>Adds PostgreSQL.</summary>
    public static class PostgresBuilderExtensions
    {
        /// <summary>Adds a PostgreSQL server. When running, a configured <c>ConnectionStrings:NAME</c> is used instead of starting one.</summary>
        public static IResourceBuilder<PostgresServerResource> AddPostgres(
            this IDistributedApplicationBuilder builder,
            string name,
            IResourceBuilder<ParameterResource>? userName = null,
            IResourceBuilder<ParameterResource>? password = null,
            int? port = null)
        {
            var secret = password?.Resource ?? AddGenerated(builder, $"{name}-password", special: true);
            var server = new PostgresServerResource(name, userName?.Resource, secret);
            var resource = builder.AddResource(server)
                .WithAnnotation(new ContainerImageAnnotation { Registry = "docker.io", Image = "library/postgres", Tag = "17.6" })
                .WithEndpoint(port: port, targetPort: 5432, scheme: "tcp", name: "tcp")
                .WithEnvironment("POSTGRES_HOST_AUTH_METHOD", "scram-sha-256")
                .WithEnvironment("POSTGRES_INITDB_ARGS", "--auth-host=scram-sha-256 --auth-local=scram-sha-256")
                .WithEnvironment("POSTGRES_USER", server.UserName)
                .WithEnvironment(context => context.EnvironmentVariables["POSTGRES_PASSWORD"] = secret);
            UseConfigured(builder, server);
            return resource;
        }

        /// <summary>Adds a database, made when the server is ready.</summary>
        public static IResourceBuilder<PostgresDatabaseResource> AddDatabase(
            this IResourceBuilder<PostgresServerResource> builder, string name, string? databaseName = null)
        {
            var database = new PostgresDatabaseResource(name, databaseName ?? name, builder.Resource);
            builder.Resource.Databases[name] = database.DatabaseName;
            UseConfigured(builder.ApplicationBuilder, database);
            return builder.ApplicationBuilder.AddResource(database);
        }

        internal static ParameterResource AddGenerated(IDistributedApplicationBuilder builder, string name, bool special)
        {
            var parameter = ParameterResourceBuilderExtensions.CreateGenerated(builder, name, new GenerateParameterDefault { Special = special }, secret: true);
            builder.AddResource(parameter);
            return parameter;
        }

        internal static void UseConfigured(IDistributedApplicationBuilder builder, IResource resource)
        {
            if (builder.ExecutionContext.IsRunMode && builder.Configuration.GetConnectionString(resource.Name) is { Length: > 0 } given)
            {
                resource.Annotations.Add(new ConfiguredConnectionStringAnnotation(given));
            }
        }
    }
}
