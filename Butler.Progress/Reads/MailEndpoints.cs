using Butler.ServiceDefaults.Access;
using Butler.ServiceDefaults.Errors;

namespace Butler.Progress.Reads;

internal static class MailEndpoints
{
    public static void MapMails(this WebApplication app)
    {
        var group = app.MapGroup("/api/v1/mails").WithTags("mails").ProducesErrors();
        group.MapGet("", async (string? account, string? category, string? tag, string? before, string? limit, HttpContext context, PeopleReader people, MailReader mails, CancellationToken cancellationToken) =>
        {
            var query = MailQuery.Parse(category, tag, before, limit);
            var accounts = await people.SelectAsync(Caller.Of(context), account, cancellationToken);
            return await mails.ListAsync([.. accounts.Select(a => a.Id)], query, cancellationToken);
        }).WithSummary("Received mail, newest first, with verdict and tags; \"next\" is the \"before\" of the following page (limit 1 to 200, default 50).");

        group.MapGet("/{id}", async (string id, HttpContext context, MailReader mails, ReadGuard guard, CancellationToken cancellationToken) =>
        {
            var mail = await mails.FindAsync(ApiErrors.Id("id", id), cancellationToken);
            await guard.RequireReadAsync(Caller.Of(context), mail.AppUserId, mail.FamilyId, cancellationToken);
            return mail.Body;
        }).WithSummary("One mail: text, verdict, tags and its draft.");
    }

    public static void MapFailures(this WebApplication app) =>
        app.MapGroup("/api/v1").WithTags("mails").ProducesErrors().MapGet("/failures", async (string? account, HttpContext context, PeopleReader people, MailReader mails, CancellationToken cancellationToken) =>
        {
            var accounts = await people.SelectAsync(Caller.Of(context), account, cancellationToken);
            return new FailureListBody(await mails.FailuresAsync([.. accounts.Select(a => a.Id)], cancellationToken));
        }).WithSummary("Dead letters, newest first (at most 200), with their errors.");
}
