using System.Net;
using System.Text;
using Butler.Mail;
using Butler.Messaging;
using Butler.Sandbox.Faults;
using Microsoft.AspNetCore.Builder;

namespace Butler.Services.Tests.Responder;

/// <summary>At most one draft per mail, whatever dies, stalls or arrives late (MECHANICS 7).</summary>
public sealed class OneDraftTests
{
    [Fact]
    public async Task Handle_DueMail_CreatesOneThreadedDraft()
    {
        await using var rig = await DraftRig.StartAsync();
        var mail = await rig.DeliverAsync(headers: "Reply-To: Anna <anna.reply@example.org>\r\n");
        var outcome = await rig.HandleAsync(rig.Responder(), mail);
        Assert.Equal(OutcomeKind.Done, outcome.Kind);
        Assert.Equal("created", await rig.StateAsync(mail));
        var draft = Assert.Single(rig.Mailbox.Drafts);
        Assert.Equal(mail.ThreadId, draft.Mail.ThreadId);
        var message = MimeMessage.Parse(draft.Mail.Raw());
        Assert.Equal("anna.reply@example.org", Assert.Single(message.To).Address);
        Assert.Equal(DraftRig.Owner, message.From?.Address);
        Assert.Equal("Re: Report", message.Subject);
        Assert.Equal([mail.MessageId], message.InReplyTo);
        Assert.Contains(mail.MessageId, message.References);
        var text = MailText.Read(message);
        Assert.Contains("Hi Anna,", text.NewText);
        Assert.Contains("[…", text.NewText);
        Assert.Contains("> Could you please tell me when the report will be ready?\n\n[…", (string)(await rig.ScalarAsync("SELECT generated_reply FROM replies"))!);
        Assert.Contains("Olivia Owner", text.NewText + text.Signature);
        Assert.Contains("I hope you are well.", text.QuotedText);
        Assert.Equal(draft.Id, await rig.ScalarAsync("SELECT draft_id FROM replies"));
        Assert.Equal(draft.Mail.Id, await rig.ScalarAsync("SELECT draft_message_id FROM replies"));
    }

    [Theory]
    [InlineData("draft: after intended")]
    [InlineData("draft: before sending")]
    [InlineData("draft: after sending")]
    [InlineData("draft: after POST")]
    [InlineData("draft: after created")]
    public async Task Handle_ProcessDies_OneDraftInTheEnd(string point)
    {
        await using var rig = await DraftRig.StartAsync(o => o.Faults.DraftRewrite = true);
        var mail = await rig.DeliverAsync();
        await Assert.ThrowsAsync<CrashException>(() => rig.HandleAsync(rig.Responder(Points.CrashOnceAt(point)), mail));
        await rig.DriveAsync(rig.Responder(), mail);
        Assert.Equal("created", await rig.StateAsync(mail));
        Assert.Equal(1, rig.Creates);
        Assert.Equal(Assert.Single(rig.Mailbox.Drafts).Id, await rig.ScalarAsync("SELECT draft_id FROM replies"));
    }

    // Each refused page token was a failed try, and three of them ended the reply of a busy account as a dead letter.
    [Fact]
    public async Task Handle_PageTokensRefusedWhileReconciling_ReadsTheHistoryAgainWithoutAFailedTry()
    {
        await using var rig = await DraftRig.StartAsync(o => (o.Faults.PageTokenExpiry, o.Faults.PageTokenOneIn, o.Faults.MaxPage) = (true, 4, 12));
        var mails = new List<RigMail>();
        for (var i = 0; i < 8; i++)
        {
            mails.Add(await rig.DeliverAsync(subject: $"Report {i}"));
            await Assert.ThrowsAsync<CrashException>(() => rig.HandleAsync(rig.Responder(Points.CrashOnceAt("draft: after POST")), mails[i]));
        }

        for (var i = 0; i < 4; i++)
        {
            await rig.DeliverAsync(subject: $"Another {i}", category: "informational");
        }

        // Where the sandbox refuses a token is settled by its seed: among so many pages it does.
        var responder = rig.Responder();
        foreach (var mail in mails)
        {
            await rig.SettleAsync(mail);
            var outcome = await rig.HandleAsync(responder, mail);
            Assert.Equal(OutcomeKind.Done, outcome.Kind);
            Assert.Equal("created", await rig.StateAsync(mail));
        }

        Assert.Equal(mails.Count, rig.Creates);
    }

    // Two mails of one thread, asked in the same words: the draft of one is not taken for the other's.
    [Fact]
    public async Task Handle_TwoMailsOfAThreadDie_EachKnowsItsOwnDraft()
    {
        await using var rig = await DraftRig.StartAsync();
        var first = await rig.DeliverAsync();
        var second = await rig.DeliverAsync(subject: "Re: Report", inReplyTo: first.MessageId);
        Assert.Equal(first.ThreadId, second.ThreadId);
        await Assert.ThrowsAsync<CrashException>(() => rig.HandleAsync(rig.Responder(Points.CrashOnceAt("draft: after sending")), second));
        await Assert.ThrowsAsync<CrashException>(() => rig.HandleAsync(rig.Responder(Points.CrashOnceAt("draft: after POST")), first));
        await rig.SettleAsync(first);
        await rig.SettleAsync(second);
        await rig.DriveAsync(rig.Responder(), first);
        await rig.DriveAsync(rig.Responder(), second);
        Assert.Equal("created", await rig.StateAsync(first));
        Assert.Equal("suppressed draft_exists", await rig.StateAsync(second));
        Assert.Equal(Assert.Single(rig.Mailbox.Drafts).Id, await rig.ScalarAsync("SELECT draft_id FROM replies WHERE draft_id IS NOT NULL"));
    }

    [Theory]
    [InlineData("draft: after history", "draft: after sending")]
    [InlineData("draft: before sending again", "draft: after sending")]
    [InlineData("draft: after history", "draft: after POST")]
    [InlineData("draft: before adopting", "draft: after POST")]
    public async Task Handle_ProcessDiesWhileReconciling_OneDraftInTheEnd(string second, string first)
    {
        await using var rig = await DraftRig.StartAsync();
        var mail = await rig.DeliverAsync();
        await Assert.ThrowsAsync<CrashException>(() => rig.HandleAsync(rig.Responder(Points.CrashOnceAt(first)), mail));
        await rig.SettleAsync(mail);
        await Assert.ThrowsAsync<CrashException>(() => rig.HandleAsync(rig.Responder(Points.CrashOnceAt(second)), mail));
        await rig.DriveAsync(rig.Responder(), mail);
        Assert.Equal("created", await rig.StateAsync(mail));
        Assert.Equal(1, rig.Creates);
    }

    [Fact]
    public async Task Handle_SendingNotSettled_LeavesItAlone()
    {
        await using var rig = await DraftRig.StartAsync();
        var mail = await rig.DeliverAsync();
        await Assert.ThrowsAsync<CrashException>(() => rig.HandleAsync(rig.Responder(Points.CrashOnceAt("draft: after sending")), mail));
        var outcome = await rig.HandleAsync(rig.Responder(), mail);
        Assert.Equal(OutcomeKind.Snooze, outcome.Kind);
        Assert.InRange(outcome.Delay!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(80));
        Assert.Equal("sending", await rig.StateAsync(mail));
        Assert.Equal(0, rig.Creates);
    }

    [Theory]
    [InlineData(FaultKind.ExecutedNoAnswer)]
    [InlineData(FaultKind.CutBody)]
    [InlineData(FaultKind.NotExecutedNoAnswer)]
    [InlineData(FaultKind.ExecutedLate)]
    [InlineData(FaultKind.InternalError)]
    [InlineData(FaultKind.Unavailable)]
    [InlineData(FaultKind.Hang)]
    public async Task Handle_OutcomeUnknown_SnoozesThenFindsOut(FaultKind fault)
    {
        await using var rig = await DraftRig.StartAsync(o => o.Faults.LateBy = TimeSpan.FromMilliseconds(100));
        var mail = await rig.DeliverAsync();
        rig.Faults.Set(new PlainFault("drafts.create", fault, Count: 1));
        // Only a call that hangs waits for it; the others must be answered within it, also on a busy machine.
        var responder = rig.Responder(settings: ("Butler:Google:Timeout", fault == FaultKind.Hang ? "00:00:05" : "00:00:30"));
        var outcome = await rig.HandleAsync(responder, mail);
        Assert.Equal(OutcomeKind.Snooze, outcome.Kind);
        Assert.Equal("sending", await rig.StateAsync(mail));
        await rig.DriveAsync(responder, mail);
        Assert.Equal("created", await rig.StateAsync(mail));
        Assert.Equal(1, rig.Creates);
    }

    [Fact]
    public async Task Handle_ExecutedButAnswered503_NotSentAgain()
    {
        await using var rig = await DraftRig.StartAsync();
        var mail = await rig.DeliverAsync();
        var responder = rig.Responder(wire: () => new Executed503());
        Assert.Equal(OutcomeKind.Snooze, (await rig.HandleAsync(responder, mail)).Kind);
        Assert.Equal(1, rig.Creates);
        await rig.DriveAsync(responder, mail);
        Assert.Equal("created", await rig.StateAsync(mail));
        Assert.Equal(1, rig.Creates);
    }

    [Theory]
    [InlineData(FaultKind.TooManyRequests, OutcomeKind.Snooze)]
    [InlineData(FaultKind.UserRateLimit, OutcomeKind.Snooze)]
    [InlineData(FaultKind.DailyLimit, OutcomeKind.Snooze)]
    [InlineData(FaultKind.InsufficientPermissions, OutcomeKind.Snooze)]
    public async Task Handle_Refused_GoesBackToIntended(FaultKind fault, OutcomeKind expected)
    {
        await using var rig = await DraftRig.StartAsync();
        var mail = await rig.DeliverAsync();
        rig.Faults.Set(new PlainFault("drafts.create", fault, Count: 1));
        Assert.Equal(expected, (await rig.HandleAsync(rig.Responder(), mail)).Kind);
        Assert.Equal("intended", await rig.StateAsync(mail));
        Assert.Equal(0, rig.Creates);
        await rig.ForgetPenaltyAsync();
        await rig.DriveAsync(rig.Responder(), mail);
        Assert.Equal(1, rig.Creates);
    }

    [Fact]
    public async Task Handle_StalledBeforePost_LateSenderMaySendNoMore()
    {
        await using var rig = await DraftRig.StartAsync();
        var mail = await rig.DeliverAsync();
        var (reached, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        var time = new ShiftedTime();
        var stalled = rig.Responder(StallAt("draft: after sending", reached, go), time);
        var late = rig.HandleAsync(stalled, mail);
        await reached.Task.WaitAsync(TimeSpan.FromSeconds(30));
        await rig.DriveAsync(rig.Responder(), mail);
        Assert.Equal(1, rig.Creates);

        time.Advance(TimeSpan.FromSeconds(21));
        go.SetResult();
        Assert.Equal(OutcomeKind.Done, (await late).Kind);
        Assert.Equal(1, rig.Creates);
        Assert.Equal("created", await rig.StateAsync(mail));
    }

    [Fact]
    public async Task Handle_StalledBetweenCheckAndWire_GateHoldsTheRequest()
    {
        // The stall comes after the sender's own look at the clock: while the request is on its way through the client.
        await using var rig = await DraftRig.StartAsync();
        var mail = await rig.DeliverAsync();
        var time = new ShiftedTime();
        var stall = new Stall(time);
        Assert.Equal(OutcomeKind.Done, (await rig.HandleAsync(rig.Responder(time: time, wire: () => stall), mail)).Kind);
        Assert.Equal(2, stall.Requests); // The first did not pass the gate, the second had a window of its own.
        Assert.Equal(1, rig.Creates);
    }

    [Fact]
    public async Task Handle_StalledAfterPost_SecondHandlerAdopts()
    {
        await using var rig = await DraftRig.StartAsync();
        var mail = await rig.DeliverAsync();
        var (reached, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        var late = rig.HandleAsync(rig.Responder(StallAt("draft: after POST", reached, go)), mail);
        await reached.Task.WaitAsync(TimeSpan.FromSeconds(30));
        await rig.SettleAsync(mail);
        await rig.DriveAsync(rig.Responder(), mail);
        Assert.Equal("created", await rig.StateAsync(mail));
        go.SetResult();
        Assert.Equal(OutcomeKind.Done, (await late).Kind);
        Assert.Equal(1, rig.Creates);
    }

    [Fact]
    public async Task Handle_ManyDeliveriesAtOnce_OneDraft()
    {
        await using var rig = await DraftRig.StartAsync();
        var mail = await rig.DeliverAsync();
        WebApplication[] responders = [rig.Responder(), rig.Responder()];
        await Task.WhenAll(Enumerable.Range(0, 8).Select(i => rig.HandleAsync(responders[i % 2], mail)));
        await rig.DriveAsync(responders[0], mail);
        Assert.Equal("created", await rig.StateAsync(mail));
        Assert.Equal(1, rig.Creates);
    }

    [Fact]
    public async Task Handle_GmailNeverTakesIt_EndsAsDeadLetterWithoutDraft()
    {
        await using var rig = await DraftRig.StartAsync();
        var mail = await rig.DeliverAsync();
        rig.Faults.Set(new PlainFault("drafts.create", FaultKind.Unavailable));
        var responder = rig.Responder();
        var outcomes = new List<OutcomeKind>();
        for (var i = 0; i < 4; i++)
        {
            outcomes.Add((await rig.HandleAsync(responder, mail)).Kind);
            await rig.SettleAsync(mail);
        }

        Assert.Equal([OutcomeKind.Snooze, OutcomeKind.Snooze, OutcomeKind.Snooze, OutcomeKind.Dead], outcomes);
        Assert.Equal(0, rig.Creates);
        rig.Faults.Clear();
        await rig.DriveAsync(responder, mail); // Replayed.
        Assert.Equal(1, rig.Creates);
    }

    private static Points StallAt(string point, TaskCompletionSource reached, TaskCompletionSource go) => new(async name =>
    {
        if (name == point && reached.TrySetResult())
        {
            await go.Task;
        }
    });

    /// <summary>The process stands still inside the HTTP client, after the sender's own look at the clock; only the first time.</summary>
    private sealed class Stall(ShiftedTime time) : DelegatingHandler
    {
        public int Requests { get; private set; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (request.Method == HttpMethod.Post && request.RequestUri!.AbsolutePath.EndsWith("/drafts", StringComparison.Ordinal) && ++Requests == 1)
            {
                time.Advance(TimeSpan.FromSeconds(30));
            }

            return base.SendAsync(request, cancellationToken);
        }
    }

    /// <summary>Gmail carries the request out and answers 503 all the same.</summary>
    private sealed class Executed503 : DelegatingHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var response = await base.SendAsync(request, cancellationToken);
            if (request.Method == HttpMethod.Post && request.RequestUri!.AbsolutePath.EndsWith("/drafts", StringComparison.Ordinal))
            {
                response.Dispose();
                return new(HttpStatusCode.ServiceUnavailable) { Content = new StringContent("{\"error\":{\"code\":503,\"status\":\"UNAVAILABLE\"}}", Encoding.UTF8, "application/json") };
            }

            return response;
        }
    }
}
