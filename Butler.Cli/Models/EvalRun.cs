using Butler.Cli.Search;
using Butler.Intelligence;
using Butler.Intelligence.Evaluation;

namespace Butler.Cli.Models;

/// <summary>One evaluation: part after part, each of which says what the folder lacks instead of failing.</summary>
internal sealed class EvalRun(string folder, IReadOnlyCollection<string> parts, TextWriter progress)
{
    public static readonly string[] Parts = ["spam", "needs_reply", "shipped", "transactions", "quotes", "summaries", "tags", "search", "fallback"];

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
        await PartAsync("spam", "spam-ham/ with spam and ham", () => [.. triage.Value.Spam(peer), .. triage.Value.SpamByThread(peer)], cancellationToken);
        await PartAsync("needs_reply", "intent/ records", () => [.. triage.Value.NeedsReply(), .. triage.Value.Requests() is { } row ? [row] : Array.Empty<EvaluationRow>()], cancellationToken);
        await PartAsync("shipped", "labelled mail that the shipped model has not seen", () => Shipped(shipped.Value, peer), cancellationToken);
        await PartAsync("transactions", "transactions/", () => TransactionRows.Rows(folder), cancellationToken);
        await PartAsync("quotes", "quotes-signatures/", () => QuoteEvaluation.Rows(folder), cancellationToken);
        await PartAsync("summaries", "intent/ with the BC3 threads", () => SummaryEvaluation.Rows(folder), cancellationToken);
        await PartAsync("tags", "the mails that Evaluation/tag-labels.tsv names", () => TagEvaluation.Rows(folder), cancellationToken);
        await PartAsync("search", "mails in spam-ham/ or threads/", () => SearchEval.RowsAsync(folder, cancellationToken), cancellationToken);
        await PartAsync("fallback", "what it takes to run the sandbox", () => FallbackAsync(cancellationToken), cancellationToken);
        return new EvaluationReport(LocalTriage.ModelName, _rows, _notes);
    }

    private IReadOnlyList<EvaluationRow> Shipped(ShippedEvaluation shipped, Bogofilter? peer)
    {
        _notes.AddRange(shipped.Notes);
        // The other filter is taught what the model was, from the corpus it was trained on, wherever that is at hand.
        return shipped.Rows(peer, Corpus.Folder());
    }

    private async Task<IReadOnlyList<EvaluationRow>> FallbackAsync(CancellationToken cancellationToken)
    {
        if (FallbackRun.Missing is { } missing)
        {
            _notes.Add($"fallback: {missing}.");
            return [];
        }

        await using var run = await FallbackRun.StartAsync(cancellationToken);
        return await run.RowsAsync(cancellationToken);
    }

    private Task PartAsync(string part, string needs, Func<IReadOnlyList<EvaluationRow>> rows, CancellationToken cancellationToken) =>
        PartAsync(part, needs, () => Task.Run(rows, cancellationToken), cancellationToken);

    private async Task PartAsync<T>(string part, string needs, Func<Task<T>> rows, CancellationToken cancellationToken)
        where T : IReadOnlyList<EvaluationRow>
    {
        if (!parts.Contains(part))
        {
            return;
        }

        await progress.WriteLineAsync($"{part} ...");
        try
        {
            var found = await rows();
            _rows.AddRange(found);
            if (found.Count == 0)
            {
                _notes.Add($"{part}: not scored, the folder lacks {needs}.");
            }
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // A folder nobody has seen may hold anything: the other parts are scored all the same. No message, which may hold mail.
            _notes.Add($"{part}: NOT SCORED, it failed with {e.GetType().Name}{(e is CliException ? ": " + e.Message : "")}.");
        }
    }
}
