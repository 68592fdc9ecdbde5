using System.Net.Http.Json;
using System.Text.Json;

namespace Butler.EndToEnd.Tests.Running;

/// <summary>One running Butler for all tests that leave it as it was: samples/ in the owner's account and a second, small account.</summary>
public sealed class SharedButler : IAsyncLifetime
{
    public const string Name = "one running Butler";

    public const string OwnerAddress = "owner@sandbox.butler.test";

    internal ButlerRun Run { get; private set; } = null!;

    internal Guid Owner { get; private set; }

    /// <summary>The owner's own account, filled from samples/.</summary>
    internal Guid Account { get; private set; }

    /// <summary>Somebody else, who sees nothing of the owner's.</summary>
    internal Guid Stranger { get; private set; }

    internal string StrangerToken { get; private set; } = "";

    public async Task InitializeAsync()
    {
        Run = await ButlerRun.StartAsync(new()
        {
            Environment = new()
            {
                ["Butler__Messaging__DelayScale"] = "0.1",
                ["Sandbox__Generate__Accounts"] = "1",
                ["Sandbox__Generate__MailsPerAccount"] = "20",
                ["Sandbox__Generate__Corpus"] = Path.Combine(ButlerRun.Root, "samples"),
            },
        });
        using var ingest = Run.Client(Run.Ingest);
        Owner = (await ingest.GetFromJsonAsync<JsonElement>("api/v1/me")).GetProperty("user_id").GetGuid();
        using var made = await ingest.PostAsJsonAsync("api/v1/users", new { display_name = "Somebody else", role = "member" });
        var stranger = await made.Content.ReadFromJsonAsync<JsonElement>();
        Stranger = stranger.GetProperty("user_id").GetGuid();
        StrangerToken = stranger.GetProperty("token").GetString()!;
        await Run.UntilAsync("both accounts are imported", "SELECT count(*) = 2 FROM sync_jobs WHERE status = 'completed'");
        await Run.UntilAsync("drafts are settled", "SELECT count(*) > 0 AND bool_and(state NOT IN ('intended', 'sending')) AND NOT EXISTS (SELECT FROM outbox) FROM replies");
        Account = await Run.ScalarAsync<Guid>($"SELECT id FROM provider_users WHERE address = '{OwnerAddress}'");
    }

    public async Task DisposeAsync()
    {
        if (Run is not null)
        {
            await Run.DisposeAsync();
        }
    }

    internal async Task<JsonElement> GetAsync(string path)
    {
        using var client = Run.Client(Run.Progress);
        return await client.GetFromJsonAsync<JsonElement>(path);
    }
}

/// <summary>The collection of tests on <see cref="SharedButler"/>.</summary>
[CollectionDefinition(SharedButler.Name)]
public sealed class SharedButlerCollection : ICollectionFixture<SharedButler>;
