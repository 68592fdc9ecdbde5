namespace Butler.Cli.Bench.Live;

/// <summary>What <c>bench live</c> is asked to do.</summary>
internal sealed record LiveOptions
{
    /// <summary>The private system and the backlog that is imported meanwhile.</summary>
    public required BenchOptions System { get; init; }

    /// <summary>New mails a second, over all accounts.</summary>
    public double Rate { get; init; } = 5;

    /// <summary>How long new mails are sent.</summary>
    public int Seconds { get; init; } = 60;

    /// <summary>Notifications a second; null: the flow of new mail is measured instead.</summary>
    public int? IntakeRate { get; init; }

    /// <summary>How long notifications are fired.</summary>
    public int IntakeSeconds { get; init; } = 20;
}
