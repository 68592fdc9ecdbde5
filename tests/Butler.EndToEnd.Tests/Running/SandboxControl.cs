using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace Butler.EndToEnd.Tests.Running;

/// <summary>The control API of the run's sandbox: what the owner and Google do.</summary>
internal sealed class SandboxControl : IDisposable
{
    private readonly HttpClient _http;

    public SandboxControl(ButlerRun run)
    {
        _http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = run.SandboxAddress };
        // The secret is made anew for each start and is nowhere but in the environment of those that need it.
        var variables = File.ReadAllText($"/proc/{run.Pid("sandbox")}/environ").Split('\0');
        Secret = variables.First(v => v.StartsWith("Sandbox__Secret=", StringComparison.Ordinal))["Sandbox__Secret=".Length..];
        _http.DefaultRequestHeaders.Add("X-Sandbox-Secret", Secret);
    }

    public string Secret { get; }

    public async Task<IReadOnlyList<SandboxAccount>> AccountsAsync() => (await _http.GetFromJsonAsync<List<SandboxAccount>>("sandbox/accounts"))!;

    /// <summary>The drafts of an account and what ever happened to them.</summary>
    public async Task<SandboxDrafts> DraftsAsync(string address) => (await _http.GetFromJsonAsync<SandboxDrafts>($"sandbox/accounts/{address}/drafts"))!;

    /// <summary>New mail arrives.</summary>
    public async Task DeliverAsync(string address, string mail)
    {
        using var response = await _http.PostAsync($"sandbox/accounts/{address}/mails?labels=INBOX", new ByteArrayContent(Encoding.UTF8.GetBytes(mail)));
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
    }

    /// <summary>An account without mail.</summary>
    public async Task AddAccountAsync(string address)
    {
        using var response = await _http.PostAsync($"sandbox/accounts/{address}", null);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
    }

    /// <summary>Every call of a method for an account fails until <see cref="ClearFaultsAsync"/>.</summary>
    public async Task FailAsync(string method, string kind, string account)
    {
        using var response = await _http.PostAsJsonAsync("sandbox/faults", new { method, kind, account });
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
    }

    public async Task ClearFaultsAsync()
    {
        using var response = await _http.DeleteAsync("sandbox/faults");
        Assert.True(response.IsSuccessStatusCode);
    }

    /// <summary>The chat models answer again.</summary>
    public async Task ClearModelFaultsAsync()
    {
        using var response = await _http.DeleteAsync("sandbox/models/faults");
        Assert.True(response.IsSuccessStatusCode);
    }

    public void Dispose() => _http.Dispose();
}

/// <summary>An account of the sandbox.</summary>
internal sealed record SandboxAccount(string Address, [property: System.Text.Json.Serialization.JsonPropertyName("refresh_token")] string RefreshToken, int Mails);

/// <summary>Drafts as the sandbox knows them.</summary>
internal sealed record SandboxDrafts(IReadOnlyList<JsonElement> Drafts, IReadOnlyList<SandboxDraftEvent> History);

/// <summary>Something that happened to a draft.</summary>
internal sealed record SandboxDraftEvent(string Kind, string By, string DraftId, string ThreadId);
