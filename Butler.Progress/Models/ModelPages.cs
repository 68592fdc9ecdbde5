using Butler.Progress.Pages;
using Butler.Progress.Reads;
using Butler.ServiceDefaults.Access;

namespace Butler.Progress.Models;

public sealed record ModelsModel(Frame Frame, ChatBody Chat);

/// <summary>The chat models: for admins on the page, for everybody what is theirs through the API.</summary>
internal static class ModelPages
{
    public static void MapModels(this WebApplication app)
    {
        app.MapGroup("").ExcludeFromDescription().MapGet("/models", async (HttpContext context, PeopleReader people, ChatReader chat, CancellationToken cancellationToken) =>
        {
            var caller = Caller.Of(context);
            AccessRule.RequireAdmin(caller);
            return Views.Page<ModelsPage>(new ModelsModel(await Views.FrameAsync(context, people, "home", cancellationToken), await chat.ReadAsync(caller, cancellationToken)));
        });

        app.MapGroup("/api/v1").WithTags("operation").ProducesErrors().MapGet("/chat", (HttpContext context, ChatReader chat, CancellationToken cancellationToken) =>
            chat.ReadAsync(Caller.Of(context), cancellationToken))
            .WithSummary("The chat models: whether they answer, mail that waits for them, what was used today (UTC); for admins also providers with their circuit breakers, and budgets.");
    }
}
