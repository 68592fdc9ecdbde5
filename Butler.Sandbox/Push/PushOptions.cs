namespace Butler.Sandbox.Push;

/// <summary>Pub/Sub as Gmail uses it: one topic with one subscription, which pushes when it has an endpoint and is pulled otherwise.</summary>
public sealed class PushOptions
{
    /// <summary>The topic that watches name; a watch of another topic reaches nobody.</summary>
    public string Topic { get; set; } = "projects/sandbox/topics/gmail";

    /// <summary>The topic's subscription.</summary>
    public string Subscription { get; set; } = "projects/sandbox/subscriptions/butler";

    /// <summary>Where messages are posted to; unset: they wait to be pulled.</summary>
    public Uri? Endpoint { get; set; }

    /// <summary>The audience in the signed token; unset: the endpoint, as Pub/Sub does it.</summary>
    public string? Audience { get; set; }

    /// <summary>The service account that the token names.</summary>
    public string ServiceAccount { get; set; } = "push@sandbox.iam.gserviceaccount.com";

    /// <summary>How long a push may take, and how long a pulled message is hidden before it comes again.</summary>
    public TimeSpan AckDeadline { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>First delay before a message that was not acknowledged is pushed again; doubled up to <see cref="RetryLast"/>.</summary>
    public TimeSpan RetryFirst { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Longest delay between two pushes of one message.</summary>
    public TimeSpan RetryLast { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a message is kept (Pub/Sub's default: 7 days).</summary>
    public TimeSpan Retention { get; set; } = TimeSpan.FromDays(7);

    /// <summary>
    /// Notifications of one account come at least this far apart and what is too soon is dropped: Gmail's is one second ("Configure
    /// push notifications"). Zero: every change notifies.
    /// </summary>
    public TimeSpan MinInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a signed token lives; one is used for many pushes.</summary>
    public TimeSpan TokenLife { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Pushes under way at once.</summary>
    public int Concurrency { get; set; } = 64;
}
