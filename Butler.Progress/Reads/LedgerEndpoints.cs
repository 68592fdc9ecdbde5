using Butler.ServiceDefaults.Access;
using Butler.ServiceDefaults.Errors;

namespace Butler.Progress.Reads;

internal static class LedgerEndpoints
{
    private const int MaxEmailId = 255;

    public static void MapLedger(this WebApplication app)
    {
        var group = app.MapGroup("/api/v1/ledger").WithTags("ledger").ProducesErrors();
        group.MapGet("/{providerUserId}", async (string providerUserId, HttpContext context, PeopleReader people, LedgerReader ledger, CancellationToken cancellationToken) =>
        {
            var account = await people.RequireAccountAsync(Caller.Of(context), ApiErrors.Id("providerUserId", providerUserId), cancellationToken);
            return await ledger.CountAsync(account.Id, cancellationToken);
        }).WithSummary("Every mail that Butler ever saw of an account, counted by state and by week of receipt, with the newest audit.");

        group.MapGet("/{providerUserId}/messages/{providerMessageId}", async (
            string providerUserId, string providerMessageId, HttpContext context, PeopleReader people, LedgerReader ledger, CancellationToken cancellationToken) =>
        {
            var account = await people.RequireAccountAsync(Caller.Of(context), ApiErrors.Id("providerUserId", providerUserId), cancellationToken);
            return providerMessageId.Length <= MaxEmailId ? await ledger.FindAsync(account.Id, providerMessageId, cancellationToken) : throw ApiErrors.NotFound("mail");
        }).WithSummary("Where one mail is, and its history.");
    }
}
