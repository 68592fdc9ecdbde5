using Butler.Cli.Search;
using Butler.Intelligence;
using Butler.Intelligence.Evaluation;

namespace Butler.Cli.Models;

/// <summary>One evaluation: part after part, each of which says what the folder lacks instead of failing.</summary>
internal sealed class EvalRun(string folder, IReadOnlyCollection<string> parts, TextWriter progress)
{
    public static readonly string[] Parts = ["spam", "needs_reply", "shipped", "transactions", "quotes", "summaries", "search", "fallback"];

    private readonly List<EvaluationRow> _rows = [];
    private readonly List<string> _notes = [];

    public async Task<EvaluationReport> RunAsync(CancellationToken cancellationToken)
    {
        var peer = Bogofilter.Find();
        if (peer is null && (parts.Contains("spam") || parts.Contains("shipped")))
        {
            _notes.Add("bogofilter was not there: no comparison.");
        }

        var shipped = new Lazy<ShippedEvaluation>(() => new ShippedEvaluation(folder));
        var triage = new Lazy<TriageEvaluation>(() => new TriageEvaluation(folder));
        await PartAsync("spam", "spam-ham/ with spam and ham", () => triage.Value.Spam(peer), cancellationToken);
        await PartAsync("needs_reply", "intent/ records", () => [.. triage.Value.NeedsReply(), .. triage.Value.Requests() is { } row ? [row] : Array.Empty<EvaluationRow>()], cancellationToken);
        await PartAsync("shipped", "labelled mail that the shipped model has not seen", () => Shipped(shipped.Value, peer), cancellationToken);
        await PartAsync("transactions", "transactions/", () => TransactionRows.Rows(folder), cancellationToken);
        await PartAsync("quotes", "quotes-signatures/", () => QuoteEvaluation.Rows(folder), cancellationToken);
        await PartAsync("summaries", "intent/ with the BC3 threads", () => SummaryEvaluation.Rows(folder), cancellationToken);
        if (parts.Contains("search"))
        {
            await progress.WriteLineAsync("search ...");
            var found = await SearchEval.RowsAsync(folder, cancellationToken);
            _rows.AddRange(found);
            if (found.Count == 0)
            {
                _notes.Add("search: not scored, the folder lacks mails in spam-ham/ or threads/.");
            }
        }

        await FallbackAsync(cancellationToken);
        return new EvaluationReport(LocalTriage.ModelName, _rows, _notes);
    }

    private IReadOnlyList<EvaluationRow> Shipped(ShippedEvaluation shipped, Bogofilter? peer)
    {
        _notes.AddRange(shipped.Notes);
        // Where the folder is another one than the corpus trained on, the other filter is taught what the model was.
        var trainedOn = Corpus.Folder() is { } corpus && !Path.GetFullPath(folder).Equals(corpus, StringComparison.Ordinal) ? corpus : null;
        return shipped.Rows(peer, trainedOn);
    }

    private async Task FallbackAsync(CancellationToken cancellationToken)
    {
        if (!parts.Contains("fallback"))
        {
            return;
        }

        if (FallbackRun.Missing is { } missing)
        {
            _notes.Add($"fallback: not run, {missing}.");
            return;
        }

        await progress.WriteLineAsync("fallback ...");
        await using var run = await FallbackRun.StartAsync(cancellationToken);
        _rows.AddRange(await run.RowsAsync(cancellationToken));
    }

    private async Task PartAsync(string part, string needs, Func<IReadOnlyList<EvaluationRow>> rows, CancellationToken cancellationToken)
    {
        if (!parts.Contains(part))
        {
            return;
        }

        await progress.WriteLineAsync($"{part} ...");
        var found = await Task.Run(rows, cancellationToken);
        _rows.AddRange(found);
        if (found.Count == 0)
        {
            _notes.Add($"{part}: not scored, the folder lacks {needs}.");
        }
    }
}
