using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Butler.Data;
using Butler.Data.Ingest;
using Butler.Ingest;
using Butler.Ingest.Import;
using Butler.ServiceDefaults;
using Butler.ServiceDefaults.Access;
using Butler.Services.Tests.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Butler.Services.Tests.Import;

/// <summary>What the import tests have in common.</summary>
public abstract class ImportSystems : CheckedSystems
{
    protected const string Owner = "olivia@sandbox.butler.test";
    protected const string Other = "peter@sandbox.butler.test";

    protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Ingest with its API.</summary>
    protected static Task<WebApplication> StartIngestAsync(TestSystem system, IFaultPoints? points = null) => system.StartAsync(
        builder =>
        {
            if (points is not null)
            {
                builder.Services.AddSingleton(points);
            }

            builder.AddIngest();
        },
        app =>
        {
            app.MapDefaultEndpoints();
            app.UseButlerAuthentication();
            app.MapImport();
        });

    /// <summary>A client of Ingest's API with the first user's token, and that user.</summary>
    protected static async Task<(HttpClient Http, Guid User)> ClientAsync(TestSystem system, WebApplication ingest)
    {
        var user = (Guid)(await system.ScalarAsync("SELECT id FROM app_users"))!;
        var token = await ingest.Services.GetRequiredService<TokenStore>().CreateBearerAsync(user, "test", CancellationToken.None);
        var http = new HttpClient { BaseAddress = new(TestSystem.Address(ingest)) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return (http, user);
    }

    protected static async Task<JsonElement> PostAsync(HttpClient http, string path, int expected)
    {
        using var response = await http.PostAsync(new Uri(path, UriKind.Relative), null);
        Assert.Equal(expected, (int)response.StatusCode);
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    protected static Task CompletedAsync(TestSystem system, int syncs = 1) =>
        system.UntilAsync($"SELECT count(*) = {syncs} FROM sync_jobs WHERE status = 'completed'", Patience, "the imports complete");

    /// <summary>Every mail of every account is in the ledger once and closed, and the counters say the same as the ledger.</summary>
    protected static async Task AllClosedAsync(TestSystem system)
    {
        foreach (var account in system.State.Accounts)
        {
            var ids = string.Join(',', account.Mails.Where(m => !m.LabelIds.Contains("DRAFT")).Select(m => m.Id).Order(StringComparer.Ordinal));
            Assert.Equal(ids, await system.ScalarAsync($"""
                SELECT coalesce(string_agg(l.provider_message_id, ',' ORDER BY l.provider_message_id COLLATE "C"), '')
                FROM ledger l JOIN provider_users p ON p.id = l.provider_user_id WHERE p.address = '{account.Address}'
                """));
        }

        Assert.Equal(0, await system.CountAsync("SELECT count(*) FROM ledger WHERE state IN ('listed', 'stored')"));
        Assert.Equal(0, await system.CountAsync("SELECT count(*) FROM ledger_open"));
        Assert.Equal(0, await system.CountAsync("""
            SELECT count(*) FROM sync_jobs j WHERE j.status = 'completed' AND (j.progress <> 100 OR j.total <> j.processed + j.skipped + j.failed OR EXISTS (
              SELECT FROM (SELECT count(*) FILTER (WHERE state = 'done') d, count(*) FILTER (WHERE state IN ('skipped', 'gone')) s, count(*) FILTER (WHERE state = 'dead') f
                FROM ledger WHERE sync_id = j.id) l WHERE l.d <> j.processed OR l.s <> j.skipped OR l.f <> j.failed))
            """));
        Assert.Equal(await system.CountAsync("SELECT count(*) FROM ledger WHERE state = 'done'"), await system.CountAsync("SELECT count(*) FROM verdicts"));
        Assert.Equal(
            await system.CountAsync("SELECT count(*) FROM ledger WHERE state = 'done' OR (state = 'skipped' AND reason = 'sent')"), await system.CountAsync("SELECT count(*) FROM emails"));
    }
}
