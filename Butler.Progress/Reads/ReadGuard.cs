using System.Collections.Concurrent;
using Butler.Data;
using Butler.ServiceDefaults.Access;

namespace Butler.Progress.Reads;

/// <summary>
/// Asks <see cref="AccessRule"/>, and notes when somebody reads another's data: by family or as admin, the first time in each hour
/// (promise 6). What is noted in this process is not asked of the database again.
/// </summary>
internal sealed class ReadGuard(Database database, TimeProvider time)
{
    private readonly ConcurrentDictionary<(Guid Reader, Guid Owner), long> _noted = new();

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
