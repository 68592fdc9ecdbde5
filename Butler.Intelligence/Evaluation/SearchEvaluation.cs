using System.Security.Cryptography;
using System.Text;
using Butler.Intelligence.Training;
using Butler.Mail;

namespace Butler.Intelligence.Evaluation;

/// <summary>A mail that is searched in.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Names">Where it lies in the folder; copies of one mail are one.</param>
/// <param name="Subject">Its subject.</param>
/// <param name="FromName">The sender's name.</param>
/// <param name="FromAddress">The sender's address.</param>
/// <param name="Text">The new text.</param>
/// <param name="Language">ISO 639-1, or "und".</param>
/// <param name="Date">The Date header.</param>
public sealed record SearchDocument(int Number, IReadOnlyList<string> Names, string Subject, string FromName, string FromAddress, string Text, string Language, DateTimeOffset? Date);

/// <summary>A query with the one mail that is wanted.</summary>
/// <param name="Kind">word, para (other words), typo, cross (another language), or generated.</param>
/// <param name="Wanted">The mail's number.</param>
/// <param name="Query">The query.</param>
public sealed record KnownItem(string Kind, int Wanted, string Query);

/// <summary>
/// Search of known items in the mails of a corpus folder: queries written by hand (Evaluation/search-queries.tsv), of which those count whose mail is in
/// the folder, and three rare words each of up to 200 mails, for folders that nobody has written queries for.
/// </summary>
public sealed class SearchEvaluation
{
    private const int Generated = 200;
    private const int MaxMail = 2 * 1024 * 1024;
    private static readonly string[] s_kinds = ["spam-ham", "threads"];

    /// <summary>Reads the folder.</summary>
    public SearchEvaluation(string data)
    {
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        var names = new List<List<string>>();
        var mails = new List<SearchDocument>();
        foreach (var kind in s_kinds)
        {
            foreach (var (name, bytes) in CorpusFolder.Read(data, kind))
            {
                if (bytes.Length > MaxMail || name.EndsWith(".mbox", StringComparison.Ordinal) || name.EndsWith(".tsv", StringComparison.Ordinal) || Read(bytes) is not { } mail)
                {
                    continue;
                }

                var key = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(mail.Subject + "\n" + string.Join(' ', mail.Text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)))));
                if (!numbers.TryGetValue(key, out var number))
                {
                    numbers[key] = number = mails.Count;
                    names.Add([]);
                    mails.Add(mail with { Number = number, Names = names[number] });
                }

                names[number].Add($"{kind}/{name}");
            }
        }

        Mails = mails;
        Queries = [.. Written(mails), .. Rare(mails)];
    }

    /// <summary>What is searched in.</summary>
    public IReadOnlyList<SearchDocument> Mails { get; }

    /// <summary>The queries whose mail is there.</summary>
    public IReadOnlyList<KnownItem> Queries { get; }

    /// <summary>Asks every query in every mode; the share found among the first ten, by kind.</summary>
    /// <param name="modes">The modes' names.</param>
    /// <param name="find">Answers the numbers of mails, best first, of a query in a mode.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<IReadOnlyList<EvaluationRow>> RowsAsync(IReadOnlyList<string> modes, Func<string, string, Task<IReadOnlyList<int>>> find, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(modes);
        ArgumentNullException.ThrowIfNull(find);
        var rows = new List<EvaluationRow>();
        var places = new Dictionary<(string Mode, KnownItem Item), int>();
        foreach (var mode in modes)
        {
            foreach (var item in Queries)
            {
                cancellationToken.ThrowIfCancellationRequested();
                places[(mode, item)] = (await find(mode, item.Query)).Take(10).ToList().IndexOf(item.Wanted);
            }
        }

        string[] written = ["word", "para", "typo", "cross"];
        foreach (var (name, kinds, half) in (IEnumerable<(string, string[], bool)>)
            [("all written", written, false), ("written, kept apart", written, true), .. written.Select(k => (Words(k), new[] { k }, false)), (Words("generated"), ["generated"], false)])
        {
            foreach (var mode in modes)
            {
                var found = Queries.Where(q => kinds.Contains(q.Kind) && (!half || IsKeptApart(q))).Select(q => places[(mode, q)]).ToList();
                if (found.Count > 0)
                {
                    rows.Add(new("search", $"{name}, {mode}, recall@10")
                    {
                        Share = new(found.Count(p => p >= 0), found.Count),
                        Note = FormattableString.Invariant($"first {(double)found.Count(p => p == 0) / found.Count:P0}, MRR@10 {found.Sum(p => p < 0 ? 0 : 1.0 / (p + 1)) / found.Count:F3}"),
                    });
                }
            }
        }

        return rows;
    }

    /// <summary>The half of the mails on whose queries nothing was settled: weights and sizes were chosen on the other.</summary>
    private bool IsKeptApart(KnownItem item) => SHA256.HashData(Encoding.UTF8.GetBytes(Mails[item.Wanted].Names.Order(StringComparer.Ordinal).First()))[0] >= 128;

    private static string Words(string kind) => kind switch
    {
        "word" => "exact words",
        "para" => "other words",
        "typo" => "misspelt",
        "cross" => "another language",
        _ => "generated (three rare words)",
    };

    private static SearchDocument? Read(byte[] bytes)
    {
        var message = MimeMessage.Parse(bytes);
        var features = MailFeatures.Of(message, MailText.Read(message), MailSignals.Read(message), []);
        return features.Subject.Length + features.NewText.Length == 0
            ? null
            : new(0, [], features.Subject, features.From.Name ?? "", features.From.Address ?? "", features.NewText, LanguageGuess.Of(features.NewText), message.Date);
    }

    private static IEnumerable<KnownItem> Written(List<SearchDocument> mails)
    {
        var numbers = mails.SelectMany(m => m.Names.Select(n => (n, m.Number))).ToDictionary(p => p.n, p => p.Number, StringComparer.Ordinal);
        using var reader = new StreamReader(typeof(SearchEvaluation).Assembly.GetManifestResourceStream("Butler.Intelligence.Evaluation.search-queries.tsv")!);
        while (reader.ReadLine() is { } line)
        {
            if (!line.StartsWith('#') && line.Split('\t') is [var kind, var name, var query] && numbers.TryGetValue(name, out var number))
            {
                yield return new(kind, number, query);
            }
        }
    }

    private static IEnumerable<KnownItem> Rare(List<SearchDocument> mails)
    {
        var words = mails.Select(m => Tokens(m.Text)).ToList();
        var spread = words.SelectMany(w => w).GroupBy(w => w, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Count(), StringComparer.Ordinal);
        var step = Math.Max(1, mails.Count / Generated);
        for (var i = 0; i < mails.Count; i += step)
        {
            string[] rare = [.. words[i].Where(w => spread[w] is > 1 and < 20).OrderBy(w => spread[w]).ThenBy(w => w, StringComparer.Ordinal).Take(3)];
            if (rare.Length == 3 && words[i].Count >= 20)
            {
                yield return new("generated", i, string.Join(' ', rare));
            }
        }
    }

    private static HashSet<string> Tokens(string text)
    {
        var words = new HashSet<string>(StringComparer.Ordinal);
        foreach (var run in text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
        {
            var word = run.Trim('.', ',', ';', ':', '!', '?', '"', '\'', '(', ')').ToLowerInvariant();
            if (word.Length is >= 4 and <= 14 && word.All(char.IsLetter))
            {
                words.Add(word);
            }
        }

        return words;
    }
}
