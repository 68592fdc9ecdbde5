using System.Text.Json;
using System.Text.Json.Serialization;
using Butler.Intelligence;
using Butler.Intelligence.Chat;
using Butler.Intelligence.Chat.Judging;
using Butler.Intelligence.Transactions;

namespace Butler.Classifier.Judging;

/// <summary>
/// What a verdict rests on (docs/chat.md): enough to explain it and to judge again from the same. For a chat model: prompt and version,
/// answer, tokens, latency, cost, and the calls that came to nothing.
/// </summary>
internal sealed record VerdictRecord(string By, string Model)
{
    public IReadOnlyList<VerdictFeature>? Features { get; init; }

    public string? Provider { get; init; }

    public string? Prompt { get; init; }

    public TriageAnswer? Answer { get; init; }

    public bool? Cached { get; init; }

    public long? InputTokens { get; init; }

    public long? OutputTokens { get; init; }

    public long? LatencyMs { get; init; }

    public decimal? Cost { get; init; }

    public IReadOnlyList<RecordedCall>? Calls { get; init; }

    public LocalView? Local { get; init; }

    /// <summary>What became of each transaction of the answer.</summary>
    public IReadOnlyList<RecordedProposal>? Proposals { get; init; }

    /// <summary>Never prints an answer.</summary>
    public override string ToString() => $"{By} {Model}";
}

/// <summary>One call on the way to a verdict.</summary>
internal sealed record RecordedCall(string Provider, string Model, string? Fault, long LatencyMs, long InputTokens, long OutputTokens, decimal Cost);

/// <summary>What became of a transaction that the answer proposes (docs/transactions.md): the line of the books, and the fields whose values do not stand in the mail.</summary>
internal sealed record RecordedProposal(string Outcome, int? Line, IReadOnlyList<string>? Refused);

/// <summary>What the local model said of the same mail.</summary>
internal sealed record LocalView(string Category, double Confidence, string Model);

/// <summary>The budgets in force; 0: no limit.</summary>
internal sealed record BudgetLimits(long TokensPerUserAndDay, long TokensPerDay, double MoneyPerUserAndDay, double MoneyPerDay);

/// <summary>Makes records.</summary>
internal static class VerdictRecords
{
    /// <summary>Of a local verdict.</summary>
    public static string Of(Verdict verdict) =>
        Write(new VerdictRecord("local", verdict.ModelUsed) { Features = verdict.Features });

    /// <summary>Of a chat model's.</summary>
    public static string Of(ChatJudgement judgement, IReadOnlyCollection<ChatCall> calls, bool cached, Verdict local, IReadOnlyList<JudgedProposal> proposals) => Write(new VerdictRecord("chat", judgement.Model)
    {
        Provider = judgement.Provider,
        Prompt = judgement.Prompt,
        Answer = judgement.Answer,
        Cached = cached,
        InputTokens = calls.Sum(c => c.InputTokens),
        OutputTokens = calls.Sum(c => c.OutputTokens),
        LatencyMs = (long)calls.Sum(c => c.Latency.TotalMilliseconds),
        Cost = calls.Sum(c => c.Cost),
        Calls = [.. calls.Select(Of)],
        Local = View(local),
        Features = local.Features,
        Proposals = proposals.Count == 0 ? null : [.. proposals.Select(p => new RecordedProposal(p.Outcome.ToString().ToLowerInvariant(), p.Line > 0 ? p.Line : null, p.Refused.Count > 0 ? p.Refused : null))],
    });

    /// <summary>Of a local verdict that stands because nobody would judge the mail.</summary>
    public static string Of(Verdict local, IReadOnlyCollection<ChatCall> calls) => Write(new VerdictRecord("local", local.ModelUsed)
    {
        Features = local.Features,
        InputTokens = calls.Sum(c => c.InputTokens),
        OutputTokens = calls.Sum(c => c.OutputTokens),
        Cost = calls.Sum(c => c.Cost),
        Calls = [.. calls.Select(Of)],
    });

    private static LocalView View(Verdict local) => new(local.Category.Name(), Math.Round(local.Confidence, 4), local.ModelUsed);

    private static RecordedCall Of(ChatCall call) =>
        new(call.Provider, call.Model, call.Fault?.Name(), (long)call.Latency.TotalMilliseconds, call.InputTokens, call.OutputTokens, call.Cost);

    private static string Write(VerdictRecord record) => JsonSerializer.Serialize(record, VerdictRecordJson.Default.VerdictRecord);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(VerdictRecord))]
[JsonSerializable(typeof(CachedAnswer))]
[JsonSerializable(typeof(BudgetLimits))]
internal sealed partial class VerdictRecordJson : JsonSerializerContext;
