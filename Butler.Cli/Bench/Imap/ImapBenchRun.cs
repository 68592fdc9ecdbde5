using System.Globalization;

namespace Butler.Cli.Bench.Imap;

/// <summary>Fills a Dovecot, lets it read everything once, and then measures in turns, so that whatever else the machine does hits both.</summary>
internal sealed class ImapBenchRun(int mails, int kilobytes, int runs, TextWriter output, TimeProvider time)
{
    private const string User = "bench";
    private const int Seed = 20261121;
    private const int Arrivals = 20;

    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"butler-bench-imap-{Environment.ProcessId}-{mails}x{kilobytes}");

    public async Task<bool> RunAsync(CancellationToken cancellationToken)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new CliException("bench needs Linux: it reads CPU time and memory from /proc.");
        }

        try
        {
            var folder = Path.Combine(_folder, "dovecot");
            Directory.CreateDirectory(folder);
            await using var server = ImapBenchServer.Create(folder, time);
            await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{mails:N0} mails of {kilobytes} KB, Dovecot over TLS, load before {ProcessTable.LoadAverage()}"));
            server.Deliver(User, ImapBenchMails.Make(mails, kilobytes * 1000, Seed));
            await server.StartAsync(cancellationToken);
            var butler = new ImapBenchClient(server, User, time);

            // Dovecot writes its index and the system reads the files: whoever came first would pay for both.
            await butler.RunAsync(1, parse: false, cancellationToken);
            var results = new List<ImapBenchResult>();
            var mbsync = MbsyncRun.Find() is { } program ? new MbsyncRun(program, server, User, _folder, time) : null;
            if (mbsync is null)
            {
                await output.WriteLineAsync("mbsync was not found (./butler bench imap fetches it; BUTLER_MBSYNC names it): nothing to compare with.");
            }

            await using var system = new ImapBenchButler(server, User, Path.Combine(_folder, "butler"), time);
            var imports = await StartAsync(system, cancellationToken);
            for (var run = 1; run <= runs; run++)
            {
                if (mbsync is not null)
                {
                    results.Add(await mbsync.RunAsync(run, flush: true, cancellationToken));
                    results.Add(await mbsync.RunAsync(run, flush: false, cancellationToken));
                }

                if (imports)
                {
                    results.Add(await system.RunAsync(mails, cancellationToken));
                }

                results.Add(await butler.RunAsync(1, parse: true, cancellationToken));
                results.Add(await butler.RunAsync(ImapBenchClient.Connections, parse: true, cancellationToken));
            }

            await output.WriteLineAsync($"{"",-46}{"mails/s",10}{"MB/s",8}{"s",8}{"CPU s",8}{"Dovecot",9}{"peak MB",9}");
            foreach (var best in results.GroupBy(r => r.Who).Select(g => g.MinBy(r => r.Elapsed)!))
            {
                await output.WriteLineAsync(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{best.Who,-46}{best.Mails / best.Elapsed.TotalSeconds,10:N0}{best.Bytes / 1e6 / best.Elapsed.TotalSeconds,8:N1}{best.Elapsed.TotalSeconds,8:N2}{best.CpuSeconds,8:N2}{best.ServerCpuSeconds,9:N2}{best.PeakBytes / 1e6,9:N0}"));
            }

            return imports && results.TrueForAll(r => r.Mails == mails) && await ArriveAsync(system, cancellationToken);
        }
        finally
        {
            if (Directory.Exists(_folder))
            {
                Directory.Delete(_folder, recursive: true);
            }
        }
    }

    private async Task<bool> ArriveAsync(ImapBenchButler system, CancellationToken cancellationToken)
    {
        var arriving = Enumerable.Range(mails + 1, Arrivals).Select(n => ImapBenchMails.One(n, kilobytes * 1000, Seed)).ToList();
        if (await system.ArriveAsync(mails, arriving, cancellationToken) is not { } took)
        {
            await output.WriteLineAsync("A mail that came during IDLE was not stored.");
            return false;
        }

        List<double> sorted = [.. took.Select(t => t.TotalMilliseconds).Order()];
        await output.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture, $"New mail, from lying in INBOX to stored, by IDLE with {runs} account(s) waiting: median {sorted[sorted.Count / 2]:N0} ms, slowest of {sorted.Count} {sorted[^1]:N0} ms"));
        return true;
    }

    // What the client alone does is worth knowing where the whole system cannot start.
    private async Task<bool> StartAsync(ImapBenchButler system, CancellationToken cancellationToken)
    {
        try
        {
            await system.StartAsync(cancellationToken);
            return true;
        }
        catch (CliException e)
        {
            await output.WriteLineAsync($"The import could not be measured: {e.Message}");
            return false;
        }
    }
}
