using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Butler.EndToEnd.Tests.Running;

namespace Butler.EndToEnd.Tests.Rest;

/// <summary>The REST API as issue 2 writes it down: addresses, statuses, field names.</summary>
[Collection(SharedButler.Name)]
public sealed class ContractTests(SharedButler butler)
{
    private static readonly string[] s_jobFields =
    [
        "job_id", "status", "progress", "total_emails", "processed_emails", "parsed_transactions", "failed_emails", "processed_until", "eta_low", "eta_high", "error",
    ];

    [Fact]
    public async Task Start_ValidMonths_Answers202WithTheTask()
    {
        using var ingest = butler.Run.Client(butler.Run.Ingest);
        using var response = await ingest.PostAsync($"api/v1/email-sync/start/{butler.Owner}?months=3", null);

        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        var body = await response.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal(["message", "task_id", "user_id", "months"], Names(body));
        Assert.Equal(butler.Owner, body.GetProperty("user_id").GetGuid());
        Assert.Equal(3, body.GetProperty("months").GetInt32());

        var task = await butler.Run.UntilAsync(
            "the task is done", () => butler.GetAsync($"api/task-status/{body.GetProperty("task_id").GetGuid()}"), t => t.GetProperty("status").GetString() == "completed");
        Assert.NotEqual(JsonValueKind.Null, task.GetProperty("completed_at").ValueKind);
        await butler.Run.UntilAsync("both imports are over", "SELECT NOT EXISTS (SELECT FROM sync_jobs WHERE status IN ('pending', 'in_progress'))");
    }

    [Fact]
    public async Task Start_WithoutMonths_TakesSix()
    {
        using var ingest = butler.Run.Client(butler.Run.Ingest);
        using var response = await ingest.PostAsync($"api/v1/email-sync/start/{butler.Owner}", null);

        Assert.Equal(6, (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("months").GetInt32());
        await butler.Run.UntilAsync("both imports are over", "SELECT NOT EXISTS (SELECT FROM sync_jobs WHERE status IN ('pending', 'in_progress'))");
    }

    [Fact]
    public async Task ProcessEmail_KnownMail_Answers201AndEndsWithADraft()
    {
        var email = await butler.Run.ScalarAsync<string>($"""
            SELECT provider_message_id FROM ledger l JOIN replies r ON r.mail_id = l.id WHERE l.provider_user_id = '{butler.Account}' AND r.state = 'created' ORDER BY l.id LIMIT 1
            """);
        using var ingest = butler.Run.Client(butler.Run.Ingest);
        using var response = await ingest.PostAsJsonAsync("api/process-email", new { email_id = email, force_reprocess = true, account = butler.Account });

        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        var body = await response.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal(["task_id", "email_id", "status", "created_at"], Names(body));
        Assert.Equal(email, body.GetProperty("email_id").GetString());
        Assert.Equal("pending", body.GetProperty("status").GetString());

        var task = await butler.Run.UntilAsync(
            "the mail is judged again", () => butler.GetAsync($"api/task-status/{body.GetProperty("task_id").GetGuid()}"), t => t.GetProperty("status").GetString() == "completed");
        Assert.Subset(Names(task).ToHashSet(), new HashSet<string>(["task_id", "email_id", "status", "stage", "correlation_id", "created_at", "completed_at", "ai_response"]));
        Assert.Equal(email, task.GetProperty("email_id").GetString());
        Assert.Equal("draft_created", task.GetProperty("stage").GetString());
        Assert.Equal(response.Headers.GetValues("X-Correlation-Id").Single(), task.GetProperty("correlation_id").GetString());
        var answer = task.GetProperty("ai_response");
        Assert.Equal(["category", "confidence", "generated_reply", "draft_id"], Names(answer));
        Assert.Equal("needs_reply", answer.GetProperty("category").GetString());
        Assert.InRange(answer.GetProperty("confidence").GetDouble(), 0, 1);
        Assert.NotEmpty(answer.GetProperty("generated_reply").GetString()!);
        Assert.NotEmpty(answer.GetProperty("draft_id").GetString()!);
    }

    [Fact]
    public async Task TaskStatus_ByEmailWithSeveralAccounts_Answers409UntilOneIsNamed()
    {
        var email = await butler.Run.ScalarAsync<string>($"SELECT provider_message_id FROM ledger WHERE provider_user_id = '{butler.Account}' AND state = 'done' ORDER BY id LIMIT 1");
        using var progress = butler.Run.Client(butler.Run.Progress);
        using var unclear = await progress.GetAsync($"api/task-status/{email}");

        Assert.Equal("account_required", await ErrorAsync(unclear, HttpStatusCode.Conflict));
        var named = await butler.GetAsync($"api/task-status/{email}?account={butler.Account}");
        Assert.Equal(email, named.GetProperty("email_id").GetString());
        Assert.Contains(named.GetProperty("stage").GetString(), (string[])["classified", "reply_generated", "draft_created", "skipped"]);
    }

    [Fact]
    public async Task Status_AfterTheImport_HasEveryFieldAndIsComplete()
    {
        var status = await butler.Run.UntilAsync(
            "all is imported", () => butler.GetAsync($"api/v1/email-sync/status/{butler.Owner}"), s => s.GetProperty("status").GetString() == "completed");

        Assert.Equal([.. s_jobFields, "accounts"], Names(status));
        Assert.Equal("100.0", Raw(status, "progress", "F1"));
        Assert.True(status.GetProperty("accounts").GetArrayLength() >= 2);
        Assert.InRange(status.GetProperty("parsed_transactions").GetInt64(), 0, status.GetProperty("total_emails").GetInt64() + 100); // The first import books, a later one finds nothing new.
        Assert.Equal(0, status.GetProperty("failed_emails").GetInt64());
        Assert.Equal(status.GetProperty("total_emails").GetInt64(), status.GetProperty("processed_emails").GetInt64());
        Assert.All(["processed_until", "eta_low", "eta_high", "error"], f => Assert.True(status.TryGetProperty(f, out _), f));
    }

    [Fact]
    public async Task History_WithLimit_HasThatManyJobs()
    {
        var history = await butler.GetAsync($"api/v1/email-sync/history/{butler.Owner}?limit=1");

        Assert.Equal(["user_id", "jobs"], Names(history));
        var job = Assert.Single(history.GetProperty("jobs").EnumerateArray().ToArray());
        Assert.Subset(Names(job).ToHashSet(), s_jobFields.ToHashSet());
    }

    [Fact]
    public async Task Stats_AdminAndMember_SeeAllAndTheirOwn()
    {
        var all = await butler.GetAsync("api/v1/email-sync/stats");
        using var stranger = butler.Run.Client(butler.Run.Progress, butler.StrangerToken);
        var own = await stranger.GetFromJsonAsync<JsonElement>("api/v1/email-sync/stats");

        Assert.Subset(Names(all).ToHashSet(), new HashSet<string>(["jobs", "mails", "mails_per_second", "oldest_waiting_seconds"]));
        Assert.True(all.GetProperty("mails").GetProperty("done").GetInt64() > 50);
        Assert.Equal(("all", "own"), (all.GetProperty("scope").GetString(), own.GetProperty("scope").GetString()));
        Assert.Equal(0, own.GetProperty("mails").GetProperty("done").GetInt64());
    }

    [Fact]
    public async Task Health_EverythingRuns_IsHealthyWithoutAToken()
    {
        using var anonymous = butler.Run.Client(butler.Run.Progress, "");
        var health = await butler.Run.UntilAsync(
            "Butler is healthy", () => anonymous.GetFromJsonAsync<JsonElement>("api/health"), h => h.GetProperty("status").GetString() == "healthy");

        Assert.Equal(["status", "timestamp", "services"], Names(health));
        Assert.Equal(["database", "redis", "workers"], Names(health.GetProperty("services")));
        Assert.All(health.GetProperty("services").EnumerateObject(), s => Assert.Equal("healthy", s.Value.GetString()));
    }

    [Theory]
    [InlineData("progress", "/api/v1/email-sync/status/{userId}", "/api/v1/email-sync/history/{userId}", "/api/v1/email-sync/stats", "/api/task-status/{taskId}", "/api/health", "/api/metrics")]
    [InlineData("ingest", "/api/v1/email-sync/start/{userId}", "/api/v1/email-sync/{syncId}/cancel", "/api/process-email", "/api/metrics")]
    public async Task Documents_OfBothServices_NameEveryAddress(string service, params string[] addresses)
    {
        using var anonymous = butler.Run.Client(service == "ingest" ? butler.Run.Ingest : butler.Run.Progress, "");
        var paths = Names((await anonymous.GetFromJsonAsync<JsonElement>("openapi/v1.json")).GetProperty("paths"));
        var page = await anonymous.GetStringAsync("docs");

        Assert.Subset(paths.ToHashSet(), addresses.ToHashSet());
        Assert.Contains("docs.js", page, StringComparison.Ordinal);
        Assert.Contains("openapi/v1.json", await anonymous.GetStringAsync("docs/docs.js"), StringComparison.Ordinal);
        foreach (var metric in new[] { "http_requests_total", "http_request_duration_seconds" })
        {
            Assert.Contains(metric, await anonymous.GetStringAsync("api/metrics"), StringComparison.Ordinal);
        }
    }

    internal static async Task<string?> ErrorAsync(HttpResponseMessage response, HttpStatusCode status)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(status == response.StatusCode, $"{response.RequestMessage!.Method} {response.RequestMessage.RequestUri}: {response.StatusCode} {text}");
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        using var body = JsonDocument.Parse(text);
        Assert.Equal(["error"], Names(body.RootElement));
        var error = body.RootElement.GetProperty("error");
        Assert.Equal(["code", "message", "details", "timestamp", "request_id"], Names(error));
        Assert.NotEmpty(error.GetProperty("message").GetString()!);
        Assert.Equal(JsonValueKind.Object, error.GetProperty("details").ValueKind);
        Assert.Equal(TimeSpan.Zero, error.GetProperty("timestamp").GetDateTimeOffset().Offset);
        Assert.Equal(response.Headers.GetValues("X-Correlation-Id").Single(), error.GetProperty("request_id").GetString());
        return error.GetProperty("code").GetString();
    }

    private static string[] Names(JsonElement body) => [.. body.EnumerateObject().Select(p => p.Name)];

    private static string Raw(JsonElement body, string name, string format) => body.GetProperty(name).GetDouble().ToString(format, System.Globalization.CultureInfo.InvariantCulture);
}
