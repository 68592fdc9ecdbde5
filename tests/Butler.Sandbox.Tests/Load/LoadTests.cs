using System.Text;
using Butler.Testing;

namespace Butler.Sandbox.Tests.Load;

public sealed class LoadTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("butler-sandbox-").FullName;

    [Fact]
    public async Task Mailbox_Takeout_LabelsBecomeGmails()
    {
        var mbox = Path.Combine(_folder, "all.mbox");
        await File.WriteAllTextAsync(mbox, string.Concat(
            Box("a@x", "Inbox,Unread,Category Promotions,Work/Plan"), Box("b@x", "Archived,Opened"), Box("c@x", "Spam")));
        await using var host = await SandboxHost.StartAsync(o => o.Mailbox = mbox);
        var byId = host.Account.Mails.ToDictionary(m => m.MessageId!);
        Assert.Equal(["INBOX", "UNREAD", "CATEGORY_PROMOTIONS", "Label_1"], byId["a@x"].LabelIds);
        Assert.Empty(byId["b@x"].LabelIds);
        Assert.Equal(["SPAM"], byId["c@x"].LabelIds);
        Assert.Equal("Work/Plan", (await host.GetAsync("labels/Label_1")).GetProperty("name").GetString());
    }

    [Fact]
    public async Task Mailbox_AddressAuto_MostFrequentRecipientIsOwner()
    {
        foreach (var (to, i) in new[] { "me@home.test", "me@home.test", "list@x.test" }.Select((t, i) => (t, i)))
        {
            await File.WriteAllBytesAsync(Path.Combine(_folder, $"{i}.eml"), Sample.Mail($"{i}@x", i, to: $"Me <{to}>"));
        }

        await File.WriteAllBytesAsync(Path.Combine(_folder, "9.eml"), Sample.Mail("9@x", 9, from: "Me <ME@home.test>", to: "a@b.test"));
        await using var host = await SandboxHost.StartAsync(o => (o.Mailbox, o.Address) = (_folder, "auto"));
        var account = Assert.Single(host.State.Accounts);
        Assert.Equal("me@home.test", account.Address);
        Assert.Equal(["SENT"], account.Mails[0].LabelIds);
        Assert.Equal(["INBOX"], account.Mails[1].LabelIds);
    }

    [Fact]
    public async Task Mailbox_SampleAge_DateIsNowMinusAgeAndFieldGone()
    {
        var clock = new Clock(Sample.Start);
        await File.WriteAllTextAsync(Path.Combine(_folder, "s.eml"),
            "From: a@example.org\r\nX-Butler-Sample-Age: 1.25\r\nDate: Fri, 20 Nov 2026 12:00:00 +0200\r\nMessage-ID: <s@x>\r\nSubject: s\r\n\r\nText\r\n");
        await using var host = await SandboxHost.StartAsync(o => o.Mailbox = _folder, clock: clock);
        var mail = Assert.Single(host.Account.Mails);
        Assert.Equal(Sample.Start.AddDays(-1.25).ToUnixTimeMilliseconds(), mail.InternalDate);
        Assert.Equal("From: a@example.org\r\nDate: Sun, 31 May 2026 08:00:00 +0200\r\nMessage-ID: <s@x>\r\nSubject: s\r\n\r\nText\r\n", Encoding.UTF8.GetString(mail.Raw()));
    }

    [Fact]
    public async Task Build_MailboxDoesNotExist_SaysSo()
    {
        var e = await Assert.ThrowsAsync<Butler.Mail.Files.MailFilesException>(() => SandboxHost.StartAsync(o => o.Mailbox = Path.Combine(_folder, "none.mbox")));
        Assert.Contains("none.mbox", e.Message);
    }

    [Fact]
    public async Task Generate_SameSeed_SameMailsSpreadOverDays()
    {
        for (var i = 0; i < 30; i++)
        {
            await File.WriteAllBytesAsync(Path.Combine(_folder, $"{i:00}.eml"), Sample.Mail($"m{i}@x", i, inReplyTo: i % 3 == 0 ? null : $"m{i - 1}@x"));
        }

        void Options(SandboxOptions o)
        {
            o.Generate = new GenerateOptions { Accounts = 3, MailsPerAccount = 40, Corpus = _folder, Days = 10, Seed = 5, End = Sample.Start };
        }

        await using var first = await SandboxHost.StartAsync(Options);
        await using var second = await SandboxHost.StartAsync(Options);
        Assert.Equal(3, first.State.Addresses.Count);
        var account = first.State.Accounts[1];
        Assert.Equal(account.Mails.Select(m => (m.Id, m.InternalDate)), second.State.Accounts[1].Mails.Select(m => (m.Id, m.InternalDate)));
        Assert.NotEqual(account.Mails.Select(m => m.Id), first.State.Accounts[0].Mails.Select(m => m.Id));
        Assert.Equal(40, account.Mails.Select(m => m.Id).Distinct().Count());
        Assert.All(account.Mails, m => Assert.InRange(m.InternalDate, Sample.Start.AddDays(-10).ToUnixTimeMilliseconds(), Sample.Start.ToUnixTimeMilliseconds()));
        Assert.Contains(account.Mails, m => m.ThreadId != m.Id);
        var text = Encoding.UTF8.GetString(account.Mails[0].Raw());
        Assert.Contains($"Date: {DateTimeOffset.FromUnixTimeMilliseconds(account.Mails[0].InternalDate):ddd, dd MMM yyyy HH:mm:ss} +0000\r\n", text);
        Assert.Equal(text.IndexOf("Date:", StringComparison.Ordinal), text.LastIndexOf("Date:", StringComparison.Ordinal));
    }

    [CorpusFact]
    public async Task Get_EveryCorpusMailInEveryFormat_NoError()
    {
        await using var host = await SandboxHost.StartAsync(o =>
        {
            o.Mailbox = Path.Combine(Corpus.Folder!, "mime", "mime.tar.gz");
            o.Quota.MaxConcurrentPerUser = 0;
        });
        Assert.True(host.Account.Mails.Count > 300);
        foreach (var format in new[] { "full", "raw", "metadata" })
        {
            foreach (var chunk in host.Account.Mails.Chunk(50))
            {
                var (body, _) = await host.BatchAsync(chunk.Select(m => $"/gmail/v1/users/me/messages/{m.Id}?format={format}"));
                Assert.Equal(chunk.Length, body.Split("HTTP/1.1 200 OK").Length - 1);
                foreach (var part in body.Split("Content-Length: ").Skip(1))
                {
                    using var document = System.Text.Json.JsonDocument.Parse(part[(part.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..part.LastIndexOf("}\r\n", StringComparison.Ordinal)] + "}");
                    Assert.Equal(16, document.RootElement.GetProperty("id").GetString()!.Length);
                }
            }
        }
    }

    public void Dispose() => Directory.Delete(_folder, true);

    private static string Box(string id, string labels) =>
        $"From 1@xxx Mon Jun 01 12:00:00 +0000 2026\n" + Encoding.UTF8.GetString(Sample.Mail(id, extra: $"X-Gmail-Labels: {labels}\r\n")).Replace("\r\n", "\n", StringComparison.Ordinal) + "\n";
}
