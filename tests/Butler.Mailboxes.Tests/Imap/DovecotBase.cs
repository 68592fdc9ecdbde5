using System.Security.Cryptography.X509Certificates;
using Butler.Mailboxes.Imap;
using Butler.Testing;

namespace Butler.Mailboxes.Tests.Imap;

/// <summary>What tests against a real Dovecot share. Each test has a user of its own.</summary>
public abstract class DovecotBase(DovecotServer server) : IClassFixture<DovecotServer>
{
    private static int s_users;

    protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    protected DovecotServer Server { get; } = server;

    protected string User { get; } = $"user{Interlocked.Increment(ref s_users)}";

    protected ImapOptions Options => new() { ExtraRoots = [X509CertificateLoader.LoadCertificate(Server.Certificate.RawData)] };

    protected async Task<ImapClient> ConnectAsync(ImapSecurity security = ImapSecurity.None, string? user = null, ImapOptions? options = null)
    {
        await Server.StartAsync();
        var endpoint = new ImapEndpoint("localhost", security == ImapSecurity.Tls ? Server.TlsPort : Server.Port, security);
        var client = await ImapClient.ConnectAsync(endpoint, options ?? Options);
        await client.LoginAsync(new(user ?? User, "secret"), default);
        return client;
    }

    protected static async Task<List<ImapMessage>> AllAsync(IAsyncEnumerable<ImapMessage> messages)
    {
        var list = new List<ImapMessage>();
        await foreach (var message in messages)
        {
            list.Add(message);
        }

        return list;
    }
}
