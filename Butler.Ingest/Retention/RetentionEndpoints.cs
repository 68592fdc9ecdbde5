using System.Text.Json;
using Butler.Data.Retention;
using Butler.Ingest.Schedules;
using Butler.ServiceDefaults.Access;
using Butler.ServiceDefaults.Errors;

namespace Butler.Ingest.Retention;

/// <summary>An account's retention.</summary>
/// <param name="AccountId">The account.</param>
/// <param name="RetentionDays">Days from storing; null: kept.</param>
/// <param name="Words">The same for people.</param>
/// <param name="Moving">A change has not reached every mail yet.</param>
/// <param name="ExpiredMails">Mails that have expired so far.</param>
/// <param name="KeepTransactions">Transactions stay when their mails expire.</param>
internal sealed record RetentionBody(Guid AccountId, int? RetentionDays, string Words, bool Moving, long ExpiredMails, bool KeepTransactions);

internal static class RetentionEndpoints
{
    private static readonly string s_days = $"a whole number of days from 1 to {Expiry.MaxDays}, or null to keep mail";

    public static void MapRetention(this WebApplication app)
    {
        var group = app.MapGroup("/api/v1/accounts").WithTags("accounts");
        group.MapGet("/{accountId}/retention", async (string accountId, HttpContext http, RetentionStore store, CancellationToken cancellationToken) =>
        {
            var id = ApiErrors.Id("accountId", accountId);
            var state = await store.FindAsync(id, cancellationToken) ?? throw ApiErrors.NotFound("account");
            AccessRule.RequireRead(Caller.Of(http), state.OwnerId, state.FamilyId);
            return Body(id, state);
        }).WithSummary("How long an account's mail is kept, and how much has expired.");
        group.MapPut("/{accountId}/retention", ChangeAsync).Produces<RetentionBody>(StatusCodes.Status202Accepted)
            .WithSummary("Sets how many days after storing an account's mail is erased (retention_days, null keeps it). What is over by the new number goes at once. The owner and admins.");
    }

    private static async Task<IResult> ChangeAsync(string accountId, JsonElement change, HttpContext http, RetentionStore store, ScheduleStore schedules, CancellationToken cancellationToken)
    {
        var id = ApiErrors.Id("accountId", accountId);
        var caller = Caller.Of(http);
        var state = await store.FindAsync(id, cancellationToken) ?? throw ApiErrors.NotFound("account");
        AccessRule.RequireCommand(caller, state.OwnerId);
        var (days, keep) = (Days(change), Keep(change));
        var forgets = keep is { } wish && await store.KeepTransactionsAsync(id, wish, caller.UserId, cancellationToken) && !wish;
        if (await store.ChangeAsync(id, days, caller.UserId, cancellationToken) || forgets)
        {
            await schedules.ForceAsync(RetentionJob.Name, cancellationToken);
        }

        return Results.Accepted($"/api/v1/accounts/{id}/retention", Body(id, await store.FindAsync(id, cancellationToken) ?? throw ApiErrors.NotFound("account")));
    }

    /// <summary>A missing property is no wish to keep: erasing and keeping are both said.</summary>
    private static int Days(JsonElement change) =>
        change.ValueKind == JsonValueKind.Object && change.TryGetProperty("retention_days", out var value)
            ? value.ValueKind == JsonValueKind.Null ? 0
                : value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var days) && days is >= 1 and <= Expiry.MaxDays ? days
                : throw ApiErrors.InvalidParameter("retention_days", s_days)
            : throw ApiErrors.InvalidParameter("retention_days", s_days);

    private static bool? Keep(JsonElement change) =>
        !change.TryGetProperty("keep_transactions", out var value) ? null
        : value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean()
        : throw ApiErrors.InvalidParameter("keep_transactions", "true or false");

    private static RetentionBody Body(Guid id, RetentionState state) => new(id, state.Days == 0 ? null : state.Days, Expiry.Words(state.Days), state.IsMoving, state.Expired, state.KeepsTransactions);
}
