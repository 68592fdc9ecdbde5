using Butler.Data.Classifier;
using Butler.Data.Ingest;
using Butler.Data.Retention;
using Butler.Data.Search;
using Butler.Data.Tests.Support;
using Butler.Testing;
using Npgsql;

namespace Butler.Data.Tests.Retention;

/// <summary>Mails with marks that can be found again in the server's files, and retention over them.</summary>
internal sealed class RetentionBed : IAsyncDisposable
{
    private RetentionBed(TestDb db)
    {
        Db = db;
        Expiry = new(db.Database);
        Partitions = new(db.Database);
        Rewrites = new(db.Database);
    }

    public TestDb Db { get; }

    public Expiry Expiry { get; }

    public PassedPartitions Partitions { get; }

    public TableRewrites Rewrites { get; }

    public static async Task<RetentionBed> CreateAsync() => new(await TestDb.CreateAsync());

    public async Task<Guid> AccountAsync(int days)
    {
        var account = await Db.AddAccountAsync();
        await Db.ExecuteAsync("UPDATE provider_users SET retention_days = $2 WHERE id = $1", account, days);
        return account;
    }

    /// <summary>
    /// Lists, stores, judges and answers mails of an account, as the services do it. Every text of a mail bears its mark.
    /// </summary>
    /// <param name="account">The account.</param>
    /// <param name="marks">One per mail, random, so that compression leaves it readable.</param>
    /// <param name="expiresAt">Another expiry than the account's retention gives: the test's way to a mail that is over already.</param>
    /// <param name="sync">The sync that lists them.</param>
    public async Task<Guid[]> StoreAsync(Guid account, IReadOnlyList<string> marks, DateTimeOffset? expiresAt = null, Guid? sync = null)
    {
        var ids = await Db.ListAsync(account, sync, marks.Count, Guid.NewGuid().ToString("N")[..6]);
        var now = (DateTimeOffset)new DateTimeOffset((DateTime)(await Db.ScalarAsync("SELECT now()"))!);
        await Db.TransactAsync(async c =>
        {
            var expiry = (await Ledger.StoreAsync(c, ids, [.. ids.Select(_ => now)], default)).ToDictionary(m => m.Id, m => m.ExpiresAt);
            if (expiresAt is { } other)
            {
                expiry = ids.ToDictionary(i => i, _ => (DateTimeOffset?)other);
                await using var set = new NpgsqlCommand("UPDATE ledger SET expires_at = $2 WHERE id = ANY ($1)", c) { Parameters = { new() { Value = ids }, new() { Value = other.UtcDateTime } } };
                await set.ExecuteNonQueryAsync();
            }

            await ContentTables.MakePartitionsAsync(c, expiry.Values.OfType<DateTimeOffset>(), default);
            await MailWriter.WriteAsync(c, [.. ids.Select((id, i) => Mail(id, account, marks[i], now) with { ExpiresAt = expiry[id] })], now, default);
        });
        return ids;
    }

    /// <summary>Verdict, tags, draft, dead letter and labels of stored mails, each with the mail's mark where it has text.</summary>
    public async Task JudgeAsync(Guid account, Guid[] ids, IReadOnlyList<string> marks)
    {
        for (var i = 0; i < ids.Length; i++)
        {
            var (id, mark) = (ids[i], marks[i]);
            await Db.TransactAsync(async c =>
            {
                var (expiresAt, _) = await Ledger.ExpiryAsync(c, id, default);
                await VerdictWriter.WriteFirstAsync(c, [new StoredVerdict(id, account, "needs_reply", 0.9f, $"reason {mark}", $"summary {mark}", "m", 0, ["work"]) { ExpiresAt = expiresAt, Record = $"{{\"answer\":\"record {mark}\"}}" }], DateTimeOffset.UnixEpoch, default);
                await using var reply = new NpgsqlCommand("""
                    INSERT INTO replies (mail_id, expires_at, provider_user_id, state, generated_reply, thread_id, correlation_id) VALUES ($1, $2, $3, 'created', $4, 't', $1)
                    """, c)
                { Parameters = { new() { Value = id }, new() { Value = expiresAt?.UtcDateTime ?? DateTime.MaxValue }, new() { Value = account }, new() { Value = $"Dear {mark}" } } };
                await reply.ExecuteNonQueryAsync();
                await DeadLetters.AddAsync(c, [new("triage", account, id, null, "{}", "e", null)], default);
                // The full-text index holds the mark by itself, as a word; the vector holds it as bytes, which no real one does.
                await SearchIndex.OpenAsync(c, account, [id], default);
                var words = await SearchIndex.CutAsync(c, new Stems(), await SearchIndex.ReadAsync(c, [id], default), withText: true, default);
                await SearchIndex.WriteAsync(c, [id], words, [new(id, "m", [0, 9], System.Text.Encoding.ASCII.GetBytes(mark))], default);
            });
        }
    }

    /// <summary>Partitions of a week that is over, as the schedule made them when it was to come.</summary>
    public async Task<DateTimeOffset> PastWeekAsync()
    {
        await Db.ExecuteAsync(PostgresFixture.PastWeek);
        return new((DateTime)(await Db.ScalarAsync("SELECT butler_past()"))!);
    }

    /// <summary>Which of the marks stand in any file of the database: tables, indexes, TOAST, statistics.</summary>
    public async Task<IReadOnlySet<string>> OnDiskAsync(IReadOnlyCollection<string> marks)
    {
        await Db.ExecuteAsync("CHECKPOINT");
        return PostgresFixture.FindInFiles(await Db.ScalarAsync("SELECT oid::text FROM pg_database WHERE datname = current_database()") as string ?? "", marks);
    }

    public static string[] Marks(int count) => [.. Enumerable.Range(0, count).Select(_ => $"mark{Guid.NewGuid():N}")];

    public ValueTask DisposeAsync() => Db.DisposeAsync();

    private static StoredMail Mail(Guid id, Guid account, string mark, DateTimeOffset now) => new()
    {
        Id = id,
        ProviderUserId = account,
        ThreadId = $"t-{mark}",
        MessageId = $"{mark}@example.org",
        InReplyTo = $"{mark}@example.org",
        References = [$"{mark}@example.org"],
        ReceivedAt = now,
        FromName = $"Name {mark}",
        FromAddress = $"{mark}@example.org",
        ReplyTo = [$"{mark}@example.org"],
        To = [$"{mark}@example.org"],
        Cc = [$"{mark}@example.org"],
        Subject = $"Subject {mark}",
        // Some texts lie in TOAST: longer than a page's share.
        NewText = mark + (id.ToByteArray()[15] % 2 == 0 ? "" : string.Concat(Enumerable.Range(0, 4000).Select(_ => Guid.NewGuid().ToString("N")))),
        QuotedText = $"> {mark}",
        Attachments = $$"""[{"name":"{{mark}}.pdf","size":1}]""",
        Signals = $$"""{"list_id":"{{mark}}"}""",
        Labels = ["INBOX"],
    };
}
