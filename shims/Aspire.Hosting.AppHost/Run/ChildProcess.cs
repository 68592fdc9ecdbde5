using System.Diagnostics;

namespace Aspire.Hosting.Run;

/// <summary>A process in a session of its own, so that a Ctrl-C in the terminal reaches only the AppHost.</summary>
internal sealed class ChildProcess : IDisposable
{
    private readonly Process _process;
    private readonly Task _pumps;
    private readonly ChildTable _table;

    private ChildProcess(Process process, ProcessIdentity identity, ChildTable table, Task pumps)
    {
        _process = process;
        Identity = identity;
        _table = table;
        _pumps = pumps;
        Ended = WaitAsync();
    }

    public ProcessIdentity Identity { get; }

    /// <summary>The exit code, once its last line is printed.</summary>
    public Task<int> Ended { get; }

    /// <summary>Starts a program.</summary>
    /// <param name="command">Program and arguments.</param>
    /// <param name="account">Account to run as, when this process is root; null for the same.</param>
    /// <param name="environment">Variables on top of this process's own; null removes one.</param>
    /// <param name="folder">Working directory.</param>
    /// <param name="print">Gets each line of output.</param>
    /// <param name="table">Where the child is written down.</param>
    /// <param name="printError">Gets each line of its error output; null: <paramref name="print"/> does.</param>
    public static ChildProcess Start(
        IReadOnlyList<string> command,
        string? account,
        IEnumerable<KeyValuePair<string, string?>> environment,
        string folder,
        Action<string> print,
        ChildTable table,
        Action<string>? printError = null)
    {
        // Each of these replaces itself by the next, so the pid stays. No core dumps: they would hold mail. Not by a
        // shell's ulimit: dash drops variables that it cannot name, such as services__my-api__http__0.
        List<string> line = ["setsid", "prlimit", "--core=0:0"];
        if (account is not null)
        {
            line.AddRange(["setpriv", $"--reuid={account}", $"--regid={Accounts.GroupOf(account)}", "--init-groups", "--inh-caps=-all"]);
        }

        line.AddRange(command);
        var start = new ProcessStartInfo(line[0], line.Skip(1))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder,
        };
        foreach (var (name, value) in environment)
        {
            if (value is null)
            {
                start.Environment.Remove(name);
            }
            else
            {
                start.Environment[name] = value;
            }
        }

        var process = Process.Start(start) ?? throw new DistributedApplicationException($"'{command[0]}' could not be started.");
        process.StandardInput.Close();
        // A server is known by its name alone: a starter replaces itself by the program it starts, and Redis rewrites its command line.
        var identity = ProcessIdentity.Of(process.Id, command[0] == "dotnet" ? command[1] : Path.GetFileName(command[0]))
            ?? new ProcessIdentity(process.Id, -1, "");
        table.Add(identity);
        var pumps = Task.WhenAll(PumpAsync(process.StandardOutput, print), PumpAsync(process.StandardError, printError ?? print));
        return new ChildProcess(process, identity, table, pumps);
    }

    /// <summary>Asks it to stop, and kills its session after the patience is over.</summary>
    public async Task StopAsync(int signal, TimeSpan patience, TimeProvider clock)
    {
        if (!Ended.IsCompleted)
        {
            Signals.Send(_process.Id, signal);
        }

        try
        {
            await Ended.WaitAsync(patience, clock);
        }
        catch (TimeoutException)
        {
            Signals.SendToGroup(_process.Id, Signals.Kill);
            await Ended;
        }
    }

    public void Dispose() => _process.Dispose();

    private async Task<int> WaitAsync()
    {
        await _process.WaitForExitAsync();
        _table.Remove(Identity);

        // A grandchild may hold the pipes open; the end of the process is what counts.
        await Task.WhenAny(_pumps, Task.Delay(TimeSpan.FromSeconds(1)));
        return _process.ExitCode;
    }

    private static async Task PumpAsync(StreamReader reader, Action<string> print)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            print(line);
        }
    }
}
