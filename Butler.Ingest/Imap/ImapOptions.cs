using System.ComponentModel.DataAnnotations;

namespace Butler.Ingest.Imap;

/// <summary>Section <c>Butler:Imap</c>: waiting for new mail of IMAP accounts.</summary>
internal sealed class ImapWaitOptions
{
    public const string Section = "Butler:Imap";

    /// <summary>How often accounts are looked for that nobody waits for.</summary>
    [Range(typeof(TimeSpan), "00:00:00.05", "00:10:00")]
    public TimeSpan Poll { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>First pause after a failed connection; doubled each time.</summary>
    [Range(typeof(TimeSpan), "00:00:00.05", "01:00:00")]
    public TimeSpan RetryFirst { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>Longest pause.</summary>
    [Range(typeof(TimeSpan), "00:00:00.05", "12:00:00")]
    public TimeSpan RetryMax { get; set; } = TimeSpan.FromMinutes(30);
}
