namespace Butler.Intelligence.Training;

/// <summary><c>./butler train</c>: makes the model file from a labelled corpus.</summary>
public static class TrainCommand
{
    /// <summary>Where the shipped model stands in the repository.</summary>
    public const string ModelPath = "Butler.Intelligence/Model/triage.bin";

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
        var partial = output + ".partial";
        await File.WriteAllBytesAsync(partial, model, cancellationToken);
        File.Move(partial, output, overwrite: true);
        var (mails, sentences) = trainer.Size;
        return $"Trained on {mails} mails and {sentences} sentences; {model.Length / 1024} KiB written.";
    }
}
