using Npgsql;

namespace Butler.Data;

/// <summary>A key of the ring, without its secret.</summary>
public sealed record RingKey(Guid Id, DateTimeOffset CreatedAt, DateTimeOffset? RetiredAt, long Credentials);

/// <summary>How a rotation stands.</summary>
/// <param name="Key">The new key.</param>
/// <param name="StartedAt">When it was added.</param>
/// <param name="ResealAfter">Until when services take notice of it.</param>
/// <param name="Resealed">Credentials sealed anew so far.</param>
/// <param name="FinishedAt">When two passes had found nothing under another key.</param>
public sealed record RotationState(Guid Key, DateTimeOffset StartedAt, DateTimeOffset ResealAfter, long Resealed, DateTimeOffset? FinishedAt);

/// <summary>
/// Rotation of the ring (MECHANICS 13): a key is added; after the time in which every service has noticed, everything is sealed
/// anew until two passes find nothing under another key; old keys are retired, never deleted, because a backup may need them.
/// Writes <c>key_ring</c> and <c>data_protection_keys</c>; the credentials themselves are their owning service's to write.
/// </summary>
public sealed class KeyRotation(KeyRing ring, Database database)
{
    /// <summary>Passes without a find after which the rotation is over.</summary>
    private const int CleanPasses = 2;

    /// <summary>Adds a key and notes the rotation; null when one is under way.</summary>
    /// <param name="settle">How long services take to notice: three looks of 30 s.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<RotationState?> StartAsync(TimeSpan settle, CancellationToken cancellationToken)
    {
        if (await StateAsync(cancellationToken) is { FinishedAt: null })
        {
            return null;
        }

        var key = ring.AddKey();
        await using var command = database.DataSource.CreateCommand("""
            UPDATE key_ring SET version = version + 1, rotation_key = $1, rotation_started_at = now(), reseal_after = now() + $2, clean_passes = 0, resealed = 0, rotation_finished_at = NULL
            WHERE rotation_key IS NULL OR rotation_finished_at IS NOT NULL
            """);
        command.Parameters.Add(new() { Value = key });
        command.Parameters.Add(new() { Value = settle });
        var started = await command.ExecuteNonQueryAsync(cancellationToken) == 1;
        ring.Refresh();
        return started ? await StateAsync(cancellationToken) : null;
    }

    /// <summary>The last rotation, or null.</summary>
    public async Task<RotationState?> StateAsync(CancellationToken cancellationToken)
    {
        await using var command = database.DataSource.CreateCommand("SELECT rotation_key, rotation_started_at, reseal_after, resealed, rotation_finished_at FROM key_ring WHERE rotation_key IS NOT NULL");
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        return await row.ReadAsync(cancellationToken)
            ? new(row.GetGuid(0), row.GetFieldValue<DateTimeOffset>(1), row.GetFieldValue<DateTimeOffset>(2), row.GetInt64(3), row.IsDBNull(4) ? null : row.GetFieldValue<DateTimeOffset>(4))
            : null;
    }

    /// <summary>The keys, oldest first, with how many credentials each has sealed.</summary>
    public async Task<List<RingKey>> KeysAsync(CancellationToken cancellationToken)
    {
        var counts = new Dictionary<Guid, long>();
        await using (var count = database.DataSource.CreateCommand("SELECT substring(credentials from 5 for 16), count(*) FROM provider_users WHERE get_byte(credentials, 0) = 9 AND length(credentials) > 20 GROUP BY 1"))
        await using (var row = await count.ExecuteReaderAsync(cancellationToken))
        {
            while (await row.ReadAsync(cancellationToken))
            {
                counts[new Guid(row.GetFieldValue<byte[]>(0))] = row.GetInt64(1);
            }
        }

        await using var command = database.DataSource.CreateCommand("SELECT id, created_at, retired_at FROM data_protection_keys ORDER BY created_at, id");
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var keys = new List<RingKey>();
        while (await reader.ReadAsync(cancellationToken))
        {
            keys.Add(new(reader.GetGuid(0), reader.GetFieldValue<DateTimeOffset>(1), reader.IsDBNull(2) ? null : reader.GetFieldValue<DateTimeOffset>(2), counts.GetValueOrDefault(reader.GetGuid(0))));
        }

        return keys;
    }

    /// <summary>Claims a pass that is due, for a time in which no other replica begins one. Null: nothing is due.</summary>
    public async Task<Guid?> ClaimPassAsync(TimeSpan lease, CancellationToken cancellationToken)
    {
        ring.Refresh();
        await using var command = database.DataSource.CreateCommand("""
            UPDATE key_ring SET reseal_after = now() + $1 WHERE rotation_key IS NOT NULL AND rotation_finished_at IS NULL AND reseal_after <= now() RETURNING rotation_key
            """);
        command.Parameters.Add(new() { Value = lease });
        return await command.ExecuteScalarAsync(cancellationToken) as Guid?;
    }

    /// <summary>
    /// Notes a pass: how many were sealed anew, and whether none was left. After two clean ones the canary is sealed with the new
    /// key, the others are retired, and the rotation is over. True then.
    /// </summary>
    public Task<bool> PassedAsync(Guid key, long resealed, TimeSpan again, CancellationToken cancellationToken) =>
        database.TransactAsync(async connection =>
        {
            await using (var note = new NpgsqlCommand("""
                UPDATE key_ring SET resealed = resealed + $2, clean_passes = CASE WHEN $2 = 0 THEN clean_passes + 1 ELSE 0 END, reseal_after = now() + $3
                WHERE rotation_key = $1 AND rotation_finished_at IS NULL RETURNING clean_passes
                """, connection)
            { Parameters = { new() { Value = key }, new() { Value = resealed }, new() { Value = again } } })
            {
                if (await note.ExecuteScalarAsync(cancellationToken) is not int passes || passes < CleanPasses)
                {
                    return false;
                }
            }

            await using var end = new NpgsqlBatch(connection)
            {
                BatchCommands =
                {
                    new("UPDATE data_protection_keys SET retired_at = now() WHERE id <> $1 AND retired_at IS NULL") { Parameters = { new() { Value = key } } },
                    new("UPDATE key_ring SET canary = $2, rotation_finished_at = now() WHERE rotation_key = $1") { Parameters = { new() { Value = key }, new() { Value = ring.SealCanary() } } },
                },
            };
            await end.ExecuteNonQueryAsync(cancellationToken);
            return true;
        }, cancellationToken);
}
