using System.Buffers.Text;
using System.Net;
using System.Text;
using System.Text.Json;

namespace Butler.Sandbox.Tests.Gmail;

public sealed class MessagesTests
{
    [Fact]
    public async Task List_SeveralPages_EveryIdOnceNewestFirst()
    {
        await using var host = await SandboxHost.StartAsync(mails: Sample.Many(25));
        var ids = new List<string>();
        string? token = null;
        do
        {
            var page = await host.GetAsync("messages?maxResults=10" + (token is null ? "" : "&pageToken=" + token));
            ids.AddRange(page.GetProperty("messages").EnumerateArray().Select(m => m.GetProperty("id").GetString()!));
            token = page.TryGetProperty("nextPageToken", out var next) ? next.GetString() : null;
        }
        while (token is not null);

        Assert.Equal(host.Account.Mails.Select(m => m.Id), ids);
        Assert.Equal(25, ids.Distinct().Count());
    }

    [Fact]
    public async Task List_NothingMatches_MessagesIsAbsent()
    {
        await using var host = await SandboxHost.StartAsync(mails: Sample.Many(3));
        var page = await host.GetAsync("messages?q=" + Uri.EscapeDataString("rfc822msgid:<none@x>"));
        Assert.False(page.TryGetProperty("messages", out _));
        Assert.Equal(0, page.GetProperty("resultSizeEstimate").GetInt32());
    }

    [Theory]
    [InlineData("after:{0} before:{1}", "m10,m11,m12,m13,m14")]
    [InlineData("rfc822msgid:<m7@x>", "m7")]
    [InlineData("rfc822msgid:m7@x", "m7")]
    [InlineData("in:sent", "s1")]
    [InlineData("from:boss in:inbox", "b1")]
    [InlineData("from:boss after:{1}", "b1")]
    [InlineData("-in:inbox -in:sent", "")]
    [InlineData("in:spam", "spam1")]
    [InlineData("subject:\"Subject 3\"", "m3")]
    [InlineData("after:2026/06/02", "b1,s1")]
    public async Task List_Query_FindsWhatGmailWould(string q, string expected)
    {
        await using var host = await SandboxHost.StartAsync(mails:
        [
            .. Sample.Many(20),
            Sample.Mail("b1@x", 3000, "Report", from: "The Boss <boss@corp.example>"),
            Sample.Mail("s1@x", 3001, "Sent one", from: "Me <owner@sandbox.butler.test>"),
        ]);
        host.Account.Deliver(Sample.Mail("spam1@x", 2), ["SPAM"], Sample.Start);
        var query = string.Format(null, q, Sample.Start.AddMinutes(10).ToUnixTimeSeconds(), Sample.Start.AddMinutes(15).ToUnixTimeSeconds());
        var page = await host.GetAsync("messages?maxResults=500&q=" + Uri.EscapeDataString(query));
        var ids = page.TryGetProperty("messages", out var m) ? m.EnumerateArray().Select(e => e.GetProperty("id").GetString()!).ToList() : [];
        var found = ids.Select(id => host.Account.Mails.Single(x => x.Id == id).MessageId!.Replace("@x", "")).Order(StringComparer.Ordinal);
        Assert.Equal(expected.Split(',', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal), found);
    }

    [Fact]
    public async Task List_SpamAndTrash_OnlyWhenAsked()
    {
        await using var host = await SandboxHost.StartAsync(mails: Sample.Many(2));
        host.Account.Deliver(Sample.Mail("spam@x"), ["SPAM"]);
        Assert.Equal(2, (await host.GetAsync("messages")).GetProperty("messages").GetArrayLength());
        Assert.Equal(3, (await host.GetAsync("messages?includeSpamTrash=true")).GetProperty("messages").GetArrayLength());
        Assert.Equal(1, (await host.GetAsync("messages?labelIds=SPAM")).GetProperty("messages").GetArrayLength());
    }

    [Fact]
    public async Task Get_Raw_SameBytesAndStringNumbers()
    {
        var raw = Sample.Mail("a@x", body: "Grüße ÿ");
        await using var host = await SandboxHost.StartAsync(mails: [raw]);
        var mail = await host.GetAsync($"messages/{host.Account.Mails[0].Id}?format=raw");
        Assert.Equal(raw, Base64Url.DecodeFromChars(mail.GetProperty("raw").GetString()));
        Assert.Equal(Sample.Start.ToUnixTimeMilliseconds().ToString(System.Globalization.CultureInfo.InvariantCulture), mail.GetProperty("internalDate").GetString());
        Assert.Equal(JsonValueKind.String, mail.GetProperty("historyId").ValueKind);
        Assert.Equal(raw.Length, mail.GetProperty("sizeEstimate").GetInt32());
        Assert.Equal("INBOX", mail.GetProperty("labelIds")[0].GetString());
        Assert.False(mail.TryGetProperty("payload", out _));
    }

    [Fact]
    public async Task Get_Full_PartsWithAttachmentFetchedSeparately()
    {
        var raw = Encoding.ASCII.GetBytes("""
            From: a@example.org
            Subject: x
            MIME-Version: 1.0
            Content-Type: multipart/mixed; boundary="outer"

            preamble
            --outer
            Content-Type: multipart/alternative; boundary=inner

            --inner
            Content-Type: text/plain; charset=utf-8
            Content-Transfer-Encoding: quoted-printable

            caf=C3=A9 <now> soft=
             line
            --inner
            Content-Type: text/html

            <b>x</b>
            --inner--
            --outer
            Content-Type: application/pdf; name="a.pdf"
            Content-Transfer-Encoding: base64

            AQIDBA==
            --outer--
            """.ReplaceLineEndings("\r\n"));
        await using var host = await SandboxHost.StartAsync(mails: [raw]);
        var id = host.Account.Mails[0].Id;
        var mail = await host.GetAsync($"messages/{id}");
        var payload = mail.GetProperty("payload");
        Assert.Equal("multipart/mixed", payload.GetProperty("mimeType").GetString());
        Assert.Equal("x", payload.GetProperty("headers").EnumerateArray().Single(h => h.GetProperty("name").GetString() == "Subject").GetProperty("value").GetString());
        var text = payload.GetProperty("parts")[0].GetProperty("parts")[0];
        Assert.Equal("0.0", text.GetProperty("partId").GetString());
        Assert.Equal("café <now> soft line", Encoding.UTF8.GetString(Base64Url.DecodeFromChars(text.GetProperty("body").GetProperty("data").GetString())));
        Assert.Equal("café &lt;now&gt; soft line", WebUtilityDecodeNumeric(mail.GetProperty("snippet").GetString()!));
        var pdf = payload.GetProperty("parts")[1];
        Assert.Equal("a.pdf", pdf.GetProperty("filename").GetString());
        Assert.Equal(4, pdf.GetProperty("body").GetProperty("size").GetInt32());
        var attachment = await host.GetAsync($"messages/{id}/attachments/{pdf.GetProperty("body").GetProperty("attachmentId").GetString()}");
        Assert.Equal([1, 2, 3, 4], Base64Url.DecodeFromChars(attachment.GetProperty("data").GetString()));
    }

    [Fact]
    public async Task Get_MetadataWithHeaders_OnlyThose()
    {
        await using var host = await SandboxHost.StartAsync(mails: Sample.Many(1));
        var mail = await host.GetAsync($"messages/{host.Account.Mails[0].Id}?format=metadata&metadataHeaders=subject&metadataHeaders=Message-ID");
        Assert.Equal(["Subject", "Message-ID"], mail.GetProperty("payload").GetProperty("headers").EnumerateArray().Select(h => h.GetProperty("name").GetString()));
        var minimal = await host.GetAsync($"messages/{host.Account.Mails[0].Id}?format=minimal");
        Assert.False(minimal.TryGetProperty("payload", out _));
    }

    [Fact]
    public async Task Get_Fields_OnlyThose()
    {
        await using var host = await SandboxHost.StartAsync(mails: Sample.Many(3));
        var page = await host.GetAsync("messages?maxResults=2&fields=messages/id,nextPageToken");
        Assert.Equal(["messages", "nextPageToken"], page.EnumerateObject().Select(p => p.Name));
        Assert.Equal(["id"], page.GetProperty("messages")[0].EnumerateObject().Select(p => p.Name));
    }

    [Fact]
    public async Task Get_Unknown_GooglesErrorBody()
    {
        await using var host = await SandboxHost.StartAsync(mails: Sample.Many(1));
        var error = (await host.GetAsync("messages/1fffffffffffffff", HttpStatusCode.NotFound)).GetProperty("error");
        Assert.Equal(404, error.GetProperty("code").GetInt32());
        Assert.Equal("NOT_FOUND", error.GetProperty("status").GetString());
        Assert.Equal("notFound", error.GetProperty("errors")[0].GetProperty("reason").GetString());
        await host.GetAsync("messages/zzz", HttpStatusCode.BadRequest);
        await host.GetAsync("nothing", HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Call_WithoutToken_Is401()
    {
        await using var host = await SandboxHost.StartAsync();
        host.Http.DefaultRequestHeaders.Authorization = null;
        await host.GetAsync("profile", HttpStatusCode.Unauthorized);
        host.Http.DefaultRequestHeaders.Authorization = new("Bearer", "ya29.made.up.token");
        var error = (await host.GetAsync("profile", HttpStatusCode.Unauthorized)).GetProperty("error");
        Assert.Equal("authError", error.GetProperty("errors")[0].GetProperty("reason").GetString());
    }

    [Fact]
    public async Task Call_ForAnotherUser_Is403()
    {
        await using var host = await SandboxHost.StartAsync();
        using var other = await host.Http.GetAsync("/gmail/v1/users/someone@else.test/profile");
        Assert.Equal(HttpStatusCode.Forbidden, other.StatusCode);
        using var own = await host.Http.GetAsync($"/gmail/v1/users/{SandboxHost.Owner}/profile");
        Assert.Equal(HttpStatusCode.OK, own.StatusCode);
    }

    [Fact]
    public async Task Threads_RepliesByReferences_AreOneThread()
    {
        await using var host = await SandboxHost.StartAsync(mails:
        [
            Sample.Mail("a@x", 0, "Question"),
            Sample.Mail("b@x", 1, "Re: Question", "a@x"),
            Sample.Mail("c@x", 2, "Other"),
        ]);
        var mails = host.Account.Mails.ToDictionary(m => m.MessageId!);
        Assert.Equal(mails["a@x"].Id, mails["b@x"].ThreadId);
        Assert.NotEqual(mails["a@x"].ThreadId, mails["c@x"].ThreadId);
        var thread = await host.GetAsync($"threads/{mails["b@x"].ThreadId}?format=minimal");
        Assert.Equal([mails["a@x"].Id, mails["b@x"].Id], thread.GetProperty("messages").EnumerateArray().Select(m => m.GetProperty("id").GetString()));
        Assert.Equal(2, (await host.GetAsync("threads")).GetProperty("threads").GetArrayLength());
        var profile = await host.GetAsync("profile");
        Assert.Equal(3, profile.GetProperty("messagesTotal").GetInt32());
        Assert.Equal(2, profile.GetProperty("threadsTotal").GetInt32());
        Assert.Equal(JsonValueKind.String, profile.GetProperty("historyId").ValueKind);
    }

    private static string WebUtilityDecodeNumeric(string text) => text.Replace("&#233;", "é", StringComparison.Ordinal);
}
