using System.Collections.Concurrent;
using Butler.Data;
using Butler.ServiceDefaults.Access;

namespace Butler.Progress.Reads;

/// <summary>
/// Asks <see cref="AccessRule"/>, and notes when somebody reads another's data: by family or as admin, the first time in each hour
/// (promise 6). What is noted in this process is not asked of the database again.
/// </summary>
internal sealed class ReadGuard(Database database, VisibleData data, TimeProvider time)
{
    private readonly ConcurrentDictionary<(Guid Reader, Guid Owner), long> _noted = new();

    private static readonly TimeSpan s_trust = TimeSpan.FromSeconds(5);
    private readonly ConcurrentDictionary<(Guid Reader, Guid Owner), long> _mayRead = new();

    /// <summary>
    /// For a stream of somebody else's data, before each thing it shows: whether the right it began with still holds (a family is
    /// left, a role is taken away). Asked of the database at most every 5 s.
    /// </summary>
    public async Task<bool> StillReadsAsync(Caller caller, Guid owner, CancellationToken cancellationToken)
    {
        if (caller.UserId == owner || (_mayRead.TryGetValue((caller.UserId, owner), out var at) && time.GetElapsedTime(at) < s_trust))
        {
            return true;
        }

        var may = await data.ReadAsync("SELECT butler_may_read($1, $2)", [new() { Value = caller.UserId }, new() { Value = owner }], async row =>
            await row.ReadAsync(cancellationToken) && row.GetBoolean(0), cancellationToken);
        if (may)
        {
            _mayRead[(caller.UserId, owner)] = time.GetTimestamp();
        }

        return may;
    }

    /// <summary>Throws 403, or lets the read go on.</summary>
    public async Task RequireReadAsync(Caller caller, Guid owner, Guid? family, CancellationToken cancellationToken)
    {
        AccessRule.RequireRead(caller, owner, family);
        if (caller.UserId == owner)
        {
            return;
        }

        var hour = time.GetUtcNow().UtcTicks / TimeSpan.TicksPerHour;
        if (_noted.TryGetValue((caller.UserId, owner), out var noted) && noted == hour)
        {
            return;
        }

        var kind = family is not null && caller.FamilyId == family ? AuditKinds.ReadByFamily : AuditKinds.ReadByAdmin;
        await database.TransactAsync(c => Audit.ReadAsync(c, kind, caller.UserId, owner, cancellationToken), cancellationToken);
        _noted[(caller.UserId, owner)] = hour;
    }
}
