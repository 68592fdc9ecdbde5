using System.Text.Json;
using System.Text.Json.Nodes;
using Butler.EndToEnd.Tests.Running;
using Butler.Testing;

namespace Butler.EndToEnd.Tests.Grpc;

/// <summary><c>butler.progress.v1.Progress</c> as an independent client, Node's grpc-js, sees it.</summary>
[Collection(SharedButler.Name)]
public sealed class WatchTests(SharedButler butler)
{
    private const int Cancelled = 1, InvalidArgument = 3, DeadlineExceeded = 4, NotFound = 5, PermissionDenied = 7, Unauthenticated = 16;
    private const int NewMails = 400;

    private static readonly string[] s_fields =
    [
        "sync_id", "app_user_id", "family_id", "provider_user_id", "type", "trigger", "status", "progress", "total_known", "total", "processed", "failed", "transactions", "error", "started_at",
        "updated_at", "eta_low", "eta_high", "details", "version",
    ];

    private static readonly string s_folder = Path.Combine(AppContext.BaseDirectory, "Grpc");
    private static readonly Lazy<Task<NodePeer>> s_peer = new(() => NodePeer.OpenAsync(Path.Combine(s_folder, "node")));

    [NodeFact]
    public async Task Watch_SyncThatRuns_SnapshotThenRisingVersionsToTheEnd()
    {
        // Gmail lists nothing until the stream is open.
        using var sandbox = new SandboxControl(butler.Run);
        await sandbox.FailAsync("messages.list", "unavailable", SharedButler.OwnerAddress);
        var (sync, account) = await StartAsync();
        await using var node = await BeginAsync("Watch", new { sync_id = sync });
        var first = (await ReadAsync(node))["message"]!.AsObject();
        await sandbox.ClearFaultsAsync();
        var seen = await ToTheEndAsync(node);

        Assert.Equal(0, seen.Code);
        Assert.Equal(0, Progress(first));
        List<JsonObject> messages = [first, .. seen.Messages];
        Assert.Superset(s_fields.Where(f => f is not ("eta_low" or "eta_high")).ToHashSet(), messages[0].Select(p => p.Key).ToHashSet());
        Assert.All(messages, m => Assert.Equal((sync, account, $"{butler.Owner}"), (Text(m, "sync_id"), Text(m, "provider_user_id"), Text(m, "app_user_id"))));
        AssertRises(messages);
        Assert.True(messages.Count > 1, "Only the end was seen.");
        Assert.Equal(("completed", 100.0), (Text(messages[^1], "status"), Progress(messages[^1])));
        Assert.Equal("api", Text(messages[^1], "trigger"));
    }

    [NodeFact]
    public async Task Watch_User_ShowsASyncThatStartsLater()
    {
        await using var node = await BeginAsync("Watch", new { user_id = butler.Owner });
        await ReadAsync(node); // A snapshot: the stream is open before the import begins.
        var (sync, _) = await StartAsync();

        var mine = new List<JsonObject>();
        while (mine.Count == 0 || Text(mine[^1], "status") != "completed")
        {
            if ((await ReadAsync(node))["message"] is JsonObject message && Text(message, "sync_id") == sync)
            {
                mine.Add(message);
            }
        }

        AssertRises(mine);
        Assert.Equal(100.0, Progress(mine[^1]));
    }

    [NodeFact]
    public async Task Watch_AfterVersion_ResumesThere()
    {
        var (sync, version) = await FinishedAsync();

        var all = (await CallAsync("Watch", new { sync_id = sync })).Messages;
        var last = (await CallAsync("Watch", new { sync_id = sync, after_version = version - 1 })).Messages;
        var nothing = await CallAsync("Watch", new { sync_id = sync, after_version = version });

        Assert.Equal(version, Version(Assert.Single(all)));
        Assert.Equal(version, Version(Assert.Single(last)));
        Assert.Equal((0, 0), (nothing.Code, nothing.Messages.Count));
    }

    [NodeFact]
    public async Task GetAndList_FinishedSync_SayTheSameAsWatch()
    {
        var (sync, version) = await FinishedAsync();

        var one = (await CallAsync("Get", new { sync_id = sync })).Messages[0];
        var list = (await CallAsync("List", new { user_id = butler.Owner, limit = 100 })).Messages[0]["syncs"]!.AsArray().Select(s => s!.AsObject()).ToList();

        Assert.Equal(version, Version(one));
        Assert.Equal(one.ToJsonString(), list.Single(s => Text(s, "sync_id") == sync).ToJsonString());
    }

    [NodeTheory]
    [InlineData("0199f000-0000-7000-8000-000000000000", NotFound)]
    [InlineData("42", InvalidArgument)]
    public async Task Watch_BadIds_AnswerTheirStatus(string id, int code)
    {
        Assert.Equal(code, (await CallAsync("Watch", new { sync_id = id })).Code);
        Assert.Equal(code, (await CallAsync("Watch", new { user_id = id })).Code);
        Assert.Equal(code, (await CallAsync("Get", new { sync_id = id })).Code);
    }

    [NodeFact]
    public async Task Watch_NothingNamed_IsInvalid() => Assert.Equal(InvalidArgument, (await CallAsync("Watch", new { })).Code);

    [NodeFact]
    public async Task Calls_SomebodyElses_AreDenied()
    {
        var (sync, _) = await FinishedAsync();

        Assert.Equal(PermissionDenied, (await CallAsync("Watch", new { sync_id = sync }, butler.StrangerToken)).Code);
        Assert.Equal(PermissionDenied, (await CallAsync("Watch", new { user_id = butler.Owner }, butler.StrangerToken)).Code);
        Assert.Equal(PermissionDenied, (await CallAsync("Get", new { sync_id = sync }, butler.StrangerToken)).Code);
        Assert.Equal(PermissionDenied, (await CallAsync("List", new { user_id = butler.Owner }, butler.StrangerToken)).Code);
    }

    [NodeTheory]
    [InlineData("")]
    [InlineData("wrong")]
    public async Task Calls_WithoutAToken_AreUnauthenticated(string token)
    {
        Assert.Equal(Unauthenticated, (await CallAsync("Watch", new { user_id = butler.Owner }, token)).Code);
        Assert.Equal(Unauthenticated, (await CallAsync("List", new { user_id = butler.Owner }, token)).Code);
    }

    [NodeFact]
    public async Task Watch_DeadlinePasses_DeadlineExceeded()
    {
        // A user's stream has no end of its own.
        var seen = await CallAsync("Watch", new { user_id = butler.Owner }, deadline: 2000);

        Assert.Equal(DeadlineExceeded, seen.Code);
    }

    [NodeFact]
    public async Task Watch_Cancelled_FreesTheStream()
    {
        var seen = await CallAsync("Watch", new { user_id = butler.Owner }, cancelAfter: 1);

        Assert.Equal(Cancelled, seen.Code);
        Assert.NotEmpty(seen.Messages);
    }

    /// <summary>New mail arrives in the owner's account, and an import of it is started by the API.</summary>
    private async Task<(string Sync, string Account)> StartAsync()
    {
        await butler.Run.UntilAsync("nothing is imported", "SELECT NOT EXISTS (SELECT FROM sync_jobs WHERE status IN ('pending', 'in_progress'))");
        using var sandbox = new SandboxControl(butler.Run);
        await NewMail.DeliverAsync(sandbox, SharedButler.OwnerAddress, NewMails);
        using var ingest = butler.Run.Client(butler.Run.Ingest);
        using var started = await ingest.PostAsync($"api/v1/email-sync/start/{butler.Owner}", null);
        Assert.True(started.IsSuccessStatusCode);
        var sync = await butler.Run.ScalarAsync<Guid>($"SELECT id FROM sync_jobs WHERE provider_user_id = '{butler.Account}' ORDER BY created_at DESC LIMIT 1");
        return ($"{sync}", $"{butler.Account}");
    }

    private async Task<(string Sync, long Version)> FinishedAsync()
    {
        await butler.Run.UntilAsync("nothing is imported", "SELECT NOT EXISTS (SELECT FROM sync_jobs WHERE status IN ('pending', 'in_progress'))");
        var sync = await butler.Run.ScalarAsync<Guid>("SELECT id FROM sync_jobs ORDER BY created_at DESC LIMIT 1");
        return ($"{sync}", await butler.Run.ScalarAsync<long>($"SELECT version FROM sync_jobs WHERE id = '{sync}'"));
    }

    private async Task<Answer> CallAsync(string method, object request, string? token = null, int? deadline = null, int? cancelAfter = null)
    {
        await using var node = await BeginAsync(method, request, token, deadline, cancelAfter);
        return await ToTheEndAsync(node);
    }

    private static async Task<Answer> ToTheEndAsync(NodeProcess node)
    {
        var messages = new List<JsonObject>();
        while (true)
        {
            var line = await ReadAsync(node);
            if (line["message"] is not JsonObject message)
            {
                return new((int)line["code"]!, messages);
            }

            messages.Add(message);
        }
    }

    private async Task<NodeProcess> BeginAsync(string method, object request, string? token = null, int? deadline = null, int? cancelAfter = null)
    {
        var spec = JsonSerializer.Serialize(new { method, request, token = token ?? butler.Run.Token, deadline, cancelAfter });
        return (await s_peer.Value).Start(Path.Combine(s_folder, "watch.cjs"), [Path.Combine(s_folder, "progress.proto"), butler.Run.Grpc.Authority, spec]);
    }

    private static async Task<JsonNode> ReadAsync(NodeProcess node)
    {
        using var limit = new CancellationTokenSource(ButlerRun.Patience);
        return await node.ReadLineAsync(limit.Token) is { } line ? JsonNode.Parse(line)! : throw new InvalidOperationException(node.Errors);
    }

    private static void AssertRises(List<JsonObject> messages)
    {
        Assert.NotEmpty(messages);
        foreach (var (before, after) in messages.Zip(messages.Skip(1)))
        {
            Assert.True(Version(after) > Version(before), $"version {Version(before)}, then {Version(after)}");
            Assert.True(Progress(after) >= Progress(before), $"{Progress(before)} %, then {Progress(after)} %");
        }
    }

    private static string? Text(JsonObject message, string field) => (string?)message[field];

    private static long Version(JsonObject message) => (long)message["version"]!;

    private static double Progress(JsonObject message) => (double)message["progress"]!;

    private sealed record Answer(int Code, List<JsonObject> Messages);
}
