using Butler.Data;
using Butler.Data.Classifier;
using Butler.Intelligence;
using Butler.Messaging;
using Butler.Progress.Commands;
using Butler.Progress.Pages;
using Butler.Progress.Reads;
using Butler.ServiceDefaults.Access;
using Butler.ServiceDefaults.Errors;
using Butler.ServiceDefaults.Telemetry;

namespace Butler.Progress.Tags;

/// <summary>What the form holds.</summary>
public sealed record TagForm(string Name, string Description, string Match, string From, string To, string Subject, string Words, string List)
{
    public static TagForm Empty { get; } = new("", "", "all", "", "", "", "", "");

    public static TagForm Of(OwnTagBody tag) =>
        new(tag.Name, tag.Description, tag.Match, Join(tag.From), Join(tag.To), Join(tag.Subject), Join(tag.Words), Join(tag.List));

    private static string Join(IReadOnlyList<string> entries) => string.Join(", ", entries);
}

/// <summary>The page's model.</summary>
/// <param name="Frame">Of every page.</param>
/// <param name="Tags">What there is.</param>
/// <param name="Form">What the form shows.</param>
/// <param name="IsOld">The form changes a tag that is there.</param>
/// <param name="Complaint">What is wrong with what was sent.</param>
public sealed record TagPageModel(Frame Frame, TagListBody Tags, TagForm Form, bool IsOld, string? Complaint);

/// <summary>The caller's own tags on the page; <c>/api/v1/tags</c> lists them for programs.</summary>
internal static class TagPages
{
    private const int MaxField = 4_000;

    public static void MapTags(this WebApplication app)
    {
        app.MapGroup("/api/v1/tags").WithTags("mails").ProducesErrors().MapGet("", (HttpContext context, TagReader tags, CancellationToken cancellationToken) =>
            tags.ReadAsync(Caller.Of(context).UserId, cancellationToken))
            .WithSummary("The tags that the caller's mail may bear: Butler's, and the caller's own with their rules and how many mails bear them.");

        app.MapGroup("").ExcludeFromDescription().MapGet("/tags", async (HttpContext context, string? edit, PeopleReader people, TagReader tags, CancellationToken cancellationToken) =>
        {
            var list = await tags.ReadAsync(Caller.Of(context).UserId, cancellationToken);
            var old = list.Own.FirstOrDefault(t => t.Name == edit);
            return Views.Page<TagPage>(new TagPageModel(
                await Views.FrameAsync(context, people, "tags", cancellationToken), list, old is null ? TagForm.Empty : TagForm.Of(old), old is not null, null));
        });

        var commands = app.MapGroup("/commands").AddEndpointFilter(SameOrigin.RequireAsync).AddEndpointFilter(SessionToken.RequireAsync).ExcludeFromDescription();
        commands.MapPost("/tag", SaveAsync);
        commands.MapPost("/tag-delete", async (HttpContext context, Database database, CancellationToken cancellationToken) =>
        {
            var form = await context.Request.ReadFormAsync(cancellationToken);
            // Deleted already is deleted.
            await TagCommands.DeleteAsync(database, Caller.Of(context).UserId, form["name"].ToString(), Correlation.Of(context), cancellationToken);
            return new SeeOther("/tags");
        });
    }

    /// <summary>What is wrong is said beside what was written, so that nothing has to be written again.</summary>
    private static async Task<IResult> SaveAsync(HttpContext context, PeopleReader people, TagReader tags, Database database, CancellationToken cancellationToken)
    {
        var form = await context.Request.ReadFormAsync(cancellationToken);
        string Of(string name) => form[name].ToString() is { Length: <= MaxField } text ? text : throw ApiErrors.InvalidParameter(name, $"at most {MaxField} characters");
        var written = new TagForm(Of("name").Trim().ToLowerInvariant().Replace(' ', '-'), Of("description"), Of("match") == "any" ? "any" : "all", Of("from"), Of("to"), Of("subject"), Of("words"), Of("list"));
        var draft = TagDraft.Check(written.Name, written.Description, new()
        {
            Match = written.Match,
            From = Entries(written.From),
            To = Entries(written.To),
            Subject = Entries(written.Subject),
            Words = Entries(written.Words),
            List = Entries(written.List),
        });
        var user = Caller.Of(context).UserId;
        var complaint = draft.IsTaken ? draft.Allowed : $"{Words(draft.Field)} must be {draft.Allowed}.";
        if (draft.Tag is { } tag)
        {
            if (await TagCommands.PutAsync(database, user, tag.Name, tag.Description, tag.Rule.ToJson(), Correlation.Of(context), cancellationToken) != TagChange.TooMany)
            {
                return new SeeOther("/tags");
            }

            complaint = $"There are {OwnTagStore.Most} tags already. Delete one first.";
        }

        var list = await tags.ReadAsync(user, cancellationToken);
        context.Response.StatusCode = StatusCodes.Status400BadRequest;
        return Views.Page<TagPage>(new TagPageModel(
            await Views.FrameAsync(context, people, "tags", cancellationToken), list, written, list.Own.Any(t => t.Name == written.Name), complaint));
    }

    private static string[] Entries(string text) => text.Split([',', '\n'], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private static string Words(string field) => field switch
    {
        "name" => "The name",
        "description" => "What it means",
        "from" => "The senders",
        "to" => "The recipients",
        "subject" => "The words of the subject",
        "words" => "The words",
        "list" => "The mailing lists",
        _ => "All or any",
    };
}
