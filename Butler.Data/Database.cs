using Npgsql;

namespace Butler.Data;

/// <summary>
/// Runs short transactions: deadlocks and serialization failures restart at once, up to three times (MECHANICS 1), and
/// the fact that one is open is visible to the HTTP guard, because no HTTP or model call may happen inside
/// (MECHANICS 2).
/// </summary>
/// <param name="dataSource">The pool.</param>
/// <param name="faults">Where a fault test cuts the service off: around every commit.</param>
public sealed class Database(NpgsqlDataSource dataSource, IFaultPoints? faults = null)
{
    private const int MaxRestarts = 3;
    private readonly IFaultPoints _faults = faults ?? new NoFaultPoints();
    private static readonly AsyncLocal<bool> s_inTransaction = new();

    /// <summary>True while the current flow of control has a transaction open.</summary>
    public static bool InTransaction => s_inTransaction.Value;

    /// <summary>The pool behind.</summary>
    public NpgsqlDataSource DataSource => dataSource;

    /// <summary>Runs <paramref name="work"/> in one transaction and commits; <paramref name="work"/> may run again after a deadlock.</summary>
    public async Task<T> TransactAsync<T>(Func<NpgsqlConnection, Task<T>> work, CancellationToken cancellationToken)
    {
        for (var restart = 0; ; restart++)
        {
            try
            {
                return await OnceAsync(work, cancellationToken);
            }
            catch (PostgresException e) when (restart < MaxRestarts && e.SqlState is PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure)
            {
            }
        }
    }

    /// <summary>As above, without a result.</summary>
    public Task TransactAsync(Func<NpgsqlConnection, Task> work, CancellationToken cancellationToken) =>
        TransactAsync(async connection =>
        {
            await work(connection);
            return true;
        }, cancellationToken);

    private async Task<T> OnceAsync<T>(Func<NpgsqlConnection, Task<T>> work, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        s_inTransaction.Value = true;
        try
        {
            var result = await work(connection);
            await _faults.ReachAsync("database: before commit");
            await transaction.CommitAsync(cancellationToken);
            await _faults.ReachAsync("database: after commit");
            return result;
        }
        finally
        {
            s_inTransaction.Value = false;
        }
    }
}
