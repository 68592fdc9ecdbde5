using System.Globalization;
using System.Text.Json;

namespace Butler.Cli.Mime;

/// <summary><c>./butler bench mime DIR</c>: Butler and the others on the same mails, one core, one run.</summary>
internal static class MimeBench
{
    private static readonly (string Id, string Name, int Rounds)[] s_parsers =
    [
        ("butler", "Butler", 10), ("gmime", "GMime", 5), ("postal-mime", "postal-mime", 2), ("mailparser", "mailparser", 2),
        ("email-compat32", "Python email, compat32", 1), ("email", "Python email, default", 1),
    ];

    public static async Task<int> RunAsync(string source, TextWriter output, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("butler-mime-");
        try
        {
            var pack = await MailPack.WriteAsync(source, Path.Combine(folder.FullName, "mails.pack"), cancellationToken);
            await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{pack.Names.Count:N0} mails, {pack.Bytes / 1e6:0.0} MB; one core; each parser in a process of its own with all mails in memory; best round, processor time."));
            foreach (var (mode, title) in s_modes)
            {
                await output.WriteLineAsync();
                await output.WriteLineAsync(title);
                await output.WriteLineAsync("| parser | mails/s | MB/s | peak memory | parts | header fields | characters | bytes of files |");
                await output.WriteLineAsync("|---|---:|---:|---:|---:|---:|---:|---:|");
                foreach (var (id, name, rounds) in s_parsers)
                {
                    await output.WriteLineAsync(await LineAsync(id, name, rounds, pack, mode, cancellationToken));
                }
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        return 0;
    }

    private static readonly (string Mode, string Title)[] s_modes =
    [
        ("structure", "Structure only: the tree of parts, header fields found, nothing decoded."),
        ("everything", "Everything: subject, date, id and addresses read, text parts as text by their charset, all other parts' bytes decoded."),
    ];

    private static async Task<string> LineAsync(string id, string name, int rounds, PackedMails pack, string mode, CancellationToken cancellationToken)
    {
        var (command, missing) = PeerParsers.Bench(id, pack.Path, mode, rounds);
        if (command is null)
        {
            return $"| {name} | not measured: {missing} |";
        }

        using var process = PeerParsers.Start(command);
        try
        {
            var errors = process.StandardError.ReadToEndAsync(cancellationToken);
            var line = await process.StandardOutput.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            return process.ExitCode == 0 && line.StartsWith('{') ? Row(name, JsonDocument.Parse(line).RootElement) : $"| {name} | failed: {FirstLine(await errors)} |";
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
    }

    private static string Row(string name, JsonElement result)
    {
        var seconds = result.GetProperty("seconds").GetDouble();
        var bytes = Number(result, "bytes");
        var allocated = result.TryGetProperty("allocated", out var a) ? string.Create(CultureInfo.InvariantCulture, $"; allocated {100.0 * a.GetInt64() / bytes:0.0} % of the mails' bytes") : "";
        return string.Create(CultureInfo.InvariantCulture, $"| {name} ({result.GetProperty("version").GetString()}{allocated}) | {Number(result, "mails") / seconds:N0} | {bytes / seconds / 1e6:N1} | {Number(result, "peak_kb") / 1024.0:0} MB | {Shown(result, "parts")} | {Shown(result, "headers")} | {Shown(result, "chars")} | {Shown(result, "files")} |");
    }

    private static long Number(JsonElement result, string name) => result.GetProperty(name).GetInt64();

    private static string Shown(JsonElement result, string name) => Number(result, name) is var n and > 0 ? n.ToString("N0", CultureInfo.InvariantCulture) : "–";

    private static string FirstLine(string text) => text.Split('\n', 2)[0];
}
