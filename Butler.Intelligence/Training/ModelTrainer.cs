using Butler.Intelligence.Model;
using Butler.Intelligence.Text;

namespace Butler.Intelligence.Training;

/// <summary>Trains the shipped models from a labelled corpus folder; deterministic by seed.</summary>
public sealed class ModelTrainer
{
    /// <summary>The seed of the shipped model.</summary>
    public const int DefaultSeed = 20261121;

    /// <summary>Changes with features or data; the version is part of every verdict.</summary>
    internal const string Version = "butler-linear-4";

    internal static readonly TrainingOptions RequestOptions = new("request", 16) { Epochs = 12 };

    internal static readonly TrainingOptions ReplyOptions = new("reply", 16)
    {
        // No corpus with owners has real headers; what is known of them stands in Priors.
        Hidden = NamedLayout.IsHeader,
    };

    internal static readonly TrainingOptions SpamOptions = new("spam", FeatureVector.Bits)
    {
        // Ham of 2002 is mostly lists: half of the training sees no list headers, or every list would be good and
        // every other mail suspect. The spam corpora name no owner, so addressing is hidden altogether.
        Hidden = NamedLayout.IsAddressing,
        Dropped = NamedLayout.IsHeader,
        HideWordsEvery = 0,
        HideShapeEvery = 8,
        Gain = 5,
        BalanceSources = true,
        Runs = 2,
        Epochs = 12,
        Decay = 3e-4f,
        Evidence = true,
        Kept = 0.997,
    };

    private readonly List<LabelledMail> _mails;
    private readonly List<LabelledSentence> _sentences;
    private readonly int _seed;

    /// <summary>Reads the corpus in <paramref name="data"/> (layout of shared/corpus, packed or unpacked).</summary>
    public ModelTrainer(string data, int seed = DefaultSeed)
    {
        _seed = seed;
        _mails = NearDuplicates.Join([.. IntentCorpus.Read(data), .. MailCorpus.Read(data), .. MailCorpus.ReadOffice(data), .. TransactionCorpus.Read(data)]);
        _sentences = [.. SentenceCorpus.Read(data)];
    }

    internal IReadOnlyList<LabelledMail> Mails => _mails;

    internal IReadOnlyList<LabelledSentence> Sentences => _sentences;

    /// <summary>The number of mails and sentences learnt from.</summary>
    public (int Mails, int Sentences) Size => (_mails.Count, _sentences.Count);

    /// <summary>What was read, by source and by label.</summary>
    internal string Describe() => string.Join('\n', _mails.GroupBy(m => m.Source, StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal)
        .Select(g => $"  {g.Key}: {g.Count()} mails, spam {g.Count(m => m.Spam == true)} yes {g.Count(m => m.Spam == false)} no, reply {g.Count(m => m.Reply == true)} yes {g.Count(m => m.Reply == false)} no")
        .Concat(_sentences.GroupBy(s => s.Source, StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal)
            .Select(g => $"  {g.Key}: {g.Count()} sentences, {g.Count(s => s.Asks)} ask")));

    /// <summary>Trains on everything and writes the model file.</summary>
    /// <exception cref="InvalidDataException">The corpus lacks one of the kinds that are needed, or the file would be above its limit.</exception>
    public byte[] Train()
    {
        if (!_sentences.Any(s => s.Asks) || !_mails.Any(m => m.Spam == true) || !_mails.Any(m => m.Reply == true))
        {
            throw new InvalidDataException("The folder holds no labelled corpus: intent/ and spam-ham/ are needed.");
        }

        var request = TrainRequest(_sentences);
        var model = new TriageModel(Version, request, TrainReply(_mails, request), TrainSpam(_mails, request));
        using var file = new MemoryStream();
        ModelFile.Write(file, model);
        return file.Length <= ModelFile.MaxBytes
            ? file.ToArray()
            : throw new InvalidDataException($"The model file is above {ModelFile.MaxBytes} bytes.");
    }

    internal LinearModel TrainRequest(IEnumerable<LabelledSentence> sentences) => TrainRequest(sentences, _seed);

    internal static LinearModel TrainRequest(IEnumerable<LabelledSentence> sentences, int seed)
    {
        var vector = new FeatureVector(FeatureExtractor.SentenceNamed);
        var examples = new List<Example>();
        foreach (var s in sentences)
        {
            if (Vector(s.Text, vector))
            {
                examples.Add(Example.Of(vector, s.Asks, s.Weight, WordHash.Of(s.Text), calibrates: true, s.Source));
            }
        }

        return LogisticTrainer.Train(examples, RequestOptions, seed);
    }

    /// <summary>Fills the vector with a sentence's features; false when it has no words.</summary>
    internal static bool Vector(string text, FeatureVector vector)
    {
        var scan = TextScan.Of("", text);
        if (scan.Sentences.Length == 0)
        {
            return false;
        }

        // Labelled sentences are whole: what our splitter cuts is joined again.
        var whole = scan.Sentences[0];
        foreach (ref var s in scan.Sentences[1..])
        {
            whole.TokenTo = s.TokenTo;
            whole.IsQuestion |= s.IsQuestion;
            whole.Cues |= s.Cues;
        }

        FeatureExtractor.Sentence(scan, whole, vector);
        return true;
    }

    internal LinearModel TrainReply(IEnumerable<LabelledMail> mails, LinearModel request) =>
        LogisticTrainer.Train(Examples(mails.Where(m => m.Reply is not null), request, m => (m.Reply!.Value, m.ReplyWeight, m.IsReplyCore)), ReplyOptions, _seed);

    internal LinearModel TrainSpam(IEnumerable<LabelledMail> mails, LinearModel request) =>
        LogisticTrainer.Train(Examples(mails.Where(m => m.Spam is not null), request, m => (m.Spam!.Value, m.SpamWeight, m.IsSpamCore || m.Source == MailCorpus.Office)), SpamOptions, _seed);

    internal static List<Example> Examples(IEnumerable<LabelledMail> mails, LinearModel request, Func<LabelledMail, (bool Label, float Weight, bool Calibrates)> label)
    {
        var vector = new FeatureVector(NamedLayout.Count);
        var examples = new List<Example>();
        foreach (var mail in mails)
        {
            var scan = SentenceScorer.Scan(mail.Mail.Subject, mail.Mail.NewText, request);
            FeatureExtractor.Mail(mail.Mail, scan, vector);
            var (answer, weight, calibrates) = label(mail);
            examples.Add(Example.Of(vector, answer, weight, mail.Group, calibrates, mail.Source));
        }

        return examples;
    }
}
