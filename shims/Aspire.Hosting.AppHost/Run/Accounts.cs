using System.Diagnostics;
using System.Globalization;

namespace Aspire.Hosting.Run;

/// <summary>The unprivileged account that servers run as when the AppHost is root: PostgreSQL refuses root.</summary>
internal static class Accounts
{
    private static readonly string[] Candidates = ["postgres", "nobody"];

    /// <summary>The account; null when this process is not root and needs none.</summary>
    public static string? ForServers()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            return null;
        }

        var known = ReadPasswd();
        return Candidates.FirstOrDefault(known.ContainsKey)
            ?? throw new DistributedApplicationException("PostgreSQL must not run as root, and neither an account 'postgres' nor 'nobody' exists.");
    }

    public static int GroupOf(string account) => ReadPasswd()[account];

    /// <summary>Makes a folder that only the account can read.</summary>
    public static void MakePrivateFolder(string path, string? account)
    {
        const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        Directory.CreateDirectory(path, Private);
        if (account is not null)
        {
            Run("chown", "-R", $"{account}:{GroupOf(account).ToString(CultureInfo.InvariantCulture)}", path);
        }
    }

    private static void Run(params string[] command)
    {
        using var process = Process.Start(new ProcessStartInfo(command[0], command.Skip(1)) { RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new DistributedApplicationException($"'{string.Join(' ', command)}' failed: {error.Trim()}");
        }
    }

    private static Dictionary<string, int> ReadPasswd() => File.ReadLines("/etc/passwd")
        .Select(l => l.Split(':')).Where(f => f.Length >= 4)
        .GroupBy(f => f[0]).ToDictionary(g => g.Key, g => int.Parse(g.First()[3], CultureInfo.InvariantCulture));
}
