using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Butler.Data.Ingest;
using Butler.Ingest;
using Butler.Ingest.Audits;
using Butler.Ingest.Failures;
using Butler.Ingest.Retention;
using Butler.Ingest.Schedules;
using Butler.ServiceDefaults;
using Butler.ServiceDefaults.Access;
using Butler.Services.Tests.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Butler.Services.Tests.Schedules;

/// <summary>A system whose sample mailbox is imported, with Ingest's API asked as its admin.</summary>
internal sealed class OpsBed : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private OpsBed(TestSystem system, IServiceProvider ingest, HttpClient http) => (System, Ingest, Http) = (system, ingest, http);

    /// <summary>Ingest's services.</summary>
    public IServiceProvider Ingest { get; }

    public TestSystem System { get; }

    public HttpClient Http { get; }

    /// <param name="imported">False: no account is connected, for tests that need none.</param>
    public static async Task<OpsBed> StartAsync(bool imported = true)
    {
        var system = await TestSystem.StartAsync(o => o.Mailbox = Import.ImportTests.Samples, new Dictionary<string, string?> { ["Butler:Audit:Grace"] = "00:00:00.1" });
        var ingest = await system.StartAsync(b =>
        {
            if (!imported)
            {
                b.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["Butler:Sandbox:Address"] = null });
            }

            b.AddIngest();
        }, app =>
        {
            app.MapDefaultEndpoints();
            app.UseButlerAuthentication();
            app.MapSchedules();
            app.MapFailedTasks();
            app.MapAudits();
            app.MapRetention();
        });
        if (imported)
        {
            await system.StartClassifierAsync();
            await system.UntilAsync("SELECT count(*) = 1 FROM sync_jobs WHERE status = 'completed'", Patience, "the import completes");
            // Indexing locks ledger rows in their order; a test that changes them by hand does not.
            await system.UntilAsync("SELECT count(*) = 0 FROM search_open", Patience, "the mails are indexed");
        }

        var token = await ingest.Services.GetRequiredService<TokenStore>().CreateBearerAsync((Guid)(await system.ScalarAsync("SELECT id FROM app_users"))!, "test", default);
        var http = new HttpClient { BaseAddress = new(TestSystem.Address(ingest)) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return new(system, ingest.Services, http);
    }

    /// <summary>Sends a request and answers with status and body.</summary>
    public async Task<(int Status, JsonElement Body)> AskAsync(HttpMethod method, string path, string? json = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (json is not null)
        {
            request.Content = new StringContent(json, new MediaTypeHeaderValue("application/json"));
        }

        using var response = await Http.SendAsync(request);
        return ((int)response.StatusCode, await response.Content.ReadFromJsonAsync<JsonElement>());
    }

    public Task RunAsync(string schedule) => AskAsync(HttpMethod.Post, $"/api/v1/admin/schedules/{schedule}/run");

    /// <summary>Makes some done mails dead letters that were never fetched, as an import that failed on them leaves them.</summary>
    public async Task<Guid[]> KillMailsAsync(int count)
    {
        var ids = (Guid[])(await System.ScalarAsync($"SELECT array_agg(id) FROM (SELECT id FROM ledger WHERE state = 'done' ORDER BY id LIMIT {count}) AS l"))!;
        await ForgetContentAsync(ids);
        await System.ExecuteAsync($"""
            UPDATE ledger SET state = 'dead', stored_at = NULL, received_at = NULL, reason = 'test' WHERE id IN ({List(ids)});
            INSERT INTO failed_tasks (id, task, provider_user_id, ledger_id, message, error) SELECT gen_random_uuid(), 'fetch', provider_user_id, id, jsonb '{Empty}', 'test' FROM ledger WHERE id IN ({List(ids)})
            """);
        return ids;
    }

    /// <summary>Makes the ledger lose some done mails, as nothing in Butler can.</summary>
    public async Task<string[]> LoseMailsAsync(int count)
    {
        var ids = (Guid[])(await System.ScalarAsync($"SELECT array_agg(id) FROM (SELECT id FROM ledger WHERE state = 'done' ORDER BY id DESC LIMIT {count}) AS l"))!;
        var lost = (string[])(await System.ScalarAsync($"SELECT array_agg(provider_message_id ORDER BY provider_message_id) FROM ledger WHERE id IN ({List(ids)})"))!;
        await ForgetContentAsync(ids);
        await System.ExecuteAsync($"DELETE FROM ledger WHERE id IN ({List(ids)})");
        return lost;
    }

    /// <summary>Runs an audit to its end.</summary>
    public async Task<JsonElement> AuditAsync(bool repair)
    {
        var (status, started) = await AskAsync(HttpMethod.Post, "/api/v1/audits", repair ? """{"repair":true}""" : "{}");
        Assert.Equal(202, status);
        var id = started.GetProperty("audits")[0].GetProperty("audit_id").GetGuid();
        await System.UntilAsync($"SELECT status <> 'running' FROM audits WHERE id = '{id}'", Patience, "the audit ends");
        return (await AskAsync(HttpMethod.Get, $"/api/v1/audits/{id}")).Body;
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await System.DisposeAsync();
    }

    private const string Empty = "{}";

    private static string List(Guid[] ids) => string.Join(", ", ids.Select(i => $"'{i}'"));

    private Task ForgetContentAsync(Guid[] ids) => System.ExecuteAsync($"""
        DELETE FROM emails WHERE id IN ({List(ids)}); DELETE FROM mail_state WHERE id IN ({List(ids)}); DELETE FROM verdicts WHERE mail_id IN ({List(ids)});
        DELETE FROM email_tags WHERE mail_id IN ({List(ids)}); DELETE FROM replies WHERE mail_id IN ({List(ids)})
        """);
}
