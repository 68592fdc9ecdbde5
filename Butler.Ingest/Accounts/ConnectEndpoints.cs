using Butler.Data;
using Butler.Data.Ingest;
using Butler.Mailboxes.Gmail;
using Butler.Messaging;
using Butler.Messaging.Contracts;
using Butler.Messaging.Postgres;
using Butler.ServiceDefaults.Access;
using Butler.ServiceDefaults.Errors;
using Butler.ServiceDefaults.Telemetry;

namespace Butler.Ingest.Accounts;

/// <summary>Body of <c>POST /api/v1/accounts/connect</c>.</summary>
/// <param name="RedirectUri">Where the provider sends the browser back to: https, or http on this machine; registered with the OAuth client.</param>
internal sealed record ConnectRequest(string? RedirectUri);

/// <summary>Answer of <c>POST /api/v1/accounts/connect</c>: open the address in a browser, take <c>state</c> and <c>code</c> from where it comes back.</summary>
internal sealed record ConnectAnswer(Guid ConnectId, string AuthorizationUrl, DateTimeOffset ExpiresAt);

/// <summary>Body of <c>POST /api/v1/accounts/connect/complete</c>: what the browser brought back.</summary>
internal sealed record CompleteRequest(string? State, string? Code);

/// <summary>How a connection stands: started, returned, connected or failed.</summary>
internal sealed record ConnectBody(Guid ConnectId, string Status, string? Error, Guid? AccountId);

/// <summary>Body of <c>POST /api/v1/accounts/{id}/disconnect</c>.</summary>
internal sealed record DisconnectRequest(bool Erase = false);

/// <summary>Answer of <c>POST /api/v1/accounts/{id}/disconnect</c>.</summary>
internal sealed record DisconnectAnswer(Guid AccountId, string Status, bool Erase);

/// <summary>Connecting and disconnecting by API. The page does the same in Progress; both end in the handlers beside this.</summary>
internal static class ConnectEndpoints
{
    private const int MaxText = 2000;

    public static void MapConnect(this WebApplication app)
    {
        var group = app.MapGroup("/api/v1/accounts").WithTags("accounts");
        group.MapPost("/connect", BeginAsync).Produces<ConnectAnswer>(201).WithSummary("Begins to connect a Gmail account; answers where to send the browser.");
        group.MapPost("/connect/complete", CompleteAsync).Produces<ConnectBody>(202).WithSummary("Brings the code back, with the token that began; the account is connected a moment later.");
        group.MapGet("/connect/{connectId}", async (string connectId, HttpContext http, ConnectStates states, CancellationToken cancellationToken) =>
            await states.ProgressAsync(Caller.Of(http).UserId, ApiErrors.Id("connectId", connectId), cancellationToken) is { } progress
                ? new ConnectBody(progress.Id, progress.Status, progress.Error, progress.AccountId)
                : throw ApiErrors.NotFound("connection")).Produces<ConnectBody>().WithSummary("How a connection that the caller began stands.");
        group.MapPost("/{accountId}/disconnect", DisconnectAsync).Produces<DisconnectAnswer>(202)
            .WithSummary("Disconnects: the login is taken back at Google, nothing is read any more; with erase everything of it is erased here. The owner and admins.");
    }

    private static async Task<IResult> BeginAsync(ConnectRequest request, HttpContext http, GoogleConnect google, ConnectStates states, TimeProvider time, CancellationToken cancellationToken)
    {
        var caller = Caller.Of(http);
        if (request.RedirectUri is not { Length: > 0 and <= MaxText } text || !Uri.TryCreate(text, UriKind.Absolute, out var back)
            || !(back.Scheme == Uri.UriSchemeHttps || (back.Scheme == Uri.UriSchemeHttp && back.IsLoopback)))
        {
            throw ApiErrors.InvalidParameter("redirect_uri", "an https address, or http on this machine");
        }

        if (!google.IsConfigured)
        {
            throw ApiErrors.Conflict("Butler has no Google credentials; see README, Configuration.");
        }

        var state = ConnectStates.NewState();
        var start = google.Begin(text, state);
        var id = await states.BeginAsync(caller.UserId, "api", state, Binding(http), text, start.Verifier, cancellationToken);
        return Results.Created($"/api/v1/accounts/connect/{id}", new ConnectAnswer(id, start.Address.AbsoluteUri, time.GetUtcNow() + ConnectStates.Lifetime));
    }

    private static async Task<IResult> CompleteAsync(CompleteRequest request, HttpContext http, Database database, ConnectStates states, WakeUps wakeUps, CancellationToken cancellationToken)
    {
        if (request.State is not { Length: > 0 and <= MaxText } state || request.Code is not { Length: > 0 and <= MaxText } code)
        {
            throw ApiErrors.InvalidParameter("state and code", $"given, of at most {MaxText} characters");
        }

        var messages = new List<OutgoingMessage>();
        var id = await database.TransactAsync(async c =>
        {
            messages.Clear();
            var returned = await states.ReturnAsync(c, state, Binding(http), code, null, cancellationToken);
            if (returned is { } connect)
            {
                messages.Add(MessageBus.Pack(new ConnectAccount(connect), Lane.Live, null, Correlation.Of(http)));
                await Outbox.AddAsync(c, messages, cancellationToken);
            }

            return returned;
        }, cancellationToken) ?? throw ApiErrors.Conflict("This state is unknown, used, older than ten minutes, or was begun with another token. Begin again.");
        wakeUps.Sent(messages);
        return Results.Accepted($"/api/v1/accounts/connect/{id}", new ConnectBody(id, "returned", null, null));
    }

    private static async Task<IResult> DisconnectAsync(string accountId, DisconnectRequest? request, HttpContext http, AccountStore accounts, Database database, WakeUps wakeUps, CancellationToken cancellationToken)
    {
        var caller = Caller.Of(http);
        var id = ApiErrors.Id("accountId", accountId);
        var owner = await accounts.OwnerAsync(id, cancellationToken) ?? throw ApiErrors.NotFound("account");
        AccessRule.RequireCommand(caller, owner);
        var message = MessageBus.Pack(new DisconnectAccount(id, request?.Erase ?? false, caller.UserId), Lane.Live, null, Correlation.Of(http));
        await database.TransactAsync(c => Outbox.AddAsync(c, [message], cancellationToken), cancellationToken);
        wakeUps.Sent([message]);
        return Results.Accepted($"/api/v1/accounts/{id}", new DisconnectAnswer(id, "disconnecting", request?.Erase ?? false));
    }

    /// <summary>Who began may finish: the token itself, not just the user.</summary>
    private static byte[] Binding(HttpContext http) => TokenStore.Hash(http.Request.Headers.Authorization.ToString()["Bearer ".Length..].Trim());
}
