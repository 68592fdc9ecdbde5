using Npgsql;
using NpgsqlTypes;

namespace Butler.Data.Search;

/// <summary>Reads as the person who searches: each read is a transaction of its own.</summary>
public interface ISearchReads
{
    /// <summary>Runs one read.</summary>
    Task<T> ReadAsync<T>(Func<NpgsqlConnection, Task<T>> read, CancellationToken cancellationToken);
}

/// <summary>What a search needs to know of words and models; the models are in another room.</summary>
public interface IQueryModels
{
    /// <summary>The query's vector by the named model, as stored vectors are: one signed byte per number; null: this process has no such model, or it does not answer.</summary>
    Task<sbyte[]?> EmbedAsync(string model, string text, CancellationToken cancellationToken);

    /// <summary>Whether a model's list shall count less beside the words'.</summary>
    bool IsWeak(string model);

    /// <summary>Other words for a word, with what they count beside it: its right spelling, or its like in another language.</summary>
    IReadOnlyList<(string Word, float Weight)> Alternatives(string word);

    /// <summary>How much a word says: 0 for the commonest words, 1 for rare and unknown ones.</summary>
    float Weight(string word);

    /// <summary>The language of the query, ISO 639-1, or "und".</summary>
    string Language(string text);
}

/// <summary>A hit with its place in each list it was found in.</summary>
/// <param name="MailId">The mail.</param>
/// <param name="Score">The fused score: the sum of weight / (60 + place).</param>
/// <param name="WordPlace">From 1; null: not found by words.</param>
/// <param name="WordScore">How well its words fit.</param>
/// <param name="VectorPlace">From 1; null: not found by meaning.</param>
/// <param name="Passage">The nearest passage, with its cosine.</param>
/// <param name="Model">What made the vectors that found it.</param>
public sealed record SearchHit(Guid MailId, double Score, int? WordPlace, float? WordScore, int? VectorPlace, VectorHit? Passage, string? Model);

/// <summary>What a search came to.</summary>
/// <param name="Hits">Best first.</param>
/// <param name="Terms">The words that were looked for, for marking them.</param>
/// <param name="UnansweredModels">Models whose vectors could not be searched, because their vector of the query was not to be had.</param>
public sealed record SearchHits(IReadOnlyList<SearchHit> Hits, IReadOnlyList<string> Terms, IReadOnlyList<string> UnansweredModels);

/// <summary>What was found by the vectors of one model.</summary>
/// <param name="Model">The model.</param>
/// <param name="Hits">Best first.</param>
/// <param name="Weight">What the list counts in the fusion.</param>
public sealed record MeaningList(string Model, IReadOnlyList<VectorHit> Hits, double Weight);

/// <summary>Searches the mail of accounts by words (PostgreSQL) and by meaning (exact, in memory), and fuses both (docs/search.md).</summary>
public sealed class MailSearch(VectorCache cache, IQueryModels models)
{
    /// <summary>The constant of reciprocal rank fusion (Cormack, Clarke, Büttcher 2009).</summary>
    public const int FusionConstant = 60;

    /// <summary>
    /// What the local model's list counts beside the words' in hybrid mode, and how many of its hits do: its vectors are weaker than a
    /// provider's, and at full weight they make the answers worse (docs/search.md has the figures). Settled on half of the queries.
    /// </summary>
    public const double LocalWeight = 0.3;

    /// <summary>As <see cref="LocalWeight"/>.</summary>
    public const int LocalDepth = 20;

    private const int MaxLanguages = 4;
    private const int MaxTerms = 8;
    private const float LeastWeight = 0.12f;
    private const int Candidates = 200;
    private const int WordCandidates = 100;

    private readonly Stems _stems = new();

    /// <summary>Searches accounts that the caller was checked for.</summary>
    public async Task<SearchHits> SearchAsync(ISearchReads reads, Guid[] accounts, SearchQuery query, SearchFilter filter, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(reads);
        ArgumentNullException.ThrowIfNull(query);
        ArgumentNullException.ThrowIfNull(filter);
        var words = Words(query);
        var request = await reads.ReadAsync(async c =>
        {
            var index = await cache.RefreshAsync(c, accounts, cancellationToken);
            var language = models.Language(query.Text);
            string[] languages = [.. new[] { language is "und" ? "en" : language }.Concat(index.Languages.Where(l => l is not "und")).Distinct().Take(MaxLanguages)];
            var terms = await QueryTerms.LearnAsync(c, _stems, languages, words.Select(w => w.Word).Concat(query.Excluded), cancellationToken);
            var (conditions, together) = Conditions(query, words, terms);
            return new Request(accounts, filter, index, terms.Required(query.Phrases, filter.Sender is null ? query.Senders : [.. query.Senders, filter.Sender], query.Excluded), conditions, together);
        }, cancellationToken);
        var index = request.Index;

        // No transaction is open while a provider is asked.
        var vectors = new List<(string Model, sbyte[] Vector)>();
        var unanswered = new List<string>();
        if (filter.Mode != SearchMode.Words && query.Text.Length > 0)
        {
            foreach (var model in index.Models)
            {
                if (await models.EmbedAsync(model, query.Text, cancellationToken) is { } vector)
                {
                    vectors.Add((model, vector));
                }
                else
                {
                    unanswered.Add(model);
                }
            }
        }

        // Where nothing can be compared by meaning, words answer alone. PostgreSQL looks for them while the vectors are looked through here.
        var byWords = filter.Mode != SearchMode.Vectors || vectors.Count == 0
            ? reads.ReadAsync(c => WordsAsync(c, request, cancellationToken), cancellationToken)
            : Task.FromResult<List<(Guid Mail, float Score)>>([]);
        var byMeaning = MeaningAsync(reads, request, vectors, cancellationToken);
        await Task.WhenAll(byWords, byMeaning);
        return new([.. Fuse(await byWords, await byMeaning).Take(filter.Limit)], [.. words.Select(w => w.Word), .. query.Phrases], unanswered);
    }

    private async Task<List<MeaningList>> MeaningAsync(ISearchReads reads, Request request, List<(string Model, sbyte[] Vector)> vectors, CancellationToken cancellationToken)
    {
        var byMeaning = new List<MeaningList>();
        foreach (var (model, vector) in vectors)
        {
            var nearest = await NearestAsync(reads, request, model, vector, cancellationToken);
            byMeaning.Add(request.Filter.Mode == SearchMode.Hybrid && models.IsWeak(model) ? new(model, [.. nearest.Take(LocalDepth)], LocalWeight) : new(model, nearest, 1));
        }

        return byMeaning;
    }

    /// <summary>Reciprocal rank fusion. Lists of several models are lists of their own: their scores are never compared.</summary>
    public static IEnumerable<SearchHit> Fuse(IReadOnlyList<(Guid Mail, float Score)> words, IReadOnlyList<MeaningList> meaning)
    {
        ArgumentNullException.ThrowIfNull(words);
        ArgumentNullException.ThrowIfNull(meaning);
        var hits = new Dictionary<Guid, SearchHit>();
        for (var i = 0; i < words.Count; i++)
        {
            hits[words[i].Mail] = new(words[i].Mail, 1.0 / (FusionConstant + i + 1), i + 1, words[i].Score, null, null, null);
        }

        foreach (var (model, list, weight) in meaning)
        {
            for (var i = 0; i < list.Count; i++)
            {
                var hit = hits.GetValueOrDefault(list[i].MailId) ?? new(list[i].MailId, 0, null, null, null, null, null);
                hits[hit.MailId] = hit with { Score = hit.Score + (weight / (FusionConstant + i + 1)), VectorPlace = i + 1, Passage = list[i], Model = model };
            }
        }

        return hits.Values.OrderByDescending(h => h.Score).ThenBy(h => h.WordPlace ?? int.MaxValue).ThenBy(h => h.MailId);
    }

    private List<(string Word, float Weight)> Words(SearchQuery query)
    {
        var terms = new Dictionary<string, float>(StringComparer.OrdinalIgnoreCase);
        // Each word costs a walk through its mails: of a long query those that say most are looked for, unless there are no others.
        var telling = query.Words.Where(w => models.Weight(w) >= LeastWeight).OrderByDescending(models.Weight).Take(MaxTerms).ToList();
        foreach (var word in telling.Count > 0 ? telling : query.Words.Take(MaxTerms))
        {
            terms[word] = 1;
        }

        foreach (var (word, weight) in query.Words.SelectMany(models.Alternatives).Take(MaxTerms))
        {
            terms.TryAdd(word, weight);
        }

        return [.. terms.Select(t => (t.Key, t.Value))];
    }

    /// <summary>
    /// What is looked for and what it counts, and all the words that were written together: mails with all of them are candidates in any case,
    /// since of a common word only some mails are looked at. Of a query of common words only, they count all the same.
    /// </summary>
    private static (List<(WordCondition Condition, float Weight)> Conditions, string? Together) Conditions(SearchQuery query, List<(string Word, float Weight)> words, QueryTerms terms)
    {
        var telling = words.SelectMany(w => terms.Conditions(w.Word).Select(c => (c, w.Weight))).ToList();
        List<string> written = [.. words.Where(w => w.Weight >= 1).Select(w => terms.Anywhere(w.Word)).Where(t => t.Length > 0)];
        if (telling.Count == 0)
        {
            written = [.. query.Words.Take(MaxTerms).Select(QueryTerms.Plain).OfType<string>().Distinct()];
            telling = [.. written.Select(t => (new WordCondition(t, null), 1f))];
        }

        return (telling, written.Count > 1 ? string.Join(" & ", written) : null);
    }

    private static async Task<List<(Guid Mail, float Score)>> WordsAsync(NpgsqlConnection connection, Request request, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT mail_id, score FROM butler_search_words($1, $8, $12, $9, $13, $2, $3, $4, $5, $6, $7, $11, $10)", connection);
        request.AddTo(command);
        command.Parameters.Add(new() { Value = (float)Math.Max(request.Index.Mails, 100) });
        command.Parameters.Add(new() { Value = request.Conditions.Select(t => t.Condition.Words).ToArray() });
        command.Parameters.Add(new() { Value = request.Conditions.Select(t => t.Weight).ToArray() });
        command.Parameters.Add(new() { Value = Math.Max(WordCandidates, request.Filter.Limit) });
        command.Parameters.Add(new() { Value = Math.Max(1f, (float)request.Index.Words / Math.Max(request.Index.Mails, 1)) });
        command.Parameters.Add(new() { Value = request.Conditions.Select(t => t.Condition.Check).ToArray() });
        command.Parameters.Add(new() { Value = (object?)request.Together ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        var hits = new List<(Guid, float)>();
        while (await row.ReadAsync(cancellationToken))
        {
            hits.Add((row.GetGuid(0), row.GetFloat(1)));
        }

        return hits;
    }

    /// <summary>
    /// The nearest that pass the filters. Mostly enough of the nearest of all do; where not, all that pass are asked for and searched, so
    /// that the answer is exact either way.
    /// </summary>
    private async Task<List<VectorHit>> NearestAsync(ISearchReads reads, Request request, string model, sbyte[] vector, CancellationToken cancellationToken)
    {
        var filter = request.Filter;
        var nearest = await cache.SearchAsync(request.Accounts, model, vector, filter.Since, filter.Until, null, request.IsFiltered ? Candidates * 2 : Candidates, cancellationToken);
        if (!request.IsFiltered || nearest.Count == 0)
        {
            return nearest;
        }

        Guid[] found = [.. nearest.Select(n => n.MailId)];
        var passed = await reads.ReadAsync(c => FilterAsync(c, request, found, cancellationToken), cancellationToken);
        if (passed.Count >= filter.Limit * 2 || nearest.Count < Candidates * 2)
        {
            return [.. nearest.Where(n => passed.Contains(n.MailId)).Take(Candidates)];
        }

        var all = await reads.ReadAsync(c => FilterAsync(c, request, null, cancellationToken), cancellationToken);
        return all.Count == 0 ? [] : await cache.SearchAsync(request.Accounts, model, vector, filter.Since, filter.Until, all, Candidates, cancellationToken);
    }

    private static async Task<HashSet<Guid>> FilterAsync(NpgsqlConnection connection, Request request, Guid[]? mails, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT butler_search_filter($1, $7, $2, $3, $4, $5, $6)", connection);
        request.AddTo(command);
        command.Parameters.Add(new() { Value = (object?)mails ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid });
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        var passed = new HashSet<Guid>();
        while (await row.ReadAsync(cancellationToken))
        {
            passed.Add(row.GetGuid(0));
        }

        return passed;
    }

    /// <summary>A search, ready to be asked for.</summary>
    /// <param name="Accounts">Whose mail.</param>
    /// <param name="Filter">What is asked beside the query.</param>
    /// <param name="Index">What is known of these accounts.</param>
    /// <param name="Must">What every hit must have, as PostgreSQL writes it; null: nothing.</param>
    /// <param name="Conditions">What hits should have.</param>
    /// <param name="Together">All words of the query; null: there is but one.</param>
    private sealed record Request(Guid[] Accounts, SearchFilter Filter, AccountsIndex Index, string? Must, List<(WordCondition Condition, float Weight)> Conditions, string? Together)
    {
        /// <summary>Whether hits must pass something that only the database knows.</summary>
        public bool IsFiltered => Must is not null || Filter.Category is not null || Filter.Tag is not null;

        /// <summary>$1 accounts, $2 what must be, $3 since, $4 until, $5 category, $6 tag.</summary>
        public void AddTo(NpgsqlCommand command)
        {
            command.Parameters.Add(new() { Value = Accounts });
            command.Parameters.Add(new() { Value = (object?)Must ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
            command.Parameters.Add(new() { Value = (object?)Filter.Since?.UtcDateTime ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz });
            command.Parameters.Add(new() { Value = (object?)Filter.Until?.UtcDateTime ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz });
            command.Parameters.Add(new() { Value = (object?)Filter.Category ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
            command.Parameters.Add(new() { Value = (object?)Filter.Tag ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        }
    }
}
