using Npgsql;
using NpgsqlTypes;

namespace Butler.Data.Ingest;

/// <summary>What became of one mail's labels: the net of any number of changes in their order.</summary>
public sealed class LabelChange
{
    private readonly HashSet<string> _added = new(StringComparer.Ordinal);
    private readonly HashSet<string> _removed = new(StringComparer.Ordinal);

    /// <summary>Labels it has now.</summary>
    public IReadOnlyCollection<string> Added => _added;

    /// <summary>Labels it has no more.</summary>
    public IReadOnlyCollection<string> Removed => _removed;

    /// <summary>Labels were added.</summary>
    public void Add(IEnumerable<string> labels)
    {
        foreach (var label in labels)
        {
            _removed.Remove(label);
            _added.Add(label);
        }
    }

    /// <summary>Labels were removed.</summary>
    public void Remove(IEnumerable<string> labels)
    {
        foreach (var label in labels)
        {
            _added.Remove(label);
            _removed.Add(label);
        }
    }
}

/// <summary>
/// The one writer of changes to <c>mail_state</c>. A change of a mail whose content is still on its way waits in
/// <c>label_changes</c>: the fetch may have read the labels before the change. The caller holds the ledger rows' locks, so a mail is
/// either listed or stored here, never both.
/// </summary>
public static class MailStates
{
    private const int MaxLabels = 200;

    // Label ids have no line breaks; PostgreSQL has no arrays of arrays of different length.
    private const char Separator = '\n';

    /// <summary>Changes the labels of stored mails.</summary>
    public static async Task RelabelAsync(NpgsqlConnection connection, IReadOnlyDictionary<Guid, LabelChange> changes, DateTimeOffset now, CancellationToken cancellationToken)
    {
        const string Sql = """
            UPDATE mail_state s SET updated_at = $4, labels = (
              SELECT coalesce(array_agg(DISTINCT l ORDER BY l), '{}') FROM unnest(s.labels || string_to_array(c.added, E'\n')) AS l
              WHERE l <> ALL (string_to_array(c.removed, E'\n')))
            FROM unnest($1::uuid[], $2::text[], $3::text[]) AS c(id, added, removed) WHERE s.id = c.id
            """;
        if (changes.Count == 0)
        {
            return;
        }

        await using var command = new NpgsqlCommand(Sql, connection);
        AddChanges(command, changes);
        command.Parameters.Add(new() { Value = now.UtcDateTime });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Sets the labels of one stored mail as the provider says them. 0: it has them already.</summary>
    public static async Task<int> SetLabelsAsync(NpgsqlConnection connection, Guid id, IReadOnlyList<string> labels, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("UPDATE mail_state SET labels = $2, updated_at = $3 WHERE id = $1 AND NOT (labels @> $2 AND labels <@ $2)", connection)
        {
            Parameters =
            {
                new() { Value = id }, new() { Value = labels.Take(MaxLabels).Select(l => DbText.Clean(l, DbText.MaxHeader)).ToArray() }, new() { Value = now.UtcDateTime },
            },
        };
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Keeps the changes of listed mails until their content comes.</summary>
    public static async Task KeepAsync(NpgsqlConnection connection, IReadOnlyDictionary<Guid, LabelChange> changes, CancellationToken cancellationToken)
    {
        const string Sql = """
            INSERT INTO label_changes (ledger_id, provider_user_id, added, removed)
            SELECT c.id, l.provider_user_id, string_to_array(c.added, E'\n'), string_to_array(c.removed, E'\n')
            FROM unnest($1::uuid[], $2::text[], $3::text[]) AS c(id, added, removed) JOIN ledger l ON l.id = c.id
            """;
        if (changes.Count == 0)
        {
            return;
        }

        await using var command = new NpgsqlCommand(Sql, connection);
        AddChanges(command, changes);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Applies what was kept for mails that have just been stored.</summary>
    public static async Task TakeOverAsync(NpgsqlConnection connection, Guid[] ids, DateTimeOffset now, CancellationToken cancellationToken)
    {
        const string Sql = "WITH taken AS (DELETE FROM label_changes WHERE ledger_id = ANY ($1) RETURNING id, ledger_id, added, removed) SELECT ledger_id, added, removed FROM taken ORDER BY id";
        var changes = new Dictionary<Guid, LabelChange>();
        await using (var command = new NpgsqlCommand(Sql, connection) { Parameters = { new() { Value = ids } } })
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                var id = reader.GetGuid(0);
                var change = changes.TryGetValue(id, out var known) ? known : changes[id] = new();
                change.Add(reader.GetFieldValue<string[]>(1));
                change.Remove(reader.GetFieldValue<string[]>(2));
            }
        }

        await RelabelAsync(connection, changes, now, cancellationToken);
    }

    /// <summary>Marks stored mails as deleted at the provider.</summary>
    public static async Task DeletedAsync(NpgsqlConnection connection, Guid[] ids, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (ids.Length == 0)
        {
            return;
        }

        await using var command = new NpgsqlCommand("UPDATE mail_state SET deleted_at = $2, updated_at = $2 WHERE id = ANY ($1) AND deleted_at IS NULL", connection)
        {
            Parameters = { new() { Value = ids }, new() { Value = now.UtcDateTime } },
        };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static void AddChanges(NpgsqlCommand command, IReadOnlyDictionary<Guid, LabelChange> changes)
    {
        static string Join(IEnumerable<string> labels) => string.Join(Separator, labels.Take(MaxLabels).Select(l => DbText.Clean(l, DbText.MaxHeader).Replace(Separator, ' ')));
        var sorted = changes.OrderBy(c => c.Key).ToList();
        command.Parameters.Add(new() { Value = sorted.Select(c => c.Key).ToArray() });
        command.Parameters.Add(new() { Value = sorted.Select(c => Join(c.Value.Added)).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
        command.Parameters.Add(new() { Value = sorted.Select(c => Join(c.Value.Removed)).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
    }
}
