using Butler.Data;
using Butler.Sandbox.State;
using Butler.Services.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Butler.Services.Tests.Import;

/// <summary>Starting twice, cancelling, and going on at the cursor.</summary>
public sealed class StartAndCancelTests : ImportSystems
{
    [Fact]
    public async Task Start_WhileAnImportRuns_AnswersWithTheRunningOne()
    {
        var system = await StartAsync();
        system.State.AddAccount(Owner, TestMail.Many(Owner, 40, TimeSpan.FromDays(2)));
        var gate = new Gate("import: after list call", passes: 1);
        var ingest = await StartIngestAsync(system, gate);
        await system.StartClassifierAsync();
        await gate.Blocked;
        var (http, user) = await ClientAsync(system, ingest);

        var first = await PostAsync(http, $"/api/v1/email-sync/start/{user}?months=6", 202);
        var second = await PostAsync(http, $"/api/v1/email-sync/start/{user}?months=6", 202);
        gate.Open();
        await CompletedAsync(system);

        Assert.NotEqual(first.GetProperty("task_id").GetGuid(), second.GetProperty("task_id").GetGuid());
        Assert.Equal(1, await system.CountAsync("SELECT count(*) FROM sync_jobs"));
        Assert.Equal(2, await system.CountAsync("SELECT count(*) FROM tasks t JOIN sync_jobs j ON j.id = t.sync_id WHERE t.status = 'completed'"));
        await AllClosedAsync(system);
        http.Dispose();
    }

    [Fact]
    public async Task Cancel_InTheMiddle_TheNextStartGoesOnAtTheCursor()
    {
        // Leases as they are outside tests: on a busy machine a short one ends during a fetch, and its mails are served twice.
        var system = await StartAsync(settings: new Dictionary<string, string?>
        {
            ["Butler:Import:BatchMails"] = "10",
            ["Butler:Messaging:Lease"] = "00:01:00",
            ["Butler:Messaging:GiveUp"] = "00:00:40",
            ["Butler:Import:SweepAfter"] = "00:01:00",
        });
        var account = system.State.AddAccount(Owner, TestMail.Many(Owner, 120, TimeSpan.FromDays(1)));
        var gate = new Gate("import: after list call", passes: 3);
        var ingest = await StartIngestAsync(system, gate);
        await system.StartClassifierAsync();
        await gate.Blocked;
        var (http, user) = await ClientAsync(system, ingest);
        var sync = await system.ScalarAsync("SELECT id FROM sync_jobs");

        await PostAsync(http, $"/api/v1/email-sync/{sync}/cancel", 202);
        await system.UntilAsync("SELECT status = 'failed' FROM sync_jobs", Patience, "the import is cancelled");
        gate.Open();
        await system.UntilAsync("SELECT NOT EXISTS (SELECT FROM outbox)", Patience, "what was under way ends");
        Assert.Equal("cancelled Cancelled by the owner. Start the import again and it continues where it stopped.", await system.ScalarAsync("SELECT error_code || ' ' || error FROM sync_jobs"));
        var listed = await system.CountAsync("SELECT count(*) FROM ledger");
        Assert.InRange(listed, 1, 119);

        // The connect imported the whole mailbox; only a start of the same reach may go on at its cursor.
        await system.ExecuteAsync("UPDATE provider_users SET services = '{}'; UPDATE provider_users SET services = '{gmail}'");
        await CompletedAsync(system);

        await AllClosedAsync(system);
        Assert.Equal(120, await system.CountAsync("SELECT count(*) FROM ledger WHERE state = 'done'"));
        Assert.Equal(account.Mails.Count, system.Sandbox.Services.GetRequiredService<SandboxStats>().MailsServed);
        Assert.True(await system.ScalarAsync("SELECT b.window_number > a.window_number AND b.range_to = a.range_to FROM sync_jobs a JOIN sync_jobs b ON b.created_at > a.created_at") is true, "it began anew");

        // A cancel of what has ended is refused.
        await PostAsync(http, $"/api/v1/email-sync/{sync}/cancel", 409);
        http.Dispose();
    }

    [Fact]
    public async Task Import_PageTokensExpire_ListsTheWindowAnew()
    {
        var system = await StartAsync(o => (o.Faults.PageTokenExpiry, o.Faults.PageTokenOneIn, o.Faults.MaxPage) = (true, 8, 40));
        system.State.AddAccount(Owner, TestMail.Many(Owner, 400, TimeSpan.FromMinutes(20)));
        await StartIngestAsync(system);
        await system.StartClassifierAsync();

        await CompletedAsync(system);

        await AllClosedAsync(system);
        Assert.True(await system.CountAsync("SELECT already_known FROM sync_jobs") > 0, "no token expired");
    }

    /// <summary>Holds everybody up at one point after some passes, until it is opened.</summary>
    private sealed class Gate(string point, int passes) : IFaultPoints
    {
        private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _blocked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _passes = passes;

        public Task Blocked => _blocked.Task.WaitAsync(Patience);

        public void Open() => _open.TrySetResult();

        public async Task ReachAsync(string name)
        {
            if (name == point && Interlocked.Decrement(ref _passes) < 0)
            {
                _blocked.TrySetResult();
                await _open.Task;
            }
        }
    }
}
