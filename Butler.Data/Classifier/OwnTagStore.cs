using Npgsql;
using NpgsqlTypes;

namespace Butler.Data.Classifier;

/// <summary>A tag that somebody made.</summary>
/// <param name="Name">Unique among theirs.</param>
/// <param name="Description">What it means, for the chat model and for people; may be empty.</param>
/// <param name="Rule">When a mail bears it, as JSON (docs/tags.md).</param>
/// <param name="Version">Another one after each change.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="UpdatedAt">When it was changed.</param>
public sealed record OwnTagRow(string Name, string Description, string Rule, long Version, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
{
    /// <summary>Never prints somebody's words.</summary>
    public override string ToString() => "own tag";
}

/// <summary>What a change of a tag did.</summary>
public enum TagChange
{
    /// <summary>It is as it was.</summary>
    None,

    /// <summary>There was none of this name.</summary>
    Created,

    /// <summary>It is another one now.</summary>
    Changed,

    /// <summary>There are as many as there may be.</summary>
    TooMany,
}

/// <summary>The one writer of <c>own_tags</c>.</summary>
public static class OwnTagStore
{
    /// <summary>At most so many per person.</summary>
    public const int Most = 50;

    private const string Columns = "t.name, t.description, t.rule::text, t.version, t.created_at, t.updated_at";
    private const string OfAccount = $"SELECT {Columns} FROM own_tags t WHERE t.app_user_id = (SELECT app_user_id FROM provider_users WHERE id = $1) ORDER BY t.name";

    /// <summary>Makes or changes a tag. Holds the person's tags, so that two requests cannot pass <see cref="Most"/> together.</summary>
    public static async Task<TagChange> PutAsync(NpgsqlConnection connection, Guid user, string name, string description, string rule, CancellationToken cancellationToken)
    {
        await HoldAsync(connection, user, cancellationToken);
        await using var command = new NpgsqlCommand($"""
            WITH old AS (SELECT count(*) AS tags, bool_or(name = $2) AS known FROM own_tags WHERE app_user_id = $1),
            put AS (
              INSERT INTO own_tags AS t (app_user_id, name, description, rule) SELECT $1, $2, $3, $4 FROM old WHERE known OR tags < {Most}
              ON CONFLICT (app_user_id, name) DO UPDATE SET description = excluded.description, rule = excluded.rule, version = nextval('own_tag_versions'), updated_at = now()
                WHERE (t.description, t.rule) IS DISTINCT FROM (excluded.description, excluded.rule)
              RETURNING 1)
            SELECT coalesce(known, false), EXISTS (SELECT FROM put) FROM old
            """, connection)
        {
            Parameters = { new() { Value = user }, new() { Value = name }, new() { Value = description }, new() { Value = rule, NpgsqlDbType = NpgsqlDbType.Jsonb } },
        };
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        return (row.GetBoolean(0), row.GetBoolean(1)) switch
        {
            (true, true) => TagChange.Changed,
            (true, false) => TagChange.None,
            (false, true) => TagChange.Created,
            _ => TagChange.TooMany,
        };
    }

    /// <summary>Removes a tag. False: there was none.</summary>
    public static async Task<bool> DeleteAsync(NpgsqlConnection connection, Guid user, string name, CancellationToken cancellationToken)
    {
        await HoldAsync(connection, user, cancellationToken);
        await using var command = new NpgsqlCommand("DELETE FROM own_tags WHERE app_user_id = $1 AND name = $2", connection) { Parameters = { new() { Value = user }, new() { Value = name } } };
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    /// <summary>Somebody's tags, by name. As the reader it shows what row-level security lets through.</summary>
    public static async Task<List<OwnTagRow>> ListAsync(NpgsqlConnection connection, Guid user, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"SELECT {Columns} FROM own_tags t WHERE t.app_user_id = $1 ORDER BY t.name", connection) { Parameters = { new() { Value = user } } };
        return await ReadAsync(command, cancellationToken);
    }

    /// <summary>The tags of an account's owner, by name.</summary>
    public static async Task<List<OwnTagRow>> OfAccountAsync(NpgsqlDataSource source, Guid account, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(OfAccount);
        command.Parameters.Add(new() { Value = account });
        return await ReadAsync(command, cancellationToken);
    }

    /// <summary>
    /// The same for who writes tags of mail in this transaction: until its end nobody changes them, so that the pass over mail that is here,
    /// which comes after the change, finds all mail that was judged by the old ones. Taken before the ledger's rows.
    /// </summary>
    public static async Task<List<OwnTagRow>> HoldOfAccountAsync(NpgsqlConnection connection, Guid account, CancellationToken cancellationToken)
    {
        // Two statements: the second sees what was committed while the first waited.
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new("SELECT pg_advisory_xact_lock_shared(hashtextextended('own tags ' || app_user_id, 0)) FROM provider_users WHERE id = $1") { Parameters = { new() { Value = account } } },
                new(OfAccount) { Parameters = { new() { Value = account } } },
            },
        };
        await using var row = await batch.ExecuteReaderAsync(cancellationToken);
        await row.NextResultAsync(cancellationToken);
        return await ReadAsync(row, cancellationToken);
    }

    /// <summary>The accounts whose mail the tags of a person are for.</summary>
    public static async Task<List<Guid>> AccountsAsync(NpgsqlConnection connection, Guid user, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT id FROM provider_users WHERE app_user_id = $1 ORDER BY id", connection) { Parameters = { new() { Value = user } } };
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        var accounts = new List<Guid>();
        while (await row.ReadAsync(cancellationToken))
        {
            accounts.Add(row.GetGuid(0));
        }

        return accounts;
    }

    private static async Task HoldAsync(NpgsqlConnection connection, Guid user, CancellationToken cancellationToken)
    {
        await using var hold = new NpgsqlCommand("SELECT pg_advisory_xact_lock(hashtextextended('own tags ' || $1::text, 0))", connection) { Parameters = { new() { Value = user } } };
        await hold.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<List<OwnTagRow>> ReadAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        return await ReadAsync(row, cancellationToken);
    }

    private static async Task<List<OwnTagRow>> ReadAsync(NpgsqlDataReader row, CancellationToken cancellationToken)
    {
        var tags = new List<OwnTagRow>();
        while (await row.ReadAsync(cancellationToken))
        {
            tags.Add(new(row.GetString(0), row.GetString(1), row.GetString(2), row.GetInt64(3), row.GetFieldValue<DateTimeOffset>(4), row.GetFieldValue<DateTimeOffset>(5)));
        }

        return tags;
    }
}
