namespace Butler.Intelligence.Evaluation;

/// <summary>Butler's tags against labels, tag by tag and all together (micro average), for the half that the rules were tuned on and the half that was only scored.</summary>
public static class TagEvaluation
{
    /// <summary>The rows; none where the folder holds none of the labelled mails.</summary>
    public static IReadOnlyList<EvaluationRow> Rows(string data)
    {
        var cases = TagCorpus.Read(data).Select(c => (Case: c, Given: Tagger.Tag(c.Mail))).ToArray();
        var rows = new List<EvaluationRow>();
        foreach (var (tuned, half) in ((bool, string)[])[(false, "only scored"), (true, "tuned on")])
        {
            var part = Array.FindAll(cases, c => c.Case.IsTuned == tuned);
            if (part.Length == 0)
            {
                continue;
            }

            var each = Tagger.All.Select(tag => Of(tag, part)).ToArray();
            var all = new Figures("all", each.Sum(f => f.TruePositives), each.Sum(f => f.FalsePositives), each.Sum(f => f.FalseNegatives), each.Sum(f => f.TrueNegatives));
            rows.Add(new EvaluationRow("tags", $"all tags (micro), {half}, {part.Length} mails") { Figures = all });
            rows.AddRange(each.Where(f => f.Yes + f.FalsePositives > 0).Select(f => new EvaluationRow("tags", $"{f.Name}, {half}") { Figures = f }));
        }

        return rows;
    }

    private static Figures Of(string tag, (TagCase Case, IReadOnlyList<string> Given)[] cases)
    {
        int Count(bool given, bool label) => cases.Count(c => c.Given.Contains(tag) == given && c.Case.Tags.Contains(tag) == label);
        return new Figures(tag, Count(true, true), Count(true, false), Count(false, true), Count(false, false));
    }
}
