namespace Butler.Data.Ingest;

/// <summary>A group of people who may read each other's data.</summary>
public sealed class Family
{
    /// <summary>Version-7 id.</summary>
    public Guid Id { get; set; }

    /// <summary>Shown name.</summary>
    public string Name { get; set; } = "";

    /// <summary>When it was made (UTC).</summary>
    public DateTimeOffset CreatedAt { get; set; }
}

/// <summary>A person who uses Butler. The first one is admin.</summary>
public sealed class AppUser
{
    /// <summary>Version-7 id.</summary>
    public Guid Id { get; set; }

    /// <summary>Shown name.</summary>
    public string DisplayName { get; set; } = "";

    /// <summary>One of <see cref="Roles"/>.</summary>
    public string Role { get; set; } = Roles.Member;

    /// <summary>The family, if any.</summary>
    public Guid? FamilyId { get; set; }

    /// <summary>When it was made (UTC).</summary>
    public DateTimeOffset CreatedAt { get; set; }
}

/// <summary>The closed set of roles.</summary>
public static class Roles
{
    /// <summary>Reads own data.</summary>
    public const string Member = "member";

    /// <summary>Reads the family's data.</summary>
    public const string Family = "family";

    /// <summary>Reads everything and manages accounts.</summary>
    public const string Admin = "admin";
}

/// <summary>A hashed secret that stands for a user.</summary>
public sealed class ApiToken
{
    /// <summary>Version-7 id.</summary>
    public Guid Id { get; set; }

    /// <summary>Whose.</summary>
    public Guid AppUserId { get; set; }

    /// <summary>bearer, link (single use, 10 minutes) or session.</summary>
    public string Kind { get; set; } = "";

    /// <summary>Shown name.</summary>
    public string Name { get; set; } = "";

    /// <summary>SHA-256 of the secret.</summary>
    public byte[] Hash { get; set; } = [];

    /// <summary>When it was made (UTC).</summary>
    public DateTimeOffset CreatedAt { get; set; }

    /// <summary>When it ends (UTC).</summary>
    public DateTimeOffset ExpiresAt { get; set; }

    /// <summary>When a single-use code was used (UTC).</summary>
    public DateTimeOffset? UsedAt { get; set; }

    /// <summary>When it was revoked (UTC).</summary>
    public DateTimeOffset? RevokedAt { get; set; }
}

/// <summary>A connected account at a mail provider.</summary>
public sealed class ProviderUser
{
    /// <summary>Version-7 id.</summary>
    public Guid Id { get; set; }

    /// <summary>Whose.</summary>
    public Guid AppUserId { get; set; }

    /// <summary>gmail, imap or file.</summary>
    public string Provider { get; set; } = "gmail";

    /// <summary>The mail address.</summary>
    public string Address { get; set; } = "";

    /// <summary>The owner's name as drafts sign it.</summary>
    public string DisplayName { get; set; } = "";

    /// <summary>Services switched on; "gmail", "imap" or "file" starts the import.</summary>
    public string[] Services { get; set; } = [];

    /// <summary>active, reconnect_needed, paused or disconnected.</summary>
    public string Status { get; set; } = "active";

    /// <summary>Sealed credentials (<see cref="CredentialSealer"/>).</summary>
    public byte[]? Credentials { get; set; }

    /// <summary>True for an account fed from a file: imported whole, however old its mail.</summary>
    public bool WholeMailbox { get; set; }

    /// <summary>Days until its mail expires, counted from storing; 0 keeps it.</summary>
    public int RetentionDays { get; set; }

    /// <summary>The history cursor.</summary>
    public long? HistoryId { get; set; }

    /// <summary>Fence of the account's one reader (MECHANICS 6).</summary>
    public long SyncFence { get; set; }

    /// <summary>End of the last sync (UTC).</summary>
    public DateTimeOffset? LastSyncAt { get; set; }

    /// <summary>Account faults since the last success.</summary>
    public int ConsecutiveFailures { get; set; }

    /// <summary>Last account fault (UTC).</summary>
    public DateTimeOffset? LastFailureAt { get; set; }

    /// <summary>Last account fault in words.</summary>
    public string? LastError { get; set; }

    /// <summary>When it was connected (UTC).</summary>
    public DateTimeOffset CreatedAt { get; set; }
}

/// <summary>Something a user should be told.</summary>
public sealed class UserEvent
{
    /// <summary>Version-7 id.</summary>
    public Guid Id { get; set; }

    /// <summary>Whom.</summary>
    public Guid AppUserId { get; set; }

    /// <summary>About which account.</summary>
    public Guid? ProviderUserId { get; set; }

    /// <summary>import_finished, reconnect_needed, draft_unknown, repaired or chat_blocked.</summary>
    public string Kind { get; set; } = "";

    /// <summary>In words.</summary>
    public string Message { get; set; } = "";

    /// <summary>When (UTC).</summary>
    public DateTimeOffset CreatedAt { get; set; }
}
