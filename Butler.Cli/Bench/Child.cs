using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Butler.Cli.Bench;

/// <summary>A process of the bench in a session of its own (Ctrl-C reaches only the bench), its output in a file.</summary>
internal sealed class Child : IDisposable
{
    private const int Interrupt = 2;
    private const int Terminate = 15;
    private readonly Process _process;
    private readonly int _signal;

    private Child(string name, Process process, string log, int signal)
    {
        Name = name;
        _process = process;
        Log = log;
        _signal = signal;
    }

    public string Name { get; }

    public string Log { get; }

    public int Pid => _process.Id;

    public bool HasExited => _process.HasExited;

    public int ExitCode => _process.ExitCode;

    /// <summary>The process that gets the signals when the started one is only a wrapper.</summary>
    public Func<int?>? SignalPid { get; init; }

    public static Child Start(
        string name, string log, IReadOnlyList<string> command, IEnumerable<KeyValuePair<string, string>> environment, bool interrupt = false, Func<int?>? signalPid = null)
    {
        // Output goes to the file by itself: pumping it through the bench would cost CPU that is not Butler's.
        var start = new ProcessStartInfo("/bin/sh", ["-c", "log=$1; shift; exec setsid \"$@\" >\"$log\" 2>&1 </dev/null", "sh", log, .. command]);
        foreach (var (key, value) in environment)
        {
            start.Environment[key] = value;
        }

        return new(name, Process.Start(start)!, log, interrupt ? Interrupt : Terminate) { SignalPid = signalPid };
    }

    /// <summary>Asks it to end, waits, and kills what is left of it.</summary>
    public async Task StopAsync(TimeSpan patience)
    {
        if (_process.HasExited)
        {
            return;
        }

        _ = Kill(SignalPid?.Invoke() ?? Pid, _signal);
        try
        {
            using var limit = new CancellationTokenSource(patience);
            await _process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync(CancellationToken.None);
        }
    }

    public string LastLines(int count) => File.Exists(Log) ? string.Join('\n', File.ReadLines(Log).TakeLast(count)) : "";

    public void Dispose() => _process.Dispose();

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int Kill(int pid, int signal);
}
