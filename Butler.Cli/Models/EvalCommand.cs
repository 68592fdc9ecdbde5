using System.CommandLine;
using Butler.Cli.Mime;

namespace Butler.Cli.Models;

/// <summary><c>./butler eval</c>: quality of all that reads mail, on a folder of labelled mail.</summary>
internal static class EvalCommand
{
    public static Command Create()
    {
        var data = new Option<DirectoryInfo?>("--data", "--corpus") { Description = "Folder in the layout of the labelled corpus (default: BUTLER_CORPUS or ../shared/corpus)." };
        var json = new Option<FileInfo?>("--json") { Description = "Also write the figures to this file as JSON." };
        var only = new Option<string[]>("--only") { Description = $"Only these parts: {string.Join(", ", EvalRun.Parts)}.", AllowMultipleArgumentsPerToken = true };
        only.AcceptOnlyFromAmong(EvalRun.Parts);
        var command = new Command("eval", "Scores triage, transactions, quote removal, search and the fallback chain on a folder of labelled mail.") { data, json, only, MimeCommands.Eval() };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var folder = Corpus.Need(parsed.GetValue(data));
            var run = new EvalRun(folder, parsed.GetValue(only) is { Length: > 0 } parts ? parts : EvalRun.Parts, parsed.InvocationConfiguration.Error);
            var report = await run.RunAsync(cancellationToken).WaitAsync(cancellationToken);
            await parsed.InvocationConfiguration.Output.WriteLineAsync(report.ToMarkdown());
            if (parsed.GetValue(json) is { } file)
            {
                await File.WriteAllTextAsync(file.FullName, EvalJson.Of(report), cancellationToken);
            }
        });
        return command;
    }
}
