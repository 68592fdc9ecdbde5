using System.Net;
using System.Text.Json;
using Butler.Services.Tests.Progress;

namespace Butler.Services.Tests.Judging;

/// <summary>Who judged, and how the chat models are: the API, the mail's page and the admins' page.</summary>
public sealed class ChatPageTests(ProgressService service) : IClassFixture<ProgressService>
{
    private static readonly string? s_pictures = Environment.GetEnvironmentVariable("BUTLER_E2E_PICTURES");

    [Fact]
    public async Task Mail_JudgedByAChatModel_SaysByWhomAndOnWhat()
    {
        var mail = await service.AddMailAsync("Who judged", TimeProvider.System.GetUtcNow());
        await service.ExecuteAsync("""
            INSERT INTO verdicts (mail_id, revision, expires_at, provider_user_id, category, confidence, reasoning, summary, model_used, tokens_used, provisional, created_at, record)
            VALUES ($1, 2, 'infinity', $2, 'needs_reply', 0.8, 'It asks.', 'Otto asks.', 'claude-haiku-4-5', 420, true, now(), jsonb '{"by":"chat","model":"claude-haiku-4-5","provider":"anthropic",
              "prompt":"Triage/Judge@01020304","input_tokens":400,"output_tokens":20,"latency_ms":1234,"cost":0.0005,"cached":false,"features":[{"name":"asks a question","weight":1.25}],
              "answer":{"category":"needs_reply"}}')
            """, mail, service.Account);
        using var client = await service.AsAsync(service.Owner);

        var verdict = JsonDocument.Parse(await client.GetStringAsync($"/api/v1/mails/{mail}")).RootElement.GetProperty("verdict");
        Assert.True(verdict.GetProperty("provisional").GetBoolean());
        var judge = verdict.GetProperty("judge");
        Assert.Equal(("chat", "anthropic", "claude-haiku-4-5"), (judge.GetProperty("by").GetString(), judge.GetProperty("provider").GetString(), judge.GetProperty("model").GetString()));
        Assert.Equal((1234, 0.0005m, "asks a question"), (judge.GetProperty("latency_ms").GetInt64(), judge.GetProperty("cost").GetDecimal(), judge.GetProperty("features")[0].GetProperty("name").GetString()));

        var page = await PageAsync(client, $"/mail/{mail}", "mail-judged");
        Assert.Contains("Judged by anthropic (claude-haiku-4-5)", page, StringComparison.Ordinal);
        Assert.Contains("Provisional", page, StringComparison.Ordinal);
        Assert.Contains("asks a question", page, StringComparison.Ordinal);

        var plain = await service.AddMailAsync("Nobody else", TimeProvider.System.GetUtcNow());
        Assert.Equal("local", JsonDocument.Parse(await client.GetStringAsync($"/api/v1/mails/{plain}")).RootElement.GetProperty("verdict").GetProperty("judge").GetProperty("by").GetString());
        Assert.Contains("Judged here (local)", await PageAsync(client, $"/mail/{plain}", null), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Chat_ProvidersAndUse_AdminsSeeAllOthersTheirs()
    {
        await service.ExecuteAsync("DELETE FROM chat_providers");
        Assert.Equal("off", await HealthAsync());
        var other = Guid.CreateVersion7();
        await service.AddAccountAsync(other, service.Stranger, "sam@example.org");
        foreach (var (account, user, tokens) in new[] { (service.Account, service.Owner, 1000L), (other, service.Stranger, 50L) })
        {
            await service.ExecuteAsync("INSERT INTO chat_usage (day, provider_user_id, app_user_id, provider, model, calls, failed, input_tokens, output_tokens, cost) VALUES ((now() AT TIME ZONE 'UTC')::date, $1, $2, 'anthropic', 'claude-haiku-4-5', 3, 1, $3, 10, 0.25)", account, user, tokens);
        }

        await service.ExecuteAsync("INSERT INTO open_judgings (mail_id, provider_user_id, lane, received_at, correlation_id) VALUES ($1, $2, 0, now(), $1)", Guid.CreateVersion7(), service.Account);
        await service.ExecuteAsync(
            "INSERT INTO open_judgings (mail_id, provider_user_id, lane, received_at, correlation_id, not_before) VALUES ($1, $2, 0, now(), $1, ((now() AT TIME ZONE 'UTC')::date + 1)::timestamp AT TIME ZONE 'UTC')",
            Guid.CreateVersion7(), service.Account);
        var (one, two) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        await ProviderAsync(one, "openai", 1, "open", "out_of_credit");
        await ProviderAsync(two, "openai", 1, "closed", null);
        await ProviderAsync(one, "anthropic", 2, "closed", null);
        await ProviderAsync(two, "anthropic", 2, "half_open", null);
        using var owner = await service.AsAsync(service.Owner);
        using var admin = await service.AsAsync(service.Admin);

        var own = JsonDocument.Parse(await owner.GetStringAsync("/api/v1/chat")).RootElement;
        Assert.Equal(("own", 2L, 1L, 1000L), (own.GetProperty("scope").GetString(), own.GetProperty("waiting_mails").GetInt64(), own.GetProperty("waiting_for_budget").GetInt64(), own.GetProperty("today").GetProperty("input_tokens").GetInt64()));
        Assert.Equal((JsonValueKind.Null, JsonValueKind.Null), (own.GetProperty("providers").ValueKind, own.GetProperty("budgets").ValueKind));

        var all = JsonDocument.Parse(await admin.GetStringAsync("/api/v1/chat")).RootElement;
        Assert.Equal(("all", "degraded", 1050L), (all.GetProperty("scope").GetString(), all.GetProperty("status").GetString(), all.GetProperty("today").GetProperty("input_tokens").GetInt64()));
        Assert.Equal(2_000_000, all.GetProperty("budgets").GetProperty("tokens_per_user_and_day").GetInt64());
        var first = all.GetProperty("providers")[0];
        Assert.Equal(("openai", "open", 2, 1, "out_of_credit"),
            (first.GetProperty("name").GetString(), first.GetProperty("breaker").GetString(), first.GetProperty("processes").GetInt32(), first.GetProperty("open").GetInt32(), first.GetProperty("blocked").GetString()));
        Assert.Equal("half_open", all.GetProperty("providers")[1].GetProperty("breaker").GetString());
        Assert.Equal("degraded", await HealthAsync());

        Assert.Equal(HttpStatusCode.Forbidden, (await owner.GetAsync("/models")).StatusCode);
        await service.ExecuteAsync("INSERT INTO chat_alerts (provider, reason) VALUES ('openai', 'out_of_credit')");
        Assert.Contains("The chat provider openai waits for you", await PageAsync(admin, "/", "home-blocked"), StringComparison.Ordinal);
        Assert.DoesNotContain("waits for you", await PageAsync(owner, "/", null), StringComparison.Ordinal);
        var page = await PageAsync(admin, "/models", "models");
        Assert.Contains("Out of credit, or at its spend limit", page, StringComparison.Ordinal);
        Assert.Contains("Circuit breaker open in 1 of 2 processes", page, StringComparison.Ordinal);
        Assert.Contains("2,000,000 tokens", page, StringComparison.Ordinal);
        Assert.DoesNotContain("None of them can be asked now", page, StringComparison.Ordinal); // One process asks anthropic.

        await service.ExecuteAsync("UPDATE chat_providers SET breaker = 'open', last_fault = 'timeout' WHERE name = 'anthropic'");
        page = await PageAsync(admin, "/models", "models-outage");
        Assert.Contains("None of them can be asked now", page, StringComparison.Ordinal);
        Assert.Contains("2 mails are judged again when one returns", page, StringComparison.Ordinal);
        Assert.Contains("until tomorrow, for the budget", page, StringComparison.Ordinal);
    }

    private Task ProviderAsync(Guid instance, string name, int rank, string breaker, string? blocked) => service.ExecuteAsync("""
        INSERT INTO chat_providers (instance, name, rank, kind, model, breaker, not_before, blocked, last_fault, last_answer_at, limits)
        VALUES ($1, $2, $3, $2, 'model-of-' || $2, $4, CASE WHEN $4 = 'open' THEN now() + interval '5 minutes' END, $5, $5, now() - interval '3 minutes', '{"tokens_per_user_and_day": 2000000, "money_per_day": 5}')
        """, instance, name, rank, breaker, (object?)blocked ?? DBNull.Value);

    private async Task<string> HealthAsync()
    {
        using var client = service.Anonymous();
        return JsonDocument.Parse(await client.GetStringAsync("/api/health")).RootElement.GetProperty("services").TryGetProperty("chat_models", out var chat) ? chat.GetString()! : "off";
    }

    private static async Task<string> PageAsync(HttpClient client, string path, string? picture)
    {
        var page = await client.GetStringAsync(path);
        if (picture is not null && s_pictures is not null)
        {
            var style = await client.GetStringAsync("/assets/butler.css");
            await File.WriteAllTextAsync(Path.Combine(s_pictures, picture + ".html"), page.Replace("</head>", $"<style>{style}</style></head>", StringComparison.Ordinal).Replace("<details>", "<details open>", StringComparison.Ordinal));
        }

        return WebUtility.HtmlDecode(page);
    }
}
