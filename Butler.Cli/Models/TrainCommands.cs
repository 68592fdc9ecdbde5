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
        command.Subcommands.Add(Words());
        return command;
    }

    /// <summary><c>./butler train words</c>: the words of the local embeddings.</summary>
    private static Command Words()
    {
        var corpus = new Option<DirectoryInfo?>("--corpus") { Description = "Folder with the labelled corpus (default: BUTLER_CORPUS or ../shared/corpus)." };
        var wordNet = new Option<DirectoryInfo?>("--wordnet") { Description = "WordNet's dict folder (default: BUTLER_WORDNET, which ./butler fetches)." };
        var target = new Option<FileInfo?>("--output") { Description = $"The file (default: {WordVectorTrainer.Path} in the checkout)." };
        var command = new Command("words", "Learns the words of the local embeddings and writes their file.") { corpus, wordNet, target };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var words = parsed.GetValue(wordNet)?.FullName ?? Environment.GetEnvironmentVariable("BUTLER_WORDNET");
            if (!Directory.Exists(words))
            {
                throw new CliException("WordNet is not there; run this as ./butler, which fetches it, or name its dict folder with --wordnet.");
            }

            var file = parsed.GetValue(target)?.FullName ?? Path.Combine(Corpus.Root(), WordVectorTrainer.Path);
            var bytes = await Task.Run(new WordVectorTrainer(words, Corpus.Need(parsed.GetValue(corpus))).Train, cancellationToken);
            await File.WriteAllBytesAsync(file + ".partial", bytes, cancellationToken);
            File.Move(file + ".partial", file, overwrite: true);
            await parsed.InvocationConfiguration.Output.WriteLineAsync($"{bytes.Length / 1024} KiB written to {file}; raise WordVectorTrainer.Version if they differ, and build again.");
        });
        return command;
    }
}
