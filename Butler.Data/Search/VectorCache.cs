using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Npgsql;
using NpgsqlTypes;

namespace Butler.Data.Search;

/// <summary>
/// The vectors of the accounts that were searched last, within a bound. They are read in whole once and then followed: each search reads
/// what was indexed since. What was deleted or has expired is never shown, because the caller reads every hit by its own right; here it
/// goes with the next whole reading, at the latest <see cref="Lifetime"/> after the last. Safe for several threads.
/// </summary>
public sealed class VectorCache(long maxBytes, TimeProvider time)
{
    /// <summary>How long an account is followed, and kept after its last search.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    // Searches of one person while typing need not ask again and again.
    private static readonly TimeSpan s_fresh = TimeSpan.FromSeconds(1);

    // A transaction that writes vectors bears the time of its start and lives for 30 s at most.
    private static readonly TimeSpan s_overlap = TimeSpan.FromSeconds(60);

    // A language of fewer mails than one in so many is mostly a wrong guess, and each costs a query other stems to look for.
    private const int LeastLanguage = 200;

    private readonly ConcurrentDictionary<Guid, Account> _accounts = new();

    /// <summary>Memory held.</summary>
    public long Bytes => _accounts.Values.Sum(a => a.Bytes);

    /// <summary>Brings accounts up to date, by a connection whose caller may read them.</summary>
    /// <returns>The models that made their vectors, and the mails and languages of their words.</returns>
    public async Task<AccountsIndex> RefreshAsync(NpgsqlConnection connection, IReadOnlyList<Guid> accounts, CancellationToken cancellationToken)
    {
        Evict(accounts);
        var (models, languages) = (new HashSet<string>(StringComparer.Ordinal), new Dictionary<string, long>(StringComparer.Ordinal));
        var words = 0L;
        foreach (var id in accounts)
        {
            var account = _accounts.GetOrAdd(id, _ => new Account());
            await account.Gate.WaitAsync(cancellationToken);
            try
            {
                await FollowAsync(connection, id, account, cancellationToken);
                models.UnionWith(account.Indexes.Where(i => i.Value.Count > 0).Select(i => i.Key));
                words += account.Words;
                foreach (var (language, count) in account.Languages)
                {
                    CollectionsMarshal.GetValueRefOrAddDefault(languages, language, out _) += count;
                }
            }
            finally
            {
                account.Gate.Release();
            }
        }

        var mails = languages.Values.Sum();
        return new([.. models.Order(StringComparer.Ordinal)], mails, words, [.. languages.Where(l => l.Value * LeastLanguage >= mails).OrderByDescending(l => l.Value).Select(l => l.Key)]);
    }

    /// <summary>The nearest mails of accounts that were brought up to date, among vectors of one model.</summary>
    public async Task<List<VectorHit>> SearchAsync(
        IReadOnlyList<Guid> accounts, string model, ReadOnlyMemory<sbyte> query, DateTimeOffset? since, DateTimeOffset? until, HashSet<Guid>? allowed, int most, CancellationToken cancellationToken)
    {
        var best = new NearestMails(most);
        foreach (var id in accounts)
        {
            if (!_accounts.TryGetValue(id, out var account))
            {
                continue;
            }

            await account.Gate.WaitAsync(cancellationToken);
            try
            {
                if (account.Indexes.TryGetValue(model, out var index))
                {
                    index.Search(query.Span, since?.UtcTicks ?? long.MinValue, until?.UtcTicks ?? long.MaxValue, allowed, best);
                }
            }
            finally
            {
                account.Gate.Release();
            }
        }

        return best.Take();
    }

    private async Task FollowAsync(NpgsqlConnection connection, Guid id, Account account, CancellationToken cancellationToken)
    {
        account.UsedAt = time.GetTimestamp();
        if (account.Loaded && time.GetElapsedTime(account.ReadAt) < s_fresh)
        {
            return;
        }

        var whole = !account.Loaded || time.GetElapsedTime(account.LoadedAt) > Lifetime;
        if (whole)
        {
            account.Indexes.Clear();
            (account.Loaded, account.ReadTo, account.Counted) = (false, null, 0);
        }

        // Read are the rows of transactions that had not ended when it was read last: by their numbers, because the times alone would bring an
        // import's last minute again and again. The marks are taken before the rows: what is written in between is read twice, not never.
        await using (var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new("SELECT now(), pg_snapshot_xmin(pg_current_snapshot())::xid"),
                new("SELECT mail_id, received_at, model, spans, vectors FROM email_embeddings WHERE provider_user_id = $1 AND indexed_at >= $2 AND ($3::xid IS NULL OR age(xmin) <= age($3::xid)) ORDER BY indexed_at")
                {
                    Parameters =
                    {
                        new() { Value = id },
                        new() { Value = account.ReadTo is { } to ? to.At - s_overlap : DateTime.MinValue.ToUniversalTime() },
                        new() { Value = (object?)account.ReadTo?.Transaction ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Xid },
                    },
                },
            },
        })
        {
            await using var row = await batch.ExecuteReaderAsync(cancellationToken);
            await row.ReadAsync(cancellationToken);
            var readTo = (row.GetDateTime(0), row.GetFieldValue<uint>(1));
            await row.NextResultAsync(cancellationToken);
            while (await row.ReadAsync(cancellationToken))
            {
                Take(account, row.GetGuid(0), row.GetDateTime(1), row.GetString(2), row.GetFieldValue<int[]>(3), row.GetFieldValue<byte[]>(4));
            }

            account.ReadTo = readTo;
        }

        (account.ReadAt, account.Bytes) = (time.GetTimestamp(), account.Indexes.Values.Sum(i => i.Bytes));
        if (whole)
        {
            (account.Loaded, account.LoadedAt) = (true, account.ReadAt);
        }

        // While an import is indexed, languages come to those of the first search.
        var vectors = account.Indexes.Values.Sum(i => i.Count);
        if (whole || vectors > account.Counted * 2)
        {
            await LanguagesAsync(connection, id, account, cancellationToken);
            account.Counted = vectors;
        }
    }

    private static void Take(Account account, Guid mail, DateTime receivedAt, string model, int[] spans, byte[] vectors)
    {
        if (spans.Length < 2)
        {
            return;
        }

        var dimensions = vectors.Length / (spans.Length / 2);
        if (!account.Indexes.TryGetValue(model, out var index))
        {
            account.Indexes[model] = index = new VectorIndex(dimensions);
        }

        foreach (var (name, other) in account.Indexes)
        {
            if (name != model)
            {
                other.Remove(mail);
            }
        }

        index.Add(mail, receivedAt, spans, MemoryMarshal.Cast<byte, sbyte>(vectors));
    }

    private static async Task LanguagesAsync(NpgsqlConnection connection, Guid id, Account account, CancellationToken cancellationToken)
    {
        account.Languages.Clear();
        account.Words = 0;
        await using var command = new NpgsqlCommand("SELECT language, mails, words FROM butler_search_size($1)", connection) { Parameters = { new() { Value = new[] { id } } } };
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
        {
            account.Languages[row.GetString(0)] = row.GetInt64(1);
            account.Words += row.GetInt64(2);
        }
    }

    /// <summary>Forgets what nobody has searched for a while, and the longest unused where the bound is passed.</summary>
    private void Evict(IReadOnlyList<Guid> wanted)
    {
        var total = 0L;
        foreach (var (id, account) in _accounts.OrderByDescending(a => a.Value.UsedAt))
        {
            total += account.Bytes;
            if (!wanted.Contains(id) && (total > maxBytes || time.GetElapsedTime(account.UsedAt) > Lifetime))
            {
                total -= account.Bytes;
                _accounts.TryRemove(id, out _);
            }
        }
    }

    private sealed class Account
    {
        public SemaphoreSlim Gate { get; } = new(1, 1);

        public Dictionary<string, VectorIndex> Indexes { get; } = new(StringComparer.Ordinal);

        public Dictionary<string, long> Languages { get; } = new(StringComparer.Ordinal);

        public long Words { get; set; }

        /// <summary>The mails there were when languages and words were counted.</summary>
        public int Counted { get; set; }

        public bool Loaded { get; set; }

        public long UsedAt { get; set; }

        public long ReadAt { get; set; }

        public long LoadedAt { get; set; }

        /// <summary>When it was read last, by the server's clock, and the oldest transaction that had not ended then; null: not yet.</summary>
        public (DateTime At, uint Transaction)? ReadTo { get; set; }

        /// <summary>Counted where the gate is held, because others ask for it without.</summary>
        public long Bytes { get; set; }
    }
}

/// <summary>What is known of the index of some accounts.</summary>
/// <param name="Models">The models whose vectors it has.</param>
/// <param name="Mails">Mails with words.</param>
/// <param name="Words">Words of these mails together, as their lengths are counted.</param>
/// <param name="Languages">Their languages, the commonest first.</param>
public sealed record AccountsIndex(IReadOnlyList<string> Models, long Mails, long Words, IReadOnlyList<string> Languages);
