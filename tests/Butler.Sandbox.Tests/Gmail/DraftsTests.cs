using System.Buffers.Text;
using System.Net;

namespace Butler.Sandbox.Tests.Gmail;

public sealed class DraftsTests
{
    [Fact]
    public async Task Create_Reply_JoinsTheThread()
    {
        await using var host = await SandboxHost.StartAsync(mails: [Sample.Mail("q@x", 0, "Question")]);
        var thread = host.Account.Mails[0].ThreadId;
        var raw = Sample.Mail("r@x", 5, "Re: Question", "q@x", from: SandboxHost.Owner);
        var draft = await host.PostAsync("drafts", Sample.DraftJson(raw, thread));
        Assert.Equal(thread, draft.GetProperty("message").GetProperty("threadId").GetString());
        Assert.Equal("DRAFT", draft.GetProperty("message").GetProperty("labelIds")[0].GetString());
        var got = await host.GetAsync($"drafts/{draft.GetProperty("id").GetString()}?format=raw");
        Assert.Equal(raw, Base64Url.DecodeFromChars(got.GetProperty("message").GetProperty("raw").GetString()));
        Assert.Equal(1, (await host.GetAsync("drafts")).GetProperty("drafts").GetArrayLength());
        var created = Assert.Single(host.Account.DraftHistory);
        Assert.Equal(("created", "api"), (created.Kind, created.By));
    }

    [Theory]
    [InlineData("Another subject", "q@x")]
    [InlineData("Re: Question", null)]
    public async Task Create_SubjectOrReferencesDoNotMatch_GetsItsOwnThread(string subject, string? inReplyTo)
    {
        await using var host = await SandboxHost.StartAsync(mails: [Sample.Mail("q@x", 0, "Question")]);
        var thread = host.Account.Mails[0].ThreadId;
        var draft = await host.PostAsync("drafts", Sample.DraftJson(Sample.Mail("r@x", 5, subject, inReplyTo), thread));
        Assert.NotEqual(thread, draft.GetProperty("message").GetProperty("threadId").GetString());
    }

    [Fact]
    public async Task Update_Draft_NewMessageIdSameDraftId()
    {
        await using var host = await SandboxHost.StartAsync();
        var first = await host.PostAsync("drafts", Sample.DraftJson(Sample.Mail("r@x")));
        var id = first.GetProperty("id").GetString();
        var second = await host.PostAsync($"drafts/{id}", Sample.DraftJson(Sample.Mail("r@x", body: "better")), method: HttpMethod.Put);
        Assert.Equal(id, second.GetProperty("id").GetString());
        Assert.NotEqual(first.GetProperty("message").GetProperty("id").GetString(), second.GetProperty("message").GetProperty("id").GetString());
        await host.GetAsync($"messages/{first.GetProperty("message").GetProperty("id").GetString()}", HttpStatusCode.NotFound);
        Assert.Single(host.Account.Drafts);
    }

    [Fact]
    public async Task Delete_Draft_IsGoneTwice404()
    {
        await using var host = await SandboxHost.StartAsync();
        var draft = await host.PostAsync("drafts", Sample.DraftJson(Sample.Mail("r@x")));
        var path = "/gmail/v1/users/me/drafts/" + draft.GetProperty("id").GetString();
        Assert.Equal(HttpStatusCode.NoContent, (await host.Http.DeleteAsync(path)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await host.Http.DeleteAsync(path)).StatusCode);
        Assert.Empty(host.Account.Mails);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("not json")]
    [InlineData("{\"message\":{\"raw\":\"%%%\"}}")]
    [InlineData("{\"message\":{\"raw\":\"\"}}")]
    public async Task Create_BadBody_Is400(string json)
    {
        await using var host = await SandboxHost.StartAsync();
        var error = (await host.PostAsync("drafts", json, HttpStatusCode.BadRequest)).GetProperty("error");
        Assert.Equal("INVALID_ARGUMENT", error.GetProperty("status").GetString());
        Assert.Empty(host.Account.DraftHistory);
    }

    [Fact]
    public async Task Send_Draft_IsRefused()
    {
        await using var host = await SandboxHost.StartAsync();
        await host.PostAsync("drafts/send", "{\"id\":\"r1\"}", HttpStatusCode.Forbidden);
    }
}
