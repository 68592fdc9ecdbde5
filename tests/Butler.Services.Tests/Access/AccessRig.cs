using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Butler.Data;
using Butler.Data.Ingest;
using Butler.Sandbox;
using Butler.Sandbox.State;
using Butler.Services.Tests.Hosting;
using Butler.Services.Tests.Progress;
using Butler.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Butler.Services.Tests.Access;

/// <summary>A sandbox, Ingest and Progress on one database: what a browser and a program talk to.</summary>
public sealed class AccessRig : IAsyncLifetime
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private WebApplication _sandbox = null!;
    private IngestHost _ingest = null!;
    private ProgressService.Factory _progress = null!;

    public NpgsqlDataSource Database { get; private set; } = null!;

    public string ConnectionString { get; private set; } = "";

    public TokenStore Tokens { get; private set; } = null!;

    public Uri Ingest { get; private set; } = null!;

    public Uri Progress { get; private set; } = null!;

    public Uri Google { get; private set; } = null!;

    internal SandboxState Mail => _sandbox.Services.GetRequiredService<SandboxState>();

    /// <summary>Secrets that must never be in the database.</summary>
    public List<string> Secrets { get; } = [];

    public async Task InitializeAsync()
    {
        ConnectionString = await PostgresFixture.CreateDatabaseAsync();
        Database = NpgsqlDataSource.Create(ConnectionString);
        Tokens = new TokenStore(new Database(Database));
        _sandbox = SandboxApp.Build([], o => o.Secret = "secret");
        await _sandbox.StartAsync();
        Google = new Uri(TestSystem.Address(_sandbox));
        var settings = new Dictionary<string, string>
        {
            ["Butler:Google:BaseAddress"] = Google.AbsoluteUri, ["Butler:Google:TokenAddress"] = Google + "token",
            ["Butler:Keys:Settle"] = "00:00:00.2", ["Butler:Keys:Pass"] = "00:00:00.1", ["Butler:Keys:Look"] = "00:00:00.1",
        };
        _ingest = new IngestHost(ConnectionString, await RedisFixture.ConnectionAsync(), settings);
        Ingest = _ingest.Start();
        _progress = new ProgressService.Factory(ConnectionString, new Dictionary<string, string?>
        {
            ["Butler:Google:BaseAddress"] = Google.AbsoluteUri, ["Butler:Google:TokenAddress"] = Google + "token", ["Butler:Google:ClientId"] = "test", ["Butler:Keys:Look"] = "00:00:00.1",
        });
        Progress = _progress.Start().Http;
    }

    public async Task DisposeAsync()
    {
        await _progress.DisposeAsync();
        await _ingest.DisposeAsync();
        await _sandbox.DisposeAsync();
        await Database.DisposeAsync();
    }

    internal T IngestService<T>() where T : notnull => _ingest.Services.GetRequiredService<T>();

    public async Task<Guid> PersonAsync(string role = "member")
    {
        var id = Guid.CreateVersion7();
        await ExecuteAsync("INSERT INTO app_users (id, display_name, role) VALUES ($1, $2, $3)", id, "P" + id.ToString("N")[^6..], role);
        return id;
    }

    /// <summary>A mailbox at the sandbox.</summary>
    public async Task<string> MailboxAsync()
    {
        var address = $"box{Guid.CreateVersion7():N}@sandbox.butler.test";
        using var http = new HttpClient { BaseAddress = Google };
        http.DefaultRequestHeaders.Add("X-Sandbox-Secret", "secret");
        using var made = await http.PostAsync($"sandbox/accounts/{address}", null);
        made.EnsureSuccessStatusCode();
        return address;
    }

    /// <summary>A program with a token.</summary>
    public async Task<HttpClient> ProgramAsync(Guid person, Uri service)
    {
        var token = await Tokens.CreateBearerAsync(person, "test", CancellationToken.None);
        Secrets.Add(token);
        var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = service, Timeout = s_patience };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return client;
    }

    /// <summary>A browser that is signed in; it follows no redirect by itself.</summary>
    public async Task<HttpClient> BrowserAsync(Guid person)
    {
        var session = (await Tokens.ExchangeLinkAsync(await Tokens.CreateLinkAsync(person, CancellationToken.None), CancellationToken.None))!;
        Secrets.Add(session);
        var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = Progress, Timeout = s_patience };
        client.DefaultRequestHeaders.Add("Cookie", "butler_session=" + session);
        client.DefaultRequestHeaders.Add("Origin", Progress.GetLeftPart(UriPartial.Authority));
        var context = new Microsoft.AspNetCore.Http.DefaultHttpContext();
        context.Request.Headers.Cookie = "butler_session=" + session;
        client.DefaultRequestHeaders.Add("X-Test-Token", Butler.Progress.Commands.SessionToken.Of(context));
        return client;
    }

    public static Task<HttpResponseMessage> PostAsync(HttpClient browser, string path, params (string Name, string Value)[] fields) =>
        browser.PostAsync(path, new FormUrlEncodedContent(fields.Append(("_token", browser.DefaultRequestHeaders.GetValues("X-Test-Token").Single())).Select(f => KeyValuePair.Create(f.Item1, f.Item2))));

    /// <summary>What the person does at the consent page; answers the address the browser is sent back to.</summary>
    public async Task<Uri> ConsentAsync(Uri consent, string address, string decision = "allow")
    {
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });
        var html = await http.GetStringAsync(consent);
        var fields = System.Text.RegularExpressions.Regex.Matches(html, "<input type=\"hidden\" name=\"([^\"]+)\" value=\"([^\"]*)\">")
            .Select(m => KeyValuePair.Create(m.Groups[1].Value, WebUtility.HtmlDecode(m.Groups[2].Value))).Append(new("address", address)).Append(new("decision", decision));
        Assert.Contains(WebUtility.HtmlEncode(address), html, StringComparison.Ordinal);
        using var response = await http.PostAsync(new Uri(consent.GetLeftPart(UriPartial.Path)), new FormUrlEncodedContent(fields));
        Assert.Equal(HttpStatusCode.Redirect, response.StatusCode);
        var back = response.Headers.Location!;
        if (Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(back.Query).TryGetValue("code", out var code))
        {
            Secrets.Add(code!);
        }

        return back;
    }

    /// <summary>Connects a mailbox through the page, start to end; answers the account.</summary>
    public async Task<Guid> ConnectAsync(Guid person, string address)
    {
        using var browser = await BrowserAsync(person);
        using var begin = await PostAsync(browser, "/commands/connect");
        Assert.Equal(HttpStatusCode.SeeOther, begin.StatusCode);
        using var back = await browser.GetAsync(await ConsentAsync(begin.Headers.Location!, address));
        Assert.Equal(HttpStatusCode.SeeOther, back.StatusCode);
        await UntilAsync("SELECT EXISTS (SELECT FROM provider_users WHERE address = $1 AND status = 'active')", address);
        Secrets.Add(Mail.Find(address)!.RefreshToken);
        return (Guid)(await ScalarAsync("SELECT id FROM provider_users WHERE address = $1", address))!;
    }

    public async Task UntilAsync(string sql, params object[] values)
    {
        using var cancel = new CancellationTokenSource(s_patience);
        while (await ScalarAsync(sql, values) is not true)
        {
            Assert.False(cancel.IsCancellationRequested, $"Not within a minute: {sql}");
            await Task.Delay(25);
        }
    }

    public async Task ExecuteAsync(string sql, params object[] values)
    {
        await using var command = Command(sql, values);
        await command.ExecuteNonQueryAsync();
    }

    public async Task<object?> ScalarAsync(string sql, params object[] values)
    {
        await using var command = Command(sql, values);
        return await command.ExecuteScalarAsync();
    }

    public async Task<long> CountAsync(string sql, params object[] values) => (long)(await ScalarAsync(sql, values))!;

    public static async Task<JsonElement> JsonAsync(HttpResponseMessage response) => (await response.Content.ReadFromJsonAsync<JsonElement>())!;

    private NpgsqlCommand Command(string sql, object[] values)
    {
        var command = Database.CreateCommand(sql);
        foreach (var value in values)
        {
            command.Parameters.Add(new() { Value = value });
        }

        return command;
    }
}
