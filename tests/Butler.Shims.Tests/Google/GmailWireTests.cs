using System.Net;
using System.Text;
using Google;
using Google.Apis.Gmail.v1;
using Google.Apis.Gmail.v1.Data;
using Google.Apis.Http;
using Google.Apis.Services;
using Google.Apis.Util;

namespace Butler.Shims.Tests.Google;

/// <summary>What the requests put on the wire and how answers are read, through Google's own base client.</summary>
public class GmailWireTests
{
    [Fact]
    public async Task Requests_OfEveryMethod_HaveGooglesPaths()
    {
        var handler = new Recorder("{}");
        var users = Service(handler).Users;
        await users.GetProfile("me").ExecuteAsync();
        var list = users.Messages.List("me");
        (list.Q, list.MaxResults, list.PageToken, list.IncludeSpamTrash, list.LabelIds) = ("after:1 x", 500, "p", true, new Repeatable<string>(["A", "B"]));
        await list.ExecuteAsync();
        var get = users.Messages.Get("me", "18a");
        (get.Format, get.MetadataHeaders) = (UsersResource.MessagesResource.GetRequest.FormatEnum.Metadata, new Repeatable<string>(["From", "To"]));
        await get.ExecuteAsync();
        await users.Messages.Modify(new ModifyMessageRequest { AddLabelIds = ["X"] }, "me", "18a").ExecuteAsync();
        var thread = users.Threads.Get("me", "t1");
        thread.Format = UsersResource.ThreadsResource.GetRequest.FormatEnum.Minimal;
        await thread.ExecuteAsync();
        var history = users.History.List("me");
        (history.StartHistoryId, history.LabelId, history.HistoryTypes) = (ulong.MaxValue, "INBOX", UsersResource.HistoryResource.ListRequest.HistoryTypesEnum.LabelRemoved);
        await history.ExecuteAsync();
        await users.Drafts.Create(new Draft { Message = new Message { Raw = "cg", ThreadId = "t1" } }, "me").ExecuteAsync();
        await users.Drafts.Update(new Draft { Id = "r1" }, "me", "r1").ExecuteAsync();
        var draft = users.Drafts.Get("me", "r1");
        draft.Format = UsersResource.DraftsResource.GetRequest.FormatEnum.Raw;
        await draft.ExecuteAsync();
        await users.Drafts.List("me").ExecuteAsync();
        await users.Drafts.Delete("me", "r1").ExecuteAsync();
        await users.Labels.List("a@b.c").ExecuteAsync();
        await users.Labels.Get("me", "L").ExecuteAsync();
        await users.Labels.Create(new Label { Name = "Butler/Urgent" }, "me").ExecuteAsync();
        await users.Watch(new WatchRequest { TopicName = "projects/p/topics/t", LabelIds = ["INBOX"], LabelFilterBehavior = "include" }, "me").ExecuteAsync();
        await users.Stop("me").ExecuteAsync();

        Assert.Equal(
            [
                "GET /gmail/v1/users/me/profile",
                "GET /gmail/v1/users/me/messages?includeSpamTrash=true&labelIds=A&labelIds=B&maxResults=500&pageToken=p&q=after%3A1%20x",
                "GET /gmail/v1/users/me/messages/18a?format=metadata&metadataHeaders=From&metadataHeaders=To",
                """POST /gmail/v1/users/me/messages/18a/modify {"addLabelIds":["X"]}""",
                "GET /gmail/v1/users/me/threads/t1?format=minimal",
                "GET /gmail/v1/users/me/history?historyTypes=labelRemoved&labelId=INBOX&startHistoryId=18446744073709551615",
                """POST /gmail/v1/users/me/drafts {"message":{"raw":"cg","threadId":"t1"}}""",
                """PUT /gmail/v1/users/me/drafts/r1 {"id":"r1"}""",
                "GET /gmail/v1/users/me/drafts/r1?format=raw",
                "GET /gmail/v1/users/me/drafts",
                "DELETE /gmail/v1/users/me/drafts/r1",
                "GET /gmail/v1/users/a%40b.c/labels",
                "GET /gmail/v1/users/me/labels/L",
                """POST /gmail/v1/users/me/labels {"name":"Butler/Urgent"}""",
                """POST /gmail/v1/users/me/watch {"labelFilterBehavior":"include","labelIds":["INBOX"],"topicName":"projects/p/topics/t"}""",
                "POST /gmail/v1/users/me/stop",
            ],
            handler.Seen.Select(SortQuery));
    }

    [Fact]
    public async Task Answer_WithNumbersAsStrings_IsRead()
    {
        var message = await Service(new Recorder("""
            {"id":"18a","threadId":"t","labelIds":["INBOX"],"historyId":"18446744073709551615","internalDate":"1431990098200","sizeEstimate":7,
             "payload":{"mimeType":"text/plain","headers":[{"name":"From","value":"x"}],"body":{"size":3,"data":"YWJj"},"parts":[{"partId":"0"}]},"new":{"field":1}}
            """)).Users.Messages.Get("me", "18a").ExecuteAsync();

        Assert.Equal((ulong.MaxValue, 1431990098200, 7), (message.HistoryId, message.InternalDate, message.SizeEstimate));
        Assert.Equal(("From", "YWJj", "0"), (message.Payload.Headers[0].Name, message.Payload.Body.Data, message.Payload.Parts[0].PartId));
    }

    [Fact]
    public async Task Answer_WithAnError_IsGooglesException()
    {
        var service = Service(new Recorder("""{"error":{"code":403,"message":"no","errors":[{"reason":"userRateLimitExceeded"}]} }""", HttpStatusCode.Forbidden));

        var e = await Assert.ThrowsAsync<GoogleApiException>(() => service.Users.GetProfile("me").ExecuteAsync());

        Assert.Equal("userRateLimitExceeded", e.Error.Errors[0].Reason);
    }

    [Fact]
    public void Service_WithoutBaseUri_IsGooglesAddress()
    {
        using var service = new GmailService();

        Assert.Equal(("https://gmail.googleapis.com/", "", "https://gmail.googleapis.com/batch", "batch", "gmail"), (service.BaseUri, service.BasePath, service.BatchUri, service.BatchPath, service.Name));
        Assert.Equal("https://www.googleapis.com/auth/gmail.modify", GmailService.Scope.GmailModify);
    }

    // Google's builder writes parameters in the order of the properties, which reflection does not promise.
    private static string SortQuery(string seen)
    {
        var at = seen.IndexOf('?', StringComparison.Ordinal);
        return at < 0 ? seen : seen[..(at + 1)] + string.Join('&', seen[(at + 1)..].Split('&').Order(StringComparer.Ordinal));
    }

    private static GmailService Service(HttpMessageHandler handler) => new(new BaseClientService.Initializer
    {
        ApplicationName = "Test", BaseUri = "http://127.0.0.1:9/", GZipEnabled = false, HttpClientFactory = new Factory(handler),
    });

    private sealed class Factory(HttpMessageHandler handler) : global::Google.Apis.Http.HttpClientFactory
    {
        protected override HttpMessageHandler CreateHandler(CreateHttpClientArgs args) => handler;
    }

    private sealed class Recorder(string answer, HttpStatusCode status = HttpStatusCode.OK) : HttpMessageHandler
    {
        public List<string> Seen { get; } = [];

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var body = request.Content is null ? "" : " " + await request.Content.ReadAsStringAsync(cancellationToken);
            Seen.Add($"{request.Method} {request.RequestUri!.PathAndQuery}{body}".TrimEnd());
            return new(status) { Content = new StringContent(answer, Encoding.UTF8, "application/json"), RequestMessage = request };
        }
    }
}
