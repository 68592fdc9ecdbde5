using System.ComponentModel.DataAnnotations;

namespace Butler.Mailboxes.Gmail;

/// <summary>Which of Google's price lists the project is under (facts/gmail-api.md section 8).</summary>
public enum GmailPriceList
{
    /// <summary>Projects that used the API between November 2025 and April 2026: 5 units a mail, 15,000 a minute and user.</summary>
    Classic = 0,

    /// <summary>Projects created on or after 2026-05-01: 20 units a mail, 6,000 a minute and user. Written "2026".</summary>
    V2026 = 2026,
}

/// <summary>How Butler reaches Google: section <c>Butler:Google</c>.</summary>
public sealed class GoogleOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Butler:Google";

    /// <summary>Root of the Gmail API. Plain http only on loopback, because every request carries a token.</summary>
    [Required]
    public Uri BaseAddress { get; set; } = new("https://gmail.googleapis.com");

    /// <summary>The OAuth token endpoint.</summary>
    [Required]
    public Uri TokenAddress { get; set; } = new("https://oauth2.googleapis.com/token");

    /// <summary>The OAuth client's id.</summary>
    public string ClientId { get; set; } = "";

    /// <summary>The OAuth client's secret.</summary>
    public string ClientSecret { get; set; } = "";

    /// <summary>The price list: <c>classic</c> or <c>2026</c> (default, the tighter one).</summary>
    public GmailPriceList PriceList { get; set; } = GmailPriceList.V2026;

    /// <summary>Units per minute and user; null: the price list's (15,000 or 6,000).</summary>
    [Range(60, 10_000_000)]
    public int? UserUnitsPerMinute { get; set; }

    /// <summary>Units per minute of the whole project; null: 1,200,000.</summary>
    [Range(60, 1_000_000_000)]
    public int? ProjectUnitsPerMinute { get; set; }

    /// <summary>Units per day of the whole project, 0: no limit; null: the price list's (none, or 80,000,000).</summary>
    [Range(0L, 1_000_000_000_000L)]
    public long? DayUnits { get; set; }

    /// <summary>Requests in flight per user, calls inside a batch included: 1 to 50.</summary>
    [Range(1, 50)]
    public int MaxConcurrentPerUser { get; set; } = 10;

    /// <summary>The longest a call may take: 1 s to 5 min. Creating a draft takes at most 15 s of it (MECHANICS 7).</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(30);
}
