using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Butler.EndToEnd.Tests.Privacy;
using Butler.EndToEnd.Tests.Running;

namespace Butler.EndToEnd.Tests.Faults;

/// <summary>What happens to <c>./butler up</c> itself: killed, started twice, its ports taken.</summary>
public sealed class AppHostTests
{
    private const int Accounts = 4;
    private const int Mails = 1400;

    [Fact]
    public async Task Up_AfterKillAndStopOfTheAppHost_ResumesAndLosesNothing()
    {
        await using var run = await ButlerRun.StartAsync(new() { Environment = LoadMailbox.Environment(Accounts, Mails) });
        var before = run.Variables.Where(v => v.Key.StartsWith("services__", StringComparison.Ordinal)).ToDictionary();
        await run.UntilAsync("a quarter of the mails is done", $"SELECT count(*) >= {Mails / 4} FROM ledger WHERE state IN ('done', 'skipped')");

        var orphans = await run.KillAppHostAsync();
        Assert.Equal(7, orphans.Count);

        // A port that somebody took meanwhile is replaced, the others stay.
        var taken = new Uri(before["services__progress__http__0"]).Port;
        await KillAsync(run, "progress");
        using var other = new TcpListener(IPAddress.Loopback, taken);
        await ListenAsync(run, other);
        run.Launch();
        await run.WaitUntilReadyAsync();

        Assert.All(orphans, pid => Assert.False(ButlerRun.IsAlive(pid), $"{pid} of the killed run is still there"));
        Assert.Contains("that an earlier run left behind.", run.Printed, StringComparison.Ordinal);
        Assert.Contains($"Port {taken} of progress/http is taken by another program; using {run.Progress.Port} instead.", run.Printed, StringComparison.Ordinal);
        Assert.NotEqual(taken, run.Progress.Port);
        Assert.Equal(before.Where(v => v.Key != "services__progress__http__0"), run.Variables.Where(v => before.ContainsKey(v.Key) && v.Key != "services__progress__http__0"));

        // Stopped by Ctrl-C in the middle of the work, and started once more; at the end the terminal is closed.
        await run.UntilAsync("half of the mails are done", $"SELECT count(*) >= {Mails / 2} FROM ledger WHERE state IN ('done', 'skipped')");
        await StopAsync(run, signal: 2);
        run.Launch();
        await run.WaitUntilReadyAsync();

        await EndState.WaitAsync(run, Accounts + 1, ButlerRun.Patience);
        await EndState.AssertAsync(run);

        await LogPrivacy.AssertCleanAsync(run);
        await SecondUpAsync(run);
        await StopAsync(run, signal: 1);
    }

    [Fact]
    public async Task Up_MailboxMissingOrNoMail_EndsWithTheReason()
    {
        var (missing, missingText) = await ButlerAsync(Butler.Testing.Servers.Scratch("missing"), "up", "--mailbox", "/no/such/mailbox");
        Assert.Equal((1, "The mailbox /no/such/mailbox does not exist."), (missing, missingText.Trim()));

        var folder = Butler.Testing.Servers.Scratch("picture");
        var picture = Path.Combine(folder, "picture.png");
        await File.WriteAllBytesAsync(picture, [0x89, .. "PNG\r\n\u001a\n"u8]);
        using var appHost = Process.Start(new ProcessStartInfo("dotnet",
            [ButlerRun.Program("Butler.AppHost"), $"--AppHost:DataDirectory={folder}/data", $"--AppHost:LogFile={folder}/butler.log", $"--Butler:Mailbox={picture}"])
        { RedirectStandardOutput = true })!;
        var printed = await appHost.StandardOutput.ReadToEndAsync().WaitAsync(ButlerRun.Patience);
        await appHost.WaitForExitAsync();

        Assert.Equal(1, appHost.ExitCode);
        Assert.Contains($"ingest cannot start: The file '{picture}' is not mail", printed, StringComparison.Ordinal);
    }

    private static async Task StopAsync(ButlerRun run, int signal)
    {
        var children = run.Pids();
        Assert.Equal(0, await run.StopAsync(signal));
        Assert.Equal(7, children.Count);
        Assert.All(children, pid => Assert.False(ButlerRun.IsAlive(pid), $"{pid} outlived the AppHost"));
        Assert.False(File.Exists(Path.Combine(run.Folder, "run.env")));
    }

    // A second `up` beside a running one says so and gives a fresh link.
    private static async Task SecondUpAsync(ButlerRun run)
    {
        var (code, printed) = await ButlerAsync(run.Folder, "up");

        Assert.Equal(0, code);
        Assert.Contains($"Butler already runs (process {run.AppHostPid}", printed, StringComparison.Ordinal);
        Assert.Contains($"{run.Progress}signin#code=", printed, StringComparison.Ordinal);
        Assert.False(string.IsNullOrEmpty(run.Token));
    }

    private static async Task<(int Code, string Printed)> ButlerAsync(string data, params string[] arguments)
    {
        var start = new ProcessStartInfo(Path.Combine(ButlerRun.Root, "butler"), arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["AppHost__DataDirectory"] = data;
        start.Environment["BUTLER_CONFIGURATION"] = ButlerRun.Configuration;
        using var process = Process.Start(start)!;
        var texts = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync()).WaitAsync(ButlerRun.Patience);
        await process.WaitForExitAsync();
        return (process.ExitCode, string.Concat(texts));
    }

    private static async Task KillAsync(ButlerRun run, string resource)
    {
        using var process = Process.GetProcessById(run.Pid(resource)!.Value);
        process.Kill();
        await run.UntilAsync($"{resource} is dead", () => Task.FromResult(run.Pid(resource) is null));
    }

    private static async Task ListenAsync(ButlerRun run, TcpListener listener) =>
        await run.UntilAsync("the port is taken", () =>
        {
            try
            {
                listener.Start();
                return Task.FromResult(true);
            }
            catch (SocketException)
            {
                return Task.FromResult(false);
            }
        });
}
