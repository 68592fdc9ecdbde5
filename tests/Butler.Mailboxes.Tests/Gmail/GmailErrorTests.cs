using Butler.Mailboxes.Gmail;
using Butler.Mailboxes.Tests.Support;
using static Butler.Mailboxes.Tests.Support.GmailFixture;

namespace Butler.Mailboxes.Tests.Gmail;

public class GmailErrorTests
{
    private static readonly MailQuery All = new(null, null);

    [Theory]
    [InlineData(403, "rateLimitExceeded", MailboxFault.Throttled)]
    [InlineData(403, "userRateLimitExceeded", MailboxFault.Throttled)]
    [InlineData(403, "dailyLimitExceeded", MailboxFault.DailyQuota)]
    [InlineData(403, "domainPolicy", MailboxFault.ScopeMissing)]
    [InlineData(403, "insufficientPermissions", MailboxFault.ScopeMissing)]
    [InlineData(429, "rateLimitExceeded", MailboxFault.Throttled)]
    [InlineData(400, "badRequest", MailboxFault.BadRequest)]
    [InlineData(400, "failedPrecondition", MailboxFault.Unavailable)]
    [InlineData(404, "notFound", MailboxFault.NotFound)]
    [InlineData(500, "backendError", MailboxFault.Unavailable)]
    [InlineData(503, "backendError", MailboxFault.Unavailable)]
    [InlineData(302, "moved", MailboxFault.Unavailable)]
    public async Task List_Refused_IsTheFaultOfItsReason(int status, string reason, MailboxFault fault)
    {
        await using var gmail = new GmailFixture(_ => new PeerReply(status, Error(status, reason, "about owner@example.com"), Headers: "Location: /elsewhere\r\n"));

        var e = await Assert.ThrowsAsync<MailboxException>(() => gmail.Mailbox.ListAsync(All, null, default));

        Assert.Equal(fault, e.Fault);
        Assert.Equal(reason, e.Reason);
        Assert.False(e.OutcomeUnknown);
        Assert.DoesNotContain("owner@example.com", e.ToString(), StringComparison.Ordinal);
        Assert.Single(gmail.Peer.Calls);
    }

    [Theory]
    [InlineData(403, "userRateLimitExceeded", "User Rate Limit Exceeded", QuotaScope.User)]
    [InlineData(403, "rateLimitExceeded", "Rate Limit Exceeded", QuotaScope.Project)]
    [InlineData(403, "dailyLimitExceeded", "Daily Limit Exceeded", QuotaScope.Day)]
    [InlineData(429, "rateLimitExceeded", "Too many concurrent requests for user.", QuotaScope.Concurrency)]
    [InlineData(429, "rateLimitExceeded", "Resource has been exhausted (e.g. check quota).", QuotaScope.User)]
    [InlineData(500, "backendError", "Backend Error", null)]
    public async Task List_Refused_NamesWhoseQuotaItWas(int status, string reason, string message, QuotaScope? scope)
    {
        await using var gmail = new GmailFixture(_ => new PeerReply(status, Error(status, reason, message)));

        var e = await Assert.ThrowsAsync<MailboxException>(() => gmail.Mailbox.ListAsync(All, null, default));

        Assert.Equal(scope, e.Scope);
    }

    [Fact]
    public async Task List_WithPageTokenAnd400_IsPageExpired()
    {
        await using var gmail = new GmailFixture(_ => new PeerReply(400, Error(400, "invalidArgument", "Invalid pageToken")));

        var e = await Assert.ThrowsAsync<MailboxException>(() => gmail.Mailbox.ListAsync(All, "p1", default));

        Assert.Equal(MailboxFault.PageExpired, e.Fault);
    }

    [Fact]
    public async Task GetHistory_404_IsHistoryExpired()
    {
        await using var gmail = new GmailFixture(_ => new PeerReply(404, Error(404, "notFound")));

        var e = await Assert.ThrowsAsync<MailboxException>(() => gmail.Mailbox.GetHistoryAsync(7, null, default));

        Assert.Equal(MailboxFault.HistoryExpired, e.Fault);
    }

    [Fact]
    public async Task GetProfile_MailServiceNotEnabled_IsAccountGone()
    {
        await using var gmail = new GmailFixture(_ => new PeerReply(400, Error(400, "failedPrecondition", "Mail service not enabled")));

        var e = await Assert.ThrowsAsync<MailboxException>(() => gmail.Mailbox.GetProfileAsync(default));

        Assert.Equal(MailboxFault.AccountGone, e.Fault);
    }

    [Theory]
    [InlineData("Retry-After: 90\r\n", "no", 90)]
    [InlineData("Retry-After: Sat, 21 Nov 2026 12:01:00 GMT\r\n", "no", 60)]
    [InlineData("", "Retry after 2026-11-21T12:00:30Z", 30)]
    [InlineData("Retry-After: 5\r\n", "Retry after 2026-11-21T12:00:30Z", 30)]
    [InlineData("Retry-After: 99999999\r\n", "no", 86400)]
    [InlineData("", "no", 2)]
    public async Task List_Throttled_NamesTheLaterTime(string headers, string message, int seconds)
    {
        var time = new ManualTime();
        await using var gmail = new GmailFixture(_ => new PeerReply(429, Error(429, "rateLimitExceeded", message), Headers: headers), time);

        var e = await Assert.ThrowsAsync<MailboxException>(() => gmail.Mailbox.ListAsync(All, null, default));

        Assert.Equal(time.GetUtcNow().AddSeconds(seconds), e.RetryAt);
    }

    [Fact]
    public async Task List_Silence_EndsAfterTheTimeout()
    {
        await using var gmail = new GmailFixture(_ => new PeerReply(200, "") { Hang = true }, null, ("Butler:Google:Timeout", "00:00:01"));

        var e = await Assert.ThrowsAsync<MailboxException>(() => gmail.Mailbox.ListAsync(All, null, default));

        Assert.Equal(MailboxFault.Unavailable, e.Fault);
    }

    [Fact]
    public async Task List_Cancelled_IsACancellation()
    {
        using var cancel = new CancellationTokenSource();
        await using var gmail = new GmailFixture(_ =>
        {
            cancel.Cancel();
            return new PeerReply(200, "") { Hang = true };
        });

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gmail.Mailbox.ListAsync(All, null, cancel.Token));
    }

    [Fact]
    public async Task List_AnswerIsNotJson_NamesNoneOfIt()
    {
        await using var gmail = new GmailFixture(_ => new PeerReply(200, "secret words of a mail"));

        var e = await Assert.ThrowsAsync<MailboxException>(() => gmail.Mailbox.ListAsync(All, null, default));

        Assert.Equal(MailboxFault.Unavailable, e.Fault);
        Assert.DoesNotContain("secret words", e.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task List_401_RenewsOnceThenIsRejected()
    {
        var answers = 0;
        await using var gmail = new GmailFixture(_ => ++answers == 2 ? new PeerReply(200, "{}") : new PeerReply(401, Error(401, "authError")));

        var first = await Assert.ThrowsAsync<MailboxException>(() => gmail.Mailbox.ListAsync(All, null, default));
        await gmail.Mailbox.ListAsync(All, null, default);
        var third = await Assert.ThrowsAsync<MailboxException>(() => gmail.Mailbox.ListAsync(All, null, default));
        var fourth = await Assert.ThrowsAsync<MailboxException>(() => gmail.Mailbox.ListAsync(All, null, default));

        // A success in between starts the count anew.
        Assert.Equal([MailboxFault.Unavailable, MailboxFault.Unavailable, MailboxFault.LoginRejected], [first.Fault, third.Fault, fourth.Fault]);
    }

    [Theory]
    [InlineData("2026", null)]
    [InlineData("classic", null)]
    [InlineData("1999", "Butler:Google:PriceList: must be classic or 2026.")]
    public void Options_PriceList_IsReadByName(string value, string? error)
    {
        var list = Enum.Parse<GmailPriceList>(value, ignoreCase: true);
        var result = new GoogleOptionsValidator().Validate(null, new GoogleOptions { PriceList = list });

        Assert.Equal(error is null, result.Succeeded);
        Assert.Equal(error, result.FailureMessage);
    }

    [Fact]
    public void Options_SeveralErrors_AllNamedAtOnce()
    {
        var result = new GoogleOptionsValidator().Validate(null, new GoogleOptions
        {
            BaseAddress = new("http://gmail.example.com"), ClientSecret = "s", MaxConcurrentPerUser = 0, Timeout = TimeSpan.Zero,
        });

        Assert.Equal(
            [
                "Butler:Google:MaxConcurrentPerUser: The field MaxConcurrentPerUser must be between 1 and 50.",
                "Butler:Google:Timeout: The field Timeout must be between 00:00:01 and 00:05:00.",
                "Butler:Google:BaseAddress: must be an absolute https address (http only on loopback).",
                "Butler:Google:ClientId: must be set when ClientSecret is.",
            ],
            result.Failures);
    }
}
