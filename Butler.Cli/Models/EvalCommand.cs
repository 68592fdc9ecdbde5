using System.CommandLine;
using Butler.Cli.Mime;
using Butler.Intelligence.Evaluation;

namespace Butler.Cli.Models;

/// <summary><c>./butler eval</c>: quality of the local triage on held-out folds of the labelled corpus.</summary>
internal static class EvalCommand
{
    public static Command Create()
    {
        var corpus = new Option<DirectoryInfo?>("--corpus") { Description = "Folder with the labelled corpus (default: BUTLER_CORPUS or ../shared/corpus)." };
        var command = new Command("eval", "Scores triage on a labelled corpus: spam, needs_reply, requests.") { corpus, MimeCommands.Eval() };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var folder = Corpus.Need(parsed.GetValue(corpus));
            await parsed.InvocationConfiguration.Error.WriteLineAsync($"Training and scoring on {folder}; this takes a minute or two.");
            var figures = await Task.Run(() => new TriageEvaluation(folder).All(), cancellationToken).WaitAsync(cancellationToken);
            await parsed.InvocationConfiguration.Output.WriteAsync(TriageEvaluation.Table(figures));
        });
        return command;
    }
}
