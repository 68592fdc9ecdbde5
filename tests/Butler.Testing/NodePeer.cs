using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;

namespace Butler.Testing;

/// <summary>
/// Runs Node scripts with npm packages, as an independent implementation to test against. The packages of a
/// folder's package.json are installed once into $HOME/.cache/butler-tests/node, also when several test processes
/// ask at the same time. Scripts are CommonJS (NODE_PATH points at the packages) and may live anywhere.
/// </summary>
public sealed class NodePeer
{
    private static readonly TimeSpan InstallTimeout = TimeSpan.FromMinutes(5);

    private NodePeer(string modules) => Modules = modules;

    /// <summary>Whether node and npm are on the PATH.</summary>
    public static bool IsInstalled { get; } = OnPath("node") && OnPath("npm");

    /// <summary>The node_modules folder.</summary>
    public string Modules { get; }

    /// <summary>Installs the packages of a folder with package.json and, for exact versions, package-lock.json.</summary>
    /// <exception cref="InvalidOperationException">npm failed; the message holds what it printed.</exception>
    public static async Task<NodePeer> OpenAsync(string packageFolder, CancellationToken cancellationToken = default)
    {
        string[] files = [.. new[] { "package.json", "package-lock.json" }.Select(f => Path.Combine(packageFolder, f)).Where(File.Exists)];
        if (files.Length == 0)
        {
            throw new DirectoryNotFoundException($"No package.json in {packageFolder}.");
        }

        // Named by content: changed packages get a new folder, and nobody's running tests lose theirs.
        var hash = Convert.ToHexStringLower(SHA256.HashData([.. files.SelectMany(File.ReadAllBytes)]))[..16];
        var root = Directory.CreateDirectory(Path.Combine(
            Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache", "butler-tests", "node")).FullName;
        var folder = Path.Combine(root, hash);
        var done = Path.Combine(folder, ".installed");
        using (await LockAsync(folder + ".lock", cancellationToken))
        {
            if (!File.Exists(done))
            {
                Directory.CreateDirectory(folder);
                foreach (var file in files)
                {
                    File.Copy(file, Path.Combine(folder, Path.GetFileName(file)), overwrite: true);
                }

                using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                limit.CancelAfter(InstallTimeout);

                // Packages' own install scripts are not run: none of ours needs one.
                await using var npm = NodeProcess.Start(
                    "npm", [files.Length == 2 ? "ci" : "install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], folder, null);
                await npm.ReadToEndAsync(limit.Token);
                await File.WriteAllTextAsync(done, "", cancellationToken);
            }
        }

        return new(Path.Combine(folder, "node_modules"));
    }

    /// <summary>Runs a script to its end and returns what it printed to stdout.</summary>
    /// <exception cref="InvalidOperationException">It ended with an exit code other than 0; the message holds its stderr.</exception>
    public async Task<string> RunAsync(string script, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        await using var process = Start(script, arguments);
        return await process.ReadToEndAsync(cancellationToken);
    }

    /// <summary>Starts a script that keeps running, such as a server; disposing it ends it.</summary>
    public NodeProcess Start(string script, IEnumerable<string> arguments) =>
        NodeProcess.Start("node", [script, .. arguments], Path.GetDirectoryName(Path.GetFullPath(script))!, Modules);

    private static bool OnPath(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .Any(folder => File.Exists(Path.Combine(folder, program)));

    /// <summary>A lock between processes; it goes away with its holder, also a killed one.</summary>
    private static async Task<FileStream> LockAsync(string path, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException)
            {
                // Another process installs. File locks have no signal to wait on, so ask again.
                await Task.Delay(TimeSpan.FromMilliseconds(250), cancellationToken);
            }
        }
    }
}

/// <summary>A running Node process.</summary>
public sealed class NodeProcess : IAsyncDisposable
{
    private readonly Process process;
    private readonly StringBuilder errors = new();
    private readonly string name;

    private NodeProcess(Process process, string name)
    {
        this.process = process;
        this.name = name;
        process.ErrorDataReceived += (_, line) =>
        {
            lock (errors)
            {
                errors.AppendLine(line.Data);
            }
        };
        process.BeginErrorReadLine();
    }

    /// <summary>What it wrote to stderr so far.</summary>
    public string Errors
    {
        get
        {
            lock (errors)
            {
                return errors.ToString();
            }
        }
    }

    /// <summary>The next line of its stdout; null at the end.</summary>
    public async Task<string?> ReadLineAsync(CancellationToken cancellationToken) =>
        await process.StandardOutput.ReadLineAsync(cancellationToken);

    /// <summary>Writes a line to its stdin.</summary>
    public async Task WriteLineAsync(string line, CancellationToken cancellationToken)
    {
        await process.StandardInput.WriteLineAsync(line.AsMemory(), cancellationToken);
        await process.StandardInput.FlushAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
        }

        process.Dispose();
    }

    internal static NodeProcess Start(string program, IEnumerable<string> arguments, string folder, string? modules)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (modules is not null)
        {
            start.Environment["NODE_PATH"] = modules;
        }

        return new(Process.Start(start)!, program + " " + string.Join(' ', start.ArgumentList));
    }

    internal async Task<string> ReadToEndAsync(CancellationToken cancellationToken)
    {
        var output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return process.ExitCode == 0
            ? output
            : throw new InvalidOperationException($"{name} ended with exit code {process.ExitCode}: {Errors}");
    }
}

/// <summary>A fact that needs Node and npm and is skipped where they are absent.</summary>
public sealed class NodeFactAttribute : Xunit.FactAttribute
{
    /// <summary>Skips where there is no Node.</summary>
    public NodeFactAttribute() => Skip = NodePeer.IsInstalled ? null : NodeTheoryAttribute.Reason;
}

/// <summary>A theory that needs Node and npm and is skipped where they are absent.</summary>
public sealed class NodeTheoryAttribute : Xunit.TheoryAttribute
{
    internal const string Reason = "needs node and npm on the PATH, which are not here";

    /// <summary>Skips where there is no Node.</summary>
    public NodeTheoryAttribute() => Skip = NodePeer.IsInstalled ? null : Reason;
}
