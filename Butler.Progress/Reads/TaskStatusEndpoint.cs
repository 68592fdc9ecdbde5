using Butler.ServiceDefaults.Access;
using Butler.ServiceDefaults.Errors;

namespace Butler.Progress.Reads;

internal static class TaskStatusEndpoint
{
    private const int MaxEmailId = 998;

    public static void MapTaskStatus(this WebApplication app) =>
        app.MapGroup("/api").WithTags("tasks").ProducesErrors().MapGet("/task-status/{taskId}", async (string taskId, string? account, HttpContext context, TaskReader tasks, PeopleReader people, ReadGuard guard, CancellationToken cancellationToken) =>
        {
            var caller = Caller.Of(context);
            var row = Guid.TryParseExact(taskId, "D", out var id)
                ? await tasks.ByIdAsync(id, cancellationToken)
                : await tasks.ByEmailAsync(await AccountAsync(caller, account, people, cancellationToken), EmailId(taskId), cancellationToken);
            await guard.RequireReadAsync(caller, row.AppUserId, row.FamilyId, cancellationToken);
            return row.Body;
        })
        .Produces<ErrorBody>(409)
        .WithSummary("A task by its id, or a mail by the provider's id; then ?account= names the account when you have several (else 409).");

    private static string EmailId(string value) =>
        value.Length <= MaxEmailId && !value.Any(char.IsControl) ? value : throw ApiErrors.InvalidParameter("taskId", $"a task id, or a provider's message id of at most {MaxEmailId} characters");

    private static async Task<Guid> AccountAsync(Caller caller, string? account, PeopleReader people, CancellationToken cancellationToken)
    {
        var accounts = await people.SelectAsync(caller, account, cancellationToken);
        return accounts.Count switch
        {
            0 => throw ApiErrors.NotFound("mail"),
            1 => accounts[0].Id,
            _ => throw ApiErrors.AccountRequired(accounts.Select(a => a.Id)),
        };
    }
}
