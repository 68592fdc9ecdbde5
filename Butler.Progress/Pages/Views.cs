using Butler.Progress.Models;
using Butler.Progress.Reads;
using Butler.Progress.Streams;
using Butler.ServiceDefaults.Access;
using Butler.ServiceDefaults.Errors;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Butler.Progress.Pages;

/// <summary>What every page's frame shows.</summary>
public sealed record Frame(string UserName, string Token, string Active, bool ReadsOnly);

public sealed record HomeModel(
    Frame Frame, IReadOnlyList<(Account Account, SyncBody? Sync, Completeness? Completeness)> Accounts, long NeedsReply, long Informational, long Spam, long Drafts, long Failures, IReadOnlyList<MailItem> Waiting,
    DateTimeOffset Now, bool IsAdmin = false)
{
    /// <summary>Chat providers that wait for a person; admins see them.</summary>
    public IReadOnlyList<string> Blocked { get; init; } = [];
}

public sealed record MailListModel(Frame Frame, IReadOnlyList<Account> Accounts, MailListBody List, string? Account, string? Category, string? Tag, bool Later);

public sealed record MailModel(Frame Frame, MailBody Mail, Account Account, bool Asked, (int Start, int Length)? Mark = null);

public sealed record FailuresModel(Frame Frame, IReadOnlyList<FailureItem> Failures, IReadOnlyDictionary<Guid, string> Accounts);

/// <summary>The pages: each reads its model and renders one component.</summary>
internal static class Views
{
    private const int PageSize = 40;
    private const int WaitingShown = 5;

    public static void MapViews(this WebApplication app)
    {
        var group = app.MapGroup("").ExcludeFromDescription();
        group.MapGet("/", HomeAsync);
        group.MapGet("/mails", MailsAsync);
        group.MapGet("/mail/{id}", MailAsync);
        group.MapGet("/failures", FailuresAsync);
    }

    private static async Task<IResult> HomeAsync(
        HttpContext context, PeopleReader people, SyncReader syncs, SyncBodies bodies, MailReader mails, LedgerReader ledger, ChatReader chat, TimeProvider time, CancellationToken cancellationToken)
    {
        var caller = Caller.Of(context);
        var accounts = await people.AccountsAsync(caller.UserId, cancellationToken);
        var latest = (await syncs.LatestAsync(caller.UserId, cancellationToken)).ToDictionary(j => j.ProviderUserId, bodies.Of);
        Guid[] ids = [.. accounts.Select(a => a.Id)];
        var counts = await mails.CountsAsync(ids, cancellationToken);
        var complete = await ledger.CompletenessAsync(ids, cancellationToken);
        var waiting = await mails.ListAsync(ids, new MailQuery("needs_reply", null, null, WaitingShown), cancellationToken);
        return Page<HomePage>(new HomeModel(
            await FrameAsync(context, people, "home", cancellationToken), [.. accounts.Select(a => (a, latest.GetValueOrDefault(a.Id), complete.GetValueOrDefault(a.Id)))], counts.NeedsReply, counts.Informational,
            counts.Spam, counts.Drafts, counts.Failures, waiting.Mails, time.GetUtcNow(), caller.IsAdmin) { Blocked = caller.IsAdmin ? await chat.BlockedAsync(cancellationToken) : [] });
    }

    private static async Task<IResult> MailsAsync(
        HttpContext context, string? account, string? category, string? tag, string? before, PeopleReader people, MailReader mails, CancellationToken cancellationToken)
    {
        var query = MailQuery.Parse(category, tag, before, null) with { Limit = PageSize };
        var caller = Caller.Of(context);
        var selected = await people.SelectAsync(caller, account, cancellationToken);
        var list = await mails.ListAsync([.. selected.Select(a => a.Id)], query, cancellationToken);
        return Page<MailListPage>(new MailListModel(
            await FrameAsync(context, people, "mails", cancellationToken), await people.AccountsAsync(caller.UserId, cancellationToken), list,
            string.IsNullOrEmpty(account) ? null : account, query.Category, query.Tag, query.Before is not null));
    }

    private static async Task<IResult> MailAsync(HttpContext context, string id, string? asked, string? mark, PeopleReader people, MailReader mails, ReadGuard guard, CancellationToken cancellationToken)
    {
        var caller = Caller.Of(context);
        var mail = await mails.FindAsync(ApiErrors.Id("id", id), cancellationToken);
        await guard.RequireReadAsync(caller, mail.AppUserId, mail.FamilyId, cancellationToken);
        var account = await people.RequireAccountAsync(caller, mail.Body.AccountId, cancellationToken);
        var frame = await FrameAsync(context, people, "mails", cancellationToken);
        return Page<MailPage>(new MailModel(frame with { ReadsOnly = !AccessRule.CanCommand(caller, mail.AppUserId) }, mail.Body, account, asked is not null, MarkOf(mark, mail.Body.Text)));
    }

    /// <summary>The characters "12-8" of the text; null where they are not in it.</summary>
    private static (int Start, int Length)? MarkOf(string? mark, string text) =>
        mark?.Split('-') is [var from, var count] && int.TryParse(from, out var start) && int.TryParse(count, out var length) && start >= 0 && length is > 0 and < 500 && start <= text.Length - length
            ? (start, length) : null;

    private static async Task<IResult> FailuresAsync(HttpContext context, PeopleReader people, MailReader mails, CancellationToken cancellationToken)
    {
        var accounts = await people.AccountsAsync(Caller.Of(context).UserId, cancellationToken);
        var failures = await mails.FailuresAsync([.. accounts.Select(a => a.Id)], cancellationToken);
        return Page<FailuresPage>(new FailuresModel(await FrameAsync(context, people, "failures", cancellationToken), failures, accounts.ToDictionary(a => a.Id, a => a.Address)));
    }

    internal static async Task<Frame> FrameAsync(HttpContext context, PeopleReader people, string active, CancellationToken cancellationToken)
    {
        var caller = Caller.Of(context);
        return new((await people.RequireReadableAsync(caller, caller.UserId, cancellationToken)).DisplayName, SessionTokenOf(context), active, false);
    }

    private static string SessionTokenOf(HttpContext context) => Commands.SessionToken.Of(context);

    internal static RazorComponentResult<TPage> Page<TPage>(object model)
        where TPage : IComponent =>
        new(new { Model = model }) { PreventStreamingRendering = true };
}
