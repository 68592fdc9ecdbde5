using Butler.Testing;

namespace Butler.Sandbox.Tests.Node;

/// <summary>Google's own client for Node, pointed at the sandbox by its root address alone.</summary>
public sealed class GoogleClientTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    [NodeFact]
    public async Task GoogleapisGmail_RootAddressOnly_ListsGetsWatchesReadsHistoryAndKeepsDrafts()
    {
        await using var host = await SandboxHost.StartAsync(mails: Sample.Many(5));
        using var limit = new CancellationTokenSource(s_patience);
        var peer = await NodePeer.OpenAsync(Folder);

        var said = await peer.RunAsync(Path.Combine(Folder, "gmail.cjs"), [host.Http.BaseAddress!.AbsoluteUri, host.Account.RefreshToken, "projects/p/topics/t"], limit.Token);

        Assert.Equal("ok 5", said.Trim());
        Assert.Empty(host.Account.Drafts);
    }

    private static string Folder { get; } = FindFolder();

    private static string FindFolder()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var candidate = Path.Combine(folder.FullName, "tests", "Butler.Sandbox.Tests", "Node");
            if (File.Exists(Path.Combine(candidate, "gmail.cjs")))
            {
                return candidate;
            }
        }

        throw new DirectoryNotFoundException("tests/Butler.Sandbox.Tests/Node");
    }
}
