namespace Butler.Cli.Bench.Imap;

/// <summary>mbsync (isync) as its manual shows it: one connection, its own pipelining, into a new Maildir, each mail flushed to the disk or not.</summary>
internal sealed class MbsyncRun(string program, ImapBenchServer server, string user, string folder, TimeProvider time)
{
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(20);

    public static string? Find() => new[] { Environment.GetEnvironmentVariable("BUTLER_MBSYNC"), "/usr/bin/mbsync", "/work/tools/isync/usr/bin/mbsync" }
        .FirstOrDefault(p => !string.IsNullOrEmpty(p) && File.Exists(p));

    public async Task<ImapBenchResult> RunAsync(int run, bool flush, CancellationToken cancellationToken)
    {
        var target = Path.Combine(folder, $"mbsync{run}");
        Directory.CreateDirectory(target);
        var configuration = Path.Combine(target, "mbsyncrc");
        await File.WriteAllTextAsync(configuration, $"""
            FSync {(flush ? "yes" : "no")}

            IMAPAccount dovecot
            Host localhost
            Port {server.TlsPort}
            User {user}
            Pass {ImapBenchServer.Password}
            SSLType IMAPS
            CertificateFile {server.CertificateFile}

            IMAPStore far
            Account dovecot

            MaildirStore near
            Path {target}/mail/
            Inbox {target}/mail/INBOX

            Channel all
            Far :far:
            Near :near:
            Patterns INBOX
            Sync Pull New
            Create Near
            SyncState *

            """, cancellationToken);
        Directory.CreateDirectory(Path.Combine(target, "mail"));
        var (serverCpu, start) = (server.CpuSeconds, time.GetTimestamp());
        using var child = Child.Start("mbsync", Path.Combine(target, "log"), [program, "-c", configuration, "-q", "all"], []);
        var (cpu, peak) = (0.0, 0L);
        while (!child.HasExited)
        {
            if (ProcessTable.PeakBytes(child.Pid) is > 0 and var now)
            {
                // At its very end it has no times any more.
                (cpu, peak) = (Math.Max(cpu, ProcessTable.CpuSeconds(child.Pid)), now);
            }

            await Task.Delay(s_look, time, cancellationToken);
        }

        var elapsed = time.GetElapsedTime(start);
        if (child.ExitCode != 0)
        {
            throw new CliException($"mbsync ended with {child.ExitCode}:\n{child.LastLines(5)}");
        }

        var files = new[] { "cur", "new" }.Select(f => Path.Combine(target, "mail", "INBOX", f)).Where(Directory.Exists).SelectMany(f => new DirectoryInfo(f).EnumerateFiles()).ToList();
        var result = new ImapBenchResult(flush ? "mbsync (its default: each mail on disk)" : "mbsync, FSync no", files.Count, files.Sum(f => f.Length), elapsed, cpu, server.CpuSeconds - serverCpu, peak);
        Directory.Delete(target, recursive: true);
        return result;
    }
}
