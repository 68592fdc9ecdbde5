using Butler.Sandbox.Faults;

namespace Butler.Services.Tests.Responder;

/// <summary>
/// Seeded runs: everything the sandbox can be nasty with at once, plain faults on every call, processes that die at any point, the
/// owner at work between the deliveries, and doubled deliveries. Never more than one draft per mail, and every reply ends.
/// </summary>
public sealed class NastySeedTests
{
    private static readonly string[] s_points =
    [
        "draft: after intended", "draft: before sending", "draft: after sending", "draft: after POST", "draft: after created", "draft: after history", "draft: before sending again", "draft: before adopting",
    ];

    private static readonly FaultKind[] s_faults =
    [
        FaultKind.ExecutedNoAnswer, FaultKind.NotExecutedNoAnswer, FaultKind.ExecutedLate, FaultKind.CutBody, FaultKind.InternalError, FaultKind.Unavailable,
    ];

    private static readonly string[] s_ends = ["created", "removed", "suppressed", "unknown"];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public async Task Handle_NastySeed_NeverTwoDraftsOfOneMail(int seed)
    {
        await using var rig = await DraftRig.StartAsync(o =>
        {
            o.Faults.Seed = seed;
            (o.Faults.OldDates, o.Faults.SlowBy, o.Faults.LateBy, o.Faults.LateOneIn) = (false, TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(100), 3);
        });
        var random = new Random(seed);
        List<RigMail> mails = [];
        for (var i = 0; i < 4; i++)
        {
            mails.Add(await rig.DeliverAsync(subject: $"Report {i}", messageId: i != 3));
        }

        var first = Dying(seed);
        for (var round = 0; round < 3; round++)
        {
            rig.Faults.Set(new PlainFault("drafts.create", s_faults[random.Next(s_faults.Length)], 0.5, Count: 2));
            rig.Faults.Set(new PlainFault(random.Next(2) == 0 ? "history.list" : "threads.get", FaultKind.Unavailable, 0.5, Count: 1));
            var (a, b) = (rig.Responder(first), rig.Responder(Dying(seed * 100 + round)));
            foreach (var mail in mails)
            {
                await Task.WhenAll(OnceAsync(rig, a, mail), OnceAsync(rig, b, mail));
                if (random.Next(4) == 0 && rig.Mailbox.Drafts is [var draft, ..])
                {
                    _ = random.Next(3) switch
                    {
                        0 => rig.Mailbox.DeleteDraft(draft.Id),
                        1 => rig.Mailbox.SendDraft(draft.Id) is not null,
                        _ => rig.Mailbox.UpdateDraft(draft.Id, draft.Mail.Raw(), draft.Mail.ThreadId) is not null,
                    };
                }

                await rig.SettleAsync(mail);
            }
        }

        rig.Faults.Clear();
        var calm = rig.Responder();
        foreach (var mail in mails)
        {
            await rig.DriveAsync(calm, mail, most: 40);
            Assert.Contains((await rig.StateAsync(mail)).Split(' ')[0], s_ends);
        }

        // Which mail a draft is for is told by the subject, whatever thread it stands in.
        var created = rig.Mailbox.DraftHistory.Where(e => e is { Kind: "created", By: "api" })
            .GroupBy(e => Butler.Mail.MimeMessage.Parse(e.Raw).Subject, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Count(), StringComparer.Ordinal);
        Assert.All(created.Values, n => Assert.Equal(1, n));
    }

    private static Points Dying(int seed)
    {
        var random = new Random(seed);
        return new(name =>
        {
            lock (random)
            {
                return s_points.Contains(name) && random.Next(4) == 0 ? throw new CrashException(name) : Task.CompletedTask;
            }
        });
    }

    private static async Task OnceAsync(DraftRig rig, Microsoft.AspNetCore.Builder.WebApplication responder, RigMail mail)
    {
        try
        {
            await rig.HandleAsync(responder, mail);
        }
        catch (CrashException)
        {
            // The process died.
        }
    }
}
