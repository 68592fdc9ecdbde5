using System.ComponentModel.DataAnnotations;

namespace Butler.Messaging;

/// <summary>Section <c>Butler:Messaging</c>.</summary>
public sealed class MessagingOptions
{
    /// <summary>How long a claimed message belongs to its claimer, by the database's clock.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How often all held leases are renewed, in one statement. Less than half of <see cref="Lease"/>.</summary>
    [Range(typeof(TimeSpan), "00:00:00.2", "00:05:00")]
    public TimeSpan Renewal { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>When the holder gives a lease up by its own clock, before the database does.</summary>
    [Range(typeof(TimeSpan), "00:00:00.5", "00:10:00")]
    public TimeSpan GiveUp { get; set; } = TimeSpan.FromSeconds(45);

    /// <summary>How often the live lane is looked at without being woken.</summary>
    [Range(typeof(TimeSpan), "00:00:00.01", "00:01:00")]
    public TimeSpan LivePoll { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>How often the bulk lane is looked at without being woken.</summary>
    [Range(typeof(TimeSpan), "00:00:00.01", "00:01:00")]
    public TimeSpan BulkPoll { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Workers that take only live messages, 1 to 64. They mostly wait for a provider and the database: with one, an account that
    /// answers slowly holds up everybody's new mail. One of them looks every <see cref="LivePoll"/>, the others every <see cref="BulkPoll"/>.
    /// </summary>
    [Range(1, 64)]
    public int LiveWorkers { get; set; } = 4;

    /// <summary>Bulk workers of this service, 1 to 64; at most the cores by default.</summary>
    [Range(1, 64)]
    public int BulkWorkers { get; set; } = Math.Clamp(Environment.ProcessorCount, 1, 8);

    /// <summary>Workers that take only calls of chat models, 1 to 256, in the service that has them. They wait for a provider and nothing else.</summary>
    [Range(1, 256)]
    public int ModelWorkers { get; set; } = 8;

    /// <summary>The part of one bulk worker's time that the search index gets while bulk work runs; without bulk work it gets all workers.</summary>
    [Range(0.01, 1)]
    public double IndexShare { get; set; } = 0.25;

    /// <summary>Scales all retry delays (tests run them in seconds).</summary>
    [Range(0.0001, 10)]
    public double DelayScale { get; set; } = 1;

    /// <summary>Deliveries without any answer after which a message is dead: its handler kills its process.</summary>
    [Range(2, 1000)]
    public int MaxSilentDeliveries { get; set; } = 12;
}
