using Butler.Services.Tests.Hosting;

namespace Butler.Services.Tests.Import;

public sealed class ImportTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    internal static string Samples { get; } = FindSamples();

    [Fact]
    public async Task Connect_SampleMailbox_EveryMailReachesAClosedState()
    {
        await using var system = await TestSystem.StartAsync(o => o.Mailbox = Samples);
        await system.StartIngestAsync();
        await system.StartClassifierAsync();

        await system.UntilAsync("SELECT count(*) = 1 FROM sync_jobs WHERE status = 'completed'", s_patience, "the import completes");

        var account = system.State.Accounts.Single();
        Assert.Equal(account.Mails.Count, await system.CountAsync("SELECT count(*) FROM ledger"));
        Assert.Equal(0, await system.CountAsync("SELECT count(*) FROM ledger WHERE state NOT IN ('done', 'skipped')"));
        Assert.Equal(0, await system.CountAsync("SELECT count(*) FROM ledger_open"));
        Assert.Equal(100, await system.CountAsync("SELECT progress FROM sync_jobs"));
        Assert.Equal(await system.CountAsync("SELECT count(*) FROM ledger WHERE state = 'done'"), await system.CountAsync("SELECT count(*) FROM verdicts"));
        Assert.Equal(0, await system.CountAsync("SELECT count(*) FROM failed_tasks"));
    }

    private static string FindSamples()
    {
        for (var dir = new DirectoryInfo(AppContext.BaseDirectory); dir is not null; dir = dir.Parent)
        {
            if (Directory.Exists(Path.Combine(dir.FullName, "samples", "mails")))
            {
                return Path.Combine(dir.FullName, "samples", "mails");
            }
        }

        throw new DirectoryNotFoundException("samples/mails");
    }
}
