using Butler.Testing;

namespace Butler.Sandbox.Tests.Models;

/// <summary>OpenAI's and Anthropic's own clients for Node: chat, streams, structured output, embeddings, error classes, retries.</summary>
public sealed class NodeClientTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);

    [NodeFact]
    public async Task VendorsClients_BaseAddressOnly_ChatStreamEmbedFailAndRetryAsTheyDo()
    {
        await using var host = await ModelsHost.StartAsync();
        var peer = await NodePeer.OpenAsync(Folder);
        using var limit = new CancellationTokenSource(s_patience);

        var said = await peer.RunAsync(Path.Combine(Folder, "models.cjs"), [host.Http.BaseAddress!.AbsoluteUri, ModelsHost.Secret], limit.Token);

        Assert.Equal("ok", said.Trim());
    }

    private static string Folder { get; } = FindFolder();

    private static string FindFolder()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var candidate = Path.Combine(folder.FullName, "tests", "Butler.Sandbox.Tests", "Models", "Node");
            if (File.Exists(Path.Combine(candidate, "models.cjs")))
            {
                return candidate;
            }
        }

        throw new DirectoryNotFoundException("tests/Butler.Sandbox.Tests/Models/Node");
    }
}
