using System.Net.Http.Json;
using System.Text.Json;
using Butler.EndToEnd.Tests.Running;

namespace Butler.EndToEnd.Tests.Faults;

/// <summary>Looks at the imports over REST all the time, as a client would, and notes what must never be seen.</summary>
internal sealed class ProgressObserver : IAsyncDisposable
{
    private static readonly TimeSpan s_step = TimeSpan.FromMilliseconds(100);
    private readonly Dictionary<Guid, (long Version, double Progress, long Processed)> _last = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;

    public ProgressObserver(ButlerRun run, Guid user)
    {
        var client = run.Client(run.Progress);
        client.Timeout = TimeSpan.FromSeconds(10);
        _loop = Task.Run(async () =>
        {
            using (client)
            {
                while (!_stop.IsCancellationRequested)
                {
                    await LookAsync(client, user);
                    await Task.Delay(s_step, CancellationToken.None);
                }
            }
        });
    }

    /// <summary>Steps back.</summary>
    public List<string> Faults { get; } = [];

    /// <summary>Values between 0 and 100 that were seen.</summary>
    public HashSet<double> Between { get; } = [];

    /// <summary>Looks that were not answered, because something was dead.</summary>
    public int Unanswered { get; private set; }

    /// <summary>The last progress of each sync.</summary>
    public IEnumerable<double> Ends => _last.Values.Select(s => s.Progress);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _stop.Dispose();
    }

    private async Task LookAsync(HttpClient client, Guid user)
    {
        JsonElement history;
        try
        {
            using var response = await client.GetAsync($"api/v1/email-sync/history/{user}?limit=100");
            if (!response.IsSuccessStatusCode)
            {
                // Only "not ready" is a right answer while the database is away.
                Unanswered++;
                if (response.StatusCode != System.Net.HttpStatusCode.ServiceUnavailable)
                {
                    Faults.Add($"{response.StatusCode}: {await response.Content.ReadAsStringAsync()}");
                }

                return;
            }

            history = await response.Content.ReadFromJsonAsync<JsonElement>();
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or JsonException)
        {
            Unanswered++;
            return;
        }

        foreach (var job in history.GetProperty("jobs").EnumerateArray())
        {
            var (id, now) = (job.GetProperty("job_id").GetGuid(),
                (Version: job.GetProperty("version").GetInt64(), Progress: job.GetProperty("progress").GetDouble(), Processed: job.GetProperty("processed_emails").GetInt64()));
            if (_last.TryGetValue(id, out var before) && (now.Version < before.Version || now.Progress < before.Progress || now.Processed < before.Processed))
            {
                Faults.Add($"{id}: {before}, then {now}");
            }

            if (now.Progress >= 100 != (job.GetProperty("status").GetString() == "completed"))
            {
                Faults.Add($"{id}: {now} while {job.GetProperty("status").GetString()}");
            }

            if (now.Progress is > 0 and < 100)
            {
                Between.Add(now.Progress);
            }

            _last[id] = now;
        }
    }
}
