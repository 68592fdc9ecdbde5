namespace Butler.Messaging;

/// <summary>How often and how late one kind of message is tried again (DESIGN section 5).</summary>
/// <param name="Tries">Answered failures after which it is dead.</param>
/// <param name="First">First delay.</param>
/// <param name="Last">Longest delay.</param>
public sealed record RetryRule(int Tries, TimeSpan First, TimeSpan Last);

/// <summary>The retry table; the only retry layer in Butler.</summary>
public static class RetryTable
{
    private static readonly RetryRule s_fetch = new(5, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(300));
    private static readonly RetryRule s_classify = new(5, TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(900));
    private static readonly RetryRule s_draft = new(3, TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(300));

    /// <summary>The rule of a kind.</summary>
    public static RetryRule For(string kind) => kind switch
    {
        nameof(Contracts.TriageMails) or nameof(Contracts.ProcessMail) or nameof(Contracts.JudgeMail) => s_classify,
        nameof(Contracts.DraftReply) => s_draft,
        _ => s_fetch,
    };

    /// <summary>The delay before the next try: doubled each time, with up to 20 % jitter, scaled for tests.</summary>
    public static TimeSpan Delay(RetryRule rule, int failures, double scale, Random random)
    {
        var seconds = Math.Min(rule.First.TotalSeconds * Math.Pow(2, Math.Max(0, failures - 1)), rule.Last.TotalSeconds);
        double jitter;
        lock (random)
        {
            jitter = random.NextDouble();
        }

        return TimeSpan.FromSeconds(seconds * scale * (1 + 0.2 * jitter));
    }
}
