namespace Butler.Sandbox.Faults;

/// <summary>
/// Behaviour nastier than Gmail's (MECHANICS 16). With a seed all of it is on; each can be set by itself. The seed and
/// the account decide where it strikes, so a run can be repeated.
/// </summary>
public sealed class NastyOptions
{
    /// <summary>Turns everything on and decides where it strikes; unset: off unless set one by one.</summary>
    public int? Seed { get; set; }

    /// <summary>New mail shows in listings with <c>q</c> late: after 0 s to <see cref="MaxSearchLag"/>, one in sixteen never.</summary>
    public bool? SearchLag { get; set; }

    /// <summary>Neighbours on pages of listing and history change places.</summary>
    public bool? Disorder { get; set; }

    /// <summary>Page tokens count positions, so mail that comes or goes between pages repeats or skips an id.</summary>
    public bool? PageShift { get; set; }

    /// <summary>One page token in <see cref="PageTokenOneIn"/> is refused.</summary>
    public bool? PageTokenExpiry { get; set; }

    /// <summary>One write in <see cref="LateOneIn"/> is executed after its client has been cut off.</summary>
    public bool? LateExecution { get; set; }

    /// <summary>An update gives a draft a new id too, and one new draft in three is saved again at once.</summary>
    public bool? DraftIds { get; set; }

    /// <summary>Saving a draft rewrites Message-ID and drops header fields that Gmail does not know.</summary>
    public bool? DraftRewrite { get; set; }

    /// <summary>History ids jump by thousands.</summary>
    public bool? HistoryJumps { get; set; }

    /// <summary>One arrival in four is dated up to 60 days back.</summary>
    public bool? OldDates { get; set; }

    /// <summary>One account in <see cref="SlowOneIn"/> answers late for minutes at a time.</summary>
    public bool? SlowAccounts { get; set; }

    /// <summary>Notifications are dropped, doubled, late or overtaken: two in five.</summary>
    public bool? Push { get; set; }

    /// <summary>One mail in <see cref="VanishOneIn"/> that arrived meanwhile is deleted right before it is first fetched.</summary>
    public bool? Vanish { get; set; }

    /// <summary>One history.list in <see cref="HistoryOneIn"/> finds the account's history forgotten: 404 for older ids.</summary>
    public bool? HistoryExpiry { get; set; }

    /// <summary>
    /// One call in <see cref="ErrorOneIn"/> fails: 500, 503, 401, 403 and 429 by each passing reason, slow, hung, cut, executed or not.
    /// Only when set to true: a seed alone does not turn it on, because no client's call may then be asserted to succeed.
    /// </summary>
    public bool? Errors { get; set; }

    /// <summary>Longest lag of search that ends.</summary>
    public TimeSpan MaxSearchLag { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long after its client left a late request is executed.</summary>
    public TimeSpan LateBy { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>By how much a slow account is late.</summary>
    public TimeSpan SlowBy { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long slow and normal phases last.</summary>
    public TimeSpan SlowPhase { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>By how much a late notification is late.</summary>
    public TimeSpan PushLateBy { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Share of mails that vanish.</summary>
    public int VanishOneIn { get; set; } = 24;

    /// <summary>Share of readings of the history that find it forgotten.</summary>
    public int HistoryOneIn { get; set; } = 40;

    /// <summary>Share of calls that fail.</summary>
    public int ErrorOneIn { get; set; } = 12;

    /// <summary>Share of accounts that are slow in a phase.</summary>
    public int SlowOneIn { get; set; } = 8;

    /// <summary>Share of writes that are executed late.</summary>
    public int LateOneIn { get; set; } = 8;

    /// <summary>Most entries on a page, whatever the caller asks for: maxResults is a maximum.</summary>
    public int MaxPage { get; set; } = 500;

    /// <summary>Share of page tokens that are refused.</summary>
    public int PageTokenOneIn { get; set; } = 6;
}
