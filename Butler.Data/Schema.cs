using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Butler.Data;

/// <summary>
/// The schema's version (MECHANICS 14): one Ingest applies migrations, everybody else polls until the version it was
/// built for is there. Nobody waits inside a statement.
/// </summary>
public sealed partial class Schema(NpgsqlDataSource dataSource, TimeProvider time, ILogger<Schema> logger)
{
    // "butler" in ASCII; any constant will do, as long as it is ours.
    private const long MigrationLock = 0x6275746C6572;
    private static readonly TimeSpan s_poll = TimeSpan.FromSeconds(1);

    private static readonly string[] s_known = [.. typeof(Schema).Assembly.GetTypes()
        .Select(t => t.GetCustomAttributes(typeof(Microsoft.EntityFrameworkCore.Migrations.MigrationAttribute), false).OfType<Microsoft.EntityFrameworkCore.Migrations.MigrationAttribute>().FirstOrDefault()?.Id)
        .OfType<string>().Order(StringComparer.Ordinal)];

    /// <summary>The newest migration this build knows.</summary>
    public static string Current => s_known[^1];

    /// <summary>Applies what is missing, holding the lock; returns when the schema is current.</summary>
    public async Task MigrateAsync(CancellationToken cancellationToken)
    {
        // A start on a current schema, which is nearly every start, does without EF's model.
        if (await IsCurrentAsync(cancellationToken))
        {
            LogCurrent(Current);
            return;
        }

        while (true)
        {
            await using (var connection = await dataSource.OpenConnectionAsync(cancellationToken))
            {
                await using var tryLock = new NpgsqlCommand("SELECT pg_try_advisory_lock($1)", connection) { Parameters = { new() { Value = MigrationLock } } };
                if (await tryLock.ExecuteScalarAsync(cancellationToken) is true)
                {
                    await using var context = new ButlerContext(new DbContextOptionsBuilder<ButlerContext>().UseNpgsql(dataSource).Options);
                    context.Database.SetCommandTimeout(TimeSpan.FromMinutes(30));
                    await context.Database.OpenConnectionAsync(cancellationToken);
                    await context.Database.ExecuteSqlAsync($"SET statement_timeout = 0", cancellationToken);
                    await context.Database.MigrateAsync(cancellationToken);
                    await context.Database.ExecuteSqlRawAsync(Migrations.Script.Read("Ownership.sql"), cancellationToken);
                    await context.Database.ExecuteSqlAsync($"RESET statement_timeout", cancellationToken);
                    LogCurrent(Current);
                    await using var unlock = new NpgsqlCommand("SELECT pg_advisory_unlock($1)", connection) { Parameters = { new() { Value = MigrationLock } } };
                    await unlock.ExecuteScalarAsync(cancellationToken);
                    return;
                }
            }

            if (await IsCurrentAsync(cancellationToken))
            {
                return;
            }

            await Task.Delay(s_poll, time, cancellationToken);
        }
    }

    /// <summary>Waits until the schema this build needs is there.</summary>
    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        while (!await IsCurrentAsync(cancellationToken))
        {
            await Task.Delay(s_poll, time, cancellationToken);
        }
    }

    /// <summary>Whether every migration this build knows is applied: one that was merged later may bear an earlier time.</summary>
    public async Task<bool> IsCurrentAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var command = dataSource.CreateCommand("""SELECT count(*) FROM "__EFMigrationsHistory" WHERE "MigrationId" = ANY ($1)""");
            command.Parameters.Add(new() { Value = s_known });
            return await command.ExecuteScalarAsync(cancellationToken) is long applied && applied == s_known.Length;
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UndefinedTable)
        {
            return false;
        }
        catch (NpgsqlException e)
        {
            LogUnreachable(e.SqlState ?? e.GetType().Name);
            return false;
        }
    }

    [LoggerMessage(1001, LogLevel.Information, "Schema is at {Version}")]
    private partial void LogCurrent(string version);

    [LoggerMessage(1002, LogLevel.Information, "Database is not reachable yet: {Reason}")]
    private partial void LogUnreachable(string reason);
}
