using System.ComponentModel.DataAnnotations;

namespace Butler.Classifier.Judging;

/// <summary>Section <c>Butler:Judging</c>: which mail a chat model is asked about, and how work reaches it.</summary>
internal sealed class JudgingOptions
{
    public const string Section = "Butler:Judging";

    /// <summary>A local "needs reply" is final from this confidence on, 0 to 1.</summary>
    [Range(0.0, 1.0)]
    public double SureNeedsReply { get; set; } = 0.75;

    /// <summary>A local "informational" is final from this confidence on, 0 to 1.</summary>
    [Range(0.0, 1.0)]
    public double SureInformational { get; set; } = 0.75;

    /// <summary>A local "spam" is final from this confidence on, 0 to 1.</summary>
    [Range(0.0, 1.0)]
    public double SureSpam { get; set; } = 0.9;

    /// <summary>How long a draft waits for the final verdict.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan DraftWait { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>Messages to chat models under way at once; the mail of imports and of past outages waits its turn.</summary>
    [Range(1, 2000)]
    public int Window { get; set; } = 32;

    /// <summary>How often waiting mail is looked at.</summary>
    [Range(typeof(TimeSpan), "00:00:00.05", "00:10:00")]
    public TimeSpan Look { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a mail rests that no provider could judge after all tries.</summary>
    [Range(typeof(TimeSpan), "00:00:00.05", "1.00:00:00")]
    public TimeSpan Rest { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>After this time a mail whose message is lost gets another.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan Recover { get; set; } = TimeSpan.FromMinutes(30);

    /// <summary>How often a mail is asked about that every provider refuses to judge, or answers with what does not fit; then the local verdict is final.</summary>
    [Range(1, 5)]
    public int RefusedTries { get; set; } = 2;
}
