using System.Diagnostics;
using System.Net.Http.Json;
using System.Text;

namespace Butler.Sandbox.Tests.State;

public sealed class RestartTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("butler-sandbox-").FullName;

    [Fact]
    public async Task Restart_WithDataDir_SameIdsDraftsHistoryTokens()
    {
        var mailbox = WriteMailbox(5);
        string[] ids;
        string draft, refresh, access;
        ulong history;
        await using (var host = await SandboxHost.StartAsync(o => (o.DataDir, o.Mailbox) = (_folder, mailbox)))
        {
            host.Account.Deliver(Sample.Mail("new@x", 100));
            draft = host.Account.CreateDraft(Sample.Mail("d@x", 0, "Re: Subject 0", "m0@x"), host.Account.Mails[^1].ThreadId, "api").Id;
            await host.PostAsync($"messages/{host.Account.Mails[^1].Id}/modify", "{\"addLabelIds\":[\"STARRED\"]}");
            await host.PostAsync("labels", "{\"name\":\"Mine\"}");
            (ids, history, refresh) = ([.. host.Account.Mails.Select(m => m.Id)], host.Account.HistoryId, host.Account.RefreshToken);
            using var made = await host.ControlAsync(HttpMethod.Post, "accounts/second@sandbox.butler.test");
            host.State.Account("second@sandbox.butler.test").Deliver(Sample.Mail("s@x"));
            access = host.Http.DefaultRequestHeaders.Authorization!.Parameter!;
        }

        await using var again = await SandboxHost.StartAsync(o => (o.DataDir, o.Mailbox) = (_folder, mailbox));
        Assert.Equal(ids, again.Account.Mails.Select(m => m.Id));
        Assert.Equal("s@x", Assert.Single(again.State.Account("second@sandbox.butler.test").Mails).MessageId);
        Assert.Equal(history, again.Account.HistoryId);
        Assert.Equal(refresh, again.Account.RefreshToken);
        Assert.Equal(draft, Assert.Single(again.Account.Drafts).Id);
        Assert.Equal("api", Assert.Single(again.Account.DraftHistory).By);
        Assert.Contains("STARRED", again.Account.Mails[^1].LabelIds);
        Assert.Equal(again.Account.Mails[^1].ThreadId, again.Account.Drafts[0].Mail.ThreadId);
        again.Http.DefaultRequestHeaders.Authorization = new("Bearer", access);
        await again.GetAsync("profile");
    }

    [Fact]
    public async Task Restart_MailboxHasGrown_OldIdsStay()
    {
        var mailbox = WriteMailbox(3);
        string[] ids;
        await using (var host = await SandboxHost.StartAsync(o => o.Mailbox = mailbox))
        {
            ids = [.. host.Account.Mails.Select(m => m.Id)];
        }

        await File.WriteAllBytesAsync(Path.Combine(mailbox, "000-first.eml"), Sample.Mail("early@x", -50));
        await using var again = await SandboxHost.StartAsync(o => o.Mailbox = mailbox);
        Assert.Equal(4, again.Account.Mails.Count);
        Assert.Equal(ids, again.Account.Mails.Take(3).Select(m => m.Id));
    }

    [Fact]
    public async Task Restart_HalfWrittenLastLine_IsCutOff()
    {
        await using (var host = await SandboxHost.StartAsync(o => (o.DataDir, o.Mailbox) = (_folder, WriteMailbox(1))))
        {
            host.Account.CreateDraft(Sample.Mail("d@x"));
        }

        await File.AppendAllTextAsync(Path.Combine(_folder, "journal.jsonl"), "{\"kind\":\"draft-cre");
        await using var again = await SandboxHost.StartAsync(o => (o.DataDir, o.Mailbox) = (_folder, Path.Combine(_folder, "box")));
        Assert.Single(again.Account.Drafts);
        again.Account.CreateDraft(Sample.Mail("e@x"));
    }

    [Fact]
    public async Task Kill_RightAfterTheAnswer_NothingAnsweredIsLost()
    {
        var mailbox = WriteMailbox(1);
        var drafts = new List<string>();
        for (var round = 0; round < 2; round++)
        {
            using var process = Process.Start(new ProcessStartInfo("dotnet",
                [typeof(SandboxApp).Assembly.Location, "--Sandbox:Secret=s", "--Sandbox:DataDir=" + _folder, "--Sandbox:Mailbox=" + mailbox, "--urls=http://127.0.0.1:0"])
            { RedirectStandardOutput = true, Environment = { ["Logging__Console__FormatterName"] = "simple", ["ASPNETCORE_URLS"] = "" } })!;
            string? line;
            do
            {
                line = await process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The sandbox ended");
            }
            while (!line.Contains("listening on", StringComparison.Ordinal));
            _ = process.StandardOutput.ReadToEndAsync();
            using var http = new HttpClient { BaseAddress = new Uri(line[line.IndexOf("http", StringComparison.Ordinal)..].Trim()) };
            http.DefaultRequestHeaders.Add("X-Sandbox-Secret", "s");
            var account = (await http.GetFromJsonAsync<System.Text.Json.JsonElement>("/sandbox/accounts"))[0];
            using var form = new FormUrlEncodedContent(new Dictionary<string, string> { ["client_id"] = "c", ["grant_type"] = "refresh_token", ["refresh_token"] = account.GetProperty("refresh_token").GetString()! });
            var token = await SandboxHost.ReadAsync(await http.PostAsync("/token", form));
            http.DefaultRequestHeaders.Authorization = new("Bearer", token.GetProperty("access_token").GetString());
            var listed = await http.GetFromJsonAsync<System.Text.Json.JsonElement>($"/sandbox/accounts/{SandboxHost.Owner}/drafts");
            Assert.Equal(drafts.Order(), listed.GetProperty("drafts").EnumerateArray().Select(d => d.GetProperty("id").GetString()!).Order());
            for (var i = 0; i < 5; i++)
            {
                using var json = new StringContent(Sample.DraftJson(Sample.Mail($"d{round}.{i}@x")), Encoding.UTF8, "application/json");
                drafts.Add((await SandboxHost.ReadAsync(await http.PostAsync("/gmail/v1/users/me/drafts", json))).GetProperty("id").GetString()!);
            }

            process.Kill();
            await process.WaitForExitAsync();
        }
    }

    public void Dispose() => Directory.Delete(_folder, true);

    private string WriteMailbox(int count)
    {
        var box = Directory.CreateDirectory(Path.Combine(_folder, "box")).FullName;
        for (var i = 0; i < count; i++)
        {
            File.WriteAllBytes(Path.Combine(box, $"{i:000}.eml"), Sample.Mail($"m{i}@x", i, $"Subject {i}"));
        }

        return box;
    }
}
