using System.Net;
using System.Net.Sockets;

namespace Butler.Cli.Bench;

/// <summary>Where the servers' programs are, and under which account they may run.</summary>
internal static class Binaries
{
    public static string Postgres()
    {
        string[] folders = Directory.Exists("/usr/lib/postgresql")
            ? [.. Directory.GetDirectories("/usr/lib/postgresql").OrderByDescending(d => int.TryParse(Path.GetFileName(d), out var v) ? v : 0).Select(d => Path.Combine(d, "bin"))]
            : [];
        return Find("BUTLER_PG_BIN", "initdb", folders);
    }

    public static string Redis() => Find("BUTLER_REDIS_BIN", "redis-server", ["/usr/bin"]);

    /// <summary>PostgreSQL refuses to run as root: its own account then, else nobody.</summary>
    public static string? Account() =>
        !Environment.IsPrivilegedProcess ? null
        : File.ReadLines("/etc/passwd").Any(l => l.StartsWith("postgres:", StringComparison.Ordinal)) ? "postgres" : "nobody";

    /// <summary>Programs that ./butler unpacked into a folder have their libraries beside them.</summary>
    public static IEnumerable<KeyValuePair<string, string>> Libraries(string folder)
    {
        for (var usr = new DirectoryInfo(folder); usr.Parent is { } above; usr = above)
        {
            if (usr.Name == "usr" && above.FullName != "/")
            {
                string[] roots = [Path.Combine(usr.FullName, "lib"), Path.Combine(above.FullName, "lib")];
                yield return new("LD_LIBRARY_PATH", string.Join(':', roots.Where(Directory.Exists).SelectMany(r => Directory.GetDirectories(r, "*-linux-gnu*"))));
                yield break;
            }
        }
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string Find(string variable, string program, string[] folders)
    {
        string?[] candidates = [Environment.GetEnvironmentVariable(variable), .. folders, .. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')];
        return candidates.FirstOrDefault(f => !string.IsNullOrEmpty(f) && File.Exists(Path.Combine(f, program)))
            ?? throw new CliException($"{program} was not found; run this as ./butler bench, which sees to it, or set {variable} to its folder.");
    }
}
