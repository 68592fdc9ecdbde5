using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Butler.Sandbox.Faults;
using Butler.Sandbox.Models;
using Butler.Sandbox.Quota;
using Butler.Sandbox.State;

namespace Butler.Sandbox.Control;

/// <summary>What Google has no API for: accounts, arrivals, the owner's own doings, faults and figures.</summary>
internal static class ControlEndpoints
{
    private const string Header = "X-Sandbox-Secret";

    private static readonly JsonSerializerOptions FaultJson = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) } };

    public static void MapControl(this WebApplication app)
    {
        var group = app.MapGroup("/sandbox").AddEndpointFilter(async (context, next) =>
            IsAllowed(context.HttpContext) ? await next(context) : Results.Json(new { error = $"{Header} is missing or wrong" }, statusCode: 403));

        group.MapGet("/accounts", (SandboxState state) => Results.Json(state.Addresses.Select(a => new
        {
            address = a,
            refresh_token = state.Account(a).RefreshToken,
            revoked = state.Account(a).Revoked,
            mails = state.CountMails(a),
        })));
        group.MapPost("/accounts/{address}", (string address, SandboxState state) =>
        {
            if (state.Find(address) is not null)
            {
                return Results.Json(new { error = "This account exists already" }, statusCode: 409);
            }

            var made = state.AddLasting(address);
            return Results.Json(new { address = made.Address, refresh_token = made.RefreshToken, mails = 0 }, statusCode: 201);
        });
        group.MapPost("/accounts/{address}/mails", Deliver);
        group.MapDelete("/accounts/{address}/mails/{id}", (string address, string id, SandboxState state) => Done(state.Find(address)?.Delete(id)));
        group.MapPost("/accounts/{address}/revoke", (string address, SandboxState state) => Act(state.Find(address), a => a.Revoke()));
        group.MapPost("/accounts/{address}/expire-history", (string address, SandboxState state) => Act(state.Find(address), a => a.ExpireHistory()));
        group.MapGet("/accounts/{address}/drafts", (string address, SandboxState state) => Drafts(state.Find(address)));
        group.MapPut("/accounts/{address}/drafts/{id}", EditDraft);
        group.MapDelete("/accounts/{address}/drafts/{id}", (string address, string id, SandboxState state) => Done(state.Find(address)?.DeleteDraft(id)));
        group.MapPost("/accounts/{address}/drafts/{id}/send", (string address, string id, SandboxState state) => Done(state.Find(address) is { } a ? a.SendDraft(id) is not null : null));

        group.MapGet("/faults", (SandboxFaults faults) => Results.Json(faults.Active, FaultJson));
        group.MapPost("/faults", SetFault);
        group.MapDelete("/faults", (string? method, SandboxFaults faults) =>
        {
            faults.Clear(method);
            return Results.NoContent();
        });
        group.MapGet("/stats", Stats);
        group.MapPushControl();
        group.MapModelControl();
    }

    private static bool IsAllowed(HttpContext http)
    {
        var secret = http.RequestServices.GetRequiredService<SandboxOptions>().Secret;
        return !string.IsNullOrEmpty(secret)
            && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(http.Request.Headers[Header].ToString()));
    }

    private static async Task<IResult> Deliver(string address, string? labels, string? date, HttpContext http, SandboxState state)
    {
        if (state.Find(address) is not { } account)
        {
            return NoAccount();
        }

        DateTimeOffset? at = null;
        if (date is not null)
        {
            if (!DateTimeOffset.TryParse(date, System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.AssumeUniversal, out var parsed))
            {
                return Results.Json(new { error = "date must be ISO 8601" }, statusCode: 400);
            }

            at = parsed;
        }

        var raw = await Body(http);
        if (raw.Length == 0)
        {
            return Results.Json(new { error = "The body must be the message" }, statusCode: 400);
        }

        var mail = account.Deliver(raw, labels?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries), at);
        return Results.Json(new { id = mail.Id, threadId = mail.ThreadId, historyId = Number(mail.HistoryId) }, statusCode: 201);
    }

    private static IResult Drafts(SandboxAccount? account) => account is null ? NoAccount() : Results.Json(new
    {
        drafts = account.Drafts.Select(d => new { id = d.Id, messageId = d.Mail.Id, threadId = d.Mail.ThreadId, raw = Base64Url.EncodeToString(d.Mail.Raw()) }),
        history = account.DraftHistory.Select(e => new { kind = e.Kind, by = e.By, draftId = e.DraftId, threadId = e.ThreadId, at = e.At }),
    });

    private static async Task<IResult> EditDraft(string address, string id, HttpContext http, SandboxState state)
    {
        if (state.Find(address) is not { } account)
        {
            return NoAccount();
        }

        return account.UpdateDraft(id, await Body(http)) is { } draft
            ? Results.Json(new { id = draft.Id, messageId = draft.Mail.Id, threadId = draft.Mail.ThreadId })
            : Done(false);
    }

    private static async Task<IResult> SetFault(HttpContext http, SandboxFaults faults)
    {
        try
        {
            var fault = await JsonSerializer.DeserializeAsync<PlainFault>(http.Request.Body, FaultJson, http.RequestAborted);
            if (string.IsNullOrEmpty(fault?.Method))
            {
                return Results.Json(new { error = "method is missing" }, statusCode: 400);
            }

            faults.Set(fault);
            return Results.NoContent();
        }
        catch (JsonException)
        {
            return Results.Json(new { error = "The body is no fault: {method, kind, probability, count, account, id}; kinds are " + string.Join(", ", Enum.GetNames<FaultKind>()) }, statusCode: 400);
        }
    }

    private static IResult Stats(SandboxStats stats, SandboxQuota quota) => Results.Json(new
    {
        calls = stats.Calls.OrderBy(c => c.Key).Select(c => new { method = c.Key.Method, status = c.Key.Status, count = c.Value }),
        units = quota.Used,
        mails_served = stats.MailsServed,
        mail_bytes_served = stats.MailBytesServed,
        cpu_seconds = Environment.CpuUsage.TotalTime.TotalSeconds,
    });

    private static IResult Act(SandboxAccount? account, Action<SandboxAccount> action)
    {
        if (account is null)
        {
            return NoAccount();
        }

        action(account);
        return Results.NoContent();
    }

    private static IResult Done(bool? found) => found switch
    {
        null => NoAccount(),
        false => Results.Json(new { error = "There is no such message or draft" }, statusCode: 404),
        _ => Results.NoContent(),
    };

    private static IResult NoAccount() => Results.Json(new { error = "There is no such account" }, statusCode: 404);

    private static string Number(ulong value) => value.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static async Task<byte[]> Body(HttpContext http)
    {
        using var copy = new MemoryStream();
        await http.Request.Body.CopyToAsync(copy, http.RequestAborted);
        return copy.ToArray();
    }
}
