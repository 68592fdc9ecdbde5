using System.Text.Json;
using System.Text.Json.Nodes;
using Butler.Sandbox.Faults;
using Butler.Sandbox.Quota;
using Butler.Sandbox.State;

namespace Butler.Sandbox.Push;

/// <summary>Google's keys, and the two methods of Pub/Sub that a puller needs (pubsub.proto, service Subscriber).</summary>
internal static class PubSubEndpoints
{
    private const int MaxMessages = 1_000;

    public static void MapPubSub(this WebApplication app)
    {
        app.MapGet("/oauth2/v3/certs", async (HttpContext http, PushKeys keys, SandboxFaults faults) =>
        {
            switch (faults.Take(Methods.Certs, null, null))
            {
                case null:
                    http.Response.Headers.CacheControl = "public, max-age=21600, must-revalidate, no-transform";
                    return Results.Bytes(keys.KeySet(), "application/json; charset=UTF-8");
                case FaultKind.Hang:
                    await Gmail.GmailEndpoints.UntilClientLeaves(http);
                    return Results.Empty;
                default:
                    return Results.StatusCode(503);
            }
        });
        app.MapPost("/v1/projects/{project}/subscriptions/{call}", CallAsync);
    }

    private static async Task<IResult> CallAsync(string project, string call, HttpContext http, PubSub pubSub, ServiceAccount account, SandboxOptions options, SandboxFaults faults, SandboxStats stats)
    {
        var colon = call.LastIndexOf(':');
        var (name, method) = colon < 0 ? (call, "") : (call[..colon], call[(colon + 1)..]);
        if (!account.IsGood(http.Request.Headers.Authorization.ToString()))
        {
            return Refuse(401, "UNAUTHENTICATED");
        }

        if ($"projects/{project}/subscriptions/{name}" != options.Push.Subscription || options.Push.Endpoint is not null)
        {
            return Refuse(404, "NOT_FOUND");
        }

        if (faults.Take(method, null, null) is { } fault)
        {
            stats.Count(method, 503);
            if (fault == FaultKind.Hang)
            {
                await Gmail.GmailEndpoints.UntilClientLeaves(http);
            }

            return Refuse(503, "UNAVAILABLE");
        }

        JsonObject? body;
        try
        {
            body = await JsonSerializer.DeserializeAsync<JsonObject>(http.Request.Body, cancellationToken: http.RequestAborted);
            switch (method)
            {
                case "pull" when Number(body, "maxMessages") is > 0 and <= MaxMessages:
                    var wait = body!["returnImmediately"]?.GetValue<bool>() != true;
                    var messages = await pubSub.PullAsync(Number(body, "maxMessages"), wait, http.RequestAborted);
                    stats.Count("pull", 200);
                    return Results.Json(messages.Count == 0 ? new JsonObject() : new JsonObject { ["receivedMessages"] = new JsonArray([.. messages]) });
                case "acknowledge" when Ids(body) is { Count: > 0 } ids:
                    pubSub.Acknowledge(ids);
                    return Results.Json(new JsonObject());
                case "modifyAckDeadline" when Ids(body) is { Count: > 0 } ids && Number(body, "ackDeadlineSeconds") is >= 0 and <= 600:
                    pubSub.ModifyDeadline(ids, Number(body, "ackDeadlineSeconds"));
                    return Results.Json(new JsonObject());
                default:
                    return Refuse(400, "INVALID_ARGUMENT");
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            return Refuse(400, "INVALID_ARGUMENT");
        }
    }

    private static int Number(JsonObject? body, string name) => body?[name]?.GetValue<int>() ?? -1;

    private static HashSet<string>? Ids(JsonObject? body) => (body?["ackIds"] as JsonArray)?.Select(i => i?.GetValue<string>() ?? "").ToHashSet(StringComparer.Ordinal);

    private static IResult Refuse(int code, string status) => Results.Json(new { error = new { code, message = status, status } }, statusCode: code);
}
