namespace Butler.Data.Ingest;

/// <summary>One sync of one account. Counters are written only by <see cref="SyncCounters"/>.</summary>
public sealed class SyncJob
{
    /// <summary>The sync id.</summary>
    public Guid Id { get; set; }

    /// <summary>Whose.</summary>
    public Guid AppUserId { get; set; }

    /// <summary>The owner's family when the sync began.</summary>
    public Guid? FamilyId { get; set; }

    /// <summary>The account.</summary>
    public Guid ProviderUserId { get; set; }

    /// <summary>"import".</summary>
    public string Type { get; set; } = "import";

    /// <summary>api or connect.</summary>
    public string Trigger { get; set; } = "api";

    /// <summary>pending, in_progress, completed or failed.</summary>
    public string Status { get; set; } = "pending";

    /// <summary>How far back was asked for; null: everything.</summary>
    public int? Months { get; set; }

    /// <summary>Inclusive lower end of the range; null: no bound.</summary>
    public DateTimeOffset? RangeFrom { get; set; }

    /// <summary>Upper end of the range.</summary>
    public DateTimeOffset RangeTo { get; set; }

    /// <summary>Listing cursor: upper end of the window being listed.</summary>
    public DateTimeOffset WindowBefore { get; set; }

    /// <summary>Listing cursor: width of the window being listed, in days.</summary>
    public int WindowDays { get; set; }

    /// <summary>Listing cursor: number of the window, from 0 (newest).</summary>
    public int WindowNumber { get; set; }

    /// <summary>Listing cursor: the provider's next page inside the window.</summary>
    public string? PageToken { get; set; }

    /// <summary>Part of the range already listed, 0 to 1.</summary>
    public double ListedShare { get; set; }

    /// <summary>Whether listing is over.</summary>
    public bool TotalKnown { get; set; }

    /// <summary>Ledger rows this sync inserted or took over.</summary>
    public long Total { get; set; }

    /// <summary>Listed ids that the ledger had already.</summary>
    public long AlreadyKnown { get; set; }

    /// <summary>Mails that ended done.</summary>
    public long Processed { get; set; }

    /// <summary>Mails that ended skipped or gone.</summary>
    public long Skipped { get; set; }

    /// <summary>Mails that ended dead.</summary>
    public long Failed { get; set; }

    /// <summary>Transactions booked.</summary>
    public long Transactions { get; set; }

    /// <summary>The oldest received time among the triaged mails: newest first, so all newer ones are likely done.</summary>
    public DateTimeOffset? ProcessedUntil { get; set; }

    /// <summary>0 to 100; never falls; 100 only with completed.</summary>
    public double Progress { get; set; }

    /// <summary>Why it failed, in words, and what to do.</summary>
    public string? Error { get; set; }

    /// <summary>The fault as a code.</summary>
    public string? ErrorCode { get; set; }

    /// <summary>Details as JSON.</summary>
    public string Details { get; set; } = "{}";

    /// <summary>Correlates all work of this sync.</summary>
    public Guid CorrelationId { get; set; }

    /// <summary>Rises with every change.</summary>
    public long Version { get; set; }

    /// <summary>Made (UTC).</summary>
    public DateTimeOffset CreatedAt { get; set; }

    /// <summary>First work (UTC).</summary>
    public DateTimeOffset? StartedAt { get; set; }

    /// <summary>Last change (UTC).</summary>
    public DateTimeOffset UpdatedAt { get; set; }

    /// <summary>End (UTC).</summary>
    public DateTimeOffset? CompletedAt { get; set; }
}

/// <summary>A task id that was handed out to a caller.</summary>
public sealed class ButlerTask
{
    /// <summary>The task id.</summary>
    public Guid Id { get; set; }

    /// <summary>sync or process.</summary>
    public string Kind { get; set; } = "";

    /// <summary>Who asked.</summary>
    public Guid AppUserId { get; set; }

    /// <summary>The account.</summary>
    public Guid ProviderUserId { get; set; }

    /// <summary>The sync, for kind sync.</summary>
    public Guid? SyncId { get; set; }

    /// <summary>The mail, for kind process.</summary>
    public Guid? LedgerId { get; set; }

    /// <summary>pending, processing, completed or failed.</summary>
    public string Status { get; set; } = "pending";

    /// <summary>Correlates the work.</summary>
    public Guid CorrelationId { get; set; }

    /// <summary>Made (UTC).</summary>
    public DateTimeOffset CreatedAt { get; set; }

    /// <summary>End (UTC).</summary>
    public DateTimeOffset? CompletedAt { get; set; }
}

/// <summary>A dead letter: ids and the error, never mail content.</summary>
public sealed class FailedTask
{
    /// <summary>Version-7 id.</summary>
    public Guid Id { get; set; }

    /// <summary>The kind of the message that died, or "fetch" for one mail of a batch.</summary>
    public string Task { get; set; } = "";

    /// <summary>The account, if any.</summary>
    public Guid? ProviderUserId { get; set; }

    /// <summary>The mail, if one.</summary>
    public Guid? LedgerId { get; set; }

    /// <summary>The sync, if any.</summary>
    public Guid? SyncId { get; set; }

    /// <summary>The message's body (ids only).</summary>
    public string Message { get; set; } = "{}";

    /// <summary>What went wrong.</summary>
    public string Error { get; set; } = "";

    /// <summary>Where.</summary>
    public string? StackTrace { get; set; }

    /// <summary>How often it was tried again since.</summary>
    public int RetryCount { get; set; }

    /// <summary>When it died (UTC).</summary>
    public DateTimeOffset CreatedAt { get; set; }

    /// <summary>When it was resolved (UTC).</summary>
    public DateTimeOffset? ResolvedAt { get; set; }
}
