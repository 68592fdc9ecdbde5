using System.ComponentModel.DataAnnotations;

namespace Butler.Ingest.Retention;

/// <summary>Section <c>Butler:Retention</c>.</summary>
internal sealed class RetentionOptions
{
    public const string Section = "Butler:Retention";

    /// <summary>Mails per transaction.</summary>
    [Range(1, 10_000)]
    public int BatchMails { get; set; } = 1000;

    /// <summary>Weeks for which partitions are made ahead of need.</summary>
    [Range(1, 12)]
    public int WeeksAhead { get; set; } = 4;

    /// <summary>
    /// A table up to this size is rewritten as soon as somebody changes a retention or erases an account; a larger one, whose readers
    /// would wait longer, with the daily run.
    /// </summary>
    [Range(0L, long.MaxValue)]
    public long RewriteAtOnceBytes { get; set; } = 256L * 1024 * 1024;

    /// <summary>How long a run waits for older snapshots to end before it leaves a rewriting to the next.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan RewriteWait { get; set; } = TimeSpan.FromSeconds(45);
}
