using System.CommandLine;
using Butler.Intelligence.Training;

namespace Butler.Cli.Models;

/// <summary><c>./butler train</c>: makes the shipped model anew from the labelled corpus.</summary>
internal static class TrainCommands
{
    public static Command Create()
    {
        var corpus = new Option<DirectoryInfo?>("--corpus") { Description = "Folder with the labelled corpus (default: BUTLER_CORPUS or ../shared/corpus)." };
        var target = new Option<FileInfo?>("--output") { Description = $"The model file (default: {TrainCommand.ModelPath} in the checkout)." };
        var command = new Command("train", "Trains the local triage model and writes its file.") { corpus, target };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var folder = Corpus.Need(parsed.GetValue(corpus));
            var file = parsed.GetValue(target)?.FullName ?? Path.Combine(Corpus.Root(), TrainCommand.ModelPath);
            await parsed.InvocationConfiguration.Output.WriteLineAsync(await TrainCommand.RunAsync(folder, file, cancellationToken));
            await parsed.InvocationConfiguration.Output.WriteLineAsync($"{file}; build again for it to take effect.");
        });
        return command;
    }
}
