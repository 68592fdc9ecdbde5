using System.Net.Http.Headers;
using System.Text.Json;
using Butler.Data;
using Butler.Data.Classifier;
using Butler.Data.Ingest;
using Butler.Data.Search;
using Butler.Intelligence.Embeddings;
using Butler.Progress.Streams;
using Butler.Testing;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace Butler.Services.Tests.Progress;

/// <summary>Butler.Progress on real Kestrel (HTTP/1.1 and h2c) and a PostgreSQL database of its own, with users to ask as.</summary>
public sealed class ProgressService : IAsyncLifetime
{
    private Factory _factory = null!;

    public Guid Owner { get; } = Guid.CreateVersion7();

    public Guid Spouse { get; } = Guid.CreateVersion7();

    public Guid Stranger { get; } = Guid.CreateVersion7();

    public Guid Admin { get; } = Guid.CreateVersion7();

    public Guid Account { get; } = Guid.CreateVersion7();

    public Guid Correlation { get; } = Guid.CreateVersion7();

    public string ConnectionString { get; private set; } = "";

    public NpgsqlDataSource Database { get; private set; } = null!;

    public TokenStore Tokens { get; private set; } = null!;

    public Uri Http { get; private set; } = null!;

    public GrpcChannel Channel { get; private set; } = null!;

    internal IServiceProvider Services => _factory.Services;

    internal ProgressHub Hub => _factory.Services.GetRequiredService<ProgressHub>();

    public async Task InitializeAsync()
    {
        ConnectionString = await PostgresFixture.CreateDatabaseAsync();
        Database = NpgsqlDataSource.Create(ConnectionString);
        Tokens = new TokenStore(new Database(Database));
        var family = Guid.CreateVersion7();
        await ExecuteAsync("INSERT INTO families (id, name) VALUES ($1, 'Muster')", family);
        foreach (var (id, name, role, of) in new (Guid, string, string, Guid?)[]
            { (Owner, "Erika", "family", family), (Spouse, "Max", "family", family), (Stranger, "Sam", "member", null), (Admin, "Ada", "admin", null) })
        {
            await ExecuteAsync("INSERT INTO app_users (id, display_name, role, family_id) VALUES ($1, $2, $3, $4::text::uuid)", id, name, role, (object?)of?.ToString() ?? DBNull.Value);
        }

        await AddAccountAsync(Account, Owner, "erika@example.org");
        _factory = new Factory(ConnectionString, null);
        (Http, Channel) = _factory.Start();
    }

    public async Task DisposeAsync()
    {
        Channel.Dispose();
        await _factory.DisposeAsync();
        await Database.DisposeAsync();
    }

    public Task AddAccountAsync(Guid id, Guid user, string address) =>
        ExecuteAsync("INSERT INTO provider_users (id, app_user_id, provider, address, services) VALUES ($1, $2, 'gmail', $3, '{gmail}')", id, user, address);

    public async Task<Guid> AddSyncAsync(string status = "in_progress", long total = 1000, long processed = 250, Guid? account = null, Guid? user = null)
    {
        var id = Guid.CreateVersion7();
        await ExecuteAsync("""
            INSERT INTO sync_jobs (id, app_user_id, provider_user_id, type, trigger, status, months, range_to, window_before, listed_share, total_known, total, processed, skipped, failed,
              progress, correlation_id, started_at, updated_at, completed_at)
            VALUES ($1, $2, $3, 'import', 'api', $4, 6, now(), now(), 1, true, $5, $6, 10, 2, 100.0 * $6 / $5, $7, now() - interval '60 s', now(),
              CASE WHEN $4 IN ('completed', 'failed') THEN now() END)
            """, id, user ?? Owner, account ?? Account, status, total, processed, Correlation);
        return id;
    }

    /// <summary>Moves a sync on as a batch would.</summary>
    public Task MoveAsync(Guid sync, int by) =>
        ExecuteAsync("UPDATE sync_jobs SET processed = processed + $2, progress = least(99.9, progress + 0.1), version = version + 1, updated_at = now() WHERE id = $1", sync, (long)by);

    public Task FinishAsync(Guid sync) =>
        ExecuteAsync("UPDATE sync_jobs SET status = 'completed', progress = 100, version = version + 1, updated_at = now(), completed_at = now() WHERE id = $1", sync);

    /// <summary>A stored, judged mail.</summary>
    public async Task<Guid> AddMailAsync(string subject, DateTimeOffset received, string category = "needs_reply", Guid? account = null, string text = "Can you come on Tuesday?", string? emailId = null)
    {
        var id = Guid.CreateVersion7();
        var owner = account ?? Account;
        await ExecuteAsync("""
            INSERT INTO ledger (id, provider_user_id, provider_message_id, state, lane, rank, correlation_id, stored_at, closed_at) VALUES ($1, $2, $3, 'done', 0, 0, $4, now(), now())
            """, id, owner, emailId ?? id.ToString("N")[..16] + id.ToString("N")[^8..], Correlation);
        await using var connection = await Database.OpenConnectionAsync();
        await MailWriter.WriteAsync(connection, [new StoredMail
        {
            Id = id, ProviderUserId = owner, ThreadId = "t1", ReceivedAt = received, FromName = "Otto <b>Bold</b>", FromAddress = "otto@example.com", To = ["erika@example.org"],
            Subject = subject, NewText = text, QuotedText = "> earlier", Attachments = """[{"name":"plan.pdf","size":2048}]""",
        }], received, CancellationToken.None);
        await VerdictWriter.WriteFirstAsync(
            connection, [new StoredVerdict(id, owner, category, 0.87f, "It asks a question.", "Otto asks about Tuesday.", "local", 0, ["meeting"])], received, CancellationToken.None);
        await IndexAsync(connection, id, owner, subject, text);
        return id;
    }

    /// <summary>As the Classifier does after its verdict.</summary>
    private static async Task IndexAsync(NpgsqlConnection connection, Guid id, Guid account, string subject, string text)
    {
        await SearchIndex.OpenAsync(connection, account, [id], CancellationToken.None);
        var chunks = TextChunks.Of(text);
        using var models = new EmbeddingModels(new());
        var vectors = await models.Local.GenerateAsync(chunks.Select(c => EmbeddingModels.Input(subject, text, c)));
        var words = await SearchIndex.CutAsync(connection, new Stems(), await SearchIndex.ReadAsync(connection, [id], CancellationToken.None), withText: true, CancellationToken.None);
        await SearchIndex.WriteAsync(
            connection, [id], words, [new(id, LocalEmbeddings.ModelName, [.. chunks.SelectMany(c => (int[])[c.Start, c.Length])], VectorBytes.Pack([.. vectors.Select(v => v.Vector)]))], CancellationToken.None);
    }

    public async Task ExecuteAsync(string sql, params object[] values)
    {
        await using var command = Database.CreateCommand(sql);
        foreach (var value in values)
        {
            command.Parameters.Add(value == DBNull.Value ? new() { Value = value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text } : new() { Value = value });
        }

        await command.ExecuteNonQueryAsync();
    }

    public async Task<T> ScalarAsync<T>(string sql, params object[] values)
    {
        await using var command = Database.CreateCommand(sql);
        foreach (var value in values)
        {
            command.Parameters.Add(new() { Value = value });
        }

        return (T)(await command.ExecuteScalarAsync())!;
    }

    public async Task<HttpClient> AsAsync(Guid user)
    {
        var client = Anonymous();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", await Tokens.CreateBearerAsync(user, "test", CancellationToken.None));
        return client;
    }

    public HttpClient Anonymous() => new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = Http };

    public async Task<CallOptions> CallAsync(Guid user, CancellationToken cancellationToken = default) => new(
        new Metadata { { "authorization", "Bearer " + await Tokens.CreateBearerAsync(user, "test", CancellationToken.None) } }, cancellationToken: cancellationToken);

    public static async Task<JsonElement> JsonAsync(HttpResponseMessage response) => JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement.Clone();

    /// <summary>A host of its own settings on the same code.</summary>
    internal sealed class Factory(string connectionString, IReadOnlyDictionary<string, string?>? settings) : WebApplicationFactory<ProgressHub>
    {
        public (Uri Http, GrpcChannel Channel) Start()
        {
            UseKestrel(kestrel =>
            {
                kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1);
                kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2);
            });
            StartServer();
            var addresses = Services.GetRequiredService<Microsoft.AspNetCore.Hosting.Server.IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.ToArray();
            return (new Uri(addresses[0]), GrpcChannel.ForAddress(addresses[1]));
        }

        protected override void ConfigureWebHost(IWebHostBuilder builder)
        {
            builder.UseEnvironment(Environments.Production);
            builder.UseSetting("ConnectionStrings:butler", connectionString);
            builder.UseSetting("Butler:MasterKey", PostgresFixture.MasterKey);
            builder.UseSetting("Butler:Google:ClientId", "test");
            builder.UseSetting("Butler:Progress:Poll", "00:00:00.2");
            builder.UseSetting("Butler:Progress:Coalesce", "00:00:00.1");
            builder.UseSetting("Butler:Progress:Recheck", "00:00:00.2");
            foreach (var (key, value) in settings ?? new Dictionary<string, string?>())
            {
                builder.UseSetting(key, value);
            }
        }
    }
}
