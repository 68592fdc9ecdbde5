using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Butler.Mailboxes.Imap;
using Butler.Mailboxes.Tests.Support;

namespace Butler.Mailboxes.Tests.Imap;

public class ConnectTests
{
    [Theory]
    [InlineData("* BYE [ALERT] Too many simultaneous connections. (Failure)\r\n", ImapProblem.TooManyConnections)]
    [InlineData("* BYE [UNAVAILABLE] later\r\n", ImapProblem.Unavailable)]
    [InlineData("* BYE [LIMIT] no\r\n", ImapProblem.TooManyConnections)]
    [InlineData("* BYE go away\r\n", ImapProblem.Disconnected)]
    [InlineData("220 mail.example.com ESMTP\r\n", ImapProblem.NotImap)]
    [InlineData("HTTP/1.1 400 Bad Request\r\n\r\n", ImapProblem.NotImap)]
    [InlineData("", ImapProblem.Disconnected)]
    public async Task Connect_GreetingThatIsNone_SaysWhatItIs(string greeting, ImapProblem expected)
    {
        await using var server = new ScriptedImap(peer => peer.SendAsync(greeting));
        var e = await Assert.ThrowsAsync<MailboxException>(() => server.ConnectAsync());
        Assert.Equal(expected, e.Problem);
    }

    [Fact]
    public async Task Connect_NobodyListens_IsRefused()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        var e = await Assert.ThrowsAsync<MailboxException>(() => ImapClient.ConnectAsync(new("127.0.0.1", port, ImapSecurity.None)));
        Assert.Equal(ImapProblem.Refused, e.Problem);
    }

    [Fact]
    public async Task Connect_UnknownName_IsNameNotFound()
    {
        var e = await Assert.ThrowsAsync<MailboxException>(() => ImapClient.ConnectAsync(new("no-such-host.invalid", 993, ImapSecurity.Tls), new() { ConnectTimeout = TimeSpan.FromMinutes(5) }));
        Assert.Equal(ImapProblem.NameNotFound, e.Problem);
    }

    [Fact]
    public async Task Connect_WithoutSecurityToAnotherMachine_IsRefusedBeforeAnythingIsSent()
    {
        var e = await Assert.ThrowsAsync<MailboxException>(() => ImapClient.ConnectAsync(new("mail.example.com", 143, ImapSecurity.None)));
        Assert.Equal(ImapProblem.Insecure, e.Problem);
    }

    [Fact]
    public async Task Connect_ServerThatHangs_TimesOut()
    {
        var time = new ManualTime();
        await using var server = new ScriptedImap(peer => peer.HangAsync());
        var connecting = server.ConnectAsync(time: time);
        await AdvanceUntilAsync(time, connecting);
        Assert.Equal(ImapProblem.Timeout, (await Assert.ThrowsAsync<MailboxException>(() => connecting)).Problem);
    }

    [Fact]
    public async Task Connect_ServerThatSendsAByteAMinute_TimesOut()
    {
        var time = new ManualTime();
        await using var server = new ScriptedImap(async peer =>
        {
            for (var i = 0; i < 10_000; i++)
            {
                await peer.SendAsync("*");
                await Task.Delay(20);
            }
        });
        var connecting = server.ConnectAsync(new() { ReadTimeout = TimeSpan.FromHours(10) }, time);
        await AdvanceUntilAsync(time, connecting);
        Assert.Equal(ImapProblem.Timeout, (await Assert.ThrowsAsync<MailboxException>(() => connecting)).Problem);
    }

    [Fact]
    public async Task StartTls_AnswersInjectedBeforeTls_CountForNothing()
    {
        using var certificate = Certificate();
        await using var server = new ScriptedImap(async peer =>
        {
            await peer.SendAsync("* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] hello\r\n");
            await peer.ExpectAsync("A1 STARTTLS\r\n");
            await peer.SendAsync("A1 OK go\r\n* OK [ALERT] write your password to evil.example\r\n* CAPABILITY IMAP4rev1 AUTH=EVIL\r\nA2 OK injected\r\n");
            await peer.StartTlsAsync(certificate);
            await peer.PlayAsync("A2 CAPABILITY\r\n", "* CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR\r\nA2 OK done\r\n");
            await peer.LogoutAsync("A3");
        });
        var client = await ImapClient.ConnectAsync(server.Endpoint with { Security = ImapSecurity.StartTls }, new() { ExtraRoots = [X509CertificateLoader.LoadCertificate(certificate.RawData)] });
        Assert.False(client.Capabilities.Has("AUTH=EVIL"));
        Assert.True(client.Capabilities.Auth("PLAIN"));
        Assert.Empty(client.Alerts);
        await client.DisposeAsync();
        await server.DoneAsync();
    }

    [Fact]
    public async Task StartTls_PreauthOrNotOffered_IsRefused()
    {
        await using var preauth = new ScriptedImap(peer => peer.SendAsync("* PREAUTH [CAPABILITY IMAP4rev1 STARTTLS] hello\r\n"));
        var e = await Assert.ThrowsAsync<MailboxException>(() => ImapClient.ConnectAsync(preauth.Endpoint with { Security = ImapSecurity.StartTls }));
        Assert.Equal(ImapProblem.Insecure, e.Problem);

        await using var without = new ScriptedImap(peer => peer.SendAsync("* OK [CAPABILITY IMAP4rev1] hello\r\n"));
        e = await Assert.ThrowsAsync<MailboxException>(() => ImapClient.ConnectAsync(without.Endpoint with { Security = ImapSecurity.StartTls }));
        Assert.Equal(ImapProblem.NoStartTls, e.Problem);
    }

    [Fact]
    public void Describe_EveryProblem_HasASentence() =>
        Assert.All(Enum.GetValues<ImapProblem>(), p => Assert.EndsWith(".", ImapProblems.Describe(p), StringComparison.Ordinal));

    internal static async Task AdvanceUntilAsync(ManualTime time, Task task)
    {
        for (var i = 0; i < 6000 && !task.IsCompleted; i++)
        {
            time.Advance(TimeSpan.FromSeconds(10));
            await Task.WhenAny(task, Task.Delay(10));
        }

        Assert.True(task.IsCompleted);
    }

    private static X509Certificate2 Certificate()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        using var made = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(2));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }
}
