using Butler.Intelligence.Training;
using Butler.Testing;

namespace Butler.Intelligence.Tests.Training;

public sealed class TrainCommandTests : IDisposable
{
    private readonly string _scratch = Directory.CreateTempSubdirectory("butler-train-").FullName;

    public void Dispose() => Directory.Delete(_scratch, recursive: true);

    [CorpusFact]
    public async Task RunAsync_SameSeed_GivesTheShippedBytes()
    {
        // BUTLER_TRAIN_TO writes the model into the repository after a change of features or data.
        var output = Environment.GetEnvironmentVariable("BUTLER_TRAIN_TO") ?? Path.Combine(_scratch, "triage.bin");
        var said = await TrainCommand.RunAsync(Corpus.Folder!, output);
        Assert.StartsWith("Trained on", said, StringComparison.Ordinal);
        using var shipped = typeof(LocalTriage).Assembly.GetManifestResourceStream("Butler.Intelligence.Model.triage.bin")!;
        using var copy = new MemoryStream();
        await shipped.CopyToAsync(copy);
        if (output.StartsWith(_scratch, StringComparison.Ordinal))
        {
            var trained = await File.ReadAllBytesAsync(output);
            // Another processor's exponential may differ in its last bit, hence a share and not every byte.
            var equal = copy.ToArray().Zip(trained, (a, b) => a == b).Count(e => e);
            Assert.Equal(copy.Length, trained.Length);
            Assert.True(equal >= trained.Length * 0.999, "The shipped model is not what the code trains: run ./butler train.");
        }
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
