using System.Net;
using System.Text.Json;

namespace Butler.Sandbox.Tests.Gmail;

public sealed class HistoryTests
{
    [Fact]
    public async Task History_ArrivalLabelsDraftDelete_TypedInOrder()
    {
        await using var host = await SandboxHost.StartAsync(mails: Sample.Many(2));
        var start = host.Account.HistoryId;
        var mail = host.Account.Deliver(Sample.Mail("new@x"));
        await host.PostAsync($"messages/{mail.Id}/modify", "{\"addLabelIds\":[\"STARRED\"],\"removeLabelIds\":[\"UNREAD\"]}");
        var draft = host.Account.CreateDraft(Sample.Mail("d@x"));
        host.Account.DeleteDraft(draft.Id);
        var answer = await host.GetAsync($"history?startHistoryId={start}");
        var records = answer.GetProperty("history").EnumerateArray().ToList();
        Assert.Equal(["messagesAdded", "labelsRemoved", "labelsAdded", "messagesAdded", "messagesDeleted"], records.Select(Type));
        Assert.Equal(records.Select(r => ulong.Parse(r.GetProperty("id").GetString()!)).Order(), records.Select(r => ulong.Parse(r.GetProperty("id").GetString()!)));
        Assert.Equal(host.Account.HistoryId.ToString(), answer.GetProperty("historyId").GetString());
        Assert.Equal("UNREAD", records[1].GetProperty("labelsRemoved")[0].GetProperty("labelIds")[0].GetString());
        var added = await host.GetAsync($"history?startHistoryId={start}&historyTypes=messageAdded&labelId=INBOX");
        Assert.Equal(mail.Id, Assert.Single(added.GetProperty("history").EnumerateArray()).GetProperty("messagesAdded")[0].GetProperty("message").GetProperty("id").GetString());
    }

    [Fact]
    public async Task History_NothingNew_HistoryIsAbsent()
    {
        await using var host = await SandboxHost.StartAsync();
        var answer = await host.GetAsync($"history?startHistoryId={host.Account.HistoryId}");
        Assert.Equal(["historyId"], answer.EnumerateObject().Select(p => p.Name));
    }

    [Fact]
    public async Task History_TooOldOrUnknownId_Is404()
    {
        await using var host = await SandboxHost.StartAsync(mails: Sample.Many(1));
        var start = host.Account.HistoryId;
        await host.GetAsync($"history?startHistoryId={start - 1}", HttpStatusCode.NotFound);
        await host.GetAsync($"history?startHistoryId={start + 1}", HttpStatusCode.NotFound);
        host.Account.Deliver(Sample.Mail("n@x"));
        host.Account.ExpireHistory();
        await host.GetAsync($"history?startHistoryId={start}", HttpStatusCode.NotFound);
        await host.GetAsync("history", HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task History_Paged_EveryRecordOnce()
    {
        await using var host = await SandboxHost.StartAsync();
        var start = host.Account.HistoryId;
        var ids = Enumerable.Range(0, 7).Select(i => host.Account.Deliver(Sample.Mail($"n{i}@x", i)).Id).ToList();
        var seen = new List<string>();
        var token = "";
        do
        {
            var page = await host.GetAsync($"history?startHistoryId={start}&maxResults=3{token}");
            seen.AddRange(page.GetProperty("history").EnumerateArray().Select(r => r.GetProperty("messagesAdded")[0].GetProperty("message").GetProperty("id").GetString()!));
            token = page.TryGetProperty("nextPageToken", out var next) ? "&pageToken=" + next.GetString() : "";
        }
        while (token.Length > 0);
        Assert.Equal(ids, seen);
    }

    [Fact]
    public async Task Labels_CreateListGet_CountsAndConflicts()
    {
        await using var host = await SandboxHost.StartAsync(mails: Sample.Many(2));
        var label = await host.PostAsync("labels", "{\"name\":\"Butler/Urgent\"}");
        var id = label.GetProperty("id").GetString()!;
        await host.PostAsync("labels", "{\"name\":\"Butler/Urgent\"}", HttpStatusCode.Conflict);
        await host.PostAsync("labels", "{\"name\":\"Inbox\"}", HttpStatusCode.BadRequest);
        var mail = host.Account.Mails[0].Id;
        await host.PostAsync($"messages/{mail}/modify", $"{{\"addLabelIds\":[\"{id}\"]}}");
        await host.PostAsync($"messages/{mail}/modify", "{\"addLabelIds\":[\"SENT\"]}", HttpStatusCode.BadRequest);
        await host.PostAsync($"messages/{mail}/modify", "{\"addLabelIds\":[\"Label_none\"]}", HttpStatusCode.BadRequest);
        Assert.Equal(1, (await host.GetAsync("labels/" + id)).GetProperty("messagesTotal").GetInt32());
        Assert.Contains("Butler/Urgent", (await host.GetAsync("labels")).GetProperty("labels").EnumerateArray().Select(l => l.GetProperty("name").GetString()));
        Assert.Equal(1, (await host.GetAsync("messages?q=label:butler-urgent")).GetProperty("messages").GetArrayLength());
    }

    [Fact]
    public async Task Watch_Topic_ExpiresInSevenDays()
    {
        var clock = new Clock(Sample.Start);
        await using var host = await SandboxHost.StartAsync(clock: clock);
        var watch = await host.PostAsync("watch", "{\"topicName\":\"projects/p/topics/t\"}");
        Assert.Equal(Sample.Start.AddDays(7).ToUnixTimeMilliseconds().ToString(), watch.GetProperty("expiration").GetString());
        await host.PostAsync("watch", "{\"topicName\":\"nonsense\"}", HttpStatusCode.BadRequest);
        await host.PostAsync("stop", "", HttpStatusCode.NoContent);
    }

    private static string Type(JsonElement record) => record.EnumerateObject().Single(p => p.Name is not ("id" or "messages")).Name;
}
