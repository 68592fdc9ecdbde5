using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Npgsql;
using StackExchange.Redis;

namespace Butler.Shims.Tests.Aspire;

public sealed class ClientRegistrationTests
{
    // Port 1 on loopback refuses at once.
    private const string NoPostgres = "Host=127.0.0.1;Port=1;Username=u;Password=p;Database=d;Timeout=2";
    private const string NoRedis = "127.0.0.1:1,connectTimeout=200,connectRetry=1";

    [Fact]
    public void AddNpgsqlDbContext_ConnectionStringPresent_WinsOverSection()
    {
        var builder = Builder(
            ("ConnectionStrings:db", NoPostgres),
            ("Aspire:Npgsql:EntityFrameworkCore:PostgreSQL:ConnectionString", "Host=other"),
            ("Aspire:Npgsql:EntityFrameworkCore:PostgreSQL:ProbeContext:CommandTimeout", "7"));
        builder.AddNpgsqlDbContext<ProbeContext>("db", settings => settings.DisableRetry = true);
        using var host = builder.Build();
        using var scope = host.Services.CreateScope();
        var database = scope.ServiceProvider.GetRequiredService<ProbeContext>().Database;

        Assert.Equal(NoPostgres, database.GetConnectionString());
        Assert.Equal(7, database.GetCommandTimeout());
        Assert.False(database.CreateExecutionStrategy().RetriesOnFailure);
    }

    [Fact]
    public void AddNpgsqlDbContext_RetryNotDisabled_RetriesAsTheRealPackage()
    {
        var builder = Builder(("ConnectionStrings:db", NoPostgres));
        builder.AddNpgsqlDbContext<ProbeContext>("db");
        using var host = builder.Build();
        using var scope = host.Services.CreateScope();

        Assert.True(scope.ServiceProvider.GetRequiredService<ProbeContext>().Database.CreateExecutionStrategy().RetriesOnFailure);
    }

    [Fact]
    public void AddNpgsqlDbContext_OptionsGiveDataSource_ReplacesTheString()
    {
        using var dataSource = NpgsqlDataSource.Create(NoPostgres);
        var builder = Builder(("ConnectionStrings:db", "Host=other"));
        builder.AddNpgsqlDbContext<ProbeContext>("db", null, options => options.UseNpgsql(dataSource));
        using var host = builder.Build();
        using var scope = host.Services.CreateScope();

        var connection = scope.ServiceProvider.GetRequiredService<ProbeContext>().Database.GetDbConnection();
        Assert.Equal("127.0.0.1", new NpgsqlConnectionStringBuilder(connection.ConnectionString).Host);
    }

    [Fact]
    public void AddNpgsqlDbContext_NothingConfigured_NamesTheKey()
    {
        var builder = Builder();
        builder.AddNpgsqlDbContext<ProbeContext>("db");
        using var host = builder.Build();
        using var scope = host.Services.CreateScope();

        var error = Assert.Throws<InvalidOperationException>(() => scope.ServiceProvider.GetRequiredService<ProbeContext>().Database.GetConnectionString());
        Assert.Contains("ConnectionStrings:db", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AddNpgsqlDataSource_NothingConfigured_NamesTheKey()
    {
        var builder = Builder();
        builder.AddNpgsqlDataSource("db");
        using var host = builder.Build();

        var error = Assert.Throws<InvalidOperationException>(host.Services.GetRequiredService<NpgsqlDataSource>);
        Assert.Contains("ConnectionStrings:db", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task HealthChecks_ServersAway_UnhealthyAndRedisCanBeDegraded()
    {
        var builder = Builder(("ConnectionStrings:db", NoPostgres), ("ConnectionStrings:redis", NoRedis));
        builder.AddNpgsqlDataSource("db");
        builder.AddNpgsqlDbContext<ProbeContext>("db", settings => settings.DisableRetry = true);
        builder.AddRedisClient("redis");
        builder.Services.Configure<HealthCheckServiceOptions>(options =>
            options.Registrations.Single(r => r.Name == "StackExchange.Redis").FailureStatus = HealthStatus.Degraded);
        using var host = builder.Build();
        await host.StartAsync();

        var report = await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync();
        await host.StopAsync();

        Assert.Equal(HealthStatus.Unhealthy, report.Entries["PostgreSql"].Status);
        Assert.Equal(HealthStatus.Unhealthy, report.Entries["ProbeContext"].Status);
        Assert.Equal(HealthStatus.Degraded, report.Entries["StackExchange.Redis"].Status);
    }

    [Fact]
    public void AddRedisClient_RedisAway_ConnectsLaterInsteadOfThrowing()
    {
        var builder = Builder(("ConnectionStrings:redis", NoRedis));
        builder.AddRedisClient("redis");
        using var host = builder.Build();

        Assert.False(host.Services.GetRequiredService<IConnectionMultiplexer>().IsConnected);
    }

    private static HostApplicationBuilder Builder(params (string Key, string Value)[] settings)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddLogging();
        builder.Configuration.AddInMemoryCollection(settings.Select(s => KeyValuePair.Create(s.Key, (string?)s.Value)));
        return builder;
    }

    public sealed class ProbeContext(DbContextOptions<ProbeContext> options) : DbContext(options);
}
