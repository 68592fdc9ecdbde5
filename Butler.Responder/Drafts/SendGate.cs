using Butler.Mailboxes;

namespace Butler.Responder.Drafts;

/// <summary>
/// The right to send one draft once, for a short time (MECHANICS 7). Opened before <c>sending</c> is committed, so that it ends
/// before <c>send_before</c> does; time is the longer of the monotonic and the wall clock, as the former may stop while a machine sleeps.
/// </summary>
internal sealed class SendWindow(TimeProvider time, TimeSpan length)
{
    private readonly long _startedAt = time.GetTimestamp();
    private readonly DateTimeOffset _startedOn = time.GetUtcNow();
    private int _passed;

    /// <summary>The window of the current flow of control.</summary>
    public static AsyncLocal<SendWindow?> Current { get; } = new();

    /// <summary>Whether the request went out: only then may its outcome be unknown.</summary>
    public bool Passed => Volatile.Read(ref _passed) != 0;

    public TimeSpan Left
    {
        get
        {
            var (monotonic, wall) = (time.GetElapsedTime(_startedAt), time.GetUtcNow() - _startedOn);
            return length - (wall > monotonic ? wall : monotonic);
        }
    }

    /// <summary>Lets exactly one request through while the window is open.</summary>
    public bool TryPass() => Left > TimeSpan.Zero && Interlocked.Exchange(ref _passed, 1) == 0;
}

/// <summary>The window was over before the request went out, or it was used already: nothing was sent.</summary>
internal sealed class SendWindowClosedException() : Exception("The time to send this draft was over before its request went out.");

/// <summary>
/// The last thing before the wire: a request that creates a draft passes only within the open window of its sender, and only
/// once, whatever a client library below thinks of retrying.
/// </summary>
internal sealed class SendGate : DelegatingHandler
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        request.Method == HttpMethod.Post && request.RequestUri?.AbsolutePath.EndsWith("/drafts", StringComparison.Ordinal) == true && SendWindow.Current.Value?.TryPass() != true
            ? throw new SendWindowClosedException()
            : base.SendAsync(request, cancellationToken);
}

/// <summary>The same for a draft that goes out by IMAP.</summary>
internal sealed class AppendGate : IDraftGate
{
    public void Pass()
    {
        if (SendWindow.Current.Value?.TryPass() != true)
        {
            throw new SendWindowClosedException();
        }
    }
}
