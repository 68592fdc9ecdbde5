using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using Butler.Mail.Files;

namespace Butler.Mail.Tests.Files;

public sealed class MailFilesTests : IDisposable
{
    private const string Mail = "From: a@x.y\nSubject: one\n\nhello\n";
    private readonly string folder = Directory.CreateTempSubdirectory("butler-mail-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Mbox_TakeoutAndQuotedFrom_IsRead()
    {
        var path = Write("All mail.mbox", "From 1@xxx Tue Feb 03 10:11:12 +0000 2026\r\nX-Gmail-Labels: =?UTF-8?Q?Inbox,Unread,Caf=C3=A9,Opened,Category_promotions?=\r\nSubject: one\r\n\r\n>From me\r\n>>From you\r\nFrom the text\r\n\r\nFrom here on, not a separator\r\n\r\nFrom 2@xxx Tue Feb 03 10:11:12 +0000 2026\r\nSubject: two\r\n\r\nbye\r\n\r\n");
        var mails = await Read(path);
        Assert.Equal(2, mails.Count);
        Assert.Equal(["INBOX", "UNREAD", "Café", "CATEGORY_PROMOTIONS"], mails[0].Labels);
        Assert.EndsWith("\r\n\r\nFrom me\r\n>From you\r\nFrom the text\r\n\r\nFrom here on, not a separator\r\n", Text(mails[0]));
        Assert.Equal("Subject: two\r\n\r\nbye\r\n", Text(mails[1]));
        Assert.All(mails, m => Assert.Null(m.Problem));
        Assert.Equal("All mail.mbox:0", mails[0].Source);
    }

    [Fact]
    public async Task Mbox_Truncated_SaysSo()
    {
        var mails = await Read(Write("x", "From a Tue Feb 03 10:11:12 2026\nSubject: one\n\nbody\n\nFrom b Tue Feb 03 10:11:12 2026\nSubject: tw"));
        Assert.Equal([null, "truncated"], mails.Select(m => m.Problem));
        Assert.Equal("Subject: tw", Text(mails[1]));
    }

    [Fact]
    public async Task Mbox_LargeMail_IsCutAndTheNextIsWhole()
    {
        var big = new string('x', 300_000);
        var path = Write("x", $"From a Tue Feb 03 10:11:12 2026\nSubject: big\n\n{big}\n\nFrom b Tue Feb 03 10:11:12 2026\nSubject: two\n\nok\n");
        var mails = await Read(path, new MailFileOptions { MaxMailBytes = 100_000 });
        Assert.Equal((100_000, "larger than 0 MiB"), (mails[0].Bytes.Length, mails[0].Problem));
        Assert.Equal("Subject: two\n\nok\n", Text(mails[1]));
    }

    [Fact]
    public async Task Eml_SixtyMegabytes_IsCutWithProblem()
    {
        var path = Path.Combine(folder, "big.eml");
        await using (var file = File.Create(path))
        {
            file.Write("From: a@x.y\n\n"u8);
            file.SetLength(60_000_000);
        }

        var mail = Assert.Single(await Read(path));
        Assert.Equal("larger than 50 MiB", mail.Problem);
        Assert.Equal(50 * 1024 * 1024, mail.Bytes.Length);
    }

    [Fact]
    public async Task Maildir_FlagsAndFolders_BecomeLabels()
    {
        foreach (var sub in (string[])["cur", "new", "tmp", ".Sent/cur", ".Sent/new", ".Sent/tmp"])
        {
            Directory.CreateDirectory(Path.Combine(folder, sub));
        }

        Write("cur/1.host:2,S", Mail);
        Write("cur/2.host:2,FT", Mail);
        Write("new/3.host", Mail);
        Write("tmp/4.host", Mail);
        Write(".Sent/cur/5.host:2,S", "From line in a Maildir\n" + Mail);
        var mails = (await Read(folder)).ToDictionary(m => m.Source, m => m.Labels);
        Assert.Equal(4, mails.Count);
        Assert.Equal(["INBOX"], mails["cur/1.host:2,S:0"]);
        Assert.Equal(["INBOX", "UNREAD", "STARRED", "TRASH"], mails["cur/2.host:2,FT:0"]);
        Assert.Equal(["INBOX", "UNREAD"], mails["new/3.host:0"]);
        Assert.Equal(["SENT"], mails[".Sent/cur/5.host:2,S:0"]);
    }

    [Fact]
    public async Task Folder_MixedFiles_OnlyMailIsRead()
    {
        Directory.CreateDirectory(Path.Combine(folder, "sub"));
        Write("a.eml", Mail);
        Write("sub/b.txt", Mail);
        Write("notes.txt", "Shopping list: milk\n");
        Write("data.json", "{}");
        Assert.Equal(["a.eml:0", "sub/b.txt:0"], (await Read(folder)).Select(m => m.Source));
    }

    [Fact]
    public async Task Archives_TarGzZipAndNested_AreRead()
    {
        var mbox = Encoding.ASCII.GetBytes("From a Tue Feb 03 10:11:12 2026\n" + Mail + "\n");
        var tar = new MemoryStream();
        await using (var gzip = new GZipStream(tar, CompressionLevel.Fastest, leaveOpen: true))
        await using (var writer = new TarWriter(gzip))
        {
            await writer.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, "Mail/cur/1:2,F") { DataStream = new MemoryStream(Encoding.ASCII.GetBytes(Mail)) });
            await writer.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, "all.mbox") { DataStream = new MemoryStream(mbox) });
        }

        var zipPath = Path.Combine(folder, "takeout.bin");
        using (var zip = ZipFile.Open(zipPath, ZipArchiveMode.Create))
        {
            await using (var entry = zip.CreateEntry("Takeout/inner.tgz").Open())
            {
                await entry.WriteAsync(tar.ToArray());
            }

            await using var plain = zip.CreateEntry("Takeout/Mail.mbox").Open();
            await plain.WriteAsync(mbox);
        }

        var mails = await Read(zipPath);
        Assert.Equal(["takeout.bin!Takeout/Mail.mbox:0", "takeout.bin!Takeout/inner.tgz!Mail/cur/1:2,F:0", "takeout.bin!Takeout/inner.tgz!all.mbox:0"], mails.Select(m => m.Source));
        Assert.Equal(["INBOX", "UNREAD", "STARRED"], mails[1].Labels);
        Assert.All(mails, m => Assert.Equal((Mail, null), (Text(m), m.Problem)));
    }

    [Fact]
    public async Task Archives_CutGzip_YieldsWhatIsThereAndSaysSo()
    {
        var random = new Random(7);
        var all = new StringBuilder();
        for (var i = 0; i < 200; i++)
        {
            all.Append($"From a Tue Feb 03 10:11:12 2026\nSubject: {i}\n\n{random.NextInt64()} {random.NextInt64()}\n\n");
        }

        var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            await gzip.WriteAsync(Encoding.ASCII.GetBytes(all.ToString()));
        }

        var path = Path.Combine(folder, "cut.gz");
        await File.WriteAllBytesAsync(path, packed.ToArray()[..^(int)(packed.Length / 2)]);
        var mails = await Read(path);
        Assert.NotEmpty(mails);
        Assert.NotNull(mails[^1].Problem);
    }

    [Fact]
    public async Task Archives_Bomb_IsStopped()
    {
        var path = Path.Combine(folder, "bomb.gz");
        await using (var gzip = new GZipStream(File.Create(path), CompressionLevel.SmallestSize))
        {
            await gzip.WriteAsync("From a Tue Feb 03 10:11:12 2026\nSubject: x\n\n"u8.ToArray());
            var zeros = new byte[1024 * 1024];
            for (var i = 0; i < 90; i++)
            {
                await gzip.WriteAsync(zeros);
            }
        }

        var mails = await Read(path);
        Assert.NotNull(Assert.Single(mails).Problem);
    }

    [Fact]
    public async Task Archives_TooDeep_SaySo()
    {
        var bytes = Encoding.ASCII.GetBytes(Mail);
        for (var i = 0; i < 6; i++)
        {
            var packed = new MemoryStream();
            await using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            {
                await gzip.WriteAsync(bytes);
            }

            bytes = packed.ToArray();
        }

        var path = Path.Combine(folder, "deep.gz");
        await File.WriteAllBytesAsync(path, bytes);
        Assert.Equal("an archive nested deeper than allowed", Assert.Single(await Read(path)).Problem);
    }

    [Theory]
    [InlineData("missing", "There is no file or folder")]
    [InlineData("empty.mbox", "is empty")]
    [InlineData("picture.png", "is not mail")]
    [InlineData("", "is empty")]
    public async Task ReadAsync_NothingReadable_SaysWhy(string name, string expected)
    {
        if (name == "empty.mbox")
        {
            Write(name, "");
        }
        else if (name == "picture.png")
        {
            Write(name, "\u0089PNG\r\n\u001a\n");
        }

        var e = await Assert.ThrowsAsync<MailFilesException>(() => Read(Path.Combine(folder, name)));
        Assert.Contains(expected, e.Message);
        Assert.Equal(expected == "is empty", e.IsEmpty);
    }

    private static string Text(RawMail mail) => Encoding.UTF8.GetString(mail.Bytes.Span);

    private static async Task<List<RawMail>> Read(string path, MailFileOptions? options = null)
    {
        List<RawMail> mails = [];
        await foreach (var mail in MailFiles.ReadAsync(path, options))
        {
            mails.Add(mail);
        }

        return mails;
    }

    private string Write(string name, string content)
    {
        var path = Path.Combine(folder, name);
        File.WriteAllText(path, content);
        return path;
    }
}
