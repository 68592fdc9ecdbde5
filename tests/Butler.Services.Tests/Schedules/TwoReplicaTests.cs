using Butler.Ingest;
using Butler.Services.Tests.Hosting;

namespace Butler.Services.Tests.Schedules;

/// <summary>Two Ingest replicas over one database, one of which is lost in the middle of imports.</summary>
public sealed class TwoReplicaTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Import_EitherReplicaLost_LosesAndDoublesNothing(int lost)
    {
        await using var system = await TestSystem.StartAsync(
            o =>
            {
                o.Mailbox = Import.ImportTests.Samples;
                o.Generate = new() { Accounts = 3, MailsPerAccount = 150, Corpus = Import.ImportTests.Samples };
            },
            new Dictionary<string, string?> { ["Butler:Import:BatchMails"] = "10", ["Butler:Sandbox:WholeMailbox"] = "true" });
        var replicas = new List<Replica>();
        for (var i = 0; i < 2; i++)
        {
            replicas.Add(await Replicas.StartAsync(system, b => b.AddIngest(), connect: true));
        }

        await system.StartClassifierAsync();
        await system.UntilAsync("SELECT count(*) >= 60 FROM ledger WHERE stored_at IS NOT NULL", s_patience, "the imports are under way");
        await Replicas.CutAsync(system, replicas[lost]);
        await system.UntilAsync("SELECT count(*) = 4 FROM sync_jobs WHERE status = 'completed'", s_patience, "the imports complete");

        Assert.Equal(system.State.Accounts.Sum(a => a.Mails.Count), await system.CountAsync("SELECT count(*) FROM ledger"));
        Assert.Equal(0, await system.CountAsync("SELECT count(*) FROM ledger WHERE state NOT IN ('done', 'skipped')"));
        Assert.Equal(0, await system.CountAsync("SELECT count(*) FROM sync_jobs WHERE total <> processed + skipped"));
        Assert.Equal(0, await system.CountAsync("SELECT count(*) FROM (SELECT id FROM emails GROUP BY id HAVING count(*) > 1) AS d"));
        Assert.Equal(await system.CountAsync("SELECT count(*) FROM ledger WHERE state = 'done'"), await system.CountAsync("SELECT count(*) FROM verdicts"));
        // What the lost replica held was released by time, and the other one runs on.
        await system.UntilAsync("SELECT bool_and(claimed_until IS NULL OR claimed_until > now()) AND max(last_ended_at) > now() - interval '5 s' FROM schedules", s_patience, "the schedules run on");
    }
}
