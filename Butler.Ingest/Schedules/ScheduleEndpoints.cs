using System.Globalization;
using System.Text.Json;
using Butler.Ingest.Admin;
using Butler.ServiceDefaults.Errors;

namespace Butler.Ingest.Schedules;

/// <summary>A schedule for admins. Intervals are written as days.hours:minutes:seconds.</summary>
internal sealed record ScheduleBody(
    string Name, string What, string Every, string ConfiguredEvery, bool Enabled, bool ConfiguredEnabled, DateTimeOffset NextRunAt, bool Running, bool RunRequested, long Runs, long Failures,
    DateTimeOffset? LastStartedAt, DateTimeOffset? LastEndedAt, string? LastOutcome, string? LastNote);

/// <summary>Answer of <c>GET /api/v1/admin/schedules</c>.</summary>
internal sealed record SchedulesAnswer(IReadOnlyList<ScheduleBody> Schedules);

internal static class ScheduleEndpoints
{
    private const string Intervals = "an interval from 00:00:00.1 to 31.00:00:00, or null for what is configured";

    public static void MapSchedules(this WebApplication app)
    {
        var group = app.MapAdmin("/schedules");
        group.MapGet("", async (ScheduleStore store, CancellationToken cancellationToken) =>
            new SchedulesAnswer([.. (await store.ListAsync(null, cancellationToken)).Select(Body)])).WithSummary("All schedules. Admins only.");
        group.MapPatch("/{name}", ChangeAsync).Produces<ScheduleBody>()
            .WithSummary("Changes a schedule's interval (every) or whether it runs (enabled); null goes back to the configuration. Admins only.");
        group.MapPost("/{name}/run", RunAsync).Produces<ScheduleBody>(StatusCodes.Status202Accepted)
            .WithSummary("Runs a schedule now, also one that is switched off; one that runs just now runs once more afterwards. Admins only.");
    }

    private static async Task<IResult> ChangeAsync(string name, JsonElement change, ScheduleStore store, CancellationToken cancellationToken)
    {
        if (change.ValueKind != JsonValueKind.Object || !change.EnumerateObject().Any())
        {
            throw new ApiException(ApiErrorCodes.InvalidRequest, "Send an object with every, enabled, or both.");
        }

        var (setEvery, setEnabled) = (false, false);
        TimeSpan? every = null;
        bool? enabled = null;
        foreach (var property in change.EnumerateObject())
        {
            switch (property.Name)
            {
                case "every":
                    (setEvery, every) = (true, Interval(property.Value));
                    break;
                case "enabled":
                    (setEnabled, enabled) = (true, property.Value.ValueKind switch
                    {
                        JsonValueKind.True => true,
                        JsonValueKind.False => false,
                        JsonValueKind.Null => (bool?)null,
                        _ => throw ApiErrors.InvalidParameter("enabled", "true, false, or null for what is configured"),
                    });
                    break;
                default:
                    throw ApiErrors.InvalidParameter(property.Name.Length <= 40 ? property.Name : "a property", "every or enabled; nothing else can be changed");
            }
        }

        await RequireAsync(name, store, cancellationToken);
        await store.ChangeAsync(name, setEvery, every, setEnabled, enabled, cancellationToken);
        return Results.Ok(await RequireAsync(name, store, cancellationToken));
    }

    private static async Task<IResult> RunAsync(string name, ScheduleStore store, CancellationToken cancellationToken)
    {
        await RequireAsync(name, store, cancellationToken);
        await store.ForceAsync(name, cancellationToken);
        return Results.Accepted(value: await RequireAsync(name, store, cancellationToken));
    }

    private static TimeSpan? Interval(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.String && TimeSpan.TryParseExact(value.GetString(), ["c", @"d\.hh\:mm\:ss\.FFFFFFF", @"hh\:mm\:ss\.FFFFFFF"], CultureInfo.InvariantCulture, out var every)
            && every >= ScheduleOptions.Shortest && every <= ScheduleOptions.Longest ? every : throw ApiErrors.InvalidParameter("every", Intervals);
    }

    private static async Task<ScheduleBody> RequireAsync(string name, ScheduleStore store, CancellationToken cancellationToken) =>
        Body((await store.ListAsync(name, cancellationToken)).FirstOrDefault() ?? throw ApiErrors.NotFound("schedule"));

    private static ScheduleBody Body(ScheduleState s) => new(
        s.Name, s.What, s.Every.ToString("c", CultureInfo.InvariantCulture), s.ConfiguredEvery.ToString("c", CultureInfo.InvariantCulture), s.Enabled, s.ConfiguredEnabled, s.NextRunAt,
        s.Running, s.Requested, s.Runs, s.Failures, s.LastStartedAt, s.LastEndedAt, s.LastOutcome, s.LastNote);
}
