using System.Buffers.Text;
using System.Security.Cryptography;
using Npgsql;
using NpgsqlTypes;

namespace Butler.Data.Ingest;

/// <summary>A connection whose browser has come back: what the exchange needs, opened.</summary>
public sealed record ReturnedConnect(Guid Id, Guid AppUserId, string RedirectUri, string Verifier, string Code);

/// <summary>How a connection stands, for whoever began it.</summary>
public sealed record ConnectProgress(Guid Id, string Status, string? Error, Guid? AccountId);

/// <summary>
/// The one writer of <c>connect_states</c>: an OAuth flow from its start to the account. A state is 256 bits, kept as its hash,
/// good once, for ten minutes, and only in the session (or with the token) that began it; verifier and code are sealed.
/// </summary>
public sealed class ConnectStates(Database database, CredentialSealer sealer)
{
    /// <summary>How long the person may take at the provider.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    private const int StateBytes = 32;

    /// <summary>A new state's secret; it goes to the provider and comes back.</summary>
    public static string NewState() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(StateBytes));

    /// <summary>Notes the start of a flow; answers its id.</summary>
    /// <param name="userId">Who connects.</param>
    /// <param name="origin">page or api.</param>
    /// <param name="state">The state's secret.</param>
    /// <param name="binding">SHA-256 of the session or token that begins it.</param>
    /// <param name="redirectUri">Where the provider sends the browser back to.</param>
    /// <param name="verifier">PKCE's code verifier.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<Guid> BeginAsync(Guid userId, string origin, string state, byte[] binding, string redirectUri, string verifier, CancellationToken cancellationToken)
    {
        var id = Guid.CreateVersion7();
        await using var command = database.DataSource.CreateCommand("""
            WITH old AS (DELETE FROM connect_states WHERE expires_at < now() - interval '1 day')
            INSERT INTO connect_states (id, app_user_id, origin, state_hash, binding, redirect_uri, verifier, status, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 'started', now() + $8)
            """);
        command.Parameters.AddRange(new NpgsqlParameter[]
        {
            new() { Value = id }, new() { Value = userId }, new() { Value = origin }, new() { Value = TokenStore.Hash(state) }, new() { Value = binding }, new() { Value = redirectUri },
            new() { Value = sealer.Seal(id, verifier) }, new() { Value = Lifetime },
        });
        await command.ExecuteNonQueryAsync(cancellationToken);
        return id;
    }

    /// <summary>
    /// Notes settings that need no provider's page (an IMAP account's), sealed; the service that owns accounts takes them up. Inside the
    /// caller's transaction.
    /// </summary>
    /// <param name="connection">The transaction's.</param>
    /// <param name="userId">Who sends them.</param>
    /// <param name="kind">What they are for.</param>
    /// <param name="settings">The settings.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<Guid> SubmitAsync(NpgsqlConnection connection, Guid userId, string kind, string settings, CancellationToken cancellationToken)
    {
        var id = Guid.CreateVersion7();
        var nobody = TokenStore.Hash(NewState());
        await using var command = new NpgsqlCommand("""
            INSERT INTO connect_states (id, app_user_id, origin, state_hash, binding, redirect_uri, verifier, code, status, expires_at) VALUES ($1, $2, 'page', $3, $3, $4, $5, $6, 'returned', now() + $7)
            """, connection)
        {
            Parameters =
            {
                new() { Value = id }, new() { Value = userId }, new() { Value = nobody }, new() { Value = kind }, new() { Value = sealer.Seal(id, kind) }, new() { Value = sealer.Seal(id, settings) },
                new() { Value = Lifetime },
            },
        };
        await command.ExecuteNonQueryAsync(cancellationToken);
        return id;
    }

    /// <summary>
    /// The browser has come back with a code, or with the provider's refusal. Uses the state up, in the caller's transaction. Null:
    /// the state is unknown, used, too old, or was begun by somebody else; then nothing is used up.
    /// </summary>
    public async Task<Guid?> ReturnAsync(NpgsqlConnection connection, string state, byte[] binding, string? code, string? error, CancellationToken cancellationToken)
    {
        Guid id;
        await using (var find = new NpgsqlCommand(
            "SELECT id FROM connect_states WHERE state_hash = $1 AND binding = $2 AND status = 'started' AND expires_at > now() FOR UPDATE", connection)
        { Parameters = { new() { Value = TokenStore.Hash(state) }, new() { Value = binding } } })
        {
            if (await find.ExecuteScalarAsync(cancellationToken) is not Guid found)
            {
                return null;
            }

            id = found;
        }

        await using var use = new NpgsqlCommand(
            "UPDATE connect_states SET status = CASE WHEN $2::bytea IS NULL THEN 'failed' ELSE 'returned' END, code = $2, error = $3, verifier = CASE WHEN $2::bytea IS NULL THEN NULL ELSE verifier END WHERE id = $1", connection)
        {
            Parameters =
            {
                new() { Value = id }, new() { Value = code is null ? DBNull.Value : sealer.Seal(id, code), NpgsqlDbType = NpgsqlDbType.Bytea },
                new() { Value = (object?)error ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text },
            },
        };
        await use.ExecuteNonQueryAsync(cancellationToken);
        return id;
    }

    /// <summary>What the exchange needs; null when it is not due (any more).</summary>
    public async Task<ReturnedConnect?> FindReturnedAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var command = database.DataSource.CreateCommand("SELECT app_user_id, redirect_uri, verifier, code FROM connect_states WHERE id = $1 AND status = 'returned'");
        command.Parameters.Add(new() { Value = id });
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        return await row.ReadAsync(cancellationToken)
            ? new(id, row.GetGuid(0), row.GetString(1), sealer.Open(id, row.GetFieldValue<byte[]>(2)), sealer.Open(id, row.GetFieldValue<byte[]>(3)))
            : null;
    }

    /// <summary>Ends a flow, in the caller's transaction; what was secret goes.</summary>
    public static async Task EndAsync(NpgsqlConnection connection, Guid id, Guid? accountId, string? error, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("""
            UPDATE connect_states SET status = CASE WHEN $2::uuid IS NULL THEN 'failed' ELSE 'connected' END, provider_user_id = $2, error = $3, verifier = NULL, code = NULL
            WHERE id = $1 AND status = 'returned'
            """, connection)
        {
            Parameters =
            {
                new() { Value = id }, new() { Value = (object?)accountId ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid },
                new() { Value = (object?)error ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text },
            },
        };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>How a flow of this user stands; a start that was never finished shows as failed once it is too old.</summary>
    public async Task<ConnectProgress?> ProgressAsync(Guid userId, Guid id, CancellationToken cancellationToken)
    {
        await using var command = database.DataSource.CreateCommand("""
            SELECT CASE WHEN status = 'started' AND expires_at < now() THEN 'failed' ELSE status END,
              CASE WHEN status = 'started' AND expires_at < now() THEN 'Ten minutes have passed. Start again.' ELSE error END, provider_user_id
            FROM connect_states WHERE id = $1 AND app_user_id = $2
            """);
        command.Parameters.Add(new() { Value = id });
        command.Parameters.Add(new() { Value = userId });
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        return await row.ReadAsync(cancellationToken) ? new(id, row.GetString(0), row.IsDBNull(1) ? null : row.GetString(1), row.IsDBNull(2) ? null : row.GetGuid(2)) : null;
    }
}
