using System.Globalization;
using Butler.ServiceDefaults.Errors;

namespace Butler.Progress.Transactions;

/// <summary>What of the books is asked for.</summary>
internal sealed record TransactionQuery
{
    private const int MaxText = 100;

    public DateOnly? From { get; init; }

    public DateOnly? To { get; init; }

    public string? Direction { get; init; }

    public string? Currency { get; init; }

    public string? Merchant { get; init; }

    public string? Tag { get; init; }

    public decimal? Min { get; init; }

    public decimal? Max { get; init; }

    /// <summary>booked, review, merged, rejected; null: all.</summary>
    public string? State { get; init; } = "booked";

    public string? Text { get; init; }

    public TransactionCursor? Before { get; init; }

    public int Limit { get; init; } = 50;

    public static TransactionQuery Parse(IQueryCollection query)
    {
        string? Of(string name, int max = MaxText) => query[name] is [{ Length: > 0 } value] ? value.Length <= max ? value : throw ApiErrors.InvalidParameter(name, $"at most {max} characters") : null;
        var currency = Of("currency")?.ToUpperInvariant();
        if (currency is not null && (currency.Length != 3 || !currency.All(char.IsAsciiLetterUpper)))
        {
            throw ApiErrors.InvalidParameter("currency", "a code of three letters (ISO 4217)");
        }

        return new()
        {
            From = Day("from", Of("from")),
            To = Day("to", Of("to")),
            Direction = OneOf("direction", Of("direction"), "out", "in", "refund", "unknown"),
            Currency = currency,
            Merchant = Of("merchant"),
            Tag = Of("tag", 64),
            Min = Sum("min", Of("min")),
            Max = Sum("max", Of("max")),
            State = Of("state") is "all" ? null : OneOf("state", Of("state"), "booked", "review", "merged", "rejected") ?? "booked",
            Text = Of("text"),
            Before = Of("before") is { } before ? TransactionCursor.Parse(before) : null,
            Limit = ApiErrors.Number("limit", Of("limit"), 50, 1, 200),
        };
    }

    public static DateOnly? Day(string name, string? value) => value is null ? null
        : DateOnly.TryParseExact(value, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? day
        : throw ApiErrors.InvalidParameter(name, "a day as 2026-01-31", value);

    public static decimal? Sum(string name, string? value) => value is null ? null
        : decimal.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var sum) && sum is >= 0 and < 1_000_000_000_000_000 ? sum
        : throw ApiErrors.InvalidParameter(name, "a sum as 12.50", value);

    public static string? OneOf(string name, string? value, params string[] allowed) =>
        value is null || allowed.Contains(value) ? value : throw ApiErrors.InvalidParameter(name, string.Join(", ", allowed), value);
}

/// <summary>A place in the list, newest first.</summary>
internal sealed record TransactionCursor(DateOnly Day, Guid Id)
{
    public static TransactionCursor Parse(string value)
    {
        var parts = value.Split('_');
        return parts.Length == 2 && DateOnly.TryParseExact(parts[0], "yyyyMMdd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) && Guid.TryParseExact(parts[1], "N", out var id)
            ? new(day, id)
            : throw ApiErrors.InvalidParameter("before", "the \"next\" of an earlier page", value);
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Day:yyyyMMdd}_{Id:N}");
}

/// <summary>Where a field stands in its mail.</summary>
/// <param name="Place">subject, text or markup (which the text does not show).</param>
/// <param name="Offset">First character (UTF-16).</param>
/// <param name="Length">Characters.</param>
internal sealed record SpanBody(string Place, int Offset, int Length);

internal sealed record TransactionBody(
    Guid Id, Guid MailId, int Line, Guid AccountId, string State, decimal Amount, string? Currency, string Direction, string Source, DateOnly Date, bool DateSaid, string Merchant, string AccountTail,
    string Reference, decimal? BalanceAfter, bool Checked, IReadOnlyList<string> Doubts, IReadOnlyList<string> Tags, IReadOnlyDictionary<string, SpanBody> Spans, Guid? DuplicateOf, Guid? RefundOf,
    DateTimeOffset? DecidedAt, string FoundBy);

internal sealed record TotalBody(string? Currency, string Direction, long Count, decimal Amount);

internal sealed record TransactionListBody(IReadOnlyList<TransactionBody> Transactions, IReadOnlyList<TotalBody> Totals, string? Next);

/// <summary>What came in and went out in a month; refunds lessen what went out.</summary>
internal sealed record MonthSum(DateOnly Month, decimal Out, decimal In);
