using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace Butler.Data.Ingest;

/// <summary>The user behind a token.</summary>
/// <param name="UserId">The user.</param>
/// <param name="Role">One of <see cref="Roles"/>.</param>
/// <param name="FamilyId">The family, if any.</param>
public sealed record TokenOwner(Guid UserId, string Role, Guid? FamilyId);

/// <summary>A token or session in a list.</summary>
public sealed record TokenRow(Guid Id, string Kind, string Name, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt)
{
    /// <summary>SHA-256 of the secret, to tell the caller's own.</summary>
    public byte[] Hash { get; init; } = [];
}

/// <summary>What somebody reads for longer than a request.</summary>
/// <param name="Kind">The token's kind.</param>
/// <param name="Hash">The token, as it is stored.</param>
/// <param name="Reader">Whose token it is.</param>
/// <param name="Owner">Whose data are read.</param>
public sealed record LongRead(string Kind, byte[] Hash, Guid Reader, Guid Owner);

/// <summary>The closed set of token kinds.</summary>
public static class TokenKinds
{
    /// <summary>For programs; lives until revoked.</summary>
    public const string Bearer = "bearer";

    /// <summary>A sign-in code: single use, 10 minutes.</summary>
    public const string Link = "link";

    /// <summary>A browser's session.</summary>
    public const string Session = "session";
}

/// <summary>
/// The one writer of <c>api_tokens</c>. Secrets are 128 bits (codes) or 256 bits (tokens, sessions) of randomness, so a
/// plain SHA-256 of them is enough; the secret itself is shown once and never stored.
/// </summary>
public sealed class TokenStore(Database database)
{
    /// <summary>How long a sign-in code lives (MECHANICS 12).</summary>
    public static readonly TimeSpan LinkLifetime = TimeSpan.FromMinutes(10);

    /// <summary>How long a browser stays signed in.</summary>
    public static readonly TimeSpan SessionLifetime = TimeSpan.FromDays(30);

    /// <summary>SHA-256 of a secret as it is stored.</summary>
    public static byte[] Hash(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));

    /// <summary>Makes a bearer token and returns its secret.</summary>
    /// <param name="userId">Whose.</param>
    /// <param name="name">Shown in lists.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <param name="lifetime">How long it is good; null: until revoked.</param>
    public Task<string> CreateBearerAsync(Guid userId, string name, CancellationToken cancellationToken, TimeSpan? lifetime = null) =>
        database.TransactAsync(async c =>
        {
            await Audit.AddAsync(c, AuditKinds.TokenCreated, userId, userId, null, "{}", cancellationToken);
            return await AddAsync(c, userId, TokenKinds.Bearer, name, "butler_" + Secret(32), lifetime, cancellationToken);
        }, cancellationToken);

    /// <summary>A user's tokens and sessions that are good, newest first. Secrets are not known.</summary>
    public async Task<List<TokenRow>> ListAsync(Guid userId, CancellationToken cancellationToken)
    {
        await using var command = database.DataSource.CreateCommand("""
            SELECT id, kind, name, created_at, nullif(expires_at, 'infinity'), hash FROM api_tokens
            WHERE app_user_id = $1 AND kind <> 'link' AND revoked_at IS NULL AND expires_at > now() ORDER BY created_at DESC, id DESC LIMIT 200
            """);
        command.Parameters.Add(new() { Value = userId });
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        var tokens = new List<TokenRow>();
        while (await row.ReadAsync(cancellationToken))
        {
            tokens.Add(new(row.GetGuid(0), row.GetString(1), row.GetString(2), row.GetFieldValue<DateTimeOffset>(3), row.IsDBNull(4) ? null : row.GetFieldValue<DateTimeOffset>(4)) { Hash = row.GetFieldValue<byte[]>(5) });
        }

        return tokens;
    }

    /// <summary>Ends one of a user's tokens; null: there is no such token, false: it is somebody else's.</summary>
    public Task<bool?> RevokeAsync(Guid userId, Guid tokenId, CancellationToken cancellationToken) =>
        database.TransactAsync<bool?>(async c =>
        {
            await using var find = new NpgsqlCommand("SELECT app_user_id FROM api_tokens WHERE id = $1", c) { Parameters = { new() { Value = tokenId } } };
            if (await find.ExecuteScalarAsync(cancellationToken) is not Guid holder)
            {
                return null;
            }

            if (holder != userId)
            {
                return false;
            }

            await using var end = new NpgsqlCommand("UPDATE api_tokens SET revoked_at = now() WHERE id = $1 AND revoked_at IS NULL", c) { Parameters = { new() { Value = tokenId } } };
            if (await end.ExecuteNonQueryAsync(cancellationToken) == 1)
            {
                await Audit.AddAsync(c, AuditKinds.TokenRevoked, userId, userId, null, "{}", cancellationToken);
            }

            return true;
        }, cancellationToken);

    /// <summary>Makes a single-use sign-in code; the caller puts it behind <c>#code=</c> of the page's address.</summary>
    public Task<string> CreateLinkAsync(Guid userId, CancellationToken cancellationToken) =>
        database.TransactAsync(c => AddAsync(c, userId, TokenKinds.Link, "sign-in link", Secret(16), LinkLifetime, cancellationToken), cancellationToken);

    /// <summary>Uses a sign-in code up and opens a session. Null when the code is unknown, used or too old.</summary>
    public Task<string?> ExchangeLinkAsync(string code, CancellationToken cancellationToken) =>
        database.TransactAsync(async connection =>
        {
            Guid? user;
            await using (var use = new NpgsqlCommand("""
                UPDATE api_tokens SET used_at = now()
                WHERE hash = $1 AND kind = 'link' AND used_at IS NULL AND revoked_at IS NULL AND expires_at > now() RETURNING app_user_id
                """, connection)
            { Parameters = { new() { Value = Hash(code) } } })
            {
                user = await use.ExecuteScalarAsync(cancellationToken) as Guid?;
            }

            return user is { } id ? await AddAsync(connection, id, TokenKinds.Session, "browser", Secret(32), SessionLifetime, cancellationToken) : null;
        }, cancellationToken);

    /// <summary>The user behind a valid token, or null.</summary>
    public async Task<TokenOwner?> FindAsync(string kind, byte[] hash, CancellationToken cancellationToken)
    {
        await using var command = database.DataSource.CreateCommand("""
            SELECT u.id, u.role, u.family_id FROM api_tokens t JOIN app_users u ON u.id = t.app_user_id
            WHERE t.hash = $1 AND t.kind = $2 AND t.revoked_at IS NULL AND t.expires_at > now()
            """);
        command.Parameters.Add(new() { Value = hash });
        command.Parameters.Add(new() { Value = kind });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new(reader.GetGuid(0), reader.GetString(1), reader.IsDBNull(2) ? null : reader.GetGuid(2))
            : null;
    }

    /// <summary>
    /// Of long reads those that must end, by their place in the list: the token was revoked or has expired, its user is gone, or the user may
    /// no longer read the owner's data.
    /// </summary>
    public async Task<List<(int Place, bool TokenEnded)>> EndedAsync(IReadOnlyList<LongRead> reads, CancellationToken cancellationToken)
    {
        await using var command = database.DataSource.CreateCommand("""
            SELECT r.n::int, r.ended FROM (
              SELECT s.n, s.reader, s.owner, NOT EXISTS (SELECT FROM api_tokens t
                WHERE t.hash = s.hash AND t.kind = s.kind AND t.app_user_id = s.reader AND t.revoked_at IS NULL AND t.expires_at > now()) AS ended
              FROM unnest($1::bytea[], $2::text[], $3::uuid[], $4::uuid[]) WITH ORDINALITY AS s(hash, kind, reader, owner, n)) AS r
            WHERE r.ended OR NOT butler_may_read(r.reader, r.owner)
            """);
        command.Parameters.Add(new() { Value = reads.Select(r => r.Hash).ToArray() });
        command.Parameters.Add(new() { Value = reads.Select(r => r.Kind).ToArray() });
        command.Parameters.Add(new() { Value = reads.Select(r => r.Reader).ToArray() });
        command.Parameters.Add(new() { Value = reads.Select(r => r.Owner).ToArray() });
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        var ended = new List<(int, bool)>();
        while (await row.ReadAsync(cancellationToken))
        {
            ended.Add((row.GetInt32(0) - 1, row.GetBoolean(1)));
        }

        return ended;
    }

    /// <summary>Ends a token.</summary>
    public async Task RevokeAsync(byte[] hash, CancellationToken cancellationToken)
    {
        await using var command = database.DataSource.CreateCommand("UPDATE api_tokens SET revoked_at = now() WHERE hash = $1 AND revoked_at IS NULL");
        command.Parameters.Add(new() { Value = hash });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<string> AddAsync(
        NpgsqlConnection connection, Guid userId, string kind, string name, string secret, TimeSpan? lifetime, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("""
            INSERT INTO api_tokens (id, app_user_id, kind, name, hash, expires_at) VALUES ($1, $2, $3, $4, $5, coalesce(now() + $6, 'infinity'))
            """, connection)
        {
            Parameters =
            {
                new() { Value = Guid.CreateVersion7() }, new() { Value = userId }, new() { Value = kind }, new() { Value = DbText.Clean(name, 200) }, new() { Value = Hash(secret) },
                new() { Value = (object?)lifetime ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Interval },
            },
        };
        await command.ExecuteNonQueryAsync(cancellationToken);
        return secret;
    }

    private static string Secret(int bytes) => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(bytes));
}
