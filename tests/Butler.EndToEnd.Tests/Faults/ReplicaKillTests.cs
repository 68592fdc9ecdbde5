using System.Diagnostics;
using Butler.EndToEnd.Tests.Privacy;
using Butler.EndToEnd.Tests.Running;
using Xunit.Abstractions;

namespace Butler.EndToEnd.Tests.Faults;

/// <summary>Two Ingest processes over one database, each killed with kill -9 again and again while mailboxes are imported and new mail arrives.</summary>
public sealed class ReplicaKillTests(ITestOutputHelper output)
{
    private const int Accounts = 4;
    private const int Mails = 1200;
    private const int Kills = 4;
    private const int Live = 12;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Import_EachReplicaKilledAndMailArriving_LosesAndDoublesNothing(int seed)
    {
        var random = new Random(seed);
        var empty = Path.Combine(Butler.Testing.Servers.Scratch("empty"), "empty.mbox");
        await File.WriteAllBytesAsync(empty, []);
        var settings = LoadMailbox.Environment(Accounts, Mails);
        settings["Butler__Sync__Lease"] = "00:00:05";
        settings["Butler__Schedules__Jobs__history__Every"] = "00:00:05";
        settings["Butler__Schedules__Lease"] = "00:00:05";
        await using var run = await ButlerRun.StartAsync(new() { Mailbox = empty, Environment = settings });
        var second = await run.StartReplicaAsync("ingest");
        using var sandbox = new SandboxControl(run);
        var accounts = (await sandbox.AccountsAsync()).Select(a => a.Address).ToList();

        var watch = Stopwatch.StartNew();
        var sent = 0;
        for (var kill = 0; kill < Kills; kill++)
        {
            // Somewhere in this fifth of the import.
            var share = (kill + random.NextDouble()) / (Kills + 1);
            await run.UntilAsync($"{share:P0} of the mails are done", $"SELECT count(*) >= {(int)(share * Mails)} FROM ledger WHERE state IN ('done', 'skipped')");
            for (var i = 0; i < Live / Kills; i++, sent++)
            {
                await NewMail.DeliverAsync(sandbox, accounts[random.Next(accounts.Count)], 1);
            }

            output.WriteLine($"{watch.Elapsed.TotalSeconds:F1} s, {share:P0}: kill -9 of the {(kill % 2 == 0 ? "second" : "first")} Ingest");
            if (kill % 2 == 0)
            {
                await run.KillAsync(second);
                second = await run.StartReplicaAsync("ingest");
            }
            else
            {
                await run.KillAsync("ingest");
            }
        }

        await EndState.WaitAsync(run, Accounts + 1, ButlerRun.Patience * 3);
        await run.UntilAsync("every new mail is judged", $"SELECT count(*) = {sent} FROM ledger l JOIN emails e ON e.id = l.id WHERE l.state = 'done' AND e.subject LIKE 'Garden news number %'", ButlerRun.Patience * 3);
        await EndState.WaitAsync(run, Accounts + 1, ButlerRun.Patience * 3);
        output.WriteLine($"{watch.Elapsed.TotalSeconds:F1} s: all is done");
        await EndState.AssertAsync(run);
        Assert.Equal(0, await run.ScalarAsync<long>("SELECT count(*) FROM provider_users WHERE history_id IS NULL OR gap_found_at IS NOT NULL"));
        await LogPrivacy.AssertCleanAsync(run);
    }
}
