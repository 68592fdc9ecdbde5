using Butler.Intelligence.Model;
using Butler.Intelligence.Training;

namespace Butler.Intelligence.Tests.Model;

public sealed class ModelFileTests
{
    [Fact]
    public void Read_ShippedModel_IsSmallAndSurvivesWriting()
    {
        using var file = new MemoryStream();
        ModelFile.Write(file, TriageModel.Shipped);
        Assert.True(file.Length < ModelFile.MaxBytes);
        file.Position = 0;
        var copy = ModelFile.Read(file);
        Assert.Equal(TriageModel.Shipped.Version, copy.Version);
        Assert.Equal(TriageModel.Shipped.Spam.Hashed, copy.Spam.Hashed);
        Assert.Equal(TriageModel.Shipped.Reply.Named, copy.Reply.Named);
    }

    [Fact]
    public void Read_CutOrForeignFile_SaysSo()
    {
        using var file = new MemoryStream();
        ModelFile.Write(file, TriageModel.Shipped);
        Assert.Throws<InvalidDataException>(() => ModelFile.Read(new MemoryStream(file.ToArray()[..5_000])));
        Assert.Throws<InvalidDataException>(() => ModelFile.Read(new MemoryStream(new byte[64])));
    }

    [Fact]
    public void Train_SameSeedTwice_GivesEqualWeights()
    {
        var random = new Random(7);
        var examples = Enumerable.Range(0, 200).Select(i => new Example
        {
            Words = [.. Enumerable.Range(0, 20).Select(_ => random.Next(1 << 12)), i % 2],
            Chars = [],
            Named = [i % 3 == 0 ? 1 : 0],
            Label = i % 2 == 0,
            Weight = 1,
            Group = (ulong)i,
            Calibrates = true,
        }).ToArray();
        var options = new TrainingOptions("test", 12);
        var (first, second, other) = (LogisticTrainer.Train(examples, options, 1), LogisticTrainer.Train(examples, options, 1), LogisticTrainer.Train(examples, options, 2));
        Assert.Equal(first.Hashed, second.Hashed);
        Assert.Equal(first.Slope, second.Slope);
        Assert.NotEqual(first.Hashed, other.Hashed);
    }
}
