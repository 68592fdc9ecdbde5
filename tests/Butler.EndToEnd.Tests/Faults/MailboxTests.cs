using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using Butler.EndToEnd.Tests.Running;
using Butler.Testing;

namespace Butler.EndToEnd.Tests.Faults;

/// <summary>Mailboxes a user may come with, taken whole by a run of their own.</summary>
public sealed class MailboxTests
{
    private const int LargeMail = 60 * 1024 * 1024;
    private const int MostOfAMail = 50 * 1024 * 1024;

    /// <summary>A zip within a folder, a tar.gz, a truncated mbox, a mail of 60 MB and mails that attack a parser, all at once: each mail is closed, none stops the others.</summary>
    [Fact]
    public async Task Up_ArchivesTruncatedMboxAndLargeMail_ImportsWhatIsThere()
    {
        var folder = Servers.Scratch("mailbox");
        using (var zip = ZipFile.Open(Path.Combine(folder, "one.zip"), ZipArchiveMode.Create))
        {
            await using var entry = zip.CreateEntry("inbox.mbox").Open();
            await entry.WriteAsync(Mbox(1, 3));
        }

        await using (var gzip = new GZipStream(File.Create(Path.Combine(folder, "two.tar.gz")), CompressionLevel.Fastest))
        await using (var tar = new TarWriter(gzip))
        {
            await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, "mail/4.eml") { DataStream = new MemoryStream(Mail(4)) });
        }

        // Cut off in the middle of a base64 part: what is there is a mail all the same.
        var mbox = Mbox(5, 6);
        await File.WriteAllBytesAsync(Path.Combine(folder, "three.mbox"), mbox[..^40]);
        await File.WriteAllBytesAsync(Path.Combine(folder, "four.eml"), [.. Mail(7, $"X-Filler: yes\r\n"), .. Filler()]);


        // 5,000 nested parts, U+0000 in a subject, a Message-ID of 5,000 bytes.
        await File.WriteAllBytesAsync(Path.Combine(folder, "five.eml"), [.. Mail(8, "Content-Type: multipart/mixed; boundary=b0\r\n"), .. Nested()]);
        await File.WriteAllBytesAsync(Path.Combine(folder, "six.eml"), Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(Mail(9)).Replace("workshop\r\nDate", "work\0shop\r\nDate", StringComparison.Ordinal)));
        await File.WriteAllBytesAsync(Path.Combine(folder, "seven.eml"), Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(Mail(10)).Replace("<order-", "<" + new string('o', 5000), StringComparison.Ordinal)));

        await using var run = await ButlerRun.StartAsync(new() { Mailbox = folder, Environment = new() { ["Butler__Messaging__DelayScale"] = "0.1" } });
        await EndState.WaitAsync(run, 1, ButlerRun.Patience);

        Assert.Equal(["sync completed: 10 mails, 10 processed, 0 failed"], await run.ColumnAsync<string>(
            "SELECT format('sync %s: %s mails, %s processed, %s failed', status, total, processed, failed) FROM sync_jobs"));
        Assert.Equal(Enumerable.Range(1, 10).Select(n => $"Order {n} of the workshop"), await run.ColumnAsync<string>("SELECT subject FROM emails ORDER BY received_at"));

        // Gmail takes no mail above 50 MB. Of a file's larger one the beginning is read, and the log says so.
        Assert.Equal([MostOfAMail], await run.ColumnAsync<int>("SELECT size FROM emails WHERE size > 1000000"));
        Assert.Contains("A mail at four.eml:0 was read with a problem: larger than 50 MiB", await run.LogAsync(), StringComparison.Ordinal);
        Assert.False(run.Printed.Contains("ended with code", StringComparison.Ordinal), run.Printed);
    }

    /// <summary><c>--mailbox</c>: the file itself is the account; a second start reads nothing twice.</summary>
    [Fact]
    public async Task Up_Files_AreConnectedThemselves()
    {
        var folder = Servers.Scratch("files");
        await File.WriteAllBytesAsync(Path.Combine(folder, "mine.mbox"), Mbox(1, 9));
        await using var run = await ButlerRun.StartAsync(new() { Files = folder });
        await EndState.WaitAsync(run, 1, ButlerRun.Patience);

        Assert.Equal(["file owner@sandbox.butler.test keeps 0"], await run.ColumnAsync<string>("SELECT format('%s %s keeps %s', provider, address, retention_days) FROM provider_users"));
        Assert.Equal(["completed: 9 of 9"], await run.ColumnAsync<string>("SELECT format('%s: %s of %s', status, processed, total) FROM sync_jobs"));
        Assert.Equal(Enumerable.Range(1, 9).Select(n => $"Order {n} of the workshop"), await run.ColumnAsync<string>("SELECT subject FROM emails ORDER BY received_at"));
    }

    private static byte[] Mbox(int first, int last) =>
        [.. Enumerable.Range(first, last - first + 1).SelectMany(n => (byte[])[.. "From - Thu Nov 19 10:00:00 2026\r\n"u8, .. Mail(n), .. "\r\n"u8])];

    private static byte[] Mail(int number, string header = "") => Encoding.UTF8.GetBytes($"""
        From: Wanda Muller <wanda{number}@example.org>
        To: owner@sandbox.butler.test
        Subject: Order {number} of the workshop
        Date: Thu, 19 Nov 2026 10:{number:00}:00 +0000
        Message-ID: <order-{number}@example.org>

        The oak boards of order {number} were delivered to the workshop this morning.

        """.ReplaceLineEndings("\r\n").Replace("Message-ID", header + "Message-ID", StringComparison.Ordinal));

    private static byte[] Nested() =>
        Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 5000).Select(n => $"--b{n}\r\nContent-Type: multipart/mixed; boundary=b{n + 1}\r\n\r\n")));

    private static byte[] Filler()
    {
        var line = Encoding.ASCII.GetBytes(new string('x', 998) + "\r\n");
        var filler = new byte[LargeMail];
        for (var at = 0; at + line.Length <= filler.Length; at += line.Length)
        {
            line.CopyTo(filler, at);
        }

        "\r\n"u8.CopyTo(filler.AsSpan(filler.Length - 2));
        filler.AsSpan(filler.Length / line.Length * line.Length).Replace((byte)0, (byte)' ');
        return filler;
    }
}
