using System.Diagnostics;

namespace Aspire.Hosting.Run;

/// <summary>Finds the server programs: a folder from the environment, the PATH, Debian's and Homebrew's folders.</summary>
internal static class ServerBinaries
{
    /// <summary>Variables with the folders of PostgreSQL's and Redis's programs.</summary>
    public const string PostgresVariable = "BUTLER_PG_BIN";
    public const string RedisVariable = "BUTLER_REDIS_BIN";

    /// <summary>The folder of <c>postgres</c> and <c>initdb</c>, of the given major version if one is given.</summary>
    public static string FindPostgres(string? version)
    {
        var found = Folders(PostgresVariable, "/usr/lib/postgresql", "/opt/homebrew/opt", "/usr/local/opt")
            .Where(f => File.Exists(Path.Combine(f, "postgres")) && File.Exists(Path.Combine(f, "initdb")))
            .Distinct().ToList();
        if (version is null)
        {
            return found.FirstOrDefault() ?? throw new DistributedApplicationException(
                $"PostgreSQL was not found. Install it (Debian: apt install postgresql), set {PostgresVariable} to the folder of its programs, or give a connection string in 'ConnectionStrings'.");
        }

        return found.Find(f => MajorVersion(Path.Combine(f, "postgres")) == version) ?? throw new DistributedApplicationException(
            $"The data directory was made by PostgreSQL {version}, which is not found any more. Install that version, or set {PostgresVariable} to the folder of its programs, or move the data directory away.");
    }

    public static string FindRedis() => Folders(RedisVariable, "/opt/homebrew/opt", "/usr/local/opt")
        .Append("/usr/bin").Select(f => Path.Combine(f, "redis-server")).FirstOrDefault(File.Exists)
        ?? throw new DistributedApplicationException(
            $"redis-server was not found. Install it (Debian: apt install redis-server), set {RedisVariable} to its folder, or give a connection string in 'ConnectionStrings'.");

    private static IEnumerable<string> Folders(string variable, params string[] roots)
    {
        if (Environment.GetEnvironmentVariable(variable) is { Length: > 0 } given)
        {
            yield return given;
        }

        foreach (var folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries))
        {
            yield return folder;
        }

        foreach (var root in roots.Where(Directory.Exists))
        {
            foreach (var folder in Directory.EnumerateDirectories(root).OrderByDescending(f => f, StringComparer.Ordinal))
            {
                yield return Path.Combine(folder, "bin");
            }
        }
    }

    private static string? MajorVersion(string postgres)
    {
        var start = new ProcessStartInfo(postgres, ["--version"]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var words = process.StandardOutput.ReadToEnd().Split(' ', StringSplitOptions.RemoveEmptyEntries); // postgres (PostgreSQL) 15.18 (Debian …)
        process.WaitForExit();
        return words.Length > 2 ? words[2].Split('.')[0].Trim() : null;
    }
}
