using System.Text;
using Butler.Services.Tests.Hosting;

namespace Butler.Services.Tests.Import;

/// <summary>Mail that somebody made to break the reader, through the whole way: sandbox, Gmail client, MIME, COPY, triage.</summary>
public sealed class BadInputTests : ImportSystems
{
    [Fact]
    public async Task Import_HostileMails_EveryOneIsStoredAndJudged()
    {
        var system = await StartAsync();
        system.State.AddAccount(Owner,
        [
            TestMail.Plain(Owner, 1, TimeSpan.FromDays(1), subject: "Zero\0in the middle"),
            TestMail.Plain(Owner, 2, TimeSpan.FromDays(2), headers: $"Message-ID: <{new string('x', 5000)}@example.org>\r\n"),
            Encoding.Latin1.GetBytes($"Message-ID: <{new string('y', 5000)}@example.org>\r\nFrom: a@example.org\r\nTo: {Owner}\r\nSubject: only a long id here\r\n\r\nText of it\r\n"),
            NestedParts(5000),
            TestMail.Plain(Owner, 5, TimeSpan.FromDays(5), subject: new string('s', 1_000_000)),
            TestMail.Plain(Owner, 6, TimeSpan.FromDays(6), headers: string.Concat(Enumerable.Range(0, 20_000).Select(i => $"X-Header-{i}: {i}\r\n"))),
            TestMail.Plain(Owner, 7, TimeSpan.FromDays(7), headers: "Cc: " + string.Join(",\r\n ", Enumerable.Range(0, 10_000).Select(i => $"c{i}@example.org")) + "\r\n"),
            TestMail.Plain(Owner, 8, TimeSpan.FromDays(8), body: string.Concat(Enumerable.Repeat("a line of many in a long text\r\n", 100_000))),
            [.. TestMail.Plain(Owner, 9, TimeSpan.FromDays(9)), 0xff, 0xfe, 0xed, 0xa0, 0x80, 0x00, 0xc0],
            "\r\n"u8.ToArray(),
            "no header at all"u8.ToArray(),
            [.. Enumerable.Range(0, 4096).Select(i => (byte)(i * 7))],
            TestMail.Plain(Owner, 13, TimeSpan.FromDays(13), headers: "Subject: the second subject wins nothing\r\nSubject: \r\n"),

            // The same Message-ID twice: two mails (docs/data.md, identity).
            TestMail.Plain(Owner, 14, TimeSpan.FromDays(14)),
            [.. TestMail.Plain(Owner, 14, TimeSpan.FromDays(14)), .. "And more.\r\n"u8],
        ]);
        await system.StartIngestAsync();
        await system.StartClassifierAsync();

        await CompletedAsync(system);

        await AllClosedAsync(system);
        Assert.Equal(15, await system.CountAsync("SELECT count(*) FROM ledger WHERE state = 'done'"));
        Assert.Equal(0, await system.CountAsync("SELECT count(*) FROM failed_tasks"));
        Assert.Equal("Zeroin the middle", await system.ScalarAsync("SELECT subject FROM emails WHERE subject LIKE 'Zero%'"));
        Assert.Equal(0, await system.CountAsync("SELECT count(*) FROM emails WHERE length(subject) > 998 OR length(message_id) > 998 OR length(new_text) > 1048576"));
        Assert.Equal(1, await system.CountAsync("SELECT count(*) FROM (SELECT FROM emails GROUP BY message_id HAVING count(*) > 1 AND message_id IS NOT NULL) twice"));
    }

    [Fact]
    public async Task Import_MailOf60Megabytes_IsADeadLetterAndTheRestGoesOn()
    {
        var system = await StartAsync();
        var giant = new byte[60 * 1024 * 1024];
        Array.Fill(giant, (byte)'a');
        TestMail.Plain(Owner, 2, TimeSpan.FromDays(2)).CopyTo(giant, 0);
        system.State.AddAccount(Owner, [TestMail.Plain(Owner, 1, TimeSpan.FromDays(1)), giant, TestMail.Plain(Owner, 3, TimeSpan.FromDays(3))]);
        await system.StartIngestAsync();
        await system.StartClassifierAsync();

        await CompletedAsync(system);

        await AllClosedAsync(system);
        Assert.Equal("dead 1, done 2", await StatesAsync(system));
        Assert.Equal("fetch: the mail is larger than 50 MiB", await system.ScalarAsync("SELECT task || ': ' || error FROM failed_tasks"));
        Assert.Equal(1, await system.CountAsync("SELECT failed FROM sync_jobs"));
    }

    [Fact]
    public async Task Import_EmptyMailbox_CompletesAtOnce()
    {
        var system = await StartAsync();
        system.State.AddAccount(Owner);
        await system.StartIngestAsync();

        await CompletedAsync(system);

        Assert.Equal("0 100 true", await system.ScalarAsync("SELECT total || ' ' || progress || ' ' || total_known::text FROM sync_jobs"));
    }

    [Fact]
    public async Task Import_TruncatedMbox_TakesEveryMailThatIsThere()
    {
        var mbox = string.Concat(Enumerable.Range(0, 6).Select(i => $"From anna@example.org Mon Nov 16 10:0{i}:00 2026\n{Encoding.UTF8.GetString(TestMail.Plain(Owner, i, TimeSpan.FromDays(i))).ReplaceLineEndings("\n")}\n"));
        var file = Path.Combine(Butler.Testing.Servers.Scratch("mbox"), "cut.mbox");

        // Cut in the middle of the last mail's header.
        await File.WriteAllTextAsync(file, mbox[..(mbox.LastIndexOf("Message-ID", StringComparison.Ordinal) + 14)]);
        var system = await StartAsync(o => (o.Mailbox, o.Address) = (file, Owner));
        await system.StartIngestAsync();
        await system.StartClassifierAsync();

        await CompletedAsync(system);

        await AllClosedAsync(system);
        Assert.Equal("done 6", await StatesAsync(system));
    }

    [Fact]
    public async Task Import_SomeMailsFailAtTheProvider_OnlyTheyAreDeadLetters()
    {
        var system = await StartAsync();
        var account = system.State.AddAccount(Owner, TestMail.Many(Owner, 30, TimeSpan.FromDays(1)));
        var (broken, passing, gone) = (account.Mails[3].Id, account.Mails[10].Id, account.Mails[20].Id);
        system.Faults.Set(new("messages.get", Butler.Sandbox.Faults.FaultKind.InternalError, Id: broken));
        system.Faults.Set(new("messages.get", Butler.Sandbox.Faults.FaultKind.Unavailable, Id: passing, Count: 2));
        system.Faults.Set(new("messages.get", Butler.Sandbox.Faults.FaultKind.NotFound, Id: gone));
        await system.StartIngestAsync();
        await system.StartClassifierAsync();

        await CompletedAsync(system);

        await AllClosedAsync(system);
        Assert.Equal("dead 1, done 28, gone 1", await StatesAsync(system));
        Assert.Equal(broken, await system.ScalarAsync("SELECT l.provider_message_id FROM failed_tasks f JOIN ledger l ON l.id = f.ledger_id WHERE l.state = 'dead' AND f.task = 'fetch'"));
        Assert.Equal("28 1 1", await system.ScalarAsync("SELECT processed || ' ' || skipped || ' ' || failed FROM sync_jobs"));
        Assert.Equal(2, await system.CountAsync($"SELECT count(*) FROM ledger_events e JOIN ledger l ON l.id = e.ledger_id WHERE kind = 'retry' AND l.provider_message_id = '{passing}'"));
    }

    private static async Task<object?> StatesAsync(TestSystem system) =>
        await system.ScalarAsync("SELECT string_agg(state || ' ' || n, ', ' ORDER BY state) FROM (SELECT state, count(*) AS n FROM ledger GROUP BY state) s");

    private static byte[] NestedParts(int depth)
    {
        var mail = new StringBuilder($"From: nest@example.org\r\nTo: {Owner}\r\nSubject: parts within parts\r\nDate: Mon, 16 Nov 2026 10:00:00 +0000\r\nMIME-Version: 1.0\r\n");
        for (var i = 0; i < depth; i++)
        {
            mail.Append($"Content-Type: multipart/mixed; boundary=\"b{i}\"\r\n\r\n--b{i}\r\n");
        }

        return Encoding.ASCII.GetBytes(mail.Append("Content-Type: text/plain\r\n\r\nthe innermost text\r\n").ToString());
    }
}
