using System.Text;
using Butler.Mailboxes.Imap;
using Butler.Testing;

namespace Butler.Mailboxes.Tests.Imap;

public sealed class DovecotMailTests(DovecotServer server) : DovecotBase(server)
{
    [DovecotFact]
    public async Task Fetch_ManyMails_EachOnceAndWhole()
    {
        Server.Deliver(User, Enumerable.Range(1, 1000).Select(i => DovecotServer.Mail(i, 500 + (i * 10))));
        await using var client = await ConnectAsync(ImapSecurity.Tls);
        var inbox = await client.SelectAsync(ImapName.Inbox, readOnly: true, null, default);
        Assert.Equal(1000u, inbox.Exists);

        var mails = await AllAsync(client.FetchAsync(ImapUidSet.Range(1, uint.MaxValue), new(ImapItems.Flags | ImapItems.InternalDate | ImapItems.Size | ImapItems.ModSeq) { Headers = ["Message-ID"] }, default));
        Assert.Equal(1000, mails.Select(m => m.Uid).Distinct().Count());
        Assert.All(mails, m => Assert.StartsWith("Message-ID: <m", Encoding.ASCII.GetString(m.Headers!.Value.Span), StringComparison.Ordinal));
        Assert.All(mails, m => Assert.NotNull(m.ModSeq));

        var bodies = await AllAsync(client.FetchAsync(new ImapUidSet(mails.Select(m => m.Uid)), new(ImapItems.Body), default));
        Assert.Equal(1000, bodies.Select(m => m.Uid).Distinct().Count());
        Assert.Equal(mails.ToDictionary(m => m.Uid, m => m.Size!.Value), bodies.ToDictionary(m => m.Uid, m => (long)m.Body!.Value.Length));
        Assert.All(bodies, m => Assert.StartsWith("From: Sender ", Encoding.ASCII.GetString(m.Body!.Value.Span[..20]), StringComparison.Ordinal));
        Assert.False((await AllAsync(client.FetchAsync(ImapUidSet.Range(1, 1), new(ImapItems.Flags), default)))[0].Has("\\Seen"));
    }

    [DovecotFact]
    public async Task FetchRanges_LargeMail_IsTheSameBytes()
    {
        var mail = DovecotServer.Mail(7, 700_000);
        Server.Deliver(User, [mail]);
        await using var client = await ConnectAsync();
        await client.SelectAsync(ImapName.Inbox, readOnly: true, null, default);

        Assert.Equal(mail, await client.FetchRangesAsync(1, 65536, 10_000_000, default));
        Assert.Null(await client.FetchRangesAsync(1, 65536, 600_000, default));
        Assert.Null(await client.FetchRangesAsync(99, 65536, 600_000, default));
    }

    [DovecotFact]
    public async Task Idle_MailArrives_EndsWithNews()
    {
        await using var client = await ConnectAsync(ImapSecurity.Tls);
        await client.SelectAsync(ImapName.Inbox, readOnly: true, null, default);
        var waiting = client.IdleAsync(default, default);
        Server.Deliver(User, [DovecotServer.Mail(1)]);

        Assert.Equal(ImapIdleEnd.News, await waiting.WaitAsync(Patience));
        var mail = Assert.Single(await AllAsync(client.FetchAsync(ImapUidSet.Range(1, uint.MaxValue), new(ImapItems.Body), default)));
        Assert.Equal(DovecotServer.Mail(1), mail.Body!.Value.ToArray());
    }

    [DovecotFact]
    public async Task Idle_Stopped_LeavesTheConnectionUsable()
    {
        await using var client = await ConnectAsync();
        await client.SelectAsync(ImapName.Inbox, readOnly: true, null, default);
        using var stop = new CancellationTokenSource();
        var waiting = client.IdleAsync(stop.Token, default);
        await stop.CancelAsync();

        Assert.Equal(ImapIdleEnd.Stopped, await waiting.WaitAsync(Patience));
        await client.NoopAsync(default);
    }

    [DovecotFact]
    public async Task Append_Draft_IsFoundByItsMessageId()
    {
        await using var client = await ConnectAsync();
        var drafts = (await client.ListAsync(default)).Single(f => f.Use == ImapUse.Drafts).Name;
        var made = await client.AppendAsync(drafts, ["\\Draft", "\\Seen"], new DateTimeOffset(2026, 2, 3, 4, 5, 6, TimeSpan.FromHours(1)), DovecotServer.Mail(42, 20_000), default);
        var box = await client.SelectAsync(drafts, readOnly: false, null, default);

        Assert.Equal(box.UidValidity, made.UidValidity);
        Assert.Equal(made.Uid.ToString(), (await client.SearchAsync(new() { MessageId = "<m42@example.com>", NotDeleted = true }, default)).ToString());
        Assert.True((await client.SearchAsync(new() { MessageId = "<m43@example.com>" }, default)).IsEmpty);
        var mail = Assert.Single(await AllAsync(client.FetchAsync(ImapUidSet.Range(1, 100), new(ImapItems.Flags | ImapItems.InternalDate), default)));
        Assert.True(mail.Has("\\Draft"));
        Assert.Equal(new DateTimeOffset(2026, 2, 3, 3, 5, 6, TimeSpan.Zero), mail.InternalDate);

        Assert.True(await client.ExpungeAsync(ImapUidSet.Range(made.Uid!.Value, made.Uid.Value), default));
        Assert.True((await client.SearchAsync(new(), default)).IsEmpty);
    }
}
