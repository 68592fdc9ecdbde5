using Butler.Data;
using Butler.Ingest.Schedules;
using Butler.Mailboxes.Files;
using Microsoft.Extensions.Options;

namespace Butler.Ingest.Files;

/// <summary>
/// What is taken out of archives is there to be imported, not to be kept: it goes when the account has no mail left to fetch and no
/// import runs. Should a mail be wanted later, it is taken out again.
/// </summary>
internal sealed class SpoolCleaner(Database database, IOptions<FileMailboxOptions> options) : IScheduledJob
{
    public const string Name = "file-spools";

    public async Task<string?> RunAsync(ScheduledRun run, CancellationToken cancellationToken)
    {
        var folder = Path.GetDirectoryName(options.Value.SpoolFolder(Guid.Empty))!;
        var erased = 0;
        foreach (var spool in Directory.Exists(folder) ? Directory.GetDirectories(folder) : [])
        {
            if (Guid.TryParseExact(Path.GetFileName(spool), "N", out var account) && await IsIdleAsync(account, cancellationToken))
            {
                Directory.Delete(spool, recursive: true);
                erased++;
            }
        }

        return $"{erased} accounts' archives erased";
    }

    private async Task<bool> IsIdleAsync(Guid account, CancellationToken cancellationToken)
    {
        await using var command = database.DataSource.CreateCommand("""
            SELECT NOT EXISTS (SELECT FROM ledger_open WHERE provider_user_id = $1 AND stage = 0)
              AND NOT EXISTS (SELECT FROM sync_jobs WHERE provider_user_id = $1 AND status IN ('pending', 'in_progress'))
            """);
        command.Parameters.Add(new() { Value = account });
        return await command.ExecuteScalarAsync(cancellationToken) is true;
    }
}
