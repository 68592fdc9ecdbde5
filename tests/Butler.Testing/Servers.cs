using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Butler.Testing;

/// <summary>Finds server binaries and runs them for one test process: loopback, free ports, scratch directories.</summary>
public static class Servers
{
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

    /// <summary>Starts a server that ends with this test process.</summary>
    public static Process Start(string file, params string[] arguments)
    {
        var process = Process.Start(new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
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
}
