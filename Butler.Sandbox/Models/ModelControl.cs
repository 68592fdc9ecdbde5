using System.Text.Json;
using System.Text.Json.Serialization;

namespace Butler.Sandbox.Models;

/// <summary>Faults, scripted answers and figures of the chat endpoints.</summary>
internal static class ModelControl
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    public static void MapModelControl(this RouteGroupBuilder group)
    {
        group.MapGet("/models", (ModelStats stats) => Results.Json(stats.All, Json));
        group.MapDelete("/models", (ModelStats stats) => Clear(stats.Reset));
        group.MapGet("/models/calls", (ModelStats stats) => Results.Json(stats.Calls, Json));
        group.MapGet("/models/faults", (ModelFaults faults) => Results.Json(faults.Active, Json));
        group.MapPost("/models/faults", (HttpContext http, ModelFaults faults) => Read<ModelFault>(http, f =>
        {
            ArgumentException.ThrowIfNullOrEmpty(f.Endpoint, "endpoint");
            faults.Set(f);
        }, "{endpoint, kind, operation, probability, count, skip, lasts, marker, seconds}; kinds are " + string.Join(", ", Enum.GetNames<ModelFaultKind>())));
        group.MapDelete("/models/faults", (string? endpoint, ModelFaults faults) => Clear(() => faults.Clear(endpoint)));
        group.MapGet("/models/answers", (ScriptedAnswers answers) => Results.Json(new { waiting = answers.Waiting }));
        group.MapPost("/models/answers", (HttpContext http, ScriptedAnswers answers) => Read<ScriptedAnswer>(http, a =>
        {
            ArgumentNullException.ThrowIfNull(a.Text, "text");
            answers.Add(a);
        }, "{text, marker, endpoint, count}"));
        group.MapDelete("/models/answers", (ScriptedAnswers answers) => Clear(answers.Clear));
    }

    private static async Task<IResult> Read<T>(HttpContext http, Action<T> act, string shape)
        where T : class
    {
        try
        {
            if (await JsonSerializer.DeserializeAsync<T>(http.Request.Body, Json, http.RequestAborted) is { } read)
            {
                act(read);
                return Results.NoContent();
            }
        }
        catch (Exception e) when (e is JsonException or ArgumentException or InvalidOperationException)
        {
            // Answered below.
        }

        return Results.Json(new { error = "The body must be " + shape }, statusCode: 400);
    }

    private static IResult Clear(Action act)
    {
        act();
        return Results.NoContent();
    }
}
