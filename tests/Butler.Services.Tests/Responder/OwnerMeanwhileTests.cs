using Butler.Data;
using Butler.Mail;
using Butler.Messaging;
using Butler.Messaging.Contracts;
using Butler.Responder.Drafts;
using Butler.Sandbox.Faults;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Butler.Services.Tests.Responder;

/// <summary>What the owner and the account do meanwhile, and when no draft is due at all.</summary>
public sealed class OwnerMeanwhileTests
{
    [Theory]
    [InlineData("draft: after intended", "suppressed answered", 0)]
    [InlineData("draft: after sending", "suppressed answered", 0)]
    [InlineData("draft: after POST", "created", 1)]
    public async Task Handle_OwnerAnsweredMeanwhile_NoDraftUnlessItWasThere(string point, string expected, int creates)
    {
        await using var rig = await DraftRig.StartAsync();
        var mail = await rig.DeliverAsync();
        await Assert.ThrowsAsync<CrashException>(() => rig.HandleAsync(rig.Responder(Points.CrashOnceAt(point)), mail));
        rig.Answer(mail);
        await rig.SettleAsync(mail);
        await rig.DriveAsync(rig.Responder(), mail);
        Assert.Equal(expected, await rig.StateAsync(mail));
        Assert.Equal(creates, rig.Creates);
    }

    [Fact]
    public async Task Handle_OwnerHasADraftInTheThread_Suppressed()
    {
        await using var rig = await DraftRig.StartAsync();
        var mail = await rig.DeliverAsync();
        rig.Mailbox.CreateDraft(DraftRig.OwnersDraft(mail), mail.ThreadId);
        await rig.DriveAsync(rig.Responder(), mail);
        Assert.Equal("suppressed draft_exists", await rig.StateAsync(mail));
        Assert.Equal(0, rig.Creates);
    }

    [Fact]
    public async Task Handle_OwnerDraftsWhileOutcomeIsOpen_CountsAsTheDraft()
    {
        await using var rig = await DraftRig.StartAsync();
        var mail = await rig.DeliverAsync();
        await Assert.ThrowsAsync<CrashException>(() => rig.HandleAsync(rig.Responder(Points.CrashOnceAt("draft: after sending")), mail));
        rig.Mailbox.CreateDraft(DraftRig.OwnersDraft(mail), mail.ThreadId);
        await rig.SettleAsync(mail);
        await rig.DriveAsync(rig.Responder(), mail);
        Assert.Equal("created", await rig.StateAsync(mail));
        Assert.Equal(0, rig.Creates);
    }

    [Theory]
    [InlineData("edit", "created")]
    [InlineData("delete", "removed draft_gone")]
    [InlineData("send", "removed draft_gone")]
    public async Task Handle_OwnerUsedTheDraftBeforeItWasNoted_NoSecondOne(string deed, string expected)
    {
        await using var rig = await DraftRig.StartAsync(o => (o.Faults.DraftIds, o.Faults.DraftRewrite, o.Faults.HistoryJumps, o.Faults.Disorder) = (true, true, true, true));
        var mail = await rig.DeliverAsync();
        await Assert.ThrowsAsync<CrashException>(() => rig.HandleAsync(rig.Responder(Points.CrashOnceAt("draft: after POST")), mail));
        var draft = Assert.Single(rig.Mailbox.Drafts);
        _ = deed switch
        {
            "edit" => rig.Mailbox.UpdateDraft(draft.Id, DraftRig.OwnersDraft(mail), mail.ThreadId) is not null,
            "send" => rig.Mailbox.SendDraft(draft.Id) is not null,
            _ => rig.Mailbox.DeleteDraft(draft.Id),
        };
        await rig.SettleAsync(mail);
        await rig.DriveAsync(rig.Responder(), mail);
        Assert.Equal(expected, await rig.StateAsync(mail));
        Assert.Equal(1, rig.Creates);
    }

    [Theory]
    [InlineData("draft: after POST", true, 1)]
    [InlineData("draft: after sending", false, 0)]
    public async Task Handle_HistoryExpired_UnknownAndTheOwnerIsTold(string point, bool edited, int creates)
    {
        await using var rig = await DraftRig.StartAsync();
        var mail = await rig.DeliverAsync();
        await Assert.ThrowsAsync<CrashException>(() => rig.HandleAsync(rig.Responder(Points.CrashOnceAt(point)), mail));
        if (edited)
        {
            rig.Mailbox.UpdateDraft(Assert.Single(rig.Mailbox.Drafts).Id, DraftRig.OwnersDraft(mail), mail.ThreadId);
        }

        rig.Mailbox.ExpireHistory();
        await rig.SettleAsync(mail);
        await rig.DriveAsync(rig.Responder(), mail);
        await rig.DriveAsync(rig.Responder(), mail);
        Assert.Equal("unknown history_expired", await rig.StateAsync(mail));
        Assert.Equal(creates, rig.Creates);
        Assert.Equal(1L, await rig.ScalarAsync("SELECT count(*) FROM user_events WHERE kind = 'draft_unknown' AND app_user_id = $1", rig.AppUser));
    }

    [Fact]
    public async Task Handle_HistoryExpiredButOurDraftIsThere_Created()
    {
        await using var rig = await DraftRig.StartAsync(o => o.Faults.DraftRewrite = true);
        var mail = await rig.DeliverAsync();
        await Assert.ThrowsAsync<CrashException>(() => rig.HandleAsync(rig.Responder(Points.CrashOnceAt("draft: after POST")), mail));
        rig.Mailbox.ExpireHistory();
        await rig.SettleAsync(mail);
        await rig.DriveAsync(rig.Responder(), mail);
        Assert.Equal("created", await rig.StateAsync(mail));
    }

    [Theory]
    [InlineData("keep", "created", 1)]
    [InlineData("edit", "unknown undecidable", 1)]
    [InlineData("delete", "unknown undecidable", 1)]
    public async Task Handle_MailWithoutMessageId_DraftElsewhereIsRecognisedOrDoubted(string deed, string expected, int creates)
    {
        await using var rig = await DraftRig.StartAsync(o => o.Faults.DraftRewrite = true);
        var mail = await rig.DeliverAsync(messageId: false);
        await Assert.ThrowsAsync<CrashException>(() => rig.HandleAsync(rig.Responder(Points.CrashOnceAt("draft: after POST")), mail));
        var draft = Assert.Single(rig.Mailbox.Drafts);
        Assert.NotEqual(mail.ThreadId, draft.Mail.ThreadId);
        _ = deed switch
        {
            "edit" => rig.Mailbox.UpdateDraft(draft.Id, DraftRig.OwnersDraft(mail)) is not null,
            "delete" => rig.Mailbox.DeleteDraft(draft.Id),
            _ => true,
        };
        await rig.SettleAsync(mail);
        await rig.DriveAsync(rig.Responder(), mail);
        Assert.Equal(expected, await rig.StateAsync(mail));
        Assert.Equal(creates, rig.Creates);
    }

    [Theory]
    [InlineData("informational", 0, "", "Anna <anna@example.org>")]
    [InlineData("spam", 0, "", "Anna <anna@example.org>")]
    [InlineData("needs_reply", 8, "", "Anna <anna@example.org>")]
    [InlineData("needs_reply", 0, "List-Id: <x.example.org>\r\n", "Anna <anna@example.org>")]
    [InlineData("needs_reply", 0, "Auto-Submitted: auto-replied\r\n", "Anna <anna@example.org>")]
    [InlineData("needs_reply", 0, "", "No Reply <no-reply@example.org>")]
    [InlineData("needs_reply", 0, "", "Olivia <" + DraftRig.Owner + ">")]
    [InlineData("needs_reply", 0, "", "Nobody")]
    public async Task Handle_NotDue_NoRowAndNoCall(string category, int days, string headers, string from)
    {
        await using var rig = await DraftRig.StartAsync();
        var mail = await rig.DeliverAsync(category: category, age: TimeSpan.FromDays(days), headers: headers, from: from);
        await rig.DriveAsync(rig.Responder(), mail, most: 1);
        Assert.Equal("none", await rig.StateAsync(mail));
        Assert.Equal(0, rig.Creates);
    }

    [Fact]
    public async Task Handle_MailInTrash_Suppressed()
    {
        await using var rig = await DraftRig.StartAsync();
        var mail = await rig.DeliverAsync();
        rig.Mailbox.Delete(mail.ProviderId);
        await rig.DriveAsync(rig.Responder(), mail);
        Assert.Equal("suppressed mail_gone", await rig.StateAsync(mail));
    }

    [Fact]
    public async Task Handle_LoginRevoked_WaitsLong()
    {
        await using var rig = await DraftRig.StartAsync();
        var mail = await rig.DeliverAsync();
        rig.Mailbox.Revoke();
        var outcome = await rig.HandleAsync(rig.Responder(), mail);
        Assert.Equal((OutcomeKind.Snooze, TimeSpan.FromMinutes(30)), (outcome.Kind, outcome.Delay!.Value));
        Assert.Equal("intended", await rig.StateAsync(mail));
    }

    [Theory]
    [InlineData("keep", "created", "updated")]
    [InlineData("edit", "created edited_by_owner", "none")]
    [InlineData("delete", "removed draft_gone", "none")]
    public async Task Replace_DraftIsReplacedOnlyAsButlerWroteIt(string deed, string expected, string last)
    {
        await using var rig = await DraftRig.StartAsync(o => (o.Faults.DraftIds, o.Faults.DraftRewrite) = (true, true));
        var mail = await rig.DeliverAsync();
        await rig.DriveAsync(rig.Responder(), mail);
        var draft = Assert.Single(rig.Mailbox.Drafts);
        _ = deed switch
        {
            "edit" => rig.Mailbox.UpdateDraft(draft.Id, DraftRig.OwnersDraft(mail), mail.ThreadId) is not null,
            "delete" => rig.Mailbox.DeleteDraft(draft.Id),
            _ => true,
        };
        await rig.ExecuteAsync("UPDATE provider_users SET display_name = 'Olivia New'");
        await rig.DriveAsync(rig.Responder(), mail, replace: true);
        Assert.Equal(expected, await rig.StateAsync(mail));
        Assert.Equal(1, rig.Creates);
        Assert.Equal(last, rig.Mailbox.DraftHistory.LastOrDefault(e => e is { Kind: "updated", By: "api" })?.Kind ?? "none");
        if (last == "updated")
        {
            var now = Assert.Single(rig.Mailbox.Drafts);
            Assert.Equal(now.Id, await rig.ScalarAsync("SELECT draft_id FROM replies"));
            var message = MimeMessage.Parse(now.Mail.Raw());
            Assert.Contains("Olivia New", message.Body.DecodeText());
        }
    }

    [Theory]
    [InlineData(FaultKind.ExecutedNoAnswer)]
    [InlineData(FaultKind.NotExecutedNoAnswer)]
    public async Task Replace_AnswerLost_EndsWithTheNewText(FaultKind fault)
    {
        await using var rig = await DraftRig.StartAsync(o => (o.Faults.DraftIds, o.Faults.DraftRewrite) = (true, true));
        var mail = await rig.DeliverAsync();
        await rig.DriveAsync(rig.Responder(), mail);
        await rig.ExecuteAsync("UPDATE provider_users SET display_name = 'Olivia New'");
        rig.Faults.Set(new PlainFault("drafts.update", fault, Count: 1));
        await rig.DriveAsync(rig.Responder(), mail, replace: true);
        Assert.Equal("created", await rig.StateAsync(mail));
        var draft = Assert.Single(rig.Mailbox.Drafts);
        Assert.Equal(draft.Id, await rig.ScalarAsync("SELECT draft_id FROM replies"));
        Assert.Contains("Olivia New", MimeMessage.Parse(draft.Mail.Raw()).Body.DecodeText());
    }

    [Theory]
    [InlineData("draft: before PUT")]
    [InlineData("draft: after PUT")]
    public async Task Replace_ProcessDies_EndsWithTheNewText(string point)
    {
        await using var rig = await DraftRig.StartAsync(o => (o.Faults.DraftIds, o.Faults.DraftRewrite) = (true, true));
        var mail = await rig.DeliverAsync();
        await rig.DriveAsync(rig.Responder(), mail);
        await rig.ExecuteAsync("UPDATE provider_users SET display_name = 'Olivia New'");
        await Assert.ThrowsAsync<CrashException>(() => rig.HandleAsync(rig.Responder(Points.CrashOnceAt(point)), mail, replace: true));
        await rig.DriveAsync(rig.Responder(), mail, replace: true);
        Assert.Equal("created", await rig.StateAsync(mail));
        var draft = Assert.Single(rig.Mailbox.Drafts);
        Assert.Equal(draft.Id, await rig.ScalarAsync("SELECT draft_id FROM replies"));
        Assert.Contains("Olivia New", MimeMessage.Parse(draft.Mail.Raw()).Body.DecodeText());
        Assert.Contains("Olivia New", (string)(await rig.ScalarAsync("SELECT generated_reply FROM replies"))!);
    }

    [Fact]
    public async Task Handle_WithTask_EndsTheTask()
    {
        await using var rig = await DraftRig.StartAsync();
        var (due, failing) = (await rig.DeliverAsync(), await rig.DeliverAsync());
        var (first, second) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        foreach (var (task, mail) in new[] { (first, due), (second, failing) })
        {
            await rig.ExecuteAsync(
                "INSERT INTO tasks (id, kind, app_user_id, provider_user_id, ledger_id, status, correlation_id) VALUES ($1, 'process', $2, $3, $4, 'processing', $1)", task, rig.AppUser, rig.Account, mail.Id);
        }

        var responder = rig.Responder();
        await rig.HandleAsync(responder, due, first);
        Assert.Equal("completed", await rig.ScalarAsync("SELECT status FROM tasks WHERE id = $1", first));
        rig.Faults.Set(new PlainFault("threads.get", FaultKind.Unavailable));
        Assert.Equal(OutcomeKind.Retry, (await rig.HandleAsync(responder, failing, second)).Kind);
        Assert.Equal("processing", await rig.ScalarAsync("SELECT status FROM tasks WHERE id = $1", second));
        await rig.HandleAsync(responder, failing, second, failures: 2);
        Assert.Equal("failed", await rig.ScalarAsync("SELECT status FROM tasks WHERE id = $1", second));
    }

    [Fact]
    public async Task Sweep_ReplyWithoutMessage_SentOnce()
    {
        await using var rig = await DraftRig.StartAsync();
        var (lost, waiting, dead) = (await rig.DeliverAsync(), await rig.DeliverAsync(), await rig.DeliverAsync());
        var responder = rig.Responder(Points.CrashOnceAt("draft: after intended"));
        foreach (var mail in new[] { lost, waiting, dead })
        {
            await Assert.ThrowsAsync<CrashException>(() => rig.HandleAsync(rig.Responder(Points.CrashOnceAt("draft: after intended")), mail));
        }

        await using (var connection = await rig.DataSource.OpenConnectionAsync())
        {
            await MessageBus.SendAsync(connection, new DraftReply(waiting.Id, rig.Account, null, false), Lane.Live, rig.Account, Guid.NewGuid(), CancellationToken.None, TimeSpan.FromHours(1));
            await DeadLetters.AddAsync(connection, [new("DraftReply", rig.Account, null, null, $$"""{"mail_id":"{{dead.Id}}"}""", "x", null)], CancellationToken.None);
        }

        await rig.ExecuteAsync("UPDATE replies SET updated_at = now() - interval '1 hour'");
        var sweeper = responder.Services.GetServices<IHostedService>().OfType<Sweeper>().Single();
        await sweeper.SweepAsync(CancellationToken.None);
        await sweeper.SweepAsync(CancellationToken.None);
        Assert.Equal(lost.Id.ToString(), await rig.ScalarAsync("SELECT string_agg(body->>'mail_id', ',') FROM outbox WHERE due_at <= now()"));
        await rig.DriveAsync(rig.Responder(), lost);
        Assert.Equal(1, rig.Creates);
    }

    [Fact]
    public async Task Service_MessageInTheOutbox_DraftIsCreated()
    {
        await using var rig = await DraftRig.StartAsync();
        var mail = await rig.DeliverAsync();
        var created = new TaskCompletionSource();
        var responder = rig.Responder(new Points(name =>
        {
            if (name == "draft: after created")
            {
                created.TrySetResult();
            }

            return Task.CompletedTask;
        }));
        await using (var connection = await rig.DataSource.OpenConnectionAsync())
        {
            await MessageBus.SendAsync(connection, new DraftReply(mail.Id, rig.Account, null, false), Lane.Live, rig.Account, Guid.NewGuid(), CancellationToken.None);
        }

        await responder.StartAsync();
        await created.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal("created", await rig.StateAsync(mail));
        await responder.StopAsync();
    }
}
