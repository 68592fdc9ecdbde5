using Butler.Services.Tests.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Npgsql;

namespace Butler.Services.Tests.Schedules;

/// <summary>
/// Replicas that can be cut off: each logs in to the database as a role of its own, so that its connections can be ended and new
/// ones refused before the host is torn down, and no finally block can tidy up (MECHANICS 16). The sandbox's accounts are connected where asked for.
/// </summary>
internal static class Replicas
{
    private static int s_count;

    public static async Task<Replica> StartAsync(TestSystem system, Action<WebApplicationBuilder> add, bool connect = false)
    {
        // Roles belong to the whole server, which other test classes share.
        var role = $"replica_{Environment.ProcessId}_{Interlocked.Increment(ref s_count)}";
        await system.ExecuteAsync($"CREATE ROLE {role} LOGIN SUPERUSER");
        var host = await system.StartAsync(
            b =>
            {
                b.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
                {
                    ["ConnectionStrings:butler"] = new NpgsqlConnectionStringBuilder(system.ConnectionString) { Username = role }.ConnectionString,
                });
                if (!connect)
                {
                    b.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["Butler:Sandbox:Address"] = null });
                }

                add(b);
            },
            _ => { });
        return new(host, role);
    }

    /// <summary>Ends the replica as a lost process does; its host is disposed afterwards.</summary>
    public static async Task CutAsync(TestSystem system, Replica replica)
    {
        await system.ExecuteAsync($"ALTER ROLE {replica.Role} NOLOGIN");
        await system.ExecuteAsync($"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{replica.Role}'");
        await system.StopAsync(replica.Host);
    }
}

internal sealed record Replica(WebApplication Host, string Role);
