using Butler.Testing;

namespace Butler.Shims.Tests.Grpc;

/// <summary>The Node side of the tests and where its files are.</summary>
internal static class Peers
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static string Folder { get; } = Path.Combine(AppContext.BaseDirectory, "Grpc");

    private static readonly Lazy<Task<NodePeer>> Peer = new(() => NodePeer.OpenAsync(Path.Combine(Folder, "node")));

    public static string TestProto { get; } = Path.Combine(Folder, "test.proto");

    public static async Task<string> RunAsync(string script, params string[] arguments)
    {
        using var limit = new CancellationTokenSource(Patience);
        var peer = await Peer.Value;
        return await peer.RunAsync(Path.Combine(Folder, "node", script), arguments, limit.Token);
    }

    public static async Task<NodeProcess> StartAsync(string script, params string[] arguments) =>
        (await Peer.Value).Start(Path.Combine(Folder, "node", script), arguments);
}

/// <summary>The Echo service of node/server.cjs.</summary>
public sealed class NodeEchoServer : IAsyncLifetime
{
    private NodeProcess? process;

    public Uri Address { get; private set; } = new("http://127.0.0.1:1");

    async Task IAsyncLifetime.InitializeAsync()
    {
        if (!NodePeer.IsInstalled)
        {
            return;
        }

        process = await Peers.StartAsync("server.cjs", Peers.TestProto);
        using var limit = new CancellationTokenSource(Peers.Patience);
        var port = await process.ReadLineAsync(limit.Token) ?? throw new InvalidOperationException(process.Errors);
        Address = new Uri("http://127.0.0.1:" + port);
    }

    async Task IAsyncLifetime.DisposeAsync()
    {
        if (process is not null)
        {
            await process.DisposeAsync();
        }
    }
}
