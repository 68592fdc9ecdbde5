using System.Net;
using System.Text.RegularExpressions;

namespace Butler.Sandbox.Tests.Gmail;

public sealed class BatchTests
{
    [Fact]
    public async Task Batch_TenGets_EachAnsweredWithItsContentId()
    {
        await using var host = await SandboxHost.StartAsync(mails: Sample.Many(10));
        var ids = host.Account.Mails.Select(m => m.Id).ToList();
        var (body, response) = await host.BatchAsync(ids.Select(i => $"/gmail/v1/users/me/messages/{i}?format=raw"));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("multipart/mixed", response.Content.Headers.ContentType!.MediaType);
        for (var i = 0; i < ids.Count; i++)
        {
            Assert.Matches(new Regex($"Content-ID: <response-item{i}>\r\n\r\nHTTP/1.1 200 OK\r\n[^{{]*\\{{\"id\":\"{ids[i]}\""), body);
        }

        Assert.Equal(10, host.Stats.MailsServed);
    }

    [Fact]
    public async Task Batch_ElevenCalls_EleventhGets429NeighboursSucceed()
    {
        await using var host = await SandboxHost.StartAsync(mails: Sample.Many(11));
        var (body, response) = await host.BatchAsync(host.Account.Mails.Select(m => $"/gmail/v1/users/me/messages/{m.Id}?format=minimal"));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(10, Regex.Count(body, "HTTP/1.1 200 OK"));
        Assert.Equal(1, Regex.Count(body, "HTTP/1.1 429 "));
        Assert.Contains("Too many concurrent requests for user", body);
    }

    [Fact]
    public async Task Batch_AbsoluteAddressAndUnknownId_AnsweredOneByOne()
    {
        await using var host = await SandboxHost.StartAsync(mails: Sample.Many(1));
        var (body, _) = await host.BatchAsync([
            $"https://gmail.googleapis.com/gmail/v1/users/me/messages/{host.Account.Mails[0].Id}?format=minimal HTTP/1.1",
            "/gmail/v1/users/me/messages/1fffffffffffffff"]);
        Assert.Equal(1, Regex.Count(body, "HTTP/1.1 200 OK"));
        Assert.Equal(1, Regex.Count(body, "HTTP/1.1 404 Not Found"));
    }

    [Fact]
    public async Task Batch_TooManyOrNone_Is400()
    {
        await using var host = await SandboxHost.StartAsync();
        var (_, tooMany) = await host.BatchAsync(Enumerable.Repeat("/gmail/v1/users/me/profile", 101));
        Assert.Equal(HttpStatusCode.BadRequest, tooMany.StatusCode);
        var (_, none) = await host.BatchAsync([]);
        Assert.Equal(HttpStatusCode.BadRequest, none.StatusCode);
    }

    [Fact]
    public async Task Batch_WithoutToken_EachPartIs401()
    {
        await using var host = await SandboxHost.StartAsync();
        host.Http.DefaultRequestHeaders.Authorization = null;
        var (body, response) = await host.BatchAsync(["/gmail/v1/users/me/profile"]);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Contains("HTTP/1.1 401 Unauthorized", body);
    }
}
