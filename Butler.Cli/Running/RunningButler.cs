using System.Globalization;

namespace Butler.Cli.Running;

/// <summary>
/// The Butler that runs beside this command. The AppHost writes <c>run.env</c> into its data folder when everything is healthy and
/// removes it at the stop; Ingest writes the first user's token beside it.
/// </summary>
internal sealed record RunningButler(string DataDir, int? Pid, Uri Ingest, Uri Progress, Uri ProgressGrpc, string Token)
{
    private const string RunFile = "run.env";
    private const string PidFile = "apphost.pid";
    private const string TokenFile = "api-token";

    /// <summary>Finds it, or says in a <see cref="CliException"/> why not.</summary>
    public static RunningButler Find(string? dataDir, Func<string, string?> environment)
    {
        var folder = First(dataDir, environment("BUTLER_DATA_DIR"), environment("AppHost__DataDirectory"))
            ?? throw new CliException("Which Butler? Run this as ./butler, or name its data folder with --data-dir or BUTLER_DATA_DIR.");
        folder = Path.GetFullPath(folder);
        var file = Path.Combine(folder, RunFile);
        var pid = Owner(Path.Combine(folder, PidFile));
        Dictionary<string, string> values;
        try
        {
            // A data folder of one's own choice says what runs there; the environment is of the Butler that ./butler found.
            values = RunFileReader.Parse(File.ReadAllText(file));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CliException(pid is null ? CliException.NotRunning : $"Butler (process {pid}) is still starting; try again in a moment.");
        }
        catch (UnauthorizedAccessException)
        {
            throw new CliException($"{file} belongs to another account; run this as the account that runs Butler.");
        }

        // A killed AppHost leaves the file behind.
        if (pid is null && File.Exists(Path.Combine(folder, PidFile)))
        {
            throw new CliException(CliException.NotRunning);
        }

        var progress = Address(values, "progress", "http") ?? throw new CliException($"{file} names no address of Progress.");
        return new(folder, pid, Address(values, "ingest", "http") ?? throw new CliException($"{file} names no address of Ingest."),
            progress, Address(values, "progress", "grpc") ?? progress, ReadToken(Path.Combine(folder, TokenFile)));
    }

    private static string? First(params string?[] candidates) => Array.Find(candidates, c => !string.IsNullOrWhiteSpace(c));

    private static Uri? Address(Dictionary<string, string> values, string service, string endpoint) =>
        values.TryGetValue($"services__{service}__{endpoint}__0", out var text) && Uri.TryCreate(text.TrimEnd('/') + "/", UriKind.Absolute, out var uri) ? uri : null;

    private static string ReadToken(string file)
    {
        try
        {
            return File.ReadAllText(file).Trim() is { Length: > 0 } token ? token : throw new CliException($"{file} is empty; ./butler up writes it anew.");
        }
        catch (Exception e) when (e is FileNotFoundException or UnauthorizedAccessException)
        {
            throw new CliException($"The token file {file} cannot be read; Butler writes it at its start, for the account that runs it.");
        }
    }

    /// <summary>The process that owns the folder: pid and start time agree, so a number used again is not taken for it.</summary>
    private static int? Owner(string file)
    {
        try
        {
            var parts = File.ReadAllText(file).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            var stat = File.ReadAllText($"/proc/{parts[0]}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return fields[19] == parts[1] ? int.Parse(parts[0], CultureInfo.InvariantCulture) : null;
        }
        catch (Exception e) when (e is IOException or IndexOutOfRangeException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}

/// <summary>Reads <c>NAME='value'</c> lines as a shell would: <c>'\''</c> is an apostrophe.</summary>
internal static class RunFileReader
{
    public static Dictionary<string, string> Parse(string text)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0 && line.Length >= equals + 3 && line[equals + 1] == '\'' && line[^1] == '\'')
            {
                values[line[..equals]] = line[(equals + 2)..^1].Replace("'\\''", "'", StringComparison.Ordinal);
            }
        }

        return values;
    }
}
