using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using Butler.Cli.Models;
using Butler.Data;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Butler.Cli.Bench.Imap;

/// <summary>
/// A private Butler without a sandbox: PostgreSQL (fsync on), Redis and Ingest. Each measurement sets an IMAP account up by the API, as an
/// admin does, and ends when every mail is parsed and stored. Triage is another service's work and does not run.
/// </summary>
internal sealed class ImapBenchButler(ImapBenchServer server, string user, string folder, TimeProvider time) : IAsyncDisposable
{
    private const string Program = "Butler.Ingest";
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(50);

    private static readonly TimeSpan s_arrivalLook = TimeSpan.FromMilliseconds(10);

    /// <summary>Nothing stored for so long: the import has got stuck, and the result says how many there are.</summary>
    private static readonly TimeSpan s_stuck = TimeSpan.FromMinutes(2);

    private readonly List<Child> _children = [];
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(60) };
    private NpgsqlDataSource? _database;
    private Guid _account;
    private int _runs;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        var servers = new ScratchServers(folder, _children, time);
        var connection = await servers.StartPostgresAsync(cancellationToken);
        var redis = await servers.StartRedisAsync(cancellationToken);
        _database = NpgsqlDataSource.Create(connection + ";Maximum Pool Size=3;Application Name=butler-bench");
        await new Schema(_database, time, NullLogger<Schema>.Instance).MigrateAsync(cancellationToken);
        var key = RandomNumberGenerator.GetBytes(32);
        using (var ring = new KeyRing(_database, new MasterKeyCipher(key)))
        {
            await ring.CreateAsync(cancellationToken);
        }

        var program = Path.Combine(Corpus.Root(), Program, "bin", "Release", "net10.0", Program + ".dll");
        if (!File.Exists(program))
        {
            throw new CliException($"{program} is not there; build it first (./butler up or ./butler bench import do).");
        }

        var address = new Uri($"http://127.0.0.1:{Binaries.FreePort()}/");
        var data = Path.Combine(folder, "data");
        Directory.CreateDirectory(data);
        var child = Child.Start("ingest", Path.Combine(folder, "ingest.log"), ["dotnet", program], new Dictionary<string, string>
        {
            ["ASPNETCORE_URLS"] = address.ToString(),
            ["DOTNET_gcServer"] = "0",
            ["DOTNET_ENVIRONMENT"] = "Production",
            ["ConnectionStrings__butler"] = connection,
            ["ConnectionStrings__redis"] = redis,
            ["Butler__MasterKey"] = Convert.ToBase64String(key),
            ["Butler__DataDir"] = data,
            ["Butler__Imap__RootsFile"] = server.CertificateFile,
            ["Butler__Google__ClientId"] = "bench",
            ["Butler__Google__ClientSecret"] = "bench",
        });
        _children.Add(child);
        _http.BaseAddress = address;
        await servers.UntilAsync(child, () => HealthyAsync(cancellationToken), cancellationToken);
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (await File.ReadAllTextAsync(Path.Combine(data, "api-token"), cancellationToken)).Trim());
    }

    public async Task<ImapBenchResult> RunAsync(int mails, CancellationToken cancellationToken)
    {
        var (cpu, serverCpu, start) = (Cpu(), server.CpuSeconds, time.GetTimestamp());
        _account = await ConnectAsync(cancellationToken);
        var (stored, bytes, moved) = (0, 0L, start);
        while (stored < mails && time.GetElapsedTime(moved) < s_stuck)
        {
            await Task.Delay(s_look, time, cancellationToken);
            var now = await StoredAsync(_account, cancellationToken);
            moved = now.Mails > stored ? time.GetTimestamp() : moved;
            (stored, bytes) = now;
        }

        return new("Butler, import into PostgreSQL", stored, bytes, time.GetElapsedTime(start), Cpu() - cpu, server.CpuSeconds - serverCpu, ProcessTable.PeakBytes(_children[^1].Pid));
    }

    /// <summary>
    /// From the moment a mail lies in INBOX until it is stored, one after the other, in the account that was imported last: what waiting by
    /// IDLE is worth. Null: one did not come.
    /// </summary>
    public async Task<IReadOnlyList<TimeSpan>?> ArriveAsync(int stored, IReadOnlyList<byte[]> mails, CancellationToken cancellationToken)
    {
        var took = new List<TimeSpan>();
        foreach (var mail in mails)
        {
            var start = time.GetTimestamp();
            server.Deliver(user, [mail], ++stored);
            while ((await StoredAsync(_account, cancellationToken)).Mails < stored)
            {
                if (time.GetElapsedTime(start) > s_stuck)
                {
                    return null;
                }

                await Task.Delay(s_arrivalLook, time, cancellationToken);
            }

            took.Add(time.GetElapsedTime(start));
        }

        return took;
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        if (_database is not null)
        {
            await _database.DisposeAsync();
        }

        foreach (var child in Enumerable.Reverse(_children))
        {
            await child.StopAsync(TimeSpan.FromSeconds(10));
            child.Dispose();
        }
    }

    // Ingest, PostgreSQL and Redis together: that is what an import costs.
    private double Cpu() => _children.Sum(c => ProcessTable.CpuSeconds(c.Pid));

    private async Task<Guid> ConnectAsync(CancellationToken cancellationToken)
    {
        // Each time another account of Butler's, whose login at the server is the same.
        var body = new { address = $"bench{++_runs}@example.com", host = "localhost", port = server.TlsPort, security = "tls", user, password = ImapBenchServer.Password };
        using var response = await _http.PostAsJsonAsync("api/v1/imap-accounts", body, cancellationToken);
        var text = await response.Content.ReadAsStringAsync(cancellationToken);
        return response.IsSuccessStatusCode
            ? JsonDocument.Parse(text).RootElement.GetProperty("account_id").GetGuid()
            : throw new CliException($"The account was not accepted ({(int)response.StatusCode}): {text}\n{_children[^1].LastLines(5)}");
    }

    private async Task<(int Mails, long Bytes)> StoredAsync(Guid account, CancellationToken cancellationToken)
    {
        await using var command = _database!.CreateCommand("SELECT /* butler bench */ count(*)::int, COALESCE(sum(size), 0)::bigint FROM emails WHERE provider_user_id = $1");
        command.Parameters.Add(new() { Value = account });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return (reader.GetInt32(0), reader.GetInt64(1));
    }

    private async Task<bool> HealthyAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var response = await _http.GetAsync(new Uri("health", UriKind.Relative), cancellationToken);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
