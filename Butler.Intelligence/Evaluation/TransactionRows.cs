using System.Globalization;

namespace Butler.Intelligence.Evaluation;

/// <summary>The transactions of a folder as rows of the report.</summary>
public static class TransactionRows
{
    /// <summary>By half and all together, then by source, then the mails we wrote ourselves; none where the folder has no transactions.</summary>
    public static IReadOnlyList<EvaluationRow> Rows(string data)
    {
        var figures = new TransactionsEvaluation(data).All();
        return figures.Count == 0 ? []
            : [.. figures.Where(f => f.Set == "all").SelectMany(Of), .. figures.Where(f => f.Set != "all").GroupBy(f => f.Set, StringComparer.Ordinal).Select(BySet), .. TransactionsEvaluation.Written().SelectMany(Of)];
    }

    private static IEnumerable<EvaluationRow> Of(TransactionFigures f)
    {
        var files = f.Half switch { "tuned" => "files the rules were tuned on", "held-out" => "files only scored", "both" => "all files", var set => $"written by us, {set}" };
        yield return new EvaluationRow("transactions", $"amount, currency and direction booked right, {files}")
        {
            Share = new Share(f.Right, f.Mails),
            Note = string.Create(CultureInfo.InvariantCulture, $"in review {f.InReview}, missed {f.Missed}, booked wrong {f.BookedWrong}; sum not in the text and not counted {f.NotInText}"),
        };
        yield return new EvaluationRow("transactions", $"wrongly booked, {files}") { Share = new Share(f.WronglyBooked, f.Mails + f.Others), Note = string.Create(CultureInfo.InvariantCulture, $"{f.BookedOthers} of {f.Others} that tell of no transaction") };
    }

    private static EvaluationRow BySet(IGrouping<string, TransactionFigures> set) => new("transactions", $"booked right, {set.Key}")
    {
        Share = new Share(set.Sum(f => f.Right), set.Sum(f => f.Mails)),
        Note = set.Sum(f => f.WronglyBooked) is > 0 and var wrong ? string.Create(CultureInfo.InvariantCulture, $"wrongly booked {wrong}") : null,
    };
}
