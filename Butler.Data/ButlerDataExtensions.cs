using Butler.Data.Ingest;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace Butler.Data;

/// <summary>Registrations of this project.</summary>
public static class ButlerDataExtensions
{
    /// <summary>The database's name in the AppHost and in <c>ConnectionStrings</c>.</summary>
    public const string ConnectionName = "butler";

    /// <summary>Connections each process opens at most (DESIGN section 4).</summary>
    public const int MaxConnections = 20;

    /// <summary>
    /// Adds the data source, <see cref="ButlerContext"/> on it, <see cref="Database"/>, tokens and sealed credentials, and holds the
    /// service's start until the schema is there; with <paramref name="migrate"/> this service brings it there.
    /// </summary>
    public static IHostApplicationBuilder AddButlerData(this IHostApplicationBuilder builder, bool migrate = false)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var source = new Lazy<NpgsqlDataSource>(() => BuildSource(builder.Configuration));
        builder.AddNpgsqlDbContext<ButlerContext>(ConnectionName, settings => settings.DisableRetry = true, options => options.UseNpgsql(source.Value));
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(_ => source.Value);
        builder.Services.AddSingleton<Database>();
        builder.Services.AddSingleton<TokenStore>();
        builder.Services.AddSingleton<Schema>();
        builder.Services.AddSingleton(_ => new MasterKeyCipher(MasterKey.Read(builder.Configuration)));
        builder.Services.AddSingleton<KeyRing>();
        builder.Services.AddSingleton<KeyRotation>();
        builder.Services.AddSingleton<CredentialSealer>();
        builder.Services.AddSingleton<IHostedService>(services => new SchemaGate(services.GetRequiredService<Schema>(), migrate));
        builder.Services.AddSingleton<IHostedService>(services => ActivatorUtilities.CreateInstance<KeyRingGate>(services, migrate));
        return builder;
    }

    private static NpgsqlDataSource BuildSource(IConfiguration configuration)
    {
        var text = configuration.GetConnectionString(ConnectionName)
            ?? throw new InvalidOperationException($"ConnectionStrings:{ConnectionName} is missing; the AppHost sets it as ConnectionStrings__{ConnectionName}.");
        var connection = new NpgsqlConnectionStringBuilder(text)
        {
            MaxPoolSize = MaxConnections,
            IncludeErrorDetail = false,
            Options = "-c statement_timeout=30s -c idle_in_transaction_session_timeout=10s",
            KeepAlive = 15,
            MaxAutoPrepare = 50,
            AutoPrepareMinUsages = 3,
        };
        return NpgsqlDataSource.Create(connection);
    }

    /// <summary>Runs before the service's other hosted services and before its server listens: not ready until the schema is there.</summary>
    private sealed class SchemaGate(Schema schema, bool migrate) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => migrate ? schema.MigrateAsync(cancellationToken) : schema.WaitAsync(cancellationToken);

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
