namespace Butler.Progress.Streams;

/// <summary>One sync as it stands in <c>sync_jobs</c>.</summary>
internal sealed record SyncSnapshot
{
    public required Guid SyncId { get; init; }

    public required Guid AppUserId { get; init; }

    /// <summary>The owner's family now, which is what access goes by.</summary>
    public Guid? FamilyId { get; init; }

    public required Guid ProviderUserId { get; init; }

    public required string Type { get; init; }

    public required string Trigger { get; init; }

    /// <summary>pending, in_progress, completed or failed.</summary>
    public required string Status { get; init; }

    public int? Months { get; init; }

    public double Progress { get; init; }

    public bool TotalKnown { get; init; }

    public double ListedShare { get; init; }

    public long Total { get; init; }

    public long AlreadyKnown { get; init; }

    /// <summary>Ended without a failure: done, skipped and gone.</summary>
    public long Processed { get; init; }

    /// <summary>The part of <see cref="Processed"/> that was skipped or gone.</summary>
    public long Skipped { get; init; }

    public long Failed { get; init; }

    public long Transactions { get; init; }

    public DateTimeOffset? ProcessedUntil { get; init; }

    public string? Error { get; init; }

    public string? ErrorCode { get; init; }

    public required string Details { get; init; }

    public Guid CorrelationId { get; init; }

    public long Version { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset UpdatedAt { get; init; }

    public DateTimeOffset? CompletedAt { get; init; }

    public long Closed => Processed + Failed;

    public bool IsFinal => Status is "completed" or "failed";

    /// <summary>The status in the words of the REST API.</summary>
    public string PublicStatus => Status == "in_progress" ? "processing" : Status;

    /// <summary>With one decimal, cut rather than rounded: 100 only with completed.</summary>
    public double PublicProgress => Status == "completed" ? 100 : Math.Min(99.9, Math.Floor(Progress * 10) / 10);
}
