using Butler.Data;
using Butler.Ingest.Admin;
using Butler.ServiceDefaults.Errors;

namespace Butler.Ingest.Failures;

/// <summary>Answer of <c>GET /api/v1/admin/failed-tasks</c>.</summary>
/// <param name="FailedTasks">Newest first.</param>
/// <param name="Next">Give it as <c>before</c> for the next page; null: this was the last.</param>
internal sealed record FailedTasksAnswer(IReadOnlyList<FailedTaskItem> FailedTasks, Guid? Next);

internal static class FailedTaskEndpoints
{
    private const int MaxTask = 60;

    public static void MapFailedTasks(this WebApplication app)
    {
        var group = app.MapAdmin("/failed-tasks");
        group.MapGet("", ListAsync).Produces<FailedTasksAnswer>()
            .WithSummary("Failed tasks, newest first (limit 1 to 200, default 50; before=ID of the last page). status=all shows resolved ones too. Admins only.");
        group.MapPost("/{id}/retry", RetryAsync).Produces<FailedTaskItem>(StatusCodes.Status202Accepted)
            .WithSummary("Tries a failed task again now, whatever its number of tries. Admins only.");
        group.MapPost("/{id}/resolve", ResolveAsync).Produces<FailedTaskItem>()
            .WithSummary("Closes a failed task by hand: it is not tried again, and a mail it is about stays dead. Admins only.");
    }

    private static async Task<FailedTasksAnswer> ListAsync(
        string? task, string? user, string? status, string? before, string? limit, FailedTaskStore store, CancellationToken cancellationToken)
    {
        if (task is { Length: > MaxTask })
        {
            throw ApiErrors.InvalidParameter("task", $"the kind of task, such as fetch or TriageMails, at most {MaxTask} characters");
        }

        if (status is not (null or "" or "open" or "all"))
        {
            throw ApiErrors.InvalidParameter("status", "open or all", status);
        }

        Guid? Optional(string field, string? value) => string.IsNullOrEmpty(value) ? null : ApiErrors.Id(field, value);
        var count = ApiErrors.Number("limit", limit, 50, 1, 200);
        var items = await store.ListAsync(string.IsNullOrEmpty(task) ? null : task, Optional("user", user), status == "all", Optional("before", before), count + 1, cancellationToken);
        var page = items.Take(count).ToList();
        return new(page, items.Count > count ? page[^1].Id : null);
    }

    private static async Task<IResult> RetryAsync(string id, FailedTaskStore store, CancellationToken cancellationToken)
    {
        var failure = await OpenAsync(id, store, cancellationToken);
        if (await store.RetryAsync(failure.AccountId, [(failure.Id, failure.MailId)], null, cancellationToken) == 0)
        {
            throw ApiErrors.Conflict("A retry of this task is under way already.");
        }

        return Results.Accepted(value: await store.FindAsync(failure.Id, cancellationToken));
    }

    private static async Task<IResult> ResolveAsync(string id, FailedTaskStore store, Database database, CancellationToken cancellationToken)
    {
        var failure = await OpenAsync(id, store, cancellationToken);
        await database.TransactAsync(c => DeadLetters.ResolveAsync(c, failure.Id, cancellationToken), cancellationToken);
        return Results.Ok(await store.FindAsync(failure.Id, cancellationToken));
    }

    private static async Task<FailedTaskItem> OpenAsync(string id, FailedTaskStore store, CancellationToken cancellationToken)
    {
        var failure = await store.FindAsync(ApiErrors.Id("id", id), cancellationToken) ?? throw ApiErrors.NotFound("failed task");
        return failure.ResolvedAt is null ? failure : throw ApiErrors.Conflict("This failed task is resolved already.");
    }
}
