using System.Globalization;

namespace Butler.Cli.Mime;

/// <summary><c>./butler eval mime DIR</c>: what Butler reads against what Python's email, mailparser and postal-mime read.</summary>
internal sealed class MimeEval(TextWriter output, int show)
{
    private static readonly (string Id, string Name)[] s_peers = [("email", "Python email"), ("mailparser", "mailparser"), ("postal-mime", "postal-mime")];
    private readonly Dictionary<(string Peer, string Field), (int Compared, int Same)> counts = [];
    private readonly Dictionary<(string Peer, string Field, string Class), List<(string Name, string Ours, string Theirs)>> classes = [];

    public async Task<int> RunAsync(string source, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("butler-mime-");
        try
        {
            var pack = await MailPack.WriteAsync(source, Path.Combine(folder.FullName, "mails.pack"), cancellationToken);
            await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{pack.Names.Count:N0} mails, {pack.Bytes / 1e6:0.0} MB."));
            List<ReadMail> ours = [.. MailPack.Read(await File.ReadAllBytesAsync(pack.Path, cancellationToken)).Select(ReadMail.ByButler)];
            foreach (var (id, name) in s_peers)
            {
                var (command, missing) = PeerParsers.Dump(id, pack.Path);
                if (command is null)
                {
                    await output.WriteLineAsync($"{name}: not compared: {missing}");
                    continue;
                }

                await CompareAsync(name, command, ours, pack.Names, cancellationToken);
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        await WriteAsync();
        return 0;
    }

    private async Task CompareAsync(string peer, string[] command, List<ReadMail> ours, IReadOnlyList<string> names, CancellationToken cancellationToken)
    {
        using var process = PeerParsers.Start(command);
        try
        {
            var errors = process.StandardError.ReadToEndAsync(cancellationToken);
            var index = 0;
            while (await process.StandardOutput.ReadLineAsync(cancellationToken) is { } line)
            {
                foreach (var result in MailComparison.Compare(ours[index], ReadMail.FromJson(line)))
                {
                    Count(peer, names[index], result);
                }

                index++;
            }

            await process.WaitForExitAsync(cancellationToken);
            if (process.ExitCode != 0 || index != ours.Count)
            {
                throw new CliException($"{peer} read {index} of {ours.Count} mails: {(await errors).Split('\n', 2)[0]}");
            }
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
    }

    private void Count(string peer, string name, MailComparison.Result result)
    {
        var (compared, same) = counts.GetValueOrDefault((peer, result.Field));
        counts[(peer, result.Field)] = (compared + 1, same + (result.Class is null ? 1 : 0));
        if (result.Class is not { } difference)
        {
            return;
        }

        var key = (peer, result.Field, difference);
        if (!classes.TryGetValue(key, out var examples))
        {
            classes[key] = examples = [];
        }

        examples.Add((name, result.Ours, result.Theirs));
    }

    private async Task WriteAsync()
    {
        var peers = s_peers.Select(p => p.Name).Where(p => counts.Keys.Any(k => k.Peer == p)).ToList();
        await output.WriteLineAsync();
        await output.WriteLineAsync($"| agrees with Butler | {string.Join(" | ", peers)} |");
        await output.WriteLineAsync($"|---|{string.Concat(peers.Select(_ => "---:|"))}");
        foreach (var field in MailComparison.Fields)
        {
            await output.WriteLineAsync($"| {field} | {string.Join(" | ", peers.Select(p => Share(p, field)))} |");
        }

        await output.WriteLineAsync();
        await output.WriteLineAsync("| parser | field | class of disagreement | mails | for example |");
        await output.WriteLineAsync("|---|---|---|---:|---|");
        foreach (var (key, examples) in classes.OrderBy(c => c.Key.Peer, StringComparer.Ordinal).ThenBy(c => Array.IndexOf(MailComparison.Fields, c.Key.Field)).ThenByDescending(c => c.Value.Count))
        {
            await output.WriteLineAsync($"| {key.Peer} | {key.Field} | {key.Class} | {examples.Count} | {examples[0].Name} |");
            // Content of mail only when it is asked for.
            foreach (var (name, ours, theirs) in examples.Take(show))
            {
                await output.WriteLineAsync($"    {name}\n      Butler: {ours}\n      other:  {theirs}");
            }
        }
    }

    private string Share(string peer, string field) => counts.TryGetValue((peer, field), out var c)
        ? string.Create(CultureInfo.InvariantCulture, $"{c.Same:N0} of {c.Compared:N0} ({100.0 * c.Same / c.Compared:0.0} %)") : "–";
}
