using System.ComponentModel.DataAnnotations;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Butler.Mailboxes.Imap;

/// <summary>The options under <c>Butler:Imap</c>.</summary>
public sealed class ImapSettings
{
    /// <summary>Longest wait for a connection, in time; 1 s to 5 min.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00", ErrorMessage = "Butler:Imap:ConnectTimeout: must be 00:00:01 to 00:05:00.")]
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Longest wait for a server's next bytes; 1 s to 10 min.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00", ErrorMessage = "Butler:Imap:ReadTimeout: must be 00:00:01 to 00:10:00.")]
    public TimeSpan ReadTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How long one IDLE lasts before it is renewed; 1 to 29 min (RFC 2177).</summary>
    [Range(typeof(TimeSpan), "00:01:00", "00:29:00", ErrorMessage = "Butler:Imap:IdleRenewal: must be 00:01:00 to 00:29:00.")]
    public TimeSpan IdleRenewal { get; set; } = TimeSpan.FromMinutes(9);

    /// <summary>A PEM file with root certificates trusted besides the system's.</summary>
    public string? RootsFile { get; set; }

    /// <summary>As the pool takes them.</summary>
    /// <exception cref="InvalidOperationException">The roots' file cannot be read.</exception>
    public ImapPoolOptions ToPoolOptions()
    {
        X509Certificate2Collection? roots = null;
        if (!string.IsNullOrEmpty(RootsFile))
        {
            roots = [];
            try
            {
                roots.ImportFromPemFile(RootsFile);
            }
            catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
            {
                throw new InvalidOperationException("Butler:Imap:RootsFile: is not a readable PEM file of certificates.", e);
            }
        }

        return new() { Connection = new() { ConnectTimeout = ConnectTimeout, ReadTimeout = ReadTimeout, IdleRenewal = IdleRenewal, ExtraRoots = roots } };
    }
}
