using System.Security.Cryptography;
using Butler.Data;
using Butler.Messaging;

namespace Butler.Ingest.Keys;

/// <summary>Settings under <c>Butler:Keys</c>.</summary>
internal sealed class KeyOptions
{
    public const string Section = "Butler:Keys";

    /// <summary>How long every service may take to notice a new key: three of their looks.</summary>
    [System.ComponentModel.DataAnnotations.Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan Settle { get; set; } = TimeSpan.FromSeconds(90);

    /// <summary>How often a rotation under way is looked for, and the time between two of its passes.</summary>
    [System.ComponentModel.DataAnnotations.Range(typeof(TimeSpan), "00:00:00.05", "00:10:00")]
    public TimeSpan Pass { get; set; } = TimeSpan.FromSeconds(5);
}

/// <summary>
/// Carries a rotation through while everything runs (MECHANICS 13): credentials that name another key are opened and sealed anew,
/// each replaced only if it is still what was read. A replica that dies leaves the pass to another.
/// </summary>
internal sealed partial class KeyRotator(
    KeyRotation rotation, CredentialSealer sealer, Database database, TimeProvider time, Microsoft.Extensions.Options.IOptions<KeyOptions> options, ILogger<KeyRotator> logger) : BackgroundService
{
    private const int BatchRows = 100;
    private static readonly TimeSpan s_lease = TimeSpan.FromMinutes(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (await rotation.ClaimPassAsync(s_lease, stoppingToken) is { } key)
                {
                    await PassAsync(key, stoppingToken);
                }
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (Faults.IsOurs(e) || e is CryptographicException or KeyRingException)
            {
                LogPostponed(e.GetType().Name);
            }

            await Task.Delay(options.Value.Pass, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task PassAsync(Guid key, CancellationToken cancellationToken)
    {
        var (resealed, after) = (0L, Guid.Empty);
        while (true)
        {
            var rows = await ReadAsync(key, after, cancellationToken);
            foreach (var (id, credentials) in rows)
            {
                resealed += await ReplaceAsync(id, credentials, cancellationToken);
            }

            if (rows.Count < BatchRows)
            {
                break;
            }

            after = rows[^1].Id;
        }

        var finished = await rotation.PassedAsync(key, resealed, options.Value.Pass, cancellationToken);
        if (finished)
        {
            await database.TransactAsync(c => Audit.AddAsync(c, AuditKinds.RotationFinished, null, null, null, $$"""{"key":"{{key}}"}""", cancellationToken), cancellationToken);
            LogFinished(key);
        }
    }

    private async Task<List<(Guid Id, byte[] Credentials)>> ReadAsync(Guid key, Guid after, CancellationToken cancellationToken)
    {
        await using var command = database.DataSource.CreateCommand("""
            SELECT id, credentials FROM provider_users WHERE id > $2 AND credentials IS NOT NULL AND substring(credentials from 5 for 16) IS DISTINCT FROM $1 ORDER BY id LIMIT 100
            """);
        command.Parameters.Add(new() { Value = key.ToByteArray() });
        command.Parameters.Add(new() { Value = after });
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new List<(Guid, byte[])>();
        while (await row.ReadAsync(cancellationToken))
        {
            rows.Add((row.GetGuid(0), row.GetFieldValue<byte[]>(1)));
        }

        return rows;
    }

    private async Task<int> ReplaceAsync(Guid id, byte[] credentials, CancellationToken cancellationToken)
    {
        byte[] fresh;
        try
        {
            fresh = sealer.Seal(id, sealer.Open(id, credentials));
        }
        catch (CryptographicException)
        {
            // Damaged, or sealed under a ring that is lost: it opens for nobody, and must not keep the rest from a new key.
            LogUnopened(id);
            return 0;
        }

        await using var command = database.DataSource.CreateCommand("UPDATE provider_users SET credentials = $3 WHERE id = $1 AND credentials = $2");
        command.Parameters.Add(new() { Value = id });
        command.Parameters.Add(new() { Value = credentials });
        command.Parameters.Add(new() { Value = fresh });
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    [LoggerMessage(2040, LogLevel.Information, "The key rotation waits: {Reason}")]
    private partial void LogPostponed(string reason);

    [LoggerMessage(2041, LogLevel.Information, "Everything is sealed with key {Key}")]
    private partial void LogFinished(Guid key);

    [LoggerMessage(2042, LogLevel.Error, "The credentials of account {Account} do not open and were left as they are")]
    private partial void LogUnopened(Guid account);
}
