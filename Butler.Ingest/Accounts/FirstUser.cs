using Butler.Data;
using Butler.Data.Ingest;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Butler.Ingest.Accounts;

/// <summary>
/// The first user is admin and owns what <c>./butler up</c> connects. Their API token goes to a file only its owner can read, for
/// <c>./butler watch</c> and the other commands.
/// </summary>
internal sealed class FirstUser(Database database, TokenStore tokens, IOptions<AccountOptions> options) : IHostedService
{
    /// <summary>The token file's name in the data directory.</summary>
    public const string TokenFile = "api-token";

    private const long FirstUserLock = 0x627574_75736572;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var user = await database.TransactAsync(c => EnsureAsync(c, cancellationToken), cancellationToken);
        if (options.Value.DataDir is not { Length: > 0 } folder)
        {
            return;
        }

        var file = Path.Combine(folder, TokenFile);
        if (!File.Exists(file) || await tokens.FindAsync(TokenKinds.Bearer, TokenStore.Hash((await File.ReadAllTextAsync(file, cancellationToken)).Trim()), cancellationToken) is null)
        {
            var token = await tokens.CreateBearerAsync(user, "butler command line", cancellationToken);
            var how = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
            {
                how.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            await using var stream = new FileStream(file, how);
            await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(token + "\n"), cancellationToken);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>The oldest admin, made when there is nobody yet; a lock keeps two replicas from making two.</summary>
    internal static async Task<Guid> EnsureAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("""
            WITH held AS MATERIALIZED (SELECT pg_advisory_xact_lock($1))
            INSERT INTO app_users (id, display_name, role) SELECT $2, 'Owner', 'admin' FROM held WHERE NOT EXISTS (SELECT FROM app_users)
            """, connection)
        { Parameters = { new() { Value = FirstUserLock }, new() { Value = Guid.CreateVersion7() } } };
        await command.ExecuteNonQueryAsync(cancellationToken);
        await using var find = new NpgsqlCommand("SELECT id FROM app_users WHERE role = 'admin' ORDER BY created_at, id LIMIT 1", connection);
        return (Guid)(await find.ExecuteScalarAsync(cancellationToken))!;
    }
}
