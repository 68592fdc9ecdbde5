namespace Butler.Mailboxes.Imap;

/// <summary>What is known of big providers by their host's name: their own limits, which Butler stays within. Others are unknown and get the default.</summary>
public static class ImapProviders
{
    /// <summary>Connections per account where nothing else is known or configured.</summary>
    public const int DefaultConnections = 5;

    // Connections at once per account as the providers document or as is widely seen; the command's length by MailKit's and imapflow's tables.
    private static readonly (string Suffix, int Connections, int CommandBytes)[] s_known =
    [
        ("gmail.com", 15, 8000),
        ("googlemail.com", 15, 8000),
        ("office365.com", 20, 8000),
        ("outlook.com", 20, 8000),
        ("yahoo.com", 5, 1000),
        ("aol.com", 5, 1000),
        ("mail.me.com", 5, 8000),
        ("gmx.net", 10, 8000),
        ("gmx.com", 10, 8000),
        ("web.de", 10, 8000),
        ("fastmail.com", 50, 8000),
        ("yandex.com", 10, 8000),
        ("yandex.ru", 10, 8000),
        ("mail.ru", 10, 8000),
        ("zoho.com", 10, 8000),
        ("zoho.eu", 10, 8000),
    ];

    /// <summary>The provider's limit of connections per account; null when unknown.</summary>
    public static int? MaxConnections(string host) => Find(host) is { Connections: > 0 } known ? known.Connections : null;

    /// <summary>What an account may use: what was asked for, never more than the provider's limit.</summary>
    public static int Allowed(string host, int? asked) => Math.Max(1, Math.Min(asked ?? DefaultConnections, MaxConnections(host) ?? int.MaxValue));

    /// <summary>Options fit for a host.</summary>
    public static ImapOptions For(string host, ImapOptions options) =>
        Find(host) is { CommandBytes: > 0 } known && known.CommandBytes < options.MaxCommandBytes ? options with { MaxCommandBytes = known.CommandBytes } : options;

    private static (string Suffix, int Connections, int CommandBytes) Find(string host) =>
        s_known.FirstOrDefault(k => host.EndsWith(k.Suffix, StringComparison.OrdinalIgnoreCase) && (host.Length == k.Suffix.Length || host[^(k.Suffix.Length + 1)] == '.'));
}
