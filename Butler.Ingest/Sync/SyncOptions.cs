using System.ComponentModel.DataAnnotations;

namespace Butler.Ingest.Sync;

/// <summary>Section <c>Butler:Sync</c>: reading the history of accounts.</summary>
internal sealed class SyncOptions
{
    public const string Section = "Butler:Sync";

    /// <summary>How long one reader holds an account without a sign of life.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a second reader waits before it looks again.</summary>
    [Range(typeof(TimeSpan), "00:00:00.01", "00:01:00")]
    public TimeSpan Busy { get; set; } = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// When a reading that found something is followed by one more: Gmail drops notifications that come within a second of another
    /// ("Configure push notifications"). A reading is never before the notification that caused it, so a second and a little covers all
    /// that was dropped.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.01", "00:05:00")]
    public TimeSpan Again { get; set; } = TimeSpan.FromSeconds(1.2);

    /// <summary>How long a gap repair waits for a running import.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "01:00:00")]
    public TimeSpan RepairWait { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How often a watch is renewed; Gmail ends one after seven days.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "6.12:00:00")]
    public TimeSpan WatchRenewal { get; set; } = TimeSpan.FromDays(6);
}
