using System.Globalization;
using System.Text;

namespace Butler.Intelligence.Evaluation;

/// <summary>One line of an evaluation.</summary>
/// <param name="Part">What is measured: spam, needs_reply, quotes, transactions, search, fallback ...</param>
/// <param name="Name">Which cases, and who answered.</param>
public sealed record EvaluationRow(string Part, string Name)
{
    /// <summary>For yes/no questions.</summary>
    public Figures? Figures { get; init; }

    /// <summary>For what is right or wrong, case by case; null otherwise.</summary>
    public Share? Share { get; init; }

    /// <summary>For figures that are neither, such as a number of characters or a time.</summary>
    public string? Note { get; init; }
}

/// <summary>So many of so many.</summary>
/// <param name="Right">Those that hold.</param>
/// <param name="All">All cases.</param>
public readonly record struct Share(int Right, int All)
{
    /// <summary>Between 0 and 1; 0 where there are no cases.</summary>
    public double Value => All == 0 ? 0 : (double)Right / All;

    /// <summary>The 95 % interval.</summary>
    public (double Low, double High) Interval => Figures.Wilson(Right, All);
}

/// <summary>A finished evaluation: rows, and what was not measured and why.</summary>
/// <param name="Model">The shipped model's version.</param>
/// <param name="Rows">The figures, in order of their parts.</param>
/// <param name="Notes">What was left out, and why.</param>
public sealed record EvaluationReport(string Model, IReadOnlyList<EvaluationRow> Rows, IReadOnlyList<string> Notes)
{
    /// <summary>The report as Markdown: a table of yes/no questions, a table of shares, the notes.</summary>
    public string ToMarkdown()
    {
        var text = new StringBuilder();
        var questions = Rows.Where(r => r.Figures is not null).ToArray();
        if (questions.Length > 0)
        {
            text.Append("| measured | yes | no | precision (95 %) | recall (95 %) | F1 | ROC area (95 %) | no lost at 98 % caught (95 %) |\n|---|---:|---:|---|---|---:|---|---|\n");
            foreach (var row in questions)
            {
                text.Append(row.Figures!.ToMarkdown($"{row.Part}: {row.Name}", withLoss: row.Part == "spam")).Append('\n');
            }
        }

        var shares = Rows.Where(r => r.Figures is null).ToArray();
        if (shares.Length > 0)
        {
            text.Append("\n| measured | of | share (95 %) | |\n|---|---:|---|---|\n");
            foreach (var row in shares)
            {
                text.Append(CultureInfo.InvariantCulture, $"| {row.Part}: {row.Name} | ");
                if (row.Share is { } share)
                {
                    var (low, high) = share.Interval;
                    text.Append(CultureInfo.InvariantCulture, $"{share.Right} of {share.All} | {share.Value:P1} ({low:P1}–{high:P1})");
                }
                else
                {
                    text.Append(" | ");
                }

                text.Append(" | ").Append(row.Note).Append(" |\n");
            }
        }

        foreach (var note in Notes)
        {
            text.Append("\n- ").Append(note);
        }

        return text.Append('\n').ToString();
    }
}
