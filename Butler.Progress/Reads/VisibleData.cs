using Butler.ServiceDefaults.Access;
using Butler.ServiceDefaults.Errors;
using Npgsql;

namespace Butler.Progress.Reads;

/// <summary>
/// The one door to what Progress reads: each read is a short transaction as <c>butler_reader</c> with the caller's id set, so
/// that row-level security repeats what <see cref="AccessRule"/> decides (MECHANICS 12). Without a caller it shows nothing.
/// </summary>
internal sealed class VisibleData(ReaderSource source, IHttpContextAccessor requests)
{
    /// <summary>Reads for the caller of the current request.</summary>
    public Task<T> ReadAsync<T>(Func<NpgsqlConnection, Task<T>> read, CancellationToken cancellationToken) =>
        ReadAsync(requests.HttpContext is { } context ? Caller.TryOf(context.User)?.UserId : null, read, cancellationToken);

    /// <summary>One command for the caller of the current request.</summary>
    public Task<T> ReadAsync<T>(string sql, IReadOnlyList<NpgsqlParameter> parameters, Func<NpgsqlDataReader, Task<T>> read, CancellationToken cancellationToken) =>
        ReadAsync(async connection =>
        {
            await using var command = new NpgsqlCommand(sql, connection);
            foreach (var parameter in parameters)
            {
                command.Parameters.Add(parameter);
            }

            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            return await read(reader);
        }, cancellationToken);

    /// <summary>What a read that found nothing means: 403 when the thing is there, 404 when it is not.</summary>
    /// <param name="kind">user, account, sync, task or mail.</param>
    /// <param name="id">Its id.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public Task<ApiException> MissingAsync(string kind, Guid id, CancellationToken cancellationToken) =>
        ReadAsync("SELECT butler_exists($1, $2)", [new() { Value = kind }, new() { Value = id }], async row =>
        {
            await row.ReadAsync(cancellationToken);
            return row.GetBoolean(0) ? ApiErrors.Forbidden() : ApiErrors.NotFound(kind);
        }, cancellationToken);

    private async Task<T> ReadAsync<T>(Guid? user, Func<NpgsqlConnection, Task<T>> read, CancellationToken cancellationToken)
    {
        await using var connection = await source.Value.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        // Both end with the transaction, so nothing stays on a pooled connection.
        await using (var who = new NpgsqlCommand("SELECT set_config('role', 'butler_reader', true), set_config('butler.user_id', $1, true)", connection)
        { Parameters = { new() { Value = user?.ToString() ?? "" } } })
        {
            await who.ExecuteNonQueryAsync(cancellationToken);
        }

        var result = await read(connection);
        await transaction.CommitAsync(cancellationToken);
        return result;
    }
}

/// <summary>
/// The connections that reads use: <c>ConnectionStrings:butler-reader</c>, a login that is <c>butler_reader</c> or a member of
/// it, where one is given; else the service's own, which takes the role for each read.
/// </summary>
internal sealed class ReaderSource(NpgsqlDataSource shared, IConfiguration configuration) : IAsyncDisposable
{
    public const string ConnectionName = "butler-reader";

    private const int MaxConnections = 10;

    private readonly NpgsqlDataSource? _own = configuration.GetConnectionString(ConnectionName) is { Length: > 0 } text
        ? NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(text)
        {
            MaxPoolSize = MaxConnections,
            IncludeErrorDetail = false,
            Options = "-c statement_timeout=30s -c idle_in_transaction_session_timeout=10s",
            KeepAlive = 15,
        })
        : null;

    public NpgsqlDataSource Value => _own ?? shared;

    public ValueTask DisposeAsync() => _own?.DisposeAsync() ?? ValueTask.CompletedTask;
}
