using System.Text.Json;
using Butler.Sandbox.Load;
using Butler.Sandbox.Push;

namespace Butler.Sandbox.Control;

/// <summary>Control of notifications and of the flow of new mail.</summary>
internal static class PushControl
{
    public static void MapPushControl(this RouteGroupBuilder group)
    {
        group.MapGet("/push", (PubSub pubSub, SandboxOptions options, PushKeys keys) => Results.Json(new
        {
            topic = options.Push.Topic,
            subscription = options.Push.Subscription,
            endpoint = options.Push.Endpoint,
            outstanding = pubSub.Outstanding,
            key_set_reads = keys.Reads,
        }));
        group.MapGet("/push/times", (PubSub pubSub) => Results.Json(pubSub.Times.All()));
        group.MapGet("/push/token", (PubSub pubSub) => Results.Json(new { token = pubSub.Token() }));
        group.MapPost("/push/rotate-key", (bool? withdraw, PushKeys keys) => Results.Json(new { kid = keys.Rotate(withdraw == true) }));
        group.MapGet("/push/credentials", (HttpContext http, ServiceAccount account) => Results.Json(account.KeyFile($"{http.Request.Scheme}://{http.Request.Host}")));
        group.MapGet("/flow", (MailFlow flow) => Results.Json(new { running = flow.IsRunning, sent = flow.Sent }));
        group.MapPost("/flow", StartFlowAsync);
        group.MapDelete("/flow", async (MailFlow flow) =>
        {
            await flow.StopAsync();
            return Results.Json(new { running = false, sent = flow.Sent });
        });
    }

    private static async Task<IResult> StartFlowAsync(HttpContext http, MailFlow flow)
    {
        try
        {
            var options = await JsonSerializer.DeserializeAsync<MailFlowOptions>(http.Request.Body, s_json, http.RequestAborted);
            if (options is not { PerSecond: > 0 and <= MailFlow.MaxPerSecond, Count: null or > 0 })
            {
                return Results.Json(new { error = $"per_second must be more than 0 and at most {MailFlow.MaxPerSecond}, count at least 1" }, statusCode: 400);
            }

            _ = flow.Start(options);
            return Results.Json(new { running = true, sent = flow.Sent }, statusCode: 202);
        }
        catch (JsonException)
        {
            return Results.Json(new { error = "The body is no flow: {per_second, count, accounts, seed}" }, statusCode: 400);
        }
    }

    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web) { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };
}
