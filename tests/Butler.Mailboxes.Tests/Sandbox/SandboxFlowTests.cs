using Butler.Sandbox.Faults;

namespace Butler.Mailboxes.Tests.Sandbox;

public class SandboxFlowTests
{
    private static readonly FetchOptions Live = new(MailLane.Live, 64 << 20, TimeSpan.FromMinutes(1));
    private static readonly (string, string)[] Classic = [("Butler:Google:PriceList", "classic")];

    [Fact]
    public async Task Import_WholeAccount_GivesEveryMailsExactBytes()
    {
        var mails = Enumerable.Range(0, 60).Select(i => SandboxFixture.Mail(i, 100 + (i * 500))).ToList();
        await using var sandbox = await SandboxFixture.StartAsync(mails, null, Classic);

        var profile = await sandbox.Mailbox.GetProfileAsync(default);
        Assert.Equal("flow@sandbox.butler.test", profile.Address);
        Assert.Equal(60, profile.MessagesTotal);
        var listed = await sandbox.ListAsync(new(null, null, PageSize: 25));
        Assert.Equal(sandbox.SandboxAccount.Mails.OrderByDescending(m => m.InternalDate).Select(m => m.Id), listed.Select(m => m.Id));

        var batch = await sandbox.Mailbox.FetchAsync([.. listed.Select(m => m.Id)], Live, default);

        Assert.Null(batch.Fault);
        Assert.Null(batch.NotBefore);
        Assert.Equal(60, batch.Mails.Count);
        foreach (var (mail, id) in batch.Mails.Zip(listed))
        {
            var stored = sandbox.SandboxAccount.Mails.Single(m => m.Id == mail.Id);
            Assert.Equal((id.Id, FetchStatus.Ok, id.ThreadId), (mail.Id, mail.Status, mail.ThreadId));
            Assert.Equal(stored.Raw(), mail.Raw.ToArray());
            Assert.Equal(stored.LabelIds.Order(), mail.Labels.Order());
            Assert.Equal(stored.InternalDate, mail.ReceivedAt.ToUnixTimeMilliseconds());
        }
    }

    [Fact]
    public async Task List_OfAWindow_LeavesOthersAndDraftsOut()
    {
        await using var sandbox = await SandboxFixture.StartAsync(Enumerable.Range(0, 10).Select(i => SandboxFixture.Mail(i)));
        sandbox.SandboxAccount.CreateDraft(SandboxFixture.Mail(5));
        var start = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

        var window = await sandbox.ListAsync(new(start.AddHours(3), start.AddHours(6)));

        var subjects = sandbox.SandboxAccount.Mails.Where(m => window.Any(w => w.Id == m.Id)).Select(m => m.MessageId);
        Assert.Equal(["3@example.com", "4@example.com", "5@example.com"], subjects.Order());
    }

    [Fact]
    public async Task Fetch_OneDeletedOneFailing_OthersArrive()
    {
        await using var sandbox = await SandboxFixture.StartAsync(Enumerable.Range(0, 6).Select(i => SandboxFixture.Mail(i)));
        var ids = (await sandbox.ListAsync(new(null, null))).ConvertAll(m => m.Id);
        sandbox.SandboxAccount.Delete(ids[1]);
        sandbox.Faults.Set(new PlainFault("messages.get", FaultKind.Unavailable, Id: ids[3]));

        var batch = await sandbox.Mailbox.FetchAsync(ids, Live, default);

        Assert.Equal([FetchStatus.Ok, FetchStatus.Gone, FetchStatus.Ok, FetchStatus.Retry, FetchStatus.Ok, FetchStatus.Ok], batch.Mails.Select(m => m.Status));
    }

    [Fact]
    public async Task Fetch_ThrottledInside_NamesATime()
    {
        await using var sandbox = await SandboxFixture.StartAsync(Enumerable.Range(0, 4).Select(i => SandboxFixture.Mail(i)));
        var ids = (await sandbox.ListAsync(new(null, null))).ConvertAll(m => m.Id);
        sandbox.Faults.Set(new PlainFault("messages.get", FaultKind.TooManyRequests, Id: ids[2]));

        var batch = await sandbox.Mailbox.FetchAsync(ids, Live, default);

        Assert.Equal([ids[0], ids[1], ids[3]], batch.Mails.Select(m => m.Id));
        Assert.NotNull(batch.NotBefore);
    }

    [Theory]
    [InlineData(FaultKind.CutBody)]
    [InlineData(FaultKind.NotExecutedNoAnswer)]
    [InlineData(FaultKind.InternalError)]
    public async Task Fetch_BatchFails_IsAFaultAndTheNextSucceeds(FaultKind kind)
    {
        await using var sandbox = await SandboxFixture.StartAsync(Enumerable.Range(0, 4).Select(i => SandboxFixture.Mail(i, 20_000)));
        var ids = (await sandbox.ListAsync(new(null, null))).ConvertAll(m => m.Id);
        sandbox.Faults.Set(new PlainFault("batch", kind, Count: 1));

        var first = await sandbox.Mailbox.FetchAsync(ids, Live, default);
        var second = await sandbox.Mailbox.FetchAsync(ids, Live, default);

        Assert.Equal(MailboxFault.Unavailable, first.Fault?.Fault);
        Assert.Equal(4, second.Mails.Count(m => m.Status == FetchStatus.Ok));
    }

    [Fact]
    public async Task Fetch_EnforcedList_IsNeverRefusedByTheProvider()
    {
        // Both count by the list of 2026; the limiter must be the one that says no.
        await using var sandbox = await SandboxFixture.StartAsync(
            Enumerable.Range(0, 100).Select(i => SandboxFixture.Mail(i)),
            o => o.Quota.Enforced = true);
        var ids = (await sandbox.ListAsync(new(null, null))).ConvertAll(m => m.Id);

        var batch = await sandbox.Mailbox.FetchAsync(ids, new(MailLane.Bulk, 64 << 20, TimeSpan.FromMinutes(1)), default);

        Assert.NotEmpty(batch.Mails);
        Assert.True(batch.Mails.Count < 100);
        Assert.NotNull(batch.NotBefore);
        Assert.DoesNotContain(sandbox.Stats.Calls.Keys, c => c.Status is 403 or 429);
    }

    [Fact]
    public async Task History_NewMailAndDeletion_AreSeenAndAnOldIdExpires()
    {
        await using var sandbox = await SandboxFixture.StartAsync([SandboxFixture.Mail(1)]);
        var start = (await sandbox.Mailbox.GetProfileAsync(default)).HistoryId;
        var arrived = sandbox.SandboxAccount.Deliver(SandboxFixture.Mail(2));
        var gone = sandbox.SandboxAccount.Mails.Single(m => m.MessageId == "1@example.com").Id;
        sandbox.SandboxAccount.Delete(gone);

        var page = await sandbox.Mailbox.GetHistoryAsync(start, null, default);

        Assert.Contains(page.Records, r => r.Kind == HistoryKind.Added && r.MessageId == arrived.Id && r.ThreadId == arrived.ThreadId);
        Assert.Contains(page.Records, r => r.Kind == HistoryKind.Deleted && r.MessageId == gone);
        Assert.Equal(sandbox.SandboxAccount.HistoryId, page.HistoryId);

        sandbox.SandboxAccount.ExpireHistory();
        var e = await Assert.ThrowsAsync<MailboxException>(() => sandbox.Mailbox.GetHistoryAsync(start, null, default));
        Assert.Equal(MailboxFault.HistoryExpired, e.Fault);
    }

    [Fact]
    public async Task Draft_CreatedReadUpdatedFound_AsItIs()
    {
        await using var sandbox = await SandboxFixture.StartAsync([SandboxFixture.Mail(1)]);
        var thread = sandbox.SandboxAccount.Mails[0].ThreadId;
        var reply = "From: flow@sandbox.butler.test\r\nTo: ann@example.com\r\nSubject: Re: Mail 1\r\nIn-Reply-To: <1@example.com>\r\nReferences: <1@example.com>\r\nMessage-ID: <r1@sandbox.butler.test>\r\n\r\nYes.\r\n"u8.ToArray();

        var created = await sandbox.Mailbox.CreateDraftAsync(reply, thread, default);

        Assert.Equal(thread, created.ThreadId);
        Assert.Equal(reply, (await sandbox.Mailbox.GetDraftAsync(created.DraftId, default))!.Raw.ToArray());
        Assert.Equal([created], await sandbox.Mailbox.ListDraftsAsync(thread, default));
        var mails = await sandbox.Mailbox.GetThreadAsync(thread, default);
        Assert.Equal(["<1@example.com>", "<r1@sandbox.butler.test>"], mails.Select(m => m.MessageId).Order());
        Assert.Contains("DRAFT", mails.Single(m => m.Id == created.MessageId).Labels);
        var updated = await sandbox.Mailbox.UpdateDraftAsync(created.DraftId, reply, thread, default);
        Assert.Equal(created.DraftId, updated.DraftId);
        Assert.NotEqual(created.MessageId, updated.MessageId);
        sandbox.SandboxAccount.DeleteDraft(created.DraftId);
        Assert.Null(await sandbox.Mailbox.GetDraftAsync(created.DraftId, default));
    }

    [Theory]
    [InlineData(FaultKind.ExecutedNoAnswer, 1)]
    [InlineData(FaultKind.CutBody, 1)]
    [InlineData(FaultKind.NotExecutedNoAnswer, 0)]
    [InlineData(FaultKind.Unavailable, 0)]
    public async Task Draft_AnswerLost_IsUnknownAndSentOnce(FaultKind kind, int drafts)
    {
        await using var sandbox = await SandboxFixture.StartAsync([SandboxFixture.Mail(1)]);
        sandbox.Faults.Set(new PlainFault("drafts.create", kind, Count: 1));

        var e = await Assert.ThrowsAsync<MailboxException>(() =>
            sandbox.Mailbox.CreateDraftAsync(SandboxFixture.Mail(9), sandbox.SandboxAccount.Mails[0].ThreadId, default));

        Assert.True(e.OutcomeUnknown);
        Assert.Equal(drafts, sandbox.SandboxAccount.Drafts.Count);
    }

    [Fact]
    public async Task Login_Revoked_IsRejected()
    {
        await using var sandbox = await SandboxFixture.StartAsync([SandboxFixture.Mail(1)]);
        await sandbox.Mailbox.GetProfileAsync(default);
        sandbox.SandboxAccount.Revoke();

        // The cached token is refused first; the renewal then says why.
        var first = await Assert.ThrowsAsync<MailboxException>(() => sandbox.Mailbox.GetProfileAsync(default));
        var second = await Assert.ThrowsAsync<MailboxException>(() => sandbox.Mailbox.GetProfileAsync(default));

        Assert.Equal(MailboxFault.Unavailable, first.Fault);
        Assert.Equal(MailboxFault.LoginRejected, second.Fault);
        Assert.Equal("invalid_grant", second.Reason);
    }

    [Fact]
    public async Task Fetch_GiantMail_ArrivesAlone()
    {
        await using var sandbox = await SandboxFixture.StartAsync([SandboxFixture.Mail(1), SandboxFixture.Mail(2, 30 << 20), SandboxFixture.Mail(3)]);
        var ids = (await sandbox.ListAsync(new(null, null))).ConvertAll(m => m.Id);
        var options = new FetchOptions(MailLane.Bulk, 4 << 20, TimeSpan.FromSeconds(30));

        List<string> got = [];
        for (var round = 0; round < 3 && ids.Count > 0; round++)
        {
            var batch = await sandbox.Mailbox.FetchAsync(ids, options, default);
            Assert.Null(batch.Fault);
            got.AddRange(batch.Mails.Where(m => m.Status == FetchStatus.Ok).Select(m => m.Id));
            ids.RemoveAll(got.Contains);
        }

        Assert.Equal(3, got.Count);
    }
}
