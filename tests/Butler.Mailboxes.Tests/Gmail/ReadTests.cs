using Butler.Mailboxes.Gmail;
using Butler.Mailboxes.Tests.Support;

namespace Butler.Mailboxes.Tests.Gmail;

public class ReadTests
{
    private static readonly DateTimeOffset From = new(2026, 1, 2, 3, 4, 5, 600, TimeSpan.Zero);

    [Fact]
    public void Query_WithBounds_CoversThemWhole()
    {
        var from = From.ToUnixTimeSeconds();
        Assert.Equal($"after:{from - 1} before:{from + 1} -in:chats -in:drafts", GmailQuery.Build(new(From, From)));
        Assert.Equal($"before:{from} -in:chats -in:drafts", GmailQuery.Build(new(null, DateTimeOffset.FromUnixTimeSeconds(from))));
    }

    [Fact]
    public async Task List_Page_AsksAndReadsIt()
    {
        await using var gmail = new GmailFixture(_ => new PeerReply(200, """{"messages":[{"id":"18b","threadId":"18a"},{"id":"18a","threadId":"18a"}],"nextPageToken":"p2","resultSizeEstimate":2}"""));

        var page = await gmail.Mailbox.ListAsync(new(null, null, IncludeSpamTrash: true, PageSize: 900), "p1", default);

        Assert.Equal([new MailId("18b", "18a"), new MailId("18a", "18a")], page.Mails);
        Assert.Equal("p2", page.NextPageToken);
        var target = Assert.Single(gmail.Peer.Calls).Target;
        Assert.StartsWith("/gmail/v1/users/me/messages?", target, StringComparison.Ordinal);
        Assert.Contains("q=-in%3Achats%20-in%3Adrafts", target, StringComparison.Ordinal);
        Assert.Contains("includeSpamTrash=true", target, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("maxResults=500", target, StringComparison.Ordinal);
        Assert.Contains("pageToken=p1", target, StringComparison.Ordinal);
    }

    [Fact]
    public async Task List_EmptyPageWithNextToken_KeepsTheToken()
    {
        await using var gmail = new GmailFixture(_ => new PeerReply(200, """{"nextPageToken":"p2"}"""));

        var page = await gmail.Mailbox.ListAsync(new(null, null), null, default);

        Assert.Empty(page.Mails);
        Assert.Equal("p2", page.NextPageToken);
    }

    [Fact]
    public async Task GetHistory_EveryKind_IsOneRecordEach()
    {
        await using var gmail = new GmailFixture(_ => new PeerReply(200, """
            {"history":[
              {"id":"18446744073709551000","messages":[{"id":"a","threadId":"t"}],"messagesAdded":[{"message":{"id":"a","threadId":"t","labelIds":["INBOX"]}}]},
              {"id":"18446744073709551001","messagesDeleted":[{"message":{"id":"b","threadId":"t"}}],"labelsAdded":[{"message":{"id":"a","threadId":"t"},"labelIds":["STARRED"]}],"labelsRemoved":[{"message":{"id":"a"},"labelIds":["UNREAD"]}]}],
             "historyId":"18446744073709551615"}
            """));

        var page = await gmail.Mailbox.GetHistoryAsync(18446744073709550999, null, default);

        Assert.Equal(
            [(HistoryKind.Added, "a", "INBOX"), (HistoryKind.Deleted, "b", ""), (HistoryKind.LabelsAdded, "a", "STARRED"), (HistoryKind.LabelsRemoved, "a", "UNREAD")],
            page.Records.Select(r => (r.Kind, r.MessageId, string.Join(',', r.Labels))));
        Assert.Equal(18446744073709551000, page.Records[0].Id);
        Assert.Equal(ulong.MaxValue, page.HistoryId);
        var target = gmail.Peer.Calls[0].Target;
        Assert.Contains("startHistoryId=18446744073709550999", target, StringComparison.Ordinal);
        Assert.Contains("historyTypes=messageAdded&historyTypes=messageDeleted&historyTypes=labelAdded&historyTypes=labelRemoved", target, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetThread_Messages_OldestFirstWithTheirHeaders()
    {
        await using var gmail = new GmailFixture(_ => new PeerReply(200, """
            {"id":"t","messages":[
              {"id":"b","labelIds":["SENT"],"internalDate":"2000","payload":{"headers":[{"name":"from","value":"Me"},{"name":"Message-Id","value":"<2@x>"}]}},
              {"id":"a","internalDate":"1000"}]}
            """));

        var thread = await gmail.Mailbox.GetThreadAsync("t", default);

        Assert.Equal(["a", "b"], thread.Select(m => m.Id));
        Assert.Equal(("<2@x>", "Me", "SENT"), (thread[1].MessageId, thread[1].From, thread[1].Labels[0]));
        Assert.Null(thread[0].MessageId);
        Assert.Contains("format=metadata&metadataHeaders=Message-ID&metadataHeaders=From", gmail.Peer.Calls[0].Target, StringComparison.Ordinal);
    }
}
