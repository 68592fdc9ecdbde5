using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace Butler.Mailboxes.Imap;

/// <summary>How the line is secured.</summary>
public enum ImapSecurity
{
    /// <summary>TLS from the first byte (usually port 993).</summary>
    Tls,

    /// <summary>Plain text until STARTTLS, which must succeed (usually port 143).</summary>
    StartTls,

    /// <summary>No TLS: only for servers on this machine (a loopback address), refused elsewhere.</summary>
    None,
}

/// <summary>Where a server listens.</summary>
public sealed record ImapEndpoint(string Host, int Port, ImapSecurity Security)
{
    /// <summary>Whether the host is this machine by its literal name or address.</summary>
    public bool IsLoopback => string.Equals(Host, "localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(Host, out var address) && IPAddress.IsLoopback(address));
}

/// <summary>Who logs in. Never prints the secret or the user.</summary>
/// <param name="User">The user's name at the server.</param>
/// <param name="Secret">A password, or an OAuth access token.</param>
/// <param name="IsToken">Whether <paramref name="Secret"/> is an access token (XOAUTH2, OAUTHBEARER).</param>
public sealed record ImapLogin(string User, string Secret, bool IsToken = false)
{
    /// <summary>"password" or "token".</summary>
    public override string ToString() => IsToken ? "token" : "password";
}

/// <summary>How one connection behaves.</summary>
public sealed record ImapOptions
{
    /// <summary>Longest wait for the TCP connection.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Longest wait for the TLS handshake.</summary>
    public TimeSpan TlsTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Longest wait for the server's next bytes while an answer is due, or for it to take ours.</summary>
    public TimeSpan ReadTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Longest time for one answer to arrive whole: against a server that sends a byte a minute.</summary>
    public TimeSpan ResponseTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Longest wait for LOGOUT when the connection ends.</summary>
    public TimeSpan LogoutTimeout { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How long one IDLE lasts before it is renewed: at most 29 minutes (RFC 2177), fewer since some servers and routers drop after 10.</summary>
    public TimeSpan IdleRenewal { get; init; } = TimeSpan.FromMinutes(9);

    /// <summary>Longest command line in bytes (RFC 7162 section 4 allows 8,192; some servers take 1,000, RFC 2683).</summary>
    public int MaxCommandBytes { get; init; } = 8000;

    /// <summary>UIDs of one FETCH; more are split.</summary>
    public int FetchBatch { get; init; } = 100;

    /// <summary>FETCH commands sent ahead of their answers.</summary>
    public int FetchesInFlight { get; init; } = 3;

    /// <summary>Roots trusted besides the system's, for servers with a certificate of a private authority. The name is checked all the same.</summary>
    public X509Certificate2Collection? ExtraRoots { get; init; }

    /// <summary>Bounds on what the server sends.</summary>
    public ImapLimits Limits { get; init; } = new();
}
