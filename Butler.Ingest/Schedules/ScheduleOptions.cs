using System.ComponentModel.DataAnnotations;

namespace Butler.Ingest.Schedules;

/// <summary>Section <c>Butler:Schedules</c>.</summary>
internal sealed class ScheduleOptions : IValidatableObject
{
    public const string Section = "Butler:Schedules";

    /// <summary>The shortest and the longest interval, also for admins.</summary>
    public static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(100), Longest = TimeSpan.FromDays(31);

    /// <summary>How often a replica looks for what is due.</summary>
    [Range(typeof(TimeSpan), "00:00:00.02", "00:01:00")]
    public TimeSpan Poll { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a claim holds without being renewed; it is renewed three times as often.</summary>
    [Range(typeof(TimeSpan), "00:00:00.5", "00:10:00")]
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Changes by name of the schedule.</summary>
    public Dictionary<string, JobOptions> Jobs { get; } = new(StringComparer.Ordinal);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var (name, job) in Jobs)
        {
            if (job.Every is { } every && (every < Shortest || every > Longest))
            {
                yield return new($"must be from {Shortest} to {Longest}.", [$"Jobs:{name}:Every"]);
            }
        }
    }
}

/// <summary>Section <c>Butler:Schedules:Jobs:NAME</c>.</summary>
internal sealed class JobOptions
{
    /// <summary>The interval.</summary>
    public TimeSpan? Every { get; set; }

    /// <summary>False: it only runs when an admin asks.</summary>
    public bool? Enabled { get; set; }
}
