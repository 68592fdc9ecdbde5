using Butler.Data.Ingest;
using Butler.Data.Search;
using Butler.Data.Tests.Support;
using Npgsql;

namespace Butler.Data.Tests.Search;

/// <summary>Indexed mails, and a person who searches them as <c>butler_reader</c>; vectors are counts of letters, so that a test can foresee them.</summary>
internal sealed class SearchBed : ISearchReads, IQueryModels, IAsyncDisposable
{
    public const string Model = "letters";

    private readonly NpgsqlDataSource _reader;
    private readonly Stems _stems = new();

    private SearchBed(TestDb db)
    {
        Db = db;
        _reader = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(db.ConnectionString) { Username = "butler_reader" });
        Cache = new(64 * 1024 * 1024, Clock);
        Search = new(Cache, this);
    }

    public TestDb Db { get; }

    public TestClock Clock { get; } = new();

    public VectorCache Cache { get; }

    public MailSearch Search { get; }

    /// <summary>Who searches.</summary>
    public Guid Asker { get; set; }

    /// <summary>Models whose vector of the query is not to be had.</summary>
    public HashSet<string> Silent { get; } = [];

    public static async Task<SearchBed> CreateAsync() => new(await TestDb.CreateAsync());

    public async Task<Guid> AccountAsync()
    {
        var account = await Db.AddAccountAsync();
        Asker = (Guid)(await Db.ScalarAsync("SELECT app_user_id FROM provider_users WHERE id = $1", account))!;
        return account;
    }

    /// <summary>Stores mails and notes them as open.</summary>
    public async Task<Guid[]> StoreAsync(Guid account, params (string Subject, string Text)[] mails)
    {
        var ids = await Db.ListAsync(account, null, mails.Length, Guid.NewGuid().ToString("N")[..6]);
        await Db.TransactAsync(async c =>
        {
            await Ledger.StoreAsync(c, ids, [.. ids.Select(_ => DateTimeOffset.UnixEpoch.AddYears(56))], default);
            await MailWriter.WriteAsync(c, [.. ids.Select((id, i) => new StoredMail
            {
                Id = id, ProviderUserId = account, ThreadId = "t", ReceivedAt = DateTimeOffset.UnixEpoch.AddYears(56).AddDays(i), FromName = $"Sender {i}", FromAddress = $"sender{i}@example.org",
                To = ["owner@example.com"], Subject = mails[i].Subject, NewText = mails[i].Text, Language = "en",
            })], DateTimeOffset.UnixEpoch, default);
            await SearchIndex.OpenAsync(c, account, ids, default);
        });
        return ids;
    }

    public async Task<Guid[]> IndexAsync(Guid account, params (string Subject, string Text)[] mails)
    {
        var ids = await StoreAsync(account, mails);
        await WriteAsync(ids, Model);
        return ids;
    }

    public async Task<int> WriteAsync(Guid[] ids, string model)
    {
        var open = await ReadAsync(ids);
        var words = await CutAsync(open);
        return await Db.TransactAsync(c => SearchIndex.WriteAsync(c, ids, words, [.. open.Select(m => Embed(m, model))], default));
    }

    public Task<List<IndexedWords>> CutAsync(List<MailToIndex> mails) => Db.TransactAsync(c => SearchIndex.CutAsync(c, _stems, mails, withText: true, default));

    public Task<List<MailToIndex>> ReadAsync(Guid[] ids) => Db.TransactAsync(c => SearchIndex.ReadAsync(c, ids, default));

    public static EmbeddedMail Embed(MailToIndex mail, string model) => new(mail.Id, model, [0, mail.Text.Length], (byte[])(Array)Letters(mail.Subject + " " + mail.Text));

    public async Task<List<Guid>> FindAsync(Guid account, string query, SearchMode mode = SearchMode.Words, SearchFilter? filter = null)
    {
        var found = await Search.SearchAsync(this, [account], SearchQuery.Parse(query), (filter ?? new(null, null, null, null, null, 10, mode)) with { Mode = mode }, default);
        return [.. found.Hits.Select(h => h.MailId)];
    }

    public async Task<T> ReadAsync<T>(Func<NpgsqlConnection, Task<T>> read, CancellationToken cancellationToken)
    {
        await using var connection = await _reader.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using (var who = new NpgsqlCommand("SELECT set_config('butler.user_id', $1, true)", connection) { Parameters = { new() { Value = Asker.ToString() } } })
        {
            await who.ExecuteNonQueryAsync(cancellationToken);
        }

        return await read(connection);
    }

    public Task<sbyte[]?> EmbedAsync(string model, string text, CancellationToken cancellationToken) => Task.FromResult(Silent.Contains(model) ? null : Letters(text));

    public bool IsWeak(string model) => false;

    public IReadOnlyList<(string Word, float Weight)> Alternatives(string word) => word == "invoise" ? [("invoice", 0.7f)] : [];

    public float Weight(string word) => 1;

    public string Language(string text) => "und";

    public async ValueTask DisposeAsync()
    {
        await _reader.DisposeAsync();
        await Db.DisposeAsync();
    }

    private static sbyte[] Letters(string text)
    {
        var counts = new sbyte[32];
        foreach (var c in text.ToLowerInvariant().Where(char.IsAsciiLetterLower))
        {
            counts[c - 'a'] = (sbyte)Math.Min(127, counts[c - 'a'] + 1);
        }

        return counts;
    }
}

/// <summary>A clock that is moved by hand.</summary>
internal sealed class TestClock : TimeProvider
{
    private long _ticks = TimeSpan.TicksPerDay;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public void Advance(TimeSpan by) => Interlocked.Add(ref _ticks, by.Ticks);

    public override long GetTimestamp() => Interlocked.Read(ref _ticks);
}
