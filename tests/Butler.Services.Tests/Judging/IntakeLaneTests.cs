using Butler.Classifier;
using Butler.Sandbox.Models;
using Butler.ServiceDefaults;
using Butler.Services.Tests.Hosting;

namespace Butler.Services.Tests.Judging;

/// <summary>Intake never waits behind a call of a chat model: shown by calls that do not end at all, and by an hour in which nobody answers.</summary>
public sealed class IntakeLaneTests : JudgingSystems
{
    private const int Imported = 6;

    /// <summary>Messages of intake (new mail, imports) that nobody has taken although they are due.</summary>
    private const string Waiting = "SELECT count(*) FROM outbox WHERE queue = 'classifier' AND lane < 2";

    [Fact]
    public async Task Intake_EveryModelWorkerHangsInACall_MailIsJudgedAndTheImportEnds()
    {
        // No call ends while the test runs: what waited behind one would wait for ever.
        var system = await StartJudgingAsync(("Butler:Chat:Timeout", "00:05:00"), ("Butler:Messaging:ModelWorkers", "2"));
        Faults(system).Set(new("*", ModelFaultKind.Hang));
        await RunAsync(system, TestMail.Many(Owner, Imported, TimeSpan.FromHours(1)));
        await system.UntilAsync(() => Stats(system).Of("openai").Open == 2, Patience, "both model workers are in a call");

        for (var i = 1; i <= 3; i++)
        {
            await JudgedLocallyAsync(system, i);
        }

        Assert.Equal((2, 0L), (Stats(system).Of("openai").Open, Stats(system).Of("openai").Calls));
        Assert.Equal(Imported + 3, await system.CountAsync("SELECT count(*) FROM open_judgings"));
        Assert.Equal(1, await system.CountAsync("SELECT count(*) FROM sync_jobs WHERE status = 'completed' AND progress = 100"));
    }

    [Fact]
    public async Task Intake_BothDeadForAnHour_NothingWaitsAndAFewCallsAreMade()
    {
        var clock = new MovedClock();
        var system = await StartJudgingAsync(("Butler:Chat:Break", "00:00:30"), ("Butler:Chat:MaxBreak", "00:05:00"), ("Butler:Messaging:ModelWorkers", "2"));
        Faults(system).Set(new("openai", ModelFaultKind.Dead));
        Faults(system).Set(new("anthropic", ModelFaultKind.Overloaded));
        system.State.AddAccount(Owner, TestMail.Many(Owner, Imported, TimeSpan.FromHours(1)));
        await system.StartPushedIngestAsync();
        await system.StartAsync(b =>
        {
            b.AddClassifier();
            clock.UseForChat(b);
        }, app => app.MapDefaultEndpoints());
        await system.UntilAsync("SELECT count(*) = 1 FROM sync_jobs WHERE status = 'completed'", Patience, "the import completes");
        await system.UntilAsync("SELECT count(*) = 2 FROM chat_providers WHERE breaker = 'open'", Patience, "both breakers are open");

        for (var minute = 6; minute <= 60; minute += 6)
        {
            await PassAsync(system, clock);
            await JudgedLocallyAsync(system, minute / 6);
        }

        // Three calls open a breaker, beside those under way; then it is a probe each time the break is over.
        Assert.InRange(Stats(system).Of("openai").Calls, 3, 25);
        Assert.InRange(Stats(system).Of("anthropic").Calls, 3, 25);
        Assert.Equal(Imported + 10, await system.CountAsync("SELECT count(*) FROM open_judgings"));
        Assert.Equal(Imported + 10, await system.CountAsync("SELECT count(*) FROM verdicts WHERE provisional"));

        // They return, and all of it is judged.
        Faults(system).Clear();
        await PassAsync(system, clock);
        await JudgedAsync(system);
        Assert.Equal(Imported + 10, await system.CountAsync("SELECT count(*) FROM verdicts WHERE revision = 2 AND NOT provisional"));
    }

    /// <summary>Six minutes pass for breakers, and for the mail that waits by the database's clock.</summary>
    private static async Task PassAsync(TestSystem system, MovedClock clock)
    {
        clock.Move(TimeSpan.FromMinutes(6));
        await system.ExecuteAsync("UPDATE open_judgings SET not_before = '-infinity' WHERE mail_id IN (SELECT mail_id FROM open_judgings FOR UPDATE SKIP LOCKED)");
    }

    /// <summary>A new mail has its verdict, and nothing is left in intake's lanes.</summary>
    private static async Task JudgedLocallyAsync(TestSystem system, int number)
    {
        Mailbox(system).Deliver(TestMail.Plain(Owner, 90 + number, TimeSpan.Zero));
        await system.UntilAsync($"SELECT count(*) = {Imported + number} FROM ledger WHERE state = 'done'", Patience, $"mail {number} has a verdict");
        await system.UntilAsync($"SELECT ({Waiting}) = 0", Patience, "nothing waits in intake's lanes");
    }
}
