namespace Butler.Mailboxes.Quota;

/// <summary>Hands out the provider's quota. It never waits: it grants, or says when to come back (MECHANICS 9).</summary>
internal interface IQuotaLimiter
{
    /// <summary>Asks for calls of one user. Dispose the lease of a grant when the calls have ended.</summary>
    ValueTask<QuotaAnswer> TryAcquireAsync(string userKey, QuotaRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// The provider refused this user's call for <paramref name="wait"/>. For the user's units nothing is granted to the user until then;
    /// for too many calls at once the user has half the places for a while; for the project, or its day, all bulk work waits.
    /// </summary>
    ValueTask PenaliseAsync(string userKey, QuotaScope scope, TimeSpan wait, CancellationToken cancellationToken);

    /// <summary>Reads the project's bucket and day for the metric, without taking anything.</summary>
    ValueTask MeasureAsync(CancellationToken cancellationToken);
}

/// <summary>What is asked for.</summary>
/// <param name="UnitsPerCall">The price of one call.</param>
/// <param name="Calls">The most calls wanted now, made at the same time.</param>
/// <param name="MinCalls">The fewest that are worth a request.</param>
/// <param name="Wanted">Calls wanted in the near future; a refusal waits until a good part of them is affordable.</param>
/// <param name="Lane">Bulk takes only what is above a fifth of each bucket, and leaves two concurrent calls free.</param>
internal readonly record struct QuotaRequest(int UnitsPerCall, int Calls, int MinCalls, int Wanted, MailLane Lane)
{
    public static QuotaRequest Single(int units, MailLane lane) => new(units, 1, 1, 1, lane);
}

/// <summary>A grant (<see cref="Lease"/>) or a refusal.</summary>
/// <param name="Lease">The granted calls; null when refused.</param>
/// <param name="NotBefore">When asking again makes sense.</param>
/// <param name="Daily">The day is used up for everybody; bulk that has used its share of it waits for the next day without that.</param>
internal readonly record struct QuotaAnswer(QuotaLease? Lease, DateTimeOffset NotBefore, bool Daily);

/// <summary>Granted calls; counts as in flight until disposed, or until it expires when its holder dies.</summary>
internal sealed class QuotaLease(int calls, Func<ValueTask> release) : IAsyncDisposable
{
    private Func<ValueTask>? _release = release;

    public int Calls { get; } = calls;

    public ValueTask DisposeAsync() => Interlocked.Exchange(ref _release, null)?.Invoke() ?? ValueTask.CompletedTask;
}
