using Butler.Mailboxes.Tests.Support;
using static Butler.Mailboxes.Tests.Support.GmailFixture;

namespace Butler.Mailboxes.Tests.Gmail;

public class TokenTests
{
    private static readonly MailQuery All = new(null, null);

    [Fact]
    public async Task Get_ManyCallsAtOnce_RefreshOnce()
    {
        await using var gmail = new GmailFixture(_ => new PeerReply(200, "{}"));

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => gmail.Factory.Open(Account).ListAsync(All, null, default)));

        var token = Assert.Single(gmail.Peer.Requests, r => r.Target == "/token");
        Assert.StartsWith("POST /token HTTP/1.1\r\n", token.Head, StringComparison.Ordinal);
        Assert.Contains("Content-Type: application/x-www-form-urlencoded", token.Head, StringComparison.Ordinal);
        Assert.Equal("client_id=client&client_secret=secret&grant_type=refresh_token&refresh_token=1%2F%2Frefresh", token.Text);
    }

    [Fact]
    public async Task Get_TokenNearItsEnd_IsRenewed()
    {
        var time = new ManualTime();
        await using var gmail = new GmailFixture(_ => new PeerReply(200, "{}"), time);

        await gmail.Mailbox.ListAsync(All, null, default);
        time.Advance(TimeSpan.FromSeconds(3599 - 91));
        await gmail.Mailbox.ListAsync(All, null, default);
        Assert.Single(gmail.Peer.Requests, r => r.Target == "/token");
        time.Advance(TimeSpan.FromSeconds(2));
        await gmail.Mailbox.ListAsync(All, null, default);

        Assert.Equal(2, gmail.Peer.Requests.Count(r => r.Target == "/token"));
    }

    [Fact]
    public async Task Get_NewCredentials_DropTheOldToken()
    {
        await using var gmail = new GmailFixture(_ => new PeerReply(200, "{}"));

        await gmail.Mailbox.ListAsync(All, null, default);
        await gmail.Factory.Open(Account with { Credentials = """{"refresh_token":"1//other"}""" }).ListAsync(All, null, default);

        Assert.Equal(["1%2F%2Frefresh", "1%2F%2Fother"], gmail.Peer.Requests.Where(r => r.Target == "/token").Select(r => r.Text.Split("refresh_token=")[1]));
    }

    [Theory]
    [InlineData(400, """{"error":"invalid_grant","error_description":"Token has been expired or revoked."}""", MailboxFault.LoginRejected)]
    [InlineData(400, """{"error":"invalid_grant","error_description":"Account has been deleted"}""", MailboxFault.AccountGone)]
    [InlineData(400, """{"error":"admin_policy_enforced"}""", MailboxFault.ScopeMissing)]
    [InlineData(401, """{"error":"invalid_client"}""", MailboxFault.BadRequest)]
    [InlineData(429, """{"error":"rate"}""", MailboxFault.Throttled)]
    [InlineData(503, "<html>1//refresh</html>", MailboxFault.Unavailable)]
    [InlineData(200, "not json 1//refresh", MailboxFault.Unavailable)]
    [InlineData(200, """{"access_token":""}""", MailboxFault.Unavailable)]
    public async Task Get_Refused_IsTheFaultOfItsError(int status, string body, MailboxFault fault)
    {
        await using var gmail = new GmailFixture(_ => new PeerReply(200, "{}")) { Token = _ => new(status, body) };

        var e = await Assert.ThrowsAsync<MailboxException>(() => gmail.Mailbox.ListAsync(All, null, default));

        Assert.Equal(fault, e.Fault);
        Assert.DoesNotContain("1//refresh", e.ToString(), StringComparison.Ordinal);
        Assert.Empty(gmail.Peer.Calls);
    }

    [Theory]
    [InlineData("hunter2 not json")]
    [InlineData("""{"refresh_token":""}""")]
    [InlineData("""{"password":"hunter2"}""")]
    public async Task Get_CredentialsWithoutToken_AreRejectedAndNotNamed(string credentials)
    {
        await using var gmail = new GmailFixture(_ => new PeerReply(200, "{}"));

        var e = await Assert.ThrowsAsync<MailboxException>(() => gmail.Factory.Open(Account with { Credentials = credentials }).ListAsync(All, null, default));

        Assert.Equal(MailboxFault.LoginRejected, e.Fault);
        Assert.DoesNotContain("hunter2", e.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Open_OtherProvider_IsNotSupported()
    {
        var gmail = new GmailFixture(_ => new PeerReply(200, "{}"));
        Assert.Throws<NotSupportedException>(() => gmail.Factory.Open(Account with { Provider = "imap" }));
    }
}
