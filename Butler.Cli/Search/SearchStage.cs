using Butler.Cli.Bench;
using Butler.Data;
using Butler.Data.Ingest;
using Butler.Data.Search;
using Butler.Intelligence;
using Butler.Intelligence.Embeddings;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Butler.Cli.Search;

/// <summary>
/// A PostgreSQL of its own with the schema and one user's mailbox, indexed by the same classes as the Classifier's and searched by the same as
/// Progress's, as <c>butler_reader</c> under row-level security.
/// </summary>
internal sealed class SearchStage(string folder, TimeProvider time) : ISearchReads, IQueryModels, IAsyncDisposable
{
    private const int StoreBatch = 1000;
    private const int IndexBatch = 100;

    private readonly List<Child> _children = [];
    private readonly Stems _stems = new();
    private readonly EmbeddingModels _models = new(new EmbeddingOptions());
    private Database _database = null!;
    private MailSearch _search = null!;

    public NpgsqlDataSource Source { get; private set; } = null!;

    public Guid User { get; } = Guid.CreateVersion7();

    public Guid Account { get; } = Guid.CreateVersion7();

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        var connection = await new ScratchServers(folder, _children, time).StartPostgresAsync(cancellationToken);
        Source = NpgsqlDataSource.Create(connection + ";Maximum Pool Size=10;No Reset On Close=false;Command Timeout=600");
        _database = new Database(Source);
        await new Schema(Source, time, NullLogger<Schema>.Instance).MigrateAsync(cancellationToken);
        await using var context = new ButlerContext(new DbContextOptionsBuilder<ButlerContext>().UseNpgsql(Source).Options);
        context.Add(new AppUser { Id = User, DisplayName = "Bench", Role = "member", CreatedAt = time.GetUtcNow() });
        context.Add(new ProviderUser { Id = Account, AppUserId = User, Provider = "gmail", Address = "bench@example.org", CreatedAt = time.GetUtcNow() });
        await context.SaveChangesAsync(cancellationToken);
        Forget();
    }

    /// <summary>A search that has read nothing yet.</summary>
    public void Forget() => _search = new(new VectorCache(1L << 30, time), this);

    /// <summary>Stores mails and notes them as open; answers their ids in order.</summary>
    public async Task<List<Guid>> StoreAsync(IEnumerable<StoredMail> mails, CancellationToken cancellationToken)
    {
        var ids = new List<Guid>();
        foreach (var batch in mails.Chunk(StoreBatch))
        {
            // By the ledger's own moves, as an import makes them.
            string[] names = [.. batch.Select(_ => Guid.CreateVersion7().ToString("N"))];
            await _database.TransactAsync(async connection =>
            {
                await Ledger.ListAsync(connection, Account, null, User, Lane.Bulk, names, 0, cancellationToken);
                var known = (await Ledger.FindAsync(connection, Account, names, cancellationToken)).ToDictionary(k => k.ProviderMessageId, k => k.Id, StringComparer.Ordinal);
                var own = batch.Select((m, i) => m with { Id = known[names[i]], ProviderUserId = Account }).ToArray();
                Guid[] moved = [.. own.Select(m => m.Id)];
                await Ledger.StoreAsync(connection, moved, [.. own.Select(m => m.ReceivedAt.ToUniversalTime())], cancellationToken);
                await Ledger.FinishAsync(connection, moved, cancellationToken);
                ids.AddRange(moved);
                await MailWriter.WriteAsync(connection, own, time.GetUtcNow(), cancellationToken);
                await SearchIndex.OpenAsync(connection, Account, moved, cancellationToken);
            }, cancellationToken);
        }

        return ids;
    }

    /// <summary>Indexes mails batch by batch, as IndexMails does; answers the time that went into vectors.</summary>
    public async Task<TimeSpan> IndexAsync(IReadOnlyList<Guid> mails, CancellationToken cancellationToken)
    {
        var embedding = TimeSpan.Zero;
        foreach (var ids in mails.Chunk(IndexBatch))
        {
            await using var connection = await Source.OpenConnectionAsync(cancellationToken);
            var read = await SearchIndex.ReadAsync(connection, ids, cancellationToken);
            var words = await SearchIndex.CutAsync(connection, _stems, read, withText: true, cancellationToken);
            var started = time.GetTimestamp();
            var vectors = new List<EmbeddedMail>();
            foreach (var mail in read)
            {
                var chunks = TextChunks.Of(mail.Text);
                var made = await _models.Local.GenerateAsync(chunks.Select(c => EmbeddingModels.Input(mail.Subject, mail.Text, c)), null, cancellationToken);
                vectors.Add(new(mail.Id, LocalEmbeddings.ModelName, [.. chunks.SelectMany(c => (int[])[c.Start, c.Length])], VectorBytes.Pack([.. made.Select(v => v.Vector)])));
            }

            embedding += time.GetElapsedTime(started);
            await _database.TransactAsync(c => SearchIndex.WriteAsync(c, ids, words, vectors, cancellationToken), cancellationToken);
        }

        return embedding;
    }

    public async Task<SearchHits> SearchAsync(string query, SearchMode mode, int limit, CancellationToken cancellationToken) =>
        await _search.SearchAsync(this, [Account], SearchQuery.Parse(query), new(null, null, null, null, null, limit, mode), cancellationToken);

    public async Task<T> ReadAsync<T>(Func<NpgsqlConnection, Task<T>> read, CancellationToken cancellationToken)
    {
        await using var connection = await Source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using (var who = new NpgsqlCommand("SELECT set_config('role', 'butler_reader', true), set_config('butler.user_id', $1, true)", connection) { Parameters = { new() { Value = User.ToString() } } })
        {
            await who.ExecuteNonQueryAsync(cancellationToken);
        }

        var result = await read(connection);
        await transaction.CommitAsync(cancellationToken);
        return result;
    }

    public async Task<sbyte[]?> EmbedAsync(string model, string text, CancellationToken cancellationToken)
    {
        var vector = new sbyte[LocalEmbeddings.Dimensions];
        VectorBytes.Quantise((await _models.Local.GenerateAsync([QueryWords.Expand(text)], null, cancellationToken))[0].Vector.Span, vector);
        return vector;
    }

    public bool IsWeak(string model) => true;

    public IReadOnlyList<(string Word, float Weight)> Alternatives(string word) => QueryWords.Alternatives(word);

    public float Weight(string word) => QueryWords.Weight(word);

    public string Language(string text) => LanguageGuess.Of(text);

    /// <summary>CPU time of this process and of PostgreSQL so far.</summary>
    public double CpuSeconds() => Environment.CpuUsage.TotalTime.TotalSeconds + _children.Sum(c => ProcessTable.CpuSeconds(c.Pid));

    public async Task<long> BytesAsync(string table, CancellationToken cancellationToken)
    {
        await using var command = Source.CreateCommand("SELECT sum(pg_total_relation_size(i.inhrelid))::bigint FROM pg_inherits i WHERE i.inhparent = $1::regclass");
        command.Parameters.Add(new() { Value = table, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text });
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    public async Task ExecuteAsync(string sql, CancellationToken cancellationToken, params object[] values)
    {
        await using var command = Source.CreateCommand(sql);
        foreach (var value in values)
        {
            command.Parameters.Add(new() { Value = value });
        }

        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (Source is not null)
        {
            await Source.DisposeAsync();
        }

        foreach (var child in _children)
        {
            await child.StopAsync(TimeSpan.FromSeconds(15));
            child.Dispose();
        }

        _models.Dispose();
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
