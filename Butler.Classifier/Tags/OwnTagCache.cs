using System.Collections.Concurrent;
using Butler.Data;
using Butler.Data.Classifier;
using Butler.Intelligence;
using Npgsql;

namespace Butler.Classifier.Tags;

/// <summary>
/// The tags of an account's owner, read for each batch, so that a change holds at once in every process. What is made of the rows is kept
/// until they change.
/// </summary>
internal sealed class OwnTagCache(Database database)
{
    private const int MaxKept = 2_000;
    private readonly ConcurrentDictionary<Guid, OwnTags> _kept = new();

    public async Task<OwnTags> OfAsync(Guid account, CancellationToken cancellationToken) =>
        Of(account, await OwnTagStore.OfAccountAsync(database.DataSource, account, cancellationToken));

    /// <summary>Those in force until the end of the transaction: the first thing in one that writes tags.</summary>
    public async Task<OwnTags> HoldAsync(NpgsqlConnection connection, Guid account, CancellationToken cancellationToken) =>
        Of(account, await OwnTagStore.HoldOfAccountAsync(connection, account, cancellationToken));

    private OwnTags Of(Guid account, List<OwnTagRow> rows)
    {
        if (rows.Count == 0)
        {
            _kept.TryRemove(account, out _);
            return OwnTags.Empty;
        }

        var version = (rows.Count, rows.Max(r => r.Version));
        if (_kept.TryGetValue(account, out var kept) && kept.Version == version)
        {
            return kept;
        }

        if (_kept.Count >= MaxKept)
        {
            _kept.Clear();
        }

        return _kept[account] = new([.. rows.Select(r => new OwnTag(r.Name, r.Description, TagRule.Parse(r.Rule)))], version);
    }
}
