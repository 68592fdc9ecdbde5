namespace Butler.Mailboxes.Imap;

/// <summary>An account as the pool needs it. Prints neither host nor user.</summary>
/// <param name="Id">Butler's id of the account.</param>
/// <param name="Endpoint">Where its server is.</param>
/// <param name="Login">Who logs in.</param>
/// <param name="MaxConnections">Connections that all processes together may have; null: the default, <see cref="ImapProviders.DefaultConnections"/>.</param>
public sealed record ImapAccount(Guid Id, ImapEndpoint Endpoint, ImapLogin Login, int? MaxConnections = null)
{
    /// <summary>What it may use, within the provider's own limit.</summary>
    public int Allowed => ImapProviders.Allowed(Endpoint.Host, MaxConnections);

    /// <inheritdoc/>
    public override string ToString() => $"imap:{Id}";
}

/// <summary>How the pool behaves.</summary>
public sealed record ImapPoolOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Butler:Imap";

    /// <summary>How each connection behaves.</summary>
    public ImapOptions Connection { get; init; } = new();

    /// <summary>How long a connection nobody uses is kept open.</summary>
    public TimeSpan KeepFor { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>After how long without use a kept connection is asked whether it lives (NOOP).</summary>
    public TimeSpan CheckAfter { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long a place is held without renewal: so long a killed process keeps it from others.</summary>
    public TimeSpan LeaseTime { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The first wait after a refusal; each further one doubles it.</summary>
    public TimeSpan FirstWait { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The longest wait after refusals.</summary>
    public TimeSpan LongestWait { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>How long a caller waits who found no place free.</summary>
    public TimeSpan BusyWait { get; init; } = TimeSpan.FromSeconds(2);
}
