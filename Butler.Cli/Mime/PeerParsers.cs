using System.Diagnostics;
using Butler.Cli.Models;

namespace Butler.Cli.Mime;

/// <summary>The other parsers, as far as this machine has them, and how each is started.</summary>
internal static class PeerParsers
{
    private static string Scripts => Path.Combine(Corpus.Root(), "bench", "mime");

    /// <summary>The command that measures a parser; null with the reason where it is not here.</summary>
    public static (string[]? Command, string Missing) Bench(string parser, string pack, string mode, int rounds)
    {
        var count = rounds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        return parser switch
        {
            "butler" => ([Environment.ProcessPath!, Path.Combine(AppContext.BaseDirectory, "Butler.Cli.dll"), "mime-driver", pack, mode, count], ""),
            "gmime" => Variable("BUTLER_GMIME", "GMime is missing: ./butler fetches Debian's libgmime-3.0-dev and builds bench/mime/gmime.c when gcc is there.") is var (driver, missing) && driver is null
                ? (null, missing) : ([Variable("BUTLER_GMIME", "").Value!, pack, mode, count], ""),
            "email" or "email-compat32" => Python() is { } python
                ? ([python, Path.Combine(Scripts, "python_email.py"), pack, parser == "email" ? "default" : "compat32", mode, count], "")
                : (null, "python3 is missing."),
            _ => mode == "structure" ? (null, "reads the structure only together with all bodies.") : Node([pack, parser, mode, count]),
        };
    }

    /// <summary>The command that prints what a parser read, a line of JSON for each mail.</summary>
    public static (string[]? Command, string Missing) Dump(string parser, string pack) => parser == "email"
        ? Python() is { } python ? ([python, Path.Combine(Scripts, "python_email.py"), pack, "default", "dump"], "") : (null, "python3 is missing.")
        : Node([pack, parser, "dump"]);

    /// <summary>Starts a command on one core where the machine can say so.</summary>
    public static Process Start(string[] command)
    {
        var pinned = File.Exists("/usr/bin/taskset") ? ["/usr/bin/taskset", "-c", "0", .. command] : command;
        var start = new ProcessStartInfo(pinned[0]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in pinned.Skip(1))
        {
            start.ArgumentList.Add(argument);
        }

        // One core has no use for a heap and a collector's thread per core.
        start.Environment["DOTNET_gcServer"] = "0";
        start.Environment["DOTNET_gcConcurrent"] = "0";
        return Process.Start(start) ?? throw new CliException($"{command[0]} could not be started.");
    }

    private static (string[]? Command, string Missing) Node(string[] arguments)
    {
        var modules = Variable("BUTLER_NODE_MODULES", "node or npm is missing, or the packages of bench/mime could not be installed.");
        return modules.Value is null ? (null, modules.Missing) : (["node", Path.Combine(Scripts, "node_mail.mjs"), .. arguments], "");
    }

    private static string? Python() => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(f => Path.Combine(f, "python3")).FirstOrDefault(File.Exists);

    private static (string? Value, string Missing) Variable(string name, string missing) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } value && (File.Exists(value) || Directory.Exists(value)) ? (value, "") : (null, missing);
}
