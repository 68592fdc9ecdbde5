using System.Buffers.Text;
using Butler.Mailboxes.Tests.Support;
using static Butler.Mailboxes.Tests.Support.GmailFixture;

namespace Butler.Mailboxes.Tests.Gmail;

public class DraftTests
{
    private static readonly byte[] Raw = "Subject: Re: ?>\r\n\r\nHi"u8.ToArray();

    [Fact]
    public async Task CreateDraft_Accepted_IsOnePostWithRawAndThread()
    {
        await using var gmail = new GmailFixture(_ => new PeerReply(200, """{"id":"r-1","message":{"id":"m1","threadId":"t1","labelIds":["DRAFT"]}}"""));

        var draft = await gmail.Mailbox.CreateDraftAsync(Raw, "t1", default);

        Assert.Equal(new DraftRef("r-1", "m1", "t1"), draft);
        var call = Assert.Single(gmail.Peer.Calls);
        Assert.StartsWith("POST /gmail/v1/users/me/drafts", call.Head, StringComparison.Ordinal);
        Assert.Equal($$$"""{"message":{"raw":"{{{Base64Url.EncodeToString(Raw)}}}","threadId":"t1"}}""", call.Text);
    }

    [Theory]
    [InlineData(500, true)]
    [InlineData(503, true)]
    [InlineData(400, false)]
    [InlineData(403, false)]
    [InlineData(404, false)]
    [InlineData(429, false)]
    [InlineData(401, false)]
    public async Task CreateDraft_Refused_SaysWhetherItMayExist(int status, bool unknown)
    {
        await using var gmail = new GmailFixture(_ => new PeerReply(status, Error(status, "reason")));

        var e = await Assert.ThrowsAsync<MailboxException>(() => gmail.Mailbox.CreateDraftAsync(Raw, "t1", default));

        Assert.Equal(unknown, e.OutcomeUnknown);
        Assert.Single(gmail.Peer.Calls);
    }

    [Fact]
    public async Task CreateDraft_ConnectionReset_IsUnknownAndNotRepeated()
    {
        var first = true;
        await using var gmail = new GmailFixture(_ =>
        {
            // The connection is reused: there a client is tempted to send again.
            var reply = first ? new PeerReply(200, """{"emailAddress":"o","historyId":"1"}""") : new PeerReply(0, "") { Reset = true };
            first = false;
            return reply;
        });
        await gmail.Mailbox.GetProfileAsync(default);

        var e = await Assert.ThrowsAsync<MailboxException>(() => gmail.Mailbox.CreateDraftAsync(Raw, "t1", default));

        Assert.True(e.OutcomeUnknown);
        Assert.Equal(2, gmail.Peer.Calls.Count);
    }

    [Fact]
    public async Task CreateDraft_NoConnection_IsKnownNotToExist()
    {
        await using var gmail = new GmailFixture(_ => new PeerReply(200, """{"emailAddress":"o","historyId":"1"}""", Headers: "Connection: close\r\n"));
        await gmail.Mailbox.GetProfileAsync(default); // the token is there
        await gmail.Peer.DisposeAsync();

        var e = await Assert.ThrowsAsync<MailboxException>(() => gmail.Mailbox.CreateDraftAsync(Raw, "t1", default));

        Assert.Equal(MailboxFault.Unavailable, e.Fault);
        Assert.False(e.OutcomeUnknown);
    }

    [Fact]
    public async Task CreateDraft_AnswerCut_IsUnknown()
    {
        await using var gmail = new GmailFixture(_ => new PeerReply(200, """{"id":"r-1","message":{"id":"m1","threadId":"t1"}}""") { CutAfter = 10 });

        var e = await Assert.ThrowsAsync<MailboxException>(() => gmail.Mailbox.CreateDraftAsync(Raw, "t1", default));

        Assert.True(e.OutcomeUnknown);
    }

    [Fact]
    public async Task CreateDraft_Silence_IsUnknownAfter15Seconds()
    {
        var time = new ManualTime();
        var arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var gmail = new GmailFixture(_ =>
        {
            arrived.SetResult();
            return new PeerReply(200, "") { Hang = true };
        }, time);

        var creating = gmail.Mailbox.CreateDraftAsync(Raw, "t1", default);
        await arrived.Task.WaitAsync(TimeSpan.FromSeconds(60));
        time.Advance(TimeSpan.FromSeconds(14));
        Assert.False(creating.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(1));

        var e = await Assert.ThrowsAsync<MailboxException>(() => creating.WaitAsync(TimeSpan.FromSeconds(60)));
        Assert.True(e.OutcomeUnknown);
        Assert.Single(gmail.Peer.Calls);
    }

    [Fact]
    public async Task CreateDraft_TokenRefused_IsKnownNotToExist()
    {
        await using var gmail = new GmailFixture(_ => new PeerReply(500, ""))
        {
            Token = _ => new(400, """{"error":"invalid_grant","error_description":"Token has been expired or revoked."}"""),
        };

        var e = await Assert.ThrowsAsync<MailboxException>(() => gmail.Mailbox.CreateDraftAsync(Raw, "t1", default));

        Assert.Equal(MailboxFault.LoginRejected, e.Fault);
        Assert.False(e.OutcomeUnknown);
        Assert.Empty(gmail.Peer.Calls);
    }

    [Fact]
    public async Task GetDraft_Gone_IsNull()
    {
        await using var gmail = new GmailFixture(_ => new PeerReply(404, Error(404, "notFound")));

        Assert.Null(await gmail.Mailbox.GetDraftAsync("r-1", default));
    }

    [Fact]
    public async Task GetDraft_Found_GivesItsBytes()
    {
        await using var gmail = new GmailFixture(_ => new PeerReply(200, $$$"""{"id":"r-1","message":{"id":"m2","threadId":"t1","raw":"{{{Base64Url.EncodeToString(Raw)}}}"}}"""));

        var draft = await gmail.Mailbox.GetDraftAsync("r-1", default);

        Assert.Equal(new DraftRef("r-1", "m2", "t1"), draft?.Draft);
        Assert.Equal(Raw, draft!.Raw.ToArray());
        Assert.StartsWith("GET /gmail/v1/users/me/drafts/r-1?", gmail.Peer.Calls[0].Head, StringComparison.Ordinal);
        Assert.Contains("format=raw", gmail.Peer.Calls[0].Target, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ListDrafts_SeveralPages_KeepsTheThreadsOwn()
    {
        await using var gmail = new GmailFixture(r => r.Target.Contains("pageToken=2", StringComparison.Ordinal)
            ? new PeerReply(200, """{"drafts":[{"id":"r-3","message":{"id":"m3","threadId":"t1"}}]}""")
            : new PeerReply(200, """{"drafts":[{"id":"r-1","message":{"id":"m1","threadId":"t1"}},{"id":"r-2","message":{"id":"m2","threadId":"t2"}}],"nextPageToken":"2"}"""));

        Assert.Equal(["r-1", "r-3"], (await gmail.Mailbox.ListDraftsAsync("t1", default)).Select(d => d.DraftId));
    }
}
