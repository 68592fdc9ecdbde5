using Butler.Data;
using Butler.Data.Classifier;
using Butler.Intelligence;
using Butler.Messaging;
using Butler.ServiceDefaults.Access;
using Butler.ServiceDefaults.Errors;
using Butler.ServiceDefaults.Telemetry;

namespace Butler.Ingest.Tags;

/// <summary>Body of <c>PUT /api/v1/tags/{name}</c>: what is left out is empty.</summary>
internal sealed record TagRequest(string? Description, string? Match, string[]? From, string[]? To, string[]? Subject, string[]? Words, string[]? List);

/// <summary>Answer of <c>PUT /api/v1/tags/{name}</c>: the tag as it holds now.</summary>
internal sealed record TagBody(string Name, string Description, string Match, IReadOnlyList<string> From, IReadOnlyList<string> To, IReadOnlyList<string> Subject, IReadOnlyList<string> Words, IReadOnlyList<string> List);

/// <summary>The caller's own tags. Nobody changes another's, admins neither. Reading them is Progress's (docs/tags.md).</summary>
internal static class TagEndpoints
{
    public static void MapTags(this WebApplication app)
    {
        var group = app.MapGroup("/api/v1/tags").WithTags("mails");
        group.MapPut("/{name}", PutAsync).Produces<TagBody>().Produces<TagBody>(StatusCodes.Status201Created)
            .WithSummary("Makes or changes one of the caller's own tags: what it means, and the rule by which mail gets it. Holds for mail that is here already, too.");
        group.MapDelete("/{name}", async (string name, HttpContext http, Database database, CancellationToken cancellationToken) =>
            await TagCommands.DeleteAsync(database, Caller.Of(http).UserId, name, Correlation.Of(http), cancellationToken) ? Results.NoContent() : throw ApiErrors.NotFound("tag"))
            .Produces(StatusCodes.Status204NoContent).WithSummary("Deletes one of the caller's own tags, and takes it from their mail.");
    }

    private static async Task<IResult> PutAsync(string name, TagRequest request, HttpContext http, Database database, CancellationToken cancellationToken)
    {
        var draft = TagDraft.Check(name, request.Description, new()
        {
            Match = request.Match ?? "all",
            From = request.From ?? [],
            To = request.To ?? [],
            Subject = request.Subject ?? [],
            Words = request.Words ?? [],
            List = request.List ?? [],
        });
        if (draft.Tag is not { } tag)
        {
            throw draft.IsTaken ? ApiErrors.Conflict(draft.Allowed) : ApiErrors.InvalidParameter(draft.Field, draft.Allowed);
        }

        var change = await TagCommands.PutAsync(database, Caller.Of(http).UserId, tag.Name, tag.Description, tag.Rule.ToJson(), Correlation.Of(http), cancellationToken);
        var body = new TagBody(tag.Name, tag.Description, tag.Rule.Match, tag.Rule.From, tag.Rule.To, tag.Rule.Subject, tag.Rule.Words, tag.Rule.List);
        return change switch
        {
            TagChange.TooMany => throw ApiErrors.Conflict($"There are {OwnTagStore.Most} tags already. Delete one first."),
            TagChange.Created => Results.Created($"/api/v1/tags/{tag.Name}", body),
            _ => Results.Ok(body),
        };
    }
}
