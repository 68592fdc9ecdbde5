using Npgsql;
using NpgsqlTypes;

namespace Butler.Data.Ingest;

/// <summary>
/// The one writer of <c>mail_hashes</c>: which mail of an account owns which content. For accounts whose mail ids are places, where the same
/// mail may be met again under another name.
/// </summary>
public static class MailHashes
{
    /// <summary>
    /// Claims contents for mails that are about to be stored; their ledger rows are locked. Returns those whose content belongs to an
    /// older mail, with that one. A claim of a mail that is gone from the server, or never was stored, passes on to the newer one.
    /// </summary>
    public static async Task<List<(Guid Newer, Guid Older)>> ClaimAsync(NpgsqlConnection connection, Guid account, Guid[] ids, byte[][] hashes, CancellationToken cancellationToken)
    {
        const string Sql = """
            WITH claimed AS (
              INSERT INTO mail_hashes AS h (provider_user_id, hash, ledger_id) SELECT $1, c.hash, c.id FROM unnest($2::uuid[], $3::bytea[]) AS c(id, hash) ORDER BY c.hash
              ON CONFLICT (provider_user_id, hash) DO UPDATE SET ledger_id = CASE
                WHEN (SELECT state FROM ledger l WHERE l.id = h.ledger_id) IN ('stored', 'done', 'skipped', 'expired') THEN h.ledger_id ELSE EXCLUDED.ledger_id END
              RETURNING hash, ledger_id)
            SELECT c.id, claimed.ledger_id FROM unnest($2::uuid[], $3::bytea[]) AS c(id, hash) JOIN claimed ON claimed.hash = c.hash WHERE claimed.ledger_id <> c.id
            """;
        var same = new List<(Guid, Guid)>();
        if (ids.Length == 0)
        {
            return same;
        }

        // One statement claims a hash once: the first of equal ones in this batch.
        var first = ids.Zip(hashes).GroupBy(p => Convert.ToHexString(p.Second), StringComparer.Ordinal).ToList();
        foreach (var group in first)
        {
            same.AddRange(group.Skip(1).Select(p => (p.First, group.First().First)));
        }

        await using var command = new NpgsqlCommand(Sql, connection);
        command.Parameters.Add(new() { Value = account });
        command.Parameters.Add(new() { Value = first.Select(g => g.First().First).ToArray() });
        command.Parameters.Add(new() { Value = first.Select(g => g.First().Second).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea });
        var older = new Dictionary<Guid, Guid>();
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                older[reader.GetGuid(0)] = reader.GetGuid(1);
            }
        }

        return [.. same.Select(s => (s.Item1, older.GetValueOrDefault(s.Item2, s.Item2))), .. older.Select(o => (o.Key, o.Value))];
    }
}
