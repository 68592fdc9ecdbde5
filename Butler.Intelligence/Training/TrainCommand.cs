using System.Text;
using Butler.Intelligence.Model;

namespace Butler.Intelligence.Training;

/// <summary><c>./butler train</c>: makes the model file from a labelled corpus.</summary>
public static class TrainCommand
{
    /// <summary>Where the shipped model stands in the repository.</summary>
    public const string ModelPath = "Butler.Intelligence/Model/triage.bin";

    /// <summary>Beside the model: what it was trained on, as hashes (eval leaves that out).</summary>
    public const string TrainedName = "trained.bin";

    /// <summary>Beside the model: the weights by which a summary's sentences are chosen.</summary>
    public const string SummaryName = "summary.txt";

    /// <summary>Trains on <paramref name="dataDir"/> and writes the model to <paramref name="output"/>; returns what was done, in words.</summary>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="InvalidDataException">The folder lacks a labelled corpus.</exception>
    public static async Task<string> RunAsync(string dataDir, string output, CancellationToken cancellationToken = default)
    {
        if (!Directory.Exists(dataDir))
        {
            throw new DirectoryNotFoundException("The data folder does not exist.");
        }

        var trainer = new ModelTrainer(dataDir);
        var model = await Task.Run(trainer.Train, cancellationToken);
        // Written beside and moved, so that a cut run leaves the old model whole.
        await WriteAsync(output, model, cancellationToken);
        await WriteAsync(Path.Combine(Path.GetDirectoryName(Path.GetFullPath(output))!, TrainedName), Fingerprints.Write(trainer.Mails, trainer.Sentences), cancellationToken);
        await WriteAsync(Path.Combine(Path.GetDirectoryName(Path.GetFullPath(output))!, SummaryName), await Task.Run(() => Summary(dataDir, model), cancellationToken), cancellationToken);
        var (mails, sentences) = trainer.Size;
        return $"{ModelTrainer.Version}: trained on {mails} mails and {sentences} sentences with seed {ModelTrainer.DefaultSeed}; {model.Length / 1024} KiB written.\n{trainer.Describe()}";
    }

    // With the request model as it ships.
    private static byte[] Summary(string dataDir, byte[] model)
    {
        using var file = new MemoryStream(model);
        var mails = SummaryTrainer.Read(dataDir).ToList();
        return Encoding.UTF8.GetBytes(SummaryTrainer.Write(SummaryTrainer.Train(mails, ModelFile.Read(file).Request), mails.Count));
    }

    private static async Task WriteAsync(string path, byte[] bytes, CancellationToken cancellationToken)
    {
        var partial = path + ".partial";
        await File.WriteAllBytesAsync(partial, bytes, cancellationToken);
        File.Move(partial, path, overwrite: true);
    }
}
