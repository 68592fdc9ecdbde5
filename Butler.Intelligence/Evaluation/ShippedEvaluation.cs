using Butler.Intelligence.Model;
using Butler.Intelligence.Text;
using Butler.Intelligence.Training;

namespace Butler.Intelligence.Evaluation;

/// <summary>
/// The shipped model as it is, on what it has not seen: texts that were trained on, or nearly so, are left out and counted. The archive
/// of terms that forbid training is scored too.
/// </summary>
public sealed class ShippedEvaluation
{
    private readonly List<LabelledMail> _mails;
    private readonly List<LabelledSentence> _sentences;
    private readonly List<LabelledMail> _answered;
    private readonly List<string> _notes = [];

    /// <summary>Reads the folder.</summary>
    public ShippedEvaluation(string data)
    {
        var known = Fingerprints.Shipped;
        IReadOnlyList<LabelledMail> core = [.. IntentCorpus.Read(data).Where(m => m.IsReplyCore), .. MailCorpus.Read(data), .. MailCorpus.Read(data, "cc-by-nc"), .. MailCorpus.ReadOffice(data)];
        _mails = [.. core.Where(m => !known.Knows(m))];
        Overlap = core.Count == 0 ? 0 : 1 - ((double)_mails.Count / core.Count);
        IReadOnlyList<LabelledSentence> sentences = [.. SentenceCorpus.Read(data).Where(s => s.Source == "parakweet")];
        _sentences = [.. sentences.Where(s => !known.Knows("", s.Text))];
        IReadOnlyList<LabelledMail> answered = [.. MailCorpus.ReadAnswered(data)];
        _answered = [.. answered.Where(m => !known.Knows(m))];
        Leave("mails of spam-ham, intent and the office mailbox", core.Count, _mails.Count);
        Leave("sentences", sentences.Count, _sentences.Count);
        Leave("mails of threads", answered.Count, _answered.Count);
    }

    /// <summary>The share of the folder's mails that the shipped model was trained on, or nearly so.</summary>
    public double Overlap { get; }

    /// <summary>What was left out.</summary>
    public IReadOnlyList<string> Notes => _notes;

    /// <summary>The figures; where the training corpus is at hand, another filter taught the same mails stands beside.</summary>
    public IReadOnlyList<EvaluationRow> Rows(ISpamPeer? peer = null, string? trainedOn = null)
    {
        var model = TriageModel.Shipped;
        var rows = new List<EvaluationRow>();
        var spamHam = _mails.Where(m => m.IsSpamCore).ToArray();
        var main = spamHam.Where(m => m.Source != Phishing).ToArray();
        Add(rows, "spam", "shipped model, unseen spam-ham", main.Select(m => SpamEvaluation.Score(m, model)));
        AddPeer(rows, peer, trainedOn, "unseen spam-ham", main);
        // Phishing of this decade against lists: other years and other kinds than what was trained on.
        LabelledMail[] late = [.. spamHam.Where(m => m.Source == Phishing), .. _answered];
        if (late.Any(m => m.Spam == true) && late.Any(m => m.Spam == false))
        {
            Add(rows, "spam", "shipped model, unseen phishing against unseen list mail of threads", late.Select(m => SpamEvaluation.Score(m, model)));
            AddPeer(rows, peer, trainedOn, "unseen phishing against unseen list mail of threads", late);
        }

        foreach (var group in _mails.Where(m => m.Spam is not null && (m.IsSpamCore || m.Source == MailCorpus.Office)).GroupBy(m => m.Source, StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            var scored = group.Select(m => SpamEvaluation.Score(m, model)).ToArray();
            rows.Add(new EvaluationRow("spam", $"shipped model, {(scored[0].Label ? "caught" : "kept")}, {group.Key}") { Share = new Share(scored.Count(s => s.Yes == s.Label), scored.Length) });
        }

        var core = _mails.Where(m => m.IsReplyCore).ToArray();
        Add(rows, "needs_reply", "shipped model, unseen intent records", core.Select(m => TriageEvaluation.Score(m, model)));
        if (core.Length > 0)
        {
            Add(rows, "needs_reply", "by word list, the same records", core.Select(TriageEvaluation.WordList));
        }

        Add(rows, "requests by sentence", "shipped model, unseen ParakweetLabs sentences", _sentences.Select(s => Sentence(s, model)));
        Add(rows, "replied (weak)", "shipped model, list mail as if sent to the owner, somebody answered", _answered.Select(m => TriageEvaluation.Score(ToOwner(m), model)));
        return rows;
    }

    // A list's mail goes to nobody in particular, which alone makes it one that needs no answer of the owner.
    private static LabelledMail ToOwner(LabelledMail mail) =>
        mail with { Mail = mail.Mail with { IsList = false, IsBulk = false, HasListUnsubscribe = false, To = ["owner@example.com"], OwnerAddresses = ["owner@example.com"] } };

    private const string Phishing = "spam;phishing";

    private static void AddPeer(List<EvaluationRow> rows, ISpamPeer? peer, string? trainedOn, string name, LabelledMail[] mails)
    {
        if (peer is not null && trainedOn is not null && mails.Length > 0)
        {
            var train = MailCorpus.Read(trainedOn).Select(m => (m.Raw!, m.Spam!.Value)).ToArray();
            var scores = peer.Score(train, [.. mails.Select(m => m.Raw!)]);
            Add(rows, "spam", $"{peer.Name} taught the model's {train.Length} mails, {name}", mails.Zip(scores, (m, s) => new Scored(s, s >= peer.Threshold, m.Spam!.Value)));
        }
    }

    private void Leave(string what, int all, int kept)
    {
        if (all == 0)
        {
            _notes.Add($"Shipped model: the folder holds no {what}.");
        }
        else if (kept < all)
        {
            _notes.Add($"Shipped model: {all - kept} of {all} {what} were left out, because it was trained on them or on nearly the same text.");
        }
    }

    private static void Add(List<EvaluationRow> rows, string part, string name, IEnumerable<Scored> scored)
    {
        Scored[] all = [.. scored];
        if (all.Length > 0)
        {
            rows.Add(new EvaluationRow(part, name) { Figures = Figures.Of(name, all) });
        }
    }

    private static Scored Sentence(LabelledSentence sentence, TriageModel model)
    {
        var vector = new FeatureVector(FeatureExtractor.SentenceNamed);
        var score = ModelTrainer.Vector(sentence.Text, vector) ? Sigmoid.Of(model.Request.LogOdds(vector, 1, out _)) : 0;
        return new Scored(score, score >= 0.5, sentence.Asks);
    }
}
