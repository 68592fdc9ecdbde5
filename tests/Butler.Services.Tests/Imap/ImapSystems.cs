using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Butler.Data.Ingest;
using Butler.Ingest;
using Butler.Ingest.Imap;
using Butler.Mailboxes.Imap;
using Butler.ServiceDefaults;
using Butler.ServiceDefaults.Access;
using Butler.Services.Tests.Hosting;
using Butler.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Butler.Services.Tests.Imap;

/// <summary>What the tests of IMAP accounts have in common: a real Dovecot, and a system without Gmail accounts.</summary>
public abstract class ImapSystems(DovecotServer dovecot) : CheckedSystems, IClassFixture<DovecotServer>
{
    protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static int s_users;

    protected DovecotServer Dovecot { get; } = dovecot;

    /// <summary>A user nobody had before; Dovecot knows any.</summary>
    protected static string NewUser() => string.Create(CultureInfo.InvariantCulture, $"olivia{Interlocked.Increment(ref s_users)}@example.org");

    protected async Task<TestSystem> StartSystemAsync(IReadOnlyDictionary<string, string?>? settings = null)
    {
        var all = new Dictionary<string, string?>
        {
            ["Butler:Sync:Again"] = "00:00:00.2",
            ["Butler:Sync:Busy"] = "00:00:00.05",
            ["Butler:Imap:Poll"] = "00:00:00.2",
            ["Butler:Imap:RetryFirst"] = "00:00:00.2",
            ["Butler:Imap:RetryMax"] = "00:00:01",
        };
        foreach (var (key, value) in settings ?? new Dictionary<string, string?>())
        {
            all[key] = value;
        }

        await Dovecot.StartAsync();
        var system = await StartAsync(null, all);
        system.Set("Butler:Sandbox:Address", null);
        system.Private.AddRange(["nora@example.net", "could you tell me by Friday", "of the mail, which says nothing", "@example.org"]);
        return system;
    }

    /// <summary>Ingest with its API, as the first user's client.</summary>
    protected static async Task<(WebApplication Ingest, HttpClient Http)> StartIngestAsync(TestSystem system)
    {
        var ingest = await system.StartAsync(b => b.AddIngest(), app =>
        {
            app.MapDefaultEndpoints();
            app.UseButlerAuthentication();
            app.MapImapAccounts();
        });
        var user = (Guid)(await system.ScalarAsync("SELECT id FROM app_users"))!;
        var token = await ingest.Services.GetRequiredService<TokenStore>().CreateBearerAsync(user, "test", CancellationToken.None);
        var http = new HttpClient { BaseAddress = new(TestSystem.Address(ingest)), Timeout = Patience };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return (ingest, http);
    }

    /// <summary>Sets an account up by the API.</summary>
    protected async Task<Guid> AddAccountAsync(HttpClient http, string user, int? port = null, string[]? folders = null)
    {
        var answer = await SendAsync(http, HttpMethod.Post, "api/v1/imap-accounts", 201, new { address = user, host = "127.0.0.1", port = port ?? Dovecot.Port, security = "none", password = "secret", folders });
        return answer.GetProperty("account_id").GetGuid();
    }

    protected static async Task<JsonElement> SendAsync(HttpClient http, HttpMethod method, string path, int expected, object? body = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative)) { Content = body is null ? null : JsonContent.Create(body, options: ApiJson.Options) };
        using var response = await http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(expected == (int)response.StatusCode, $"{(int)response.StatusCode}: {text}");
        return JsonDocument.Parse(text).RootElement.Clone();
    }

    /// <summary>A connection of the test's own, as the user's other mail program has one.</summary>
    protected async Task<ImapClient> ConnectAsync(string user)
    {
        var client = await ImapClient.ConnectAsync(new("127.0.0.1", Dovecot.Port, ImapSecurity.None));
        await client.LoginAsync(new(user, "secret"), default);
        return client;
    }

    protected static async Task<List<ImapMessage>> ReadAsync(ImapClient client, string folder, ImapItems items = ImapItems.Flags | ImapItems.Body)
    {
        var messages = new List<ImapMessage>();
        var selected = await client.SelectAsync(ImapName.FromKey(folder, client.Utf8Names), readOnly: false, null, default);
        if (selected.Exists > 0)
        {
            await foreach (var message in client.FetchAsync(ImapUidSet.Range(1, selected.UidNext!.Value - 1), new(items), default))
            {
                messages.Add(message);
            }
        }

        return messages;
    }

    protected static byte[] Mail(string messageId, string from, string to, string subject, string text, string? inReplyTo = null) => Encoding.UTF8.GetBytes(
        $"Message-ID: <{messageId}>\r\nFrom: {from}\r\nTo: {to}\r\nSubject: {subject}\r\nDate: {TimeProvider.System.GetUtcNow().AddMinutes(-1).ToString("r", CultureInfo.InvariantCulture)}\r\n"
        + (inReplyTo is null ? "" : $"In-Reply-To: <{inReplyTo}>\r\nReferences: <{inReplyTo}>\r\n") + $"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n");

    protected static byte[] Question(string messageId, string to) => Mail(
        messageId, "Nora Miller <nora@example.net>", to, "Thursday", "Hello Olivia,\r\n\r\ncould you tell me by Friday whether Thursday at 10 works for you?\r\n\r\nThanks\r\nNora");
}
