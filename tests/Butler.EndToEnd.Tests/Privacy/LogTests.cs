using System.Net.Http.Json;
using System.Text.Json;
using Butler.EndToEnd.Tests.Running;

namespace Butler.EndToEnd.Tests.Privacy;

/// <summary>The logs of a run hold no mail, no addresses and no tokens, whatever was asked for.</summary>
[Collection(SharedButler.Name)]
public sealed class LogTests(SharedButler butler)
{
    [Fact]
    public async Task Logs_AfterImportsCallsAndBadCalls_HoldNoData()
    {
        var needle = $"needle-{Guid.NewGuid():N}";
        using var ingest = butler.Run.Client(butler.Run.Ingest);
        using var progress = butler.Run.Client(butler.Run.Progress);
        using var link = await ingest.PostAsync("api/v1/sign-in-links", null);
        var code = (await link.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("code").GetString()!;
        using var wrong = butler.Run.Client(butler.Run.Progress, needle);

        // Everything that a caller can put somewhere: path, query, header, body, token.
        foreach (var path in new[] { $"api/v1/mails?tag={needle}", $"api/v1/email-sync/status/{needle}@example.org", $"api/task-status/{needle}", $"mail/{needle}", $"nothing/{needle}?x={needle}%00" })
        {
            await progress.GetAsync(path);
            await wrong.GetAsync(path);
        }

        await ingest.PostAsJsonAsync("api/process-email", new { email_id = needle, account = needle });
        await ingest.PostAsJsonAsync("api/process-email", new { email_id = needle });
        await ingest.PostAsJsonAsync("api/v1/users", new { display_name = needle + '\0', role = needle });
        await progress.PostAsJsonAsync("signin", new { code });
        await progress.PostAsJsonAsync("signin", new { code = needle });

        var (pieces, length) = await LogPrivacy.AssertCleanAsync(butler.Run, needle, code, butler.StrangerToken);
        Assert.True(pieces > 300, $"Only {pieces} pieces were looked for.");
        Assert.True(length > 5000, $"Only {length} characters were logged.");
        Assert.Contains("[ingest]", await butler.Run.LogAsync(), StringComparison.Ordinal);
    }
}
