using Butler.Progress.V1;

namespace Butler.Cli.Watch;

/// <summary>One import as the stream last told.</summary>
internal sealed record ImportState(
    string SyncId, string AccountId, string Status, double Progress, bool TotalKnown, long Total, long Closed, long Failed, string Error, DateTimeOffset? EtaLow, DateTimeOffset? EtaHigh, long Version)
{
    public bool IsFinal => Status is "completed" or "failed";

    public static ImportState From(SyncProgress message) => new(
        message.SyncId, message.ProviderUserId, message.Status, message.Progress, message.TotalKnown, message.Total, message.Processed + message.Failed, message.Failed, message.Error,
        message.EtaLow?.ToDateTimeOffset(), message.EtaHigh?.ToDateTimeOffset(), message.Version);
}

/// <summary>The imports of a watch, by sync; of one account only the newest is shown.</summary>
internal sealed class ImportBoard
{
    private readonly Dictionary<string, ImportState> _imports = new(StringComparer.Ordinal);
    private readonly List<string> _order = [];

    public IReadOnlyList<ImportState> All => [.. _order.Select(id => _imports[id])];

    public bool AllFinal => _imports.Values.All(i => i.IsFinal);

    public bool AnyFailed => _imports.Values.Any(i => i.Status == "failed");

    /// <summary>Takes a message in; false when it says nothing new (a reconnect repeats the snapshot).</summary>
    public bool Apply(ImportState state)
    {
        if (_imports.TryGetValue(state.SyncId, out var known))
        {
            if (known.Version >= state.Version)
            {
                return false;
            }
        }
        else
        {
            foreach (var older in _order.Where(id => _imports[id].AccountId == state.AccountId && _imports[id].IsFinal).ToList())
            {
                _order.Remove(older);
                _imports.Remove(older);
            }

            _order.Add(state.SyncId);
        }

        _imports[state.SyncId] = state;
        return true;
    }
}
