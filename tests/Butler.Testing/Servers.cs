using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Butler.Testing;

/// <summary>Finds server binaries and runs them for one test process: loopback, free ports, scratch directories.</summary>
public static class Servers
{
    private static readonly Lazy<Func<Func<Process>, Process>> s_starter = new(StartStarter);
    // Aside: a killed run may have left gigabytes.
    private static readonly Lazy<Task> s_leftOver = new(() => Task.Run(RemoveLeftOver));

    /// <summary>A free loopback port.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>A scratch directory of this test process, removed at its end.</summary>
    public static string Scratch(string name)
    {
        _ = s_leftOver.Value;
        var path = Path.Combine(Path.GetTempPath(), $"butler-test-{Environment.ProcessId}-{name}-{Guid.NewGuid():N}");
        Directory.CreateDirectory(path);
        AppDomain.CurrentDomain.ProcessExit += (_, _) =>
        {
            try
            {
                Directory.Delete(path, recursive: true);
            }
            catch (IOException)
            {
                // A server that is still closing its files; the system clears its temporary folder.
            }
        };
        return path;
    }

    /// <summary>Scratch directories of test processes that were killed: nobody else removes them.</summary>
    private static void RemoveLeftOver()
    {
        foreach (var path in Directory.GetDirectories(Path.GetTempPath(), "butler-test-*"))
        {
            if (int.TryParse(Path.GetFileName(path).Split('-')[2], out var pid) && !Directory.Exists($"/proc/{pid}") && OperatingSystem.IsLinux())
            {
                try
                {
                    Directory.Delete(path, recursive: true);
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    // Somebody else's, or another test process was quicker.
                }
            }
        }
    }

    /// <summary>The path of a server binary: the variable's folder, PATH, then the places of Debian's packages.</summary>
    public static string Find(string variable, string binary, params string[] folders)
    {
        IEnumerable<string?> candidates =
        [
            Environment.GetEnvironmentVariable(variable),
            .. folders,
            .. Environment.GetEnvironmentVariable("PATH")!.Split(':'),
        ];
        return candidates.Where(f => !string.IsNullOrEmpty(f)).Select(f => Path.Combine(f!, binary)).FirstOrDefault(File.Exists)
            ?? throw new InvalidOperationException($"{binary} was not found; run the tests with ./butler test, which sees to it ({variable}).");
    }

    /// <summary>Runs a program to its end and throws with its output when it fails.</summary>
    public static void Run(string file, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{Path.GetFileName(file)} ended with {process.ExitCode}: {output.Result}{error.Result}");
        }
    }

    /// <summary>
    /// Starts a server that ends with this test process, also when that crashes or is killed: where setpriv is there (util-linux), the
    /// kernel kills the child with its parent, and <paramref name="account"/> is the account to run as (for root only).
    /// </summary>
    public static Process Start(string file, string[] arguments, string? account = null)
    {
        var setpriv = FindOnPath("setpriv");
        string[] command = (setpriv, account) switch
        {
            ({ } s, null) => [s, "--pdeathsig", "KILL", file, .. arguments],
            ({ } s, { } a) => [s, "--reuid", a, "--regid", GroupOf(a), "--clear-groups", "--pdeathsig", "KILL", file, .. arguments],
            (null, { } a) => ["runuser", "-u", a, "--", file, .. arguments],
            _ => [file, .. arguments],
        };
        var process = s_starter.Value(() =>
            Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true })!);
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        AppDomain.CurrentDomain.ProcessExit += (_, _) =>
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
                process.WaitForExit(5000);
            }
        };
        return process;
    }

    /// <summary>
    /// Runs on one thread that lives as long as the process: the kernel sends the signal when the thread that started the child ends,
    /// and the pool's threads come and go.
    /// </summary>
    private static Func<Func<Process>, Process> StartStarter()
    {
        var work = new BlockingCollection<(Func<Process> Start, TaskCompletionSource<Process> Result)>();
        new Thread(() =>
        {
            foreach (var (start, result) in work.GetConsumingEnumerable())
            {
                try
                {
                    result.SetResult(start());
                }
                catch (Exception e)
                {
                    result.SetException(e);
                }
            }
        })
        { IsBackground = true, Name = "servers" }.Start();
        return start =>
        {
            var result = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
            work.Add((start, result));
            return result.Task.GetAwaiter().GetResult();
        };
    }

    private static string? FindOnPath(string program) => Environment.GetEnvironmentVariable("PATH")!.Split(':')
        .Where(f => f.Length > 0).Select(f => Path.Combine(f, program)).FirstOrDefault(File.Exists);

    private static string GroupOf(string account) =>
        File.ReadLines("/etc/passwd").Select(l => l.Split(':')).First(f => f.Length > 3 && f[0] == account)[3];
}
