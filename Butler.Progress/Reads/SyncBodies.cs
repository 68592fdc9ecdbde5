using Butler.Progress.Streams;

namespace Butler.Progress.Reads;

/// <summary>One sync in the REST API and in events.</summary>
public sealed record SyncBody(
    Guid JobId, Guid AccountId, string Type, string Trigger, int? Months, string Status, double Progress, bool TotalKnown, long TotalEmails, long ProcessedEmails,
    long SkippedEmails, long FailedEmails, long ParsedTransactions, DateTimeOffset? ProcessedUntil, DateTimeOffset? EtaLow, DateTimeOffset? EtaHigh, string? Error, string? ErrorCode,
    DateTimeOffset CreatedAt, DateTimeOffset? StartedAt, DateTimeOffset UpdatedAt, DateTimeOffset? CompletedAt, Guid CorrelationId, long Version);

/// <summary>An account in <see cref="SyncStatusBody"/>, with its retention in days from storing (null: kept) and its newest sync.</summary>
internal sealed record AccountBody(Guid AccountId, string Provider, string Address, string DisplayName, string AccountStatus, DateTimeOffset? LastSyncAt, string? LastError, int? RetentionDays, SyncBody? Sync);

/// <summary>The body of <c>GET /api/v1/email-sync/status/{userId}</c>: the newest sync of each account, added up.</summary>
internal sealed record SyncStatusBody(
    Guid JobId, string Status, double Progress, long TotalEmails, long ProcessedEmails, long ParsedTransactions, long FailedEmails, DateTimeOffset? ProcessedUntil,
    DateTimeOffset? EtaLow, DateTimeOffset? EtaHigh, string? Error, IReadOnlyList<AccountBody> Accounts);

/// <summary>The body of <c>GET /api/v1/email-sync/history/{userId}</c>.</summary>
internal sealed record SyncHistoryBody(Guid UserId, IReadOnlyList<SyncBody> Jobs);

/// <summary>Turns snapshots into bodies.</summary>
internal sealed class SyncBodies(FinishEstimator estimator)
{
    public SyncBody Of(SyncSnapshot job)
    {
        var finish = estimator.Estimate(job);
        return new(
            job.SyncId, job.ProviderUserId, job.Type, job.Trigger, job.Months, job.PublicStatus, job.PublicProgress, job.TotalKnown, job.Total, job.Processed, job.Skipped,
            job.Failed, job.Transactions, job.ProcessedUntil, finish?.Low, finish?.High, job.Error, job.ErrorCode, job.CreatedAt, job.StartedAt, job.UpdatedAt, job.CompletedAt,
            job.CorrelationId, job.Version);
    }

    /// <summary>The newest syncs, running ones first, and the accounts they belong to.</summary>
    public SyncStatusBody Sum(IReadOnlyList<SyncSnapshot> latest, IReadOnlyList<Account> accounts)
    {
        var jobs = latest.ToDictionary(j => j.ProviderUserId, Of);
        var all = jobs.Values;
        // Weighted by what is listed: an account with 10 mails does not count as much as one with 10,000.
        var total = all.Sum(j => j.TotalEmails);
        var progress = total == 0 ? all.Average(j => j.Progress) : all.Sum(j => j.Progress * j.TotalEmails) / total;
        var status = new[] { "processing", "pending", "failed" }.FirstOrDefault(s => all.Any(j => j.Status == s)) ?? "completed";
        return new(
            latest[0].SyncId, status, status == "completed" ? 100 : Math.Min(99.9, Math.Floor(progress * 10) / 10), total, all.Sum(j => j.ProcessedEmails),
            all.Sum(j => j.ParsedTransactions), all.Sum(j => j.FailedEmails), all.Min(j => j.ProcessedUntil), all.Max(j => j.EtaLow), all.Max(j => j.EtaHigh),
            all.FirstOrDefault(j => j.Error is not null)?.Error,
            [.. accounts.Select(a => new AccountBody(a.Id, a.Provider, a.Address, a.DisplayName, a.Status, a.LastSyncAt, a.LastError, a.RetentionDays == 0 ? null : a.RetentionDays, jobs.GetValueOrDefault(a.Id)))]);
    }
}
