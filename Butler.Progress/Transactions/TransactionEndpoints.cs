using System.Text;
using Butler.Data;
using Butler.Messaging;
using Butler.Messaging.Contracts;
using Butler.Progress.Commands;
using Butler.Progress.Pages;
using Butler.Progress.Reads;
using Butler.ServiceDefaults.Access;
using Butler.ServiceDefaults.Errors;
using Butler.ServiceDefaults.Telemetry;

namespace Butler.Progress.Transactions;

internal static class TransactionEndpoints
{
    private const int ExportRows = 2_000;
    private const int Months = 12;
    private const int PageRows = 40;

    public static void AddTransactions(this WebApplicationBuilder builder) => builder.Services.AddSingleton<TransactionBooks>();

    public static void MapTransactions(this WebApplication app)
    {
        var group = app.MapGroup("/api/v1").WithTags("transactions").ProducesErrors();
        group.MapGet("/transactions", async (
            string? account, string? from, string? to, string? direction, string? currency, string? merchant, string? tag, string? min, string? max, string? state, string? text, string? before, string? limit,
            HttpContext context, PeopleReader people, TransactionBooks books, CancellationToken cancellationToken) =>
        {
            var query = TransactionQuery.Parse(context.Request.Query);
            var accounts = await people.SelectAsync(Caller.Of(context), account, cancellationToken);
            return await books.ListAsync([.. accounts.Select(a => a.Id)], query, cancellationToken);
        }).WithSummary("Transactions, newest first, with totals per currency and direction over all pages. state: booked (default), review, merged, rejected or all; \"next\" is the \"before\" of the following page.");

        group.MapGet("/transactions.csv", ExportAsync).Produces(StatusCodes.Status200OK, contentType: "text/csv")
            .WithSummary("The same as CSV (UTF-8 with byte order mark), all pages.");
    }

    public static void MapTransactionPages(this WebApplication app)
    {
        app.MapGet("/transactions", PageAsync).ExcludeFromDescription();
        app.MapGroup("/commands").AddEndpointFilter(SameOrigin.RequireAsync).AddEndpointFilter(SessionToken.RequireAsync).ExcludeFromDescription().MapPost("/transaction", DecideAsync);
    }

    private static async Task ExportAsync(string? account, HttpContext context, PeopleReader people, TransactionBooks books, CancellationToken cancellationToken)
    {
        var query = TransactionQuery.Parse(context.Request.Query);
        Guid[] accounts = [.. (await people.SelectAsync(Caller.Of(context), account, cancellationToken)).Select(a => a.Id)];
        context.Response.ContentType = "text/csv; charset=utf-8";
        context.Response.Headers.ContentDisposition = "attachment; filename=\"transactions.csv\"";
        await context.Response.Body.WriteAsync(TransactionCsv.Mark, cancellationToken);
        await context.Response.WriteAsync(TransactionCsv.Header, cancellationToken);
        while (true)
        {
            // Page by page: no transaction is open while a slow client reads.
            var rows = await books.ExportAsync(accounts, query, ExportRows, cancellationToken);
            var text = new StringBuilder(rows.Count * 160);
            foreach (var row in rows)
            {
                text.Append(TransactionCsv.Row(row));
            }

            await context.Response.WriteAsync(text.ToString(), cancellationToken);
            if (rows.Count < ExportRows)
            {
                return;
            }

            query = query with { Before = new(rows[^1].Date, rows[^1].Id) };
        }
    }

    private static async Task<IResult> PageAsync(HttpContext context, string? account, PeopleReader people, TransactionBooks books, CancellationToken cancellationToken)
    {
        var caller = Caller.Of(context);
        var query = TransactionQuery.Parse(context.Request.Query) with { Limit = PageRows };
        var selected = await people.SelectAsync(caller, account, cancellationToken);
        Guid[] ids = [.. selected.Select(a => a.Id)];
        var list = await books.ListAsync(ids, query, cancellationToken);
        var (currency, months) = await books.MonthsAsync(ids, query.Currency, Months, cancellationToken);
        var frame = await Views.FrameAsync(context, people, "transactions", cancellationToken);
        return Views.Page<TransactionPage>(new TransactionPageModel(
            frame with { ReadsOnly = selected.Any(a => !AccessRule.CanCommand(caller, a.AppUserId)) }, await people.AccountsAsync(caller.UserId, cancellationToken), list, query,
            string.IsNullOrEmpty(account) ? null : account, await books.WaitingAsync(ids, cancellationToken), currency, months));
    }

    private static async Task<IResult> DecideAsync(HttpContext context, PeopleReader people, TransactionBooks books, Database database, CancellationToken cancellationToken)
    {
        var form = await context.Request.ReadFormAsync(cancellationToken);
        string? Of(string name) => form[name] is [{ Length: > 0 } value] ? value : null;
        var caller = Caller.Of(context);
        var found = await books.FindAsync(ApiErrors.Id("transaction", form["transaction"]), cancellationToken);
        var account = await people.RequireAccountAsync(caller, found.AccountId, cancellationToken);
        AccessRule.RequireCommand(caller, account.AppUserId);
        var accept = TransactionQuery.OneOf("action", Of("action"), "accept", "reject") == "accept";
        var currency = Of("currency")?.ToUpperInvariant();
        if (accept && (currency ?? found.Currency) is not { Length: 3 } code || (currency is not null && !currency.All(char.IsAsciiLetterUpper)))
        {
            throw ApiErrors.InvalidParameter("currency", "a code of three letters (ISO 4217)");
        }

        var direction = TransactionQuery.OneOf("direction", Of("direction"), "out", "in", "refund");
        if (accept && direction is null && found.Direction == "unknown")
        {
            throw ApiErrors.InvalidParameter("direction", "out, in or refund");
        }

        var amount = TransactionQuery.Sum("amount", Of("amount"));
        if (amount == 0)
        {
            throw ApiErrors.InvalidParameter("amount", "more than nothing");
        }

        var message = new ReviewTransaction(found.Id, found.AccountId, accept, amount, currency, direction, TransactionQuery.Day("day", Of("day")), caller.UserId);
        await database.TransactAsync(c => MessageBus.SendAsync(c, message, Lane.Live, found.AccountId, Correlation.Of(context), cancellationToken), cancellationToken);
        return new SeeOther("/transactions?state=review");
    }
}
