using Butler.Mailboxes.Imap;
using Butler.Testing;

namespace Butler.Mailboxes.Tests.Imap;

public sealed class DovecotLoginTests(DovecotServer server) : DovecotBase(server)
{
    [DovecotFact]
    public async Task Login_OverTls_ListsFoldersWithTheirUses()
    {
        await using var client = await ConnectAsync(ImapSecurity.Tls);
        var folders = await client.ListAsync(default);

        Assert.True(client.Qresync);
        Assert.Equal(ImapUse.Drafts, folders.Single(f => f.Name.Display == "Drafts").Use);
        Assert.Equal(ImapUse.Sent, folders.Single(f => f.Name.Display == "Sent").Use);
        Assert.Equal(ImapUse.Inbox, folders.Single(f => f.Name.IsInbox).Use);
        Assert.All(folders, f => Assert.True(f.UseIsSaid));
    }

    [DovecotFact]
    public async Task Login_OverStartTls_Works()
    {
        await using var client = await ConnectAsync(ImapSecurity.StartTls);
        await client.NoopAsync(default);
        Assert.True(client.IsLoggedIn);
    }

    [DovecotFact]
    public async Task Connect_UnknownCertificate_IsRefused()
    {
        await Server.StartAsync();
        var e = await Assert.ThrowsAsync<MailboxException>(() => ImapClient.ConnectAsync(new("localhost", Server.TlsPort, ImapSecurity.Tls)));
        Assert.Equal(ImapProblem.Certificate, e.Problem);
    }

    [DovecotFact]
    public async Task Connect_CertificateForAnotherName_IsRefused()
    {
        await Server.StartAsync();
        var e = await Assert.ThrowsAsync<MailboxException>(() => ImapClient.ConnectAsync(new("127.0.0.1", Server.TlsPort, ImapSecurity.Tls), Options));
        Assert.Equal(ImapProblem.Certificate, e.Problem);
    }

    [DovecotFact]
    public async Task Connect_TlsOnThePlainPort_IsATlsProblem()
    {
        await Server.StartAsync();
        var e = await Assert.ThrowsAsync<MailboxException>(() => ImapClient.ConnectAsync(new("localhost", Server.Port, ImapSecurity.Tls), Options));
        Assert.Equal(ImapProblem.Tls, e.Problem);
    }

    [DovecotFact]
    public async Task Login_WrongPassword_IsLoginRefused()
    {
        await Server.StartAsync();
        await using var client = await ImapClient.ConnectAsync(new("localhost", Server.Port, ImapSecurity.StartTls), Options);
        var e = await Assert.ThrowsAsync<MailboxException>(() => client.LoginAsync(new(User, "wrong \"\\ ü"), default));
        Assert.Equal(ImapProblem.LoginRefused, e.Problem);
        Assert.Equal(MailboxFault.LoginRejected, e.Fault);
    }
}
