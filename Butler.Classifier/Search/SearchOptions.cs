using System.ComponentModel.DataAnnotations;

namespace Butler.Classifier.Search;

/// <summary>Section <c>Butler:Search</c>, the part of the Classifier.</summary>
internal sealed class SearchOptions
{
    public const string Section = "Butler:Search";

    /// <summary>Mails per message when the index is made again or was lost.</summary>
    [Range(1, 1000)]
    public int BatchMails { get; set; } = 100;

    /// <summary>How often mails without an index, or with one of another model, are looked for.</summary>
    [Range(typeof(TimeSpan), "00:00:00.05", "01:00:00")]
    public TimeSpan Sweep { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a mail may wait for its index without a message before one is sent.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "01:00:00")]
    public TimeSpan SweepAfter { get; set; } = TimeSpan.FromMinutes(2);
}
