namespace Butler.Sandbox.Models;

/// <summary>What faults make of an answer that arrives as 200.</summary>
internal static class FaultAnswers
{
    public static ModelAnswer Apply(ModelFaultKind? kind, ModelRequest request, ModelAnswer answer)
    {
        ModelAnswer Says(string text, EndReason end = EndReason.Stop) => answer with { Text = text, End = end, OutputTokens = TokenCount.Of(text) };
        var half = answer.Text[..(answer.Text.Length / 2)];
        return kind switch
        {
            ModelFaultKind.Prose => Says(RuleModel.Prose(request)),
            ModelFaultKind.Fenced => Says($"Here is the JSON you asked for:\n```json\n{answer.Text}\n```\n"),
            ModelFaultKind.WrongShape => Says("{\"category\":\"of no kind\",\"certainty\":\"high\"}"),
            ModelFaultKind.Refusal => Says("I'm sorry, but I can't help with that request.", EndReason.Refusal),
            ModelFaultKind.ContentFilter => Says(half, EndReason.ContentFilter),
            ModelFaultKind.CutOff => Says(half, EndReason.Length),
            ModelFaultKind.BrokenJson => Says(half),
            ModelFaultKind.EmptyChoices => answer with { NoChoices = true },
            ModelFaultKind.MissingUsage => answer with { NoUsage = true },
            _ => answer,
        };
    }
}
