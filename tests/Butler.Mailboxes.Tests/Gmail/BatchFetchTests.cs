using System.Text;
using Butler.Mailboxes.Gmail;
using Butler.Mailboxes.Tests.Support;
using static Butler.Mailboxes.Tests.Support.GmailFixture;

namespace Butler.Mailboxes.Tests.Gmail;

public class BatchFetchTests
{
    private static readonly string[] Two = ["18a", "18b"];

    [Fact]
    public async Task Fetch_TwoIds_WritesTheBatchByteByByte()
    {
        await using var gmail = new GmailFixture(_ => Batch((0, 200, Message("18a", "A"), ""), (1, 200, Message("18b", "B"), "")));

        await gmail.Mailbox.FetchAsync(Two, Bulk, default);

        var call = Assert.Single(gmail.Peer.Calls);
        Assert.StartsWith("POST /batch/gmail/v1 HTTP/1.1\r\n", call.Head, StringComparison.Ordinal);
        Assert.Contains("\r\nAuthorization: Bearer ya29.token\r\n", call.Head, StringComparison.Ordinal);
        Assert.Contains("\r\nContent-Type: multipart/mixed; boundary=butler_batch\r\n", call.Head, StringComparison.Ordinal);
        const string Part = "--butler_batch\r\nContent-Type: application/http\r\nContent-ID: <{0}>\r\n\r\nGET /gmail/v1/users/me/messages/{1}?format=raw&prettyPrint=false&fields=id,threadId,labelIds,internalDate,raw\r\n\r\n\r\n";
        Assert.Equal(Part.Replace("{0}", "0").Replace("{1}", "18a") + Part.Replace("{0}", "1").Replace("{1}", "18b") + "--butler_batch--\r\n", call.Text);
    }

    [Theory]
    [InlineData(int.MaxValue)]
    [InlineData(1)]
    [InlineData(7)]
    public async Task Fetch_AnswerInPiecesAndOutOfOrder_GivesTheMailsInOrder(int piece)
    {
        await using var gmail = new GmailFixture(_ => Batch((1, 200, Message("18b", "Second\r\n--not-a-boundary\r\n"), ""), (0, 200, Message("18a", "First", "\"SENT\",\"Label_7\""), "")) with { Piece = piece });

        var batch = await gmail.Mailbox.FetchAsync(Two, Bulk, default);

        Assert.Null(batch.Fault);
        Assert.Null(batch.NotBefore);
        Assert.Equal(Two, batch.Mails.Select(m => m.Id));
        Assert.All(batch.Mails, m => Assert.Equal(FetchStatus.Ok, m.Status));
        Assert.Equal("First", Encoding.UTF8.GetString(batch.Mails[0].Raw.Span));
        Assert.Equal("Second\r\n--not-a-boundary\r\n", Encoding.UTF8.GetString(batch.Mails[1].Raw.Span));
        Assert.Equal(["SENT", "Label_7"], batch.Mails[0].Labels);
        Assert.Equal("t18a", batch.Mails[0].ThreadId);
        Assert.Equal(DateTimeOffset.FromUnixTimeMilliseconds(1431990098200), batch.Mails[0].ReceivedAt);
    }

    [Fact]
    public async Task Fetch_InnerFaults_EachBecomesItsMailsStatus()
    {
        await using var gmail = new GmailFixture(_ => Batch(
            (0, 404, Error(404, "notFound"), ""),
            (1, 503, Error(503, "backendError"), ""),
            (2, 200, """{"id":"zzz","raw":"QQ"}""", ""),
            (3, 200, """{"id":"18d","raw":"Q""", ""),
            (4, 400, Error(400, "invalidArgument"), ""),
            (5, 200, """{"id":"18f","threadId":"t","internalDate":"9999999999999999","raw":"QUI\u003d"}""", "")));

        var batch = await gmail.Mailbox.FetchAsync(["18a", "18b", "18c", "18d", "18e", "18f", "18g", "bad id\r\n"], Bulk, default);

        Assert.Equal(
            [FetchStatus.Gone, FetchStatus.Retry, FetchStatus.Retry, FetchStatus.Retry, FetchStatus.Failed, FetchStatus.Ok, FetchStatus.Retry, FetchStatus.Failed],
            batch.Mails.Select(m => m.Status));
        Assert.Equal("AB"u8.ToArray(), batch.Mails[5].Raw.ToArray());
        Assert.Null(batch.Fault);
    }

    [Theory]
    [InlineData(429, "rateLimitExceeded")]
    [InlineData(403, "userRateLimitExceeded")]
    [InlineData(429, "RESOURCE_EXHAUSTED")]
    public async Task Fetch_InnerRateLimit_KeepsTheNeighboursAndNamesATime(int status, string reason)
    {
        var time = new ManualTime();
        await using var gmail = new GmailFixture(_ => Batch((0, status, Error(status, reason), "Retry-After: 7\r\n"), (1, 200, Message("18b", "B"), "")), time);

        var batch = await gmail.Mailbox.FetchAsync(Two, Bulk, default);

        Assert.Equal("18b", Assert.Single(batch.Mails).Id);
        Assert.Equal(time.GetUtcNow().AddSeconds(7), batch.NotBefore);
        Assert.Null(batch.Fault);

        // The refusal is fed back: the next try does not even reach Gmail.
        var next = await gmail.Mailbox.FetchAsync(Two, Bulk, default);
        Assert.Single(gmail.Peer.Calls);
        Assert.Equal(time.GetUtcNow().AddSeconds(7), next.NotBefore);
    }

    [Fact]
    public async Task Fetch_RetryAfterInTheText_IsRead()
    {
        var time = new ManualTime();
        await using var gmail = new GmailFixture(_ => Batch((0, 429, Error(429, "rateLimitExceeded", "User-rate limit exceeded.  Retry after 2026-11-21T12:03:00.500Z"), "")), time);

        var batch = await gmail.Mailbox.FetchAsync(["18a"], Bulk, default);

        Assert.Equal(time.GetUtcNow().AddMinutes(3).AddMilliseconds(500), batch.NotBefore);
    }

    [Fact]
    public async Task Fetch_CutInTheMiddle_GivesWhatArrivedAndAFault()
    {
        var whole = Batch((0, 200, Message("18a", "A"), ""), (1, 200, Message("18b", new string('b', 5000)), ""));
        await using var gmail = new GmailFixture(_ => whole with { CutAfter = whole.Body.Length - 2000 });

        var batch = await gmail.Mailbox.FetchAsync(Two, Bulk, default);

        Assert.Equal("18a", Assert.Single(batch.Mails).Id);
        Assert.Equal(MailboxFault.Unavailable, batch.Fault?.Fault);
        Assert.DoesNotContain("bbb", batch.Fault!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fetch_ByteBudgetReached_LeavesTheRestOut()
    {
        await using var gmail = new GmailFixture(_ => Batch((0, 200, Message("18a", new string('x', 300_000)), ""), (1, 200, Message("18b", new string('y', 20_000_000)), ""), (2, 200, Message("18c", "C"), "")));

        var batch = await gmail.Mailbox.FetchAsync(["18a", "18b", "18c"], new(MailLane.Bulk, 400_000, TimeSpan.FromSeconds(5)), default);

        Assert.Equal("18a", Assert.Single(batch.Mails).Id);
        Assert.Null(batch.Fault);
    }

    [Fact]
    public async Task Fetch_MoreThanOneBatch_StaysBelowTheUsersConcurrency()
    {
        await using var gmail = new GmailFixture(r =>
        {
            var ids = r.Text.Split("messages/").Skip(1).Select(s => s[..s.IndexOf('?', StringComparison.Ordinal)]);
            return Batch([.. ids.Select((id, i) => (i, 200, Message(id, "M"), ""))]);
        });
        var ids = Enumerable.Range(0, 20).Select(i => $"18{i:x2}").ToArray();

        var batch = await gmail.Mailbox.FetchAsync(ids, new(MailLane.Live, 4 << 20, TimeSpan.FromSeconds(5)), default);

        Assert.Equal(ids, batch.Mails.Select(m => m.Id));
        Assert.All(gmail.Peer.Calls, c => Assert.InRange(c.Text.Split("messages/").Length - 1, 1, 10));
    }

    [Fact]
    public async Task Fetch_InnerUnauthorized_IsTransientOnceThenRejected()
    {
        await using var gmail = new GmailFixture(_ => Batch((0, 401, Error(401, "authError"), "")));

        var first = await gmail.Mailbox.FetchAsync(["18a"], Bulk, default);
        var second = await gmail.Mailbox.FetchAsync(["18a"], Bulk, default);

        Assert.Equal(MailboxFault.Unavailable, first.Fault?.Fault);
        Assert.Equal(MailboxFault.LoginRejected, second.Fault?.Fault);
        Assert.Equal(2, gmail.Peer.Requests.Count(r => r.Target == "/token"));
    }

    [Fact]
    public async Task Fetch_AnswerIsNoMultipart_IsAFault()
    {
        await using var gmail = new GmailFixture(_ => new PeerReply(200, "<html>login</html>", "text/html"));

        var batch = await gmail.Mailbox.FetchAsync(Two, Bulk, default);

        Assert.Empty(batch.Mails);
        Assert.Equal(MailboxFault.Unavailable, batch.Fault?.Fault);
    }

    [Fact]
    public async Task Fetch_MailAboveTheLimit_FailsAloneAndTheNextIsRead()
    {
        var parts = Batch((0, 200, Message("18a", new string('x', 200_000)), ""), (1, 200, Message("18b", "B"), ""));
        using var reader = new MultipartReader(new MemoryStream(Encoding.UTF8.GetBytes(parts.Body)), "batch_X"u8, maxPart: 10_000);

        Assert.True(await reader.NextAsync(_ => false, default));
        Assert.True(reader.TooLarge);
        Assert.Equal(0, BatchPart.Parse(reader.Part.Span).Index);
        Assert.True(await reader.NextAsync(_ => false, default));
        Assert.False(reader.TooLarge);
        var part = BatchPart.Parse(reader.Part.Span);
        Assert.Equal(FetchStatus.Ok, RawMessage.Read("18b", part.Body).Status);
        Assert.Equal(1, part.Index);
        Assert.False(await reader.NextAsync(_ => false, default));
    }
}
