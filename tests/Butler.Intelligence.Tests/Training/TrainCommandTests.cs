using Butler.Intelligence.Model;
using Butler.Intelligence.Training;
using Butler.Testing;

namespace Butler.Intelligence.Tests.Training;

public sealed class TrainCommandTests : IDisposable
{
    private readonly string _scratch = Directory.CreateTempSubdirectory("butler-train-").FullName;

    public void Dispose() => Directory.Delete(_scratch, recursive: true);

    [CorpusFact]
    public async Task RunAsync_SameSeed_GivesTheShippedModel()
    {
        // BUTLER_TRAIN_TO writes the model into the repository after a change of features or data.
        var output = Environment.GetEnvironmentVariable("BUTLER_TRAIN_TO") ?? Path.Combine(_scratch, "triage.bin");
        var said = await TrainCommand.RunAsync(Corpus.Folder!, output);
        Assert.StartsWith(TriageModel.Shipped.Version, said, StringComparison.Ordinal);
        Assert.Contains("parakweet: ", said, StringComparison.Ordinal);
        using (var trainedOn = File.OpenRead(Path.Combine(Path.GetDirectoryName(output)!, TrainCommand.TrainedName)))
        {
            Assert.Equal(Fingerprints.Shipped.Count, Fingerprints.Read(trainedOn).Count);
        }

        using var file = File.OpenRead(output);
        var trained = ModelFile.Read(file);
        Assert.Equal(TriageModel.Shipped.Version, trained.Version);
        // Not byte for byte: each change in how Butler.Mail cuts text moves some weights. Far off means another method.
        Assert.All(
            new[] { (TriageModel.Shipped.Spam, trained.Spam), (TriageModel.Shipped.Reply, trained.Reply), (TriageModel.Shipped.Request, trained.Request) },
            pair => Assert.True(Cosine(pair.Item1.Hashed, pair.Item2.Hashed) > 0.95, "The shipped model is not what the code trains: run ./butler train."));
    }

    private static double Cosine(sbyte[] a, sbyte[] b)
    {
        double ab = 0, aa = 0, bb = 0;
        for (var i = 0; i < a.Length; i++)
        {
            ab += a[i] * b[i];
            aa += a[i] * a[i];
            bb += b[i] * b[i];
        }

        return ab / Math.Sqrt(aa * bb);
    }

    [Fact]
    public async Task RunAsync_NoSuchFolder_SaysSo() =>
        await Assert.ThrowsAsync<DirectoryNotFoundException>(() => TrainCommand.RunAsync(Path.Combine(_scratch, "none"), Path.Combine(_scratch, "m")));

    [Fact]
    public async Task RunAsync_EmptyFolder_SaysWhatIsMissing()
    {
        var thrown = await Assert.ThrowsAsync<InvalidDataException>(() => TrainCommand.RunAsync(_scratch, Path.Combine(_scratch, "m")));
        Assert.Contains("intent/", thrown.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_scratch));
    }
}
