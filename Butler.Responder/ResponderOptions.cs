using System.ComponentModel.DataAnnotations;

namespace Butler.Responder;

/// <summary>Section <c>Butler:Responder</c>.</summary>
internal sealed class ResponderOptions : IValidatableObject
{
    public const string Section = "Butler:Responder";

    /// <summary>How many days old a mail may be to get a draft.</summary>
    [Range(1, 365)]
    public int RecentDays { get; set; } = 7;

    /// <summary>How long after <c>sending</c> was committed the one POST may start and run; after it the sender may not any more.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:05:00")]
    public TimeSpan SendWindow { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>How long after the window a sending without an outcome is left alone: Gmail may still be carrying it out.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:30:00")]
    public TimeSpan Settle { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Sendings of one draft, each after a proof that the one before created nothing.</summary>
    [Range(1, 20)]
    public int MaxSends { get; set; } = 3;

    /// <summary>How long drafts of an account wait that refuses (login revoked, quota of the day).</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "1.00:00:00")]
    public TimeSpan AccountPause { get; set; } = TimeSpan.FromMinutes(30);

    /// <summary>How often lost messages are looked for.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "01:00:00")]
    public TimeSpan Sweep { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a reply may lie without a message before the sweeper sends one.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "01:00:00")]
    public TimeSpan SweepAfter { get; set; } = TimeSpan.FromMinutes(2);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        // A request that was cut off at the end of the window may be carried out later; a shorter wait could read the log too early.
        if (Settle < SendWindow / 2)
        {
            yield return new ValidationResult("must be at least half of Butler:Responder:SendWindow", [nameof(Settle)]);
        }
    }
}
