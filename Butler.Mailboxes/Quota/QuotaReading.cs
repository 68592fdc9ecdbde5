namespace Butler.Mailboxes.Quota;

/// <summary>Brings <c>gmail_quota_used_ratio</c> up to date: between calls its last reading would stay although the bucket fills again.</summary>
public sealed class QuotaReading
{
    private readonly IQuotaLimiter _limiter;

    internal QuotaReading(IQuotaLimiter limiter) => _limiter = limiter;

    /// <summary>Reads the project's bucket and its day.</summary>
    public Task MeasureAsync(CancellationToken cancellationToken) => _limiter.MeasureAsync(cancellationToken).AsTask();
}
