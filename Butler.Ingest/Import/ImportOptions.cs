using System.ComponentModel.DataAnnotations;

namespace Butler.Ingest.Import;

/// <summary>Section <c>Butler:Import</c>.</summary>
internal sealed class ImportOptions
{
    public const string Section = "Butler:Import";

    /// <summary>Mails per batch, 1 to 100.</summary>
    [Range(1, 100)]
    public int BatchMails { get; set; } = 100;

    /// <summary>Raw bytes per batch.</summary>
    [Range(64 * 1024, 64 * 1024 * 1024)]
    public long BatchBytes { get; set; } = 4 * 1024 * 1024;

    /// <summary>Raw bytes in flight in this process.</summary>
    [Range(4 * 1024 * 1024, 1024L * 1024 * 1024)]
    public long BytesInFlight { get; set; } = 64 * 1024 * 1024;

    /// <summary>How long one batch keeps starting calls.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:00:30")]
    public TimeSpan BatchTime { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Months an API start goes back by default.</summary>
    [Range(1, 24)]
    public int Months { get; set; } = 6;

    /// <summary>Months the first import after connecting goes back.</summary>
    [Range(1, 24)]
    public int ConnectMonths { get; set; } = 12;

    /// <summary>Tries of one mail before it is dead.</summary>
    [Range(1, 20)]
    public int MailTries { get; set; } = 5;

    /// <summary>First delay before a failed mail is fetched again; doubled each time.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan MailRetry { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Mails per TriageMails message; smaller ones let the Classifier's workers share an account's batch.</summary>
    [Range(1, 100)]
    public int TriageMails { get; set; } = 100;

    /// <summary>How often accounts that somebody connected are looked for.</summary>
    [Range(typeof(TimeSpan), "00:00:00.01", "01:00:00")]
    public TimeSpan ConnectPoll { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long work may lie without a message before the sweeper sends one.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "01:00:00")]
    public TimeSpan SweepAfter { get; set; } = TimeSpan.FromMinutes(2);
}
