using System.Net;

namespace Butler.Services.Tests.Progress;

public sealed class ReadTests(ProgressService service) : IClassFixture<ProgressService>
{
    private static readonly DateTimeOffset s_day = new(2026, 11, 1, 9, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task Status_RunningSync_HasTheFieldsOfTheIssue()
    {
        var account = Guid.CreateVersion7();
        var user = await UserAsync();
        await service.AddAccountAsync(account, user, $"{account}@example.org");
        var sync = await service.AddSyncAsync(account: account, user: user);
        using var client = await service.AsAsync(user);

        var body = await ProgressService.JsonAsync(await client.GetAsync($"/api/v1/email-sync/status/{user}"));

        Assert.Equal(sync, body.GetProperty("job_id").GetGuid());
        Assert.Equal("processing", body.GetProperty("status").GetString());
        Assert.Equal(25.0, body.GetProperty("progress").GetDouble());
        Assert.Equal(1000, body.GetProperty("total_emails").GetInt64());
        Assert.Equal(260, body.GetProperty("processed_emails").GetInt64());
        Assert.Equal(0, body.GetProperty("parsed_transactions").GetInt64());
        Assert.Equal(2, body.GetProperty("failed_emails").GetInt64());
        Assert.True(body.GetProperty("eta_low").GetDateTimeOffset() <= body.GetProperty("eta_high").GetDateTimeOffset());
        Assert.Equal(account, body.GetProperty("accounts")[0].GetProperty("account_id").GetGuid());
        Assert.True(body.TryGetProperty("processed_until", out _) && body.TryGetProperty("error", out _));
    }

    [Fact]
    public async Task History_Limit_NewestFirst()
    {
        var user = await UserAsync();
        var account = Guid.CreateVersion7();
        await service.AddAccountAsync(account, user, $"{account}@example.org");
        await service.AddSyncAsync("failed", account: account, user: user);
        var newest = await service.AddSyncAsync("completed", account: account, user: user);
        using var client = await service.AsAsync(user);

        var body = await ProgressService.JsonAsync(await client.GetAsync($"/api/v1/email-sync/history/{user}?limit=1"));

        Assert.Equal(newest, Assert.Single(body.GetProperty("jobs").EnumerateArray().ToArray()).GetProperty("job_id").GetGuid());
    }

    [Fact]
    public async Task Mails_PagesAndFilters_EachMailOnceNewestFirst()
    {
        var user = await UserAsync();
        Guid[] accounts = [Guid.CreateVersion7(), Guid.CreateVersion7()];
        foreach (var account in accounts)
        {
            await service.AddAccountAsync(account, user, $"{account}@example.org");
        }

        // Several of one moment, over two accounts: the cursor must neither repeat nor lose any.
        var made = new List<Guid>();
        for (var i = 0; i < 12; i++)
        {
            made.Add(await service.AddMailAsync($"Mail {i}", s_day.AddMinutes(i / 4), i % 3 == 0 ? "spam" : "informational", accounts[i % 2]));
        }

        using var client = await service.AsAsync(user);
        var seen = new List<Guid>();
        var times = new List<DateTimeOffset>();
        for (var next = ""; next is not null;)
        {
            var page = await ProgressService.JsonAsync(await client.GetAsync($"/api/v1/mails?limit=5&before={next}"));
            seen.AddRange(page.GetProperty("mails").EnumerateArray().Select(m => m.GetProperty("id").GetGuid()));
            times.AddRange(page.GetProperty("mails").EnumerateArray().Select(m => m.GetProperty("received_at").GetDateTimeOffset()));
            next = page.GetProperty("next").GetString();
        }

        Assert.Equal(made.Order(), seen.Order());
        Assert.Equal(times.OrderDescending(), times);
        var spam = await ProgressService.JsonAsync(await client.GetAsync("/api/v1/mails?category=spam"));
        Assert.Equal(4, spam.GetProperty("mails").GetArrayLength());
        var tagged = await ProgressService.JsonAsync(await client.GetAsync("/api/v1/mails?tag=meeting"));
        Assert.Equal(12, tagged.GetProperty("mails").GetArrayLength());
        var none = await ProgressService.JsonAsync(await client.GetAsync("/api/v1/mails?tag=none"));
        Assert.Equal(0, none.GetProperty("mails").GetArrayLength());
    }

    [Fact]
    public async Task Mail_WithDraft_HasEverything()
    {
        var mail = await service.AddMailAsync("Tuesday", s_day);
        await ReplyAsync(mail, "created", "Dear Otto,\n\nyes: ____\n");
        using var client = await service.AsAsync(service.Owner);

        var body = await ProgressService.JsonAsync(await client.GetAsync($"/api/v1/mails/{mail}"));

        Assert.Equal("Can you come on Tuesday?", body.GetProperty("text").GetString());
        Assert.Equal("needs_reply", body.GetProperty("verdict").GetProperty("category").GetString());
        Assert.Equal("created", body.GetProperty("draft").GetProperty("state").GetString());
        Assert.Equal("meeting", body.GetProperty("tags")[0].GetString());
        Assert.Equal(2048, body.GetProperty("attachments")[0].GetProperty("size").GetInt64());
    }

    [Fact]
    public async Task TaskStatus_ByTaskAndByEmail_SayTheSame()
    {
        var mail = await service.AddMailAsync("Task", s_day, emailId: "task-mail-1");
        await ReplyAsync(mail, "created", "Dear Otto");
        var task = Guid.CreateVersion7();
        await service.ExecuteAsync(
            "INSERT INTO tasks (id, kind, app_user_id, provider_user_id, ledger_id, status, correlation_id) VALUES ($1, 'process', $2, $3, $4, 'processing', $5)", task, service.Owner,
            service.Account, mail, service.Correlation);
        using var client = await service.AsAsync(service.Owner);

        foreach (var path in new[] { $"/api/task-status/{task}", "/api/task-status/task-mail-1" })
        {
            var body = await ProgressService.JsonAsync(await client.GetAsync(path));
            Assert.Equal(task, body.GetProperty("task_id").GetGuid());
            Assert.Equal("task-mail-1", body.GetProperty("email_id").GetString());
            Assert.Equal("processing", body.GetProperty("status").GetString());
            Assert.Equal("draft_created", body.GetProperty("stage").GetString());
            Assert.Equal("draft-1", body.GetProperty("ai_response").GetProperty("draft_id").GetString());
            Assert.Equal("Dear Otto", body.GetProperty("ai_response").GetProperty("generated_reply").GetString());
        }
    }

    [Fact]
    public async Task TaskStatus_EmailWithSeveralAccounts_AsksForTheAccount()
    {
        var user = await UserAsync();
        Guid[] accounts = [Guid.CreateVersion7(), Guid.CreateVersion7()];
        foreach (var account in accounts)
        {
            await service.AddAccountAsync(account, user, $"{account}@example.org");
            await service.AddMailAsync("Twice", s_day, account: account, emailId: "same-id");
        }

        using var client = await service.AsAsync(user);
        using var unclear = await client.GetAsync("/api/task-status/same-id");
        using var clear = await client.GetAsync($"/api/task-status/same-id?account={accounts[1]}");

        Assert.Equal(HttpStatusCode.Conflict, unclear.StatusCode);
        Assert.Equal("account_required", (await ProgressService.JsonAsync(unclear)).GetProperty("error").GetProperty("code").GetString());
        Assert.Equal("classified", (await ProgressService.JsonAsync(clear)).GetProperty("stage").GetString());
    }

    [Fact]
    public async Task Health_WithoutRedis_IsDegradedWith200()
    {
        using var client = service.Anonymous();
        using var response = await client.GetAsync("/api/health");
        var body = await ProgressService.JsonAsync(response);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("degraded", body.GetProperty("status").GetString());
        Assert.Equal("healthy", body.GetProperty("services").GetProperty("database").GetString());
    }

    [Fact]
    public async Task Health_WithoutPostgres_IsUnhealthyWith503()
    {
        var database = await Butler.Testing.PostgresFixture.CreateDatabaseAsync();
        await using var factory = new ProgressService.Factory(database, null);
        var (http, channel) = factory.Start();
        using var client = new HttpClient { BaseAddress = http };
        await service.ExecuteAsync($"DROP DATABASE {new Npgsql.NpgsqlConnectionStringBuilder(database).Database} WITH (FORCE)");
        using var health = await client.GetAsync("/api/health");
        using var ready = await client.GetAsync("/health");
        using var alive = await client.GetAsync("/alive");
        channel.Dispose();

        Assert.Equal(HttpStatusCode.ServiceUnavailable, health.StatusCode);
        Assert.Equal("unhealthy", (await ProgressService.JsonAsync(health)).GetProperty("status").GetString());
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        Assert.Equal(HttpStatusCode.OK, alive.StatusCode);
    }

    [Fact]
    public async Task Metrics_AfterRequests_HaveRouteTemplatesAndNoIds()
    {
        using var client = await service.AsAsync(service.Owner);
        await client.GetAsync($"/api/v1/email-sync/history/{service.Owner}");

        var text = await service.Anonymous().GetStringAsync("/api/metrics");

        Assert.Contains("http_requests_total{method=\"GET\",endpoint=\"/api/v1/email-sync/history/{userId}\",status=\"200\"} ", text, StringComparison.Ordinal);
        Assert.Contains("http_request_duration_seconds_bucket{method=\"GET\",endpoint=\"/api/v1/email-sync/history/{userId}\",le=\"+Inf\"} ", text, StringComparison.Ordinal);
        Assert.DoesNotContain(service.Owner.ToString(), text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OpenApi_Document_NamesEveryRead()
    {
        var api = await ProgressService.JsonAsync(await service.Anonymous().GetAsync("/openapi/v1.json"));
        var paths = api.GetProperty("paths").EnumerateObject().Select(p => p.Name).ToArray();

        Assert.Contains("/api/v1/email-sync/status/{userId}", paths);
        Assert.Contains("/api/task-status/{taskId}", paths);
        Assert.Contains("/api/v1/mails", paths);
        Assert.Contains("/api/health", paths);
        Assert.DoesNotContain("/commands/import", paths);
    }

    private async Task<Guid> UserAsync()
    {
        var id = Guid.CreateVersion7();
        await service.ExecuteAsync("INSERT INTO app_users (id, display_name, role) VALUES ($1, 'Test', 'member')", id);
        return id;
    }

    private Task ReplyAsync(Guid mail, string state, string text) =>
        service.ExecuteAsync("""
            INSERT INTO replies (mail_id, expires_at, provider_user_id, state, generated_reply, thread_id, draft_id, correlation_id) VALUES ($1, 'infinity', $2, $3, $4, 't1', 'draft-1', $5)
            """, mail, service.Account, state, text, service.Correlation);
}
