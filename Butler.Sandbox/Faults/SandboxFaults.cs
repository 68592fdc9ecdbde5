namespace Butler.Sandbox.Faults;

/// <summary>What a plain fault does.</summary>
public enum FaultKind
{
    /// <summary>500 backendError.</summary>
    InternalError,

    /// <summary>503 backendError.</summary>
    Unavailable,

    /// <summary>401 authError.</summary>
    Unauthorized,

    /// <summary>403 userRateLimitExceeded.</summary>
    UserRateLimit,

    /// <summary>403 dailyLimitExceeded.</summary>
    DailyLimit,

    /// <summary>403 insufficientPermissions.</summary>
    InsufficientPermissions,

    /// <summary>429 rateLimitExceeded with Retry-After.</summary>
    TooManyRequests,

    /// <summary>404 notFound.</summary>
    NotFound,

    /// <summary>400 invalid_grant; for the method <c>token</c>.</summary>
    InvalidGrant,

    /// <summary>The request is executed, half of the answer is sent and the connection cut.</summary>
    CutBody,

    /// <summary>The request is executed and the connection cut without an answer.</summary>
    ExecutedNoAnswer,

    /// <summary>The connection is cut, the request never executed.</summary>
    NotExecutedNoAnswer,

    /// <summary>The connection is cut and the request executed a little later.</summary>
    ExecutedLate,

    /// <summary>No answer until the client gives up; never executed.</summary>
    Hang,

    /// <summary>403 rateLimitExceeded: the project's limit.</summary>
    RateLimit,

    /// <summary>429 "Too many concurrent requests for user".</summary>
    ConcurrentLimit,

    /// <summary>403 domainPolicy: an administrator forbids the app.</summary>
    DomainPolicy,

    /// <summary>Executed and answered, late by <see cref="NastyOptions.SlowBy"/>.</summary>
    Slow,

    /// <summary>For messages.get: the mail is deleted for good right before, so the answer is 404.</summary>
    Vanish,

    /// <summary>For history.list: the account's history so far is forgotten right before, so an older start id answers 404.</summary>
    HistoryTooOld,

    /// <summary>For the method <c>push</c>: the notification is never delivered.</summary>
    Drop,

    /// <summary>For <c>push</c>: delivered twice.</summary>
    Duplicate,

    /// <summary>For <c>push</c>: delivered late by <see cref="NastyOptions.PushLateBy"/>.</summary>
    Delay,

    /// <summary>For <c>push</c>: overtaken by the next one.</summary>
    Reorder,
}

/// <summary>A fault that is switched on.</summary>
/// <param name="Method">Such as <c>messages.get</c>, <c>drafts.create</c>, <c>token</c>, <c>batch</c>; <c>*</c> for all.</param>
/// <param name="Kind">What happens.</param>
/// <param name="Probability">How often, 0 to 1.</param>
/// <param name="Count">For how many calls; null: until cleared.</param>
/// <param name="Account">Only this account; null: all.</param>
/// <param name="Id">Only calls about this message, draft or thread id; null: all.</param>
public sealed record PlainFault(string Method, FaultKind Kind, double Probability = 1, int? Count = null, string? Account = null, string? Id = null);

/// <summary>Plain faults, switched by tests and through the control API.</summary>
public sealed class SandboxFaults
{
    private readonly Lock _gate = new();
    private readonly List<(PlainFault Fault, int Left)> _active = [];
    private ulong _rolls;

    /// <summary>Faults that are on.</summary>
    public IReadOnlyList<PlainFault> Active
    {
        get
        {
            lock (_gate)
            {
                return [.. _active.Select(a => a.Fault with { Count = a.Fault.Count is null ? null : a.Left })];
            }
        }
    }

    /// <summary>Switches a fault on, in addition to others.</summary>
    public void Set(PlainFault fault)
    {
        ArgumentNullException.ThrowIfNull(fault);
        lock (_gate)
        {
            _active.Add((fault, fault.Count ?? int.MaxValue));
        }
    }

    /// <summary>Switches all faults off, or those of one method.</summary>
    public void Clear(string? method = null)
    {
        lock (_gate)
        {
            _active.RemoveAll(a => method is null || a.Fault.Method == method);
        }
    }

    /// <summary>The fault that this call meets, if any; one with a count is used up by it.</summary>
    internal FaultKind? Take(string method, string? account, string? id)
    {
        lock (_gate)
        {
            for (var i = 0; i < _active.Count; i++)
            {
                var (fault, left) = _active[i];
                if ((fault.Method != "*" && fault.Method != method)
                    || (fault.Account is { } a && !a.Equals(account, StringComparison.OrdinalIgnoreCase))
                    || (fault.Id is { } wanted && wanted != id)
                    || (fault.Probability < 1 && State.Ids.Mix(++_rolls) % 10_000 >= fault.Probability * 10_000))
                {
                    continue;
                }

                if (fault.Count is not null && left <= 1)
                {
                    _active.RemoveAt(i);
                }
                else
                {
                    _active[i] = (fault, left - 1);
                }

                return fault.Kind;
            }
        }

        return null;
    }
}
