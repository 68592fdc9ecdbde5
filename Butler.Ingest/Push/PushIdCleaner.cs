using System.Globalization;
using Butler.Data.Ingest;
using Butler.Ingest.Schedules;
using Npgsql;

namespace Butler.Ingest.Push;

/// <summary>Forgets notification ids that Pub/Sub cannot send again.</summary>
internal sealed class PushIdCleaner(NpgsqlDataSource dataSource) : IScheduledJob
{
    private const int PerStatement = 10_000;

    public async Task<string?> RunAsync(ScheduledRun run, CancellationToken cancellationToken)
    {
        long all = 0;
        int gone;
        do
        {
            all += gone = await PushInbox.ForgetAsync(dataSource, PerStatement, cancellationToken);
        }
        while (gone == PerStatement);

        return string.Create(CultureInfo.InvariantCulture, $"{all} ids forgotten");
    }
}
