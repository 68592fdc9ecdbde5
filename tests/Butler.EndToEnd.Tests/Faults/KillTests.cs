using System.Net.Http.Json;
using System.Text.Json;
using Butler.EndToEnd.Tests.Privacy;
using Butler.EndToEnd.Tests.Running;
using Xunit.Abstractions;

namespace Butler.EndToEnd.Tests.Faults;

/// <summary>An import during which everything is killed, one after the other.</summary>
public sealed class KillTests(ITestOutputHelper output)
{
    private const int Accounts = 20;

    private static readonly (string Victim, double Share)[] s_victims =
        [("ingest", 0.1), ("classifier", 0.2), ("postgres", 0.3), ("responder", 0.4), ("progress", 0.5), ("redis", 0.6), ("postgres", 0.7), ("ingest", 0.8)];

    [Fact]
    public async Task Import_EverythingKilledInTheMiddle_FinishesByItselfAndTheSame()
    {
        // The mailbox of the first account is empty, and is an account all the same.
        var empty = Path.Combine(Butler.Testing.Servers.Scratch("empty"), "empty.mbox");
        await File.WriteAllBytesAsync(empty, []);
        await using var run = await ButlerRun.StartAsync(new() { Mailbox = empty, Environment = LoadMailbox.Environment(Accounts, LoadMailbox.Mails) });
        Assert.Contains($"The file '{empty}' is empty. The account starts without mail.", run.Printed, StringComparison.Ordinal);
        var watch = System.Diagnostics.Stopwatch.StartNew();
        using var ingest = run.Client(run.Ingest);
        var user = (await ingest.GetFromJsonAsync<JsonElement>("api/v1/me")).GetProperty("user_id").GetGuid();
        await using (var observer = new ProgressObserver(run, user))
        {
            foreach (var (victim, share) in s_victims)
            {
                await run.UntilAsync($"{share:P0} of the mails are done", $"SELECT count(*) >= {(int)(share * LoadMailbox.Mails)} FROM ledger WHERE state IN ('done', 'skipped')");
                var open = await run.ScalarAsync<long>("SELECT count(*) FROM sync_jobs WHERE status IN ('pending', 'in_progress')");
                output.WriteLine($"{watch.Elapsed.TotalSeconds:F1} s: kill -9 {victim}, {open} imports run");
                Assert.True(open > 0, $"The imports were over before {victim} could be killed.");
                await run.KillAsync(victim);
            }

            await EndState.WaitAsync(run, Accounts + 1, ButlerRun.Patience * 3);
            output.WriteLine($"{watch.Elapsed.TotalSeconds:F1} s: all is done");
            await run.UntilAsync("the end is seen", () => Task.FromResult(observer.Ends.Count() == Accounts + 1 && observer.Ends.All(e => e == 100)));
            Assert.Empty(observer.Faults);
            Assert.NotEmpty(observer.Between);
            output.WriteLine($"{observer.Between.Count} values between 0 and 100 seen, {observer.Unanswered} looks unanswered");
        }

        await EndState.AssertAsync(run);
        Assert.Equal(LoadMailbox.Mails, await run.ScalarAsync<long>("SELECT count(*) FROM ledger WHERE reason IS DISTINCT FROM 'draft'"));
        var (pieces, length) = await LogPrivacy.AssertCleanAsync(run);
        output.WriteLine($"{pieces} pieces of mail, addresses and tokens looked for in {length} characters of log");
        output.WriteLine(await run.DescribeAsync());
    }
}
