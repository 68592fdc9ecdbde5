using System.Runtime.CompilerServices;
using Butler.Intelligence.Model;
using Butler.Intelligence.Training;
using Butler.Mail;

namespace Butler.Intelligence.Tests.Training;

/// <summary>What is trained on is known again, and training on the same mails gives the same bytes; on the repository's samples, so always run.</summary>
public sealed class FingerprintsTests
{
    [Fact]
    public void Knows_TrainedText_ItselfAndNearlyTheSame()
    {
        var mails = Samples();
        var known = Fingerprints.Read(new MemoryStream(Fingerprints.Write(mails, [new("Could you send the files?", true, "test", false)])));
        Assert.All(mails, m => Assert.True(known.Knows(m)));
        Assert.True(known.Knows("", "Could you send the files?"));
        Assert.False(known.Knows("", "Could you send the pictures?"));
        var longest = mails.MaxBy(m => m.Mail.NewText.Length)!;
        Assert.True(known.Knows("another subject", longest.Mail.NewText + "\nOne more line that was not there before."));
        Assert.False(known.Knows(longest.Mail.Subject, new string([.. longest.Mail.NewText.Reverse()])));
    }

    [Fact]
    public void Read_CutOrForeignFile_SaysSo()
    {
        var file = Fingerprints.Write(Samples(), []);
        Assert.Throws<InvalidDataException>(() => Fingerprints.Read(new MemoryStream(file[..^3])));
        Assert.Throws<InvalidDataException>(() => Fingerprints.Read(new MemoryStream(new byte[64])));
    }

    [Fact]
    public void Train_SameMailsTwice_GivesEqualBytes()
    {
        Assert.Equal(Train(), Train());
        Assert.Equal(Fingerprints.Write(Samples(), []), Fingerprints.Write(Samples(), []));
    }

    private static byte[] Train()
    {
        var options = ModelTrainer.SpamOptions with { Bits = 14, Epochs = 4 };
        var examples = ModelTrainer.Examples(Samples(), TriageModel.Shipped.Request, m => (m.Spam!.Value, 1, true));
        var spam = LogisticTrainer.Train(examples, options, seed: 5);
        Assert.NotEqual(0, spam.Hashed.Count(w => w != 0));
        using var file = new MemoryStream();
        ModelFile.Write(file, new TriageModel("golden", spam, spam, spam));
        return file.ToArray();
    }

    private static LabelledMail[] Samples([CallerFilePath] string here = "")
    {
        var folder = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../../samples"));
        return [.. File.ReadLines(Path.Combine(folder, "expected.tsv")).Skip(1).Select(l => l.Split('\t')).Where(r => r[5] != "sent").Select((r, i) =>
        {
            var message = MimeMessage.Parse(File.ReadAllBytes(Path.Combine(folder, "mails", r[0])));
            return new LabelledMail(MailFeatures.Of(message, MailText.Read(message), MailSignals.Read(message), []), "samples", (ulong)i) { Spam = r[1] == "spam" };
        })];
    }
}
