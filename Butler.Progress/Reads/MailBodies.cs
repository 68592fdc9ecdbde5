using System.Globalization;
using Butler.ServiceDefaults.Errors;

namespace Butler.Progress.Reads;

/// <summary>One mail in a list.</summary>
public sealed record MailItem(
    Guid Id, string EmailId, Guid AccountId, string? FromName, string? FromAddress, string Subject, DateTimeOffset ReceivedAt, string? Category, double? Confidence, string? Reasoning,
    string? Summary, IReadOnlyList<string> Tags, string? DraftState);

/// <summary>The body of <c>GET /api/v1/mails</c>; <c>next</c> is the <c>before</c> of the following page.</summary>
public sealed record MailListBody(IReadOnlyList<MailItem> Mails, string? Next);

public sealed record MailVerdict(
    string Category, double Confidence, string Reasoning, string Summary, string ModelUsed, int TokensUsed, bool Provisional, int Revision, DateTimeOffset CreatedAt, MailJudge Judge);

/// <summary>Who judged a mail and on what: <c>by</c> is local or chat.</summary>
public sealed record MailJudge(
    string By, string? Provider, string Model, string? Prompt, long? LatencyMs, long? InputTokens, long? OutputTokens, decimal? Cost, bool Cached, IReadOnlyList<MailFeature> Features);

/// <summary>A feature that weighed in the local model's verdict.</summary>
public sealed record MailFeature(string Name, double Weight);

public sealed record MailDraft(
    string State, string? Reason, string Text, string? Intent, string? Language, string? ModelUsed, string? DraftId, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt);

/// <summary>The body of <c>GET /api/v1/mails/{id}</c>.</summary>
public sealed record MailBody(
    Guid Id, string EmailId, Guid AccountId, string State, string ThreadId, string? FromName, string? FromAddress, IReadOnlyList<string> To, IReadOnlyList<string> Cc, string Subject,
    DateTimeOffset ReceivedAt, DateTimeOffset? SentAt, string Language, int Size, string Text, string QuotedText, IReadOnlyList<MailAttachment> Attachments, IReadOnlyList<string> Tags,
    MailVerdict? Verdict, MailDraft? Draft);

public sealed record MailAttachment(string Name, long Size);

/// <summary>A dead letter.</summary>
public sealed record FailureItem(
    Guid Id, string Task, Guid? AccountId, Guid? MailId, string? EmailId, string? Subject, Guid? SyncId, string Error, int RetryCount, DateTimeOffset CreatedAt, DateTimeOffset? ResolvedAt);

/// <summary>The body of <c>GET /api/v1/failures</c>.</summary>
internal sealed record FailureListBody(IReadOnlyList<FailureItem> Failures);

/// <summary>What a list of mails is asked for.</summary>
internal sealed record MailQuery(string? Category, string? Tag, MailCursor? Before, int Limit)
{
    private const int MaxTag = 64;

    public static MailQuery Parse(string? category, string? tag, string? before, string? limit)
    {
        if (!string.IsNullOrEmpty(category) && category is not ("needs_reply" or "informational" or "spam"))
        {
            throw ApiErrors.InvalidParameter("category", "needs_reply, informational or spam", category);
        }

        if (tag?.Length > MaxTag)
        {
            throw ApiErrors.InvalidParameter("tag", $"at most {MaxTag} characters");
        }

        return new(
            string.IsNullOrEmpty(category) ? null : category, string.IsNullOrEmpty(tag) ? null : tag, string.IsNullOrEmpty(before) ? null : MailCursor.Parse(before),
            ApiErrors.Number("limit", limit, 50, 1, 200));
    }
}

/// <summary>A place in the list: microseconds since 1970 and the id, so that mails of one moment are neither repeated nor lost.</summary>
internal sealed record MailCursor(DateTimeOffset ReceivedAt, Guid Id)
{
    private const long TicksPerMicrosecond = TimeSpan.TicksPerMicrosecond;

    public static MailCursor Parse(string value)
    {
        var parts = value.Split('_');
        return parts.Length == 2 && long.TryParse(parts[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var micros)
            && micros is > -62_135_596_800_000_000 and < 253_402_300_800_000_000 && Guid.TryParseExact(parts[1], "N", out var id)
            ? new(new DateTimeOffset(DateTime.UnixEpoch.AddTicks(micros * TicksPerMicrosecond), TimeSpan.Zero), id)
            : throw ApiErrors.InvalidParameter("before", "the \"next\" of an earlier page", value);
    }

    public override string ToString() => $"{(ReceivedAt.UtcTicks - DateTime.UnixEpoch.Ticks) / TicksPerMicrosecond}_{Id:N}";
}
