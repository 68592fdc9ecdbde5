using Butler.Data;
using Butler.ServiceDefaults.Access;
using Butler.ServiceDefaults.Errors;
using Microsoft.Extensions.Options;

namespace Butler.Ingest.Keys;

/// <summary>A key of the ring.</summary>
internal sealed record KeyBody(Guid KeyId, DateTimeOffset CreatedAt, DateTimeOffset? RetiredAt, long Credentials);

/// <summary>How the last rotation stands.</summary>
internal sealed record RotationBody(Guid KeyId, DateTimeOffset StartedAt, DateTimeOffset? FinishedAt, long Resealed);

/// <summary>Answer of <c>GET /api/v1/admin/keys</c>.</summary>
internal sealed record KeysBody(IReadOnlyList<KeyBody> Keys, RotationBody? Rotation);

/// <summary>The key ring, for admins. No secret is ever in an answer.</summary>
internal static class KeyEndpoints
{
    public static void MapKeys(this WebApplication app)
    {
        var group = app.MapGroup("/api/v1/admin/keys").WithTags("admin");
        group.MapGet("", async (HttpContext http, KeyRotation rotation, CancellationToken cancellationToken) =>
        {
            AccessRule.RequireAdmin(Caller.Of(http));
            return new KeysBody(
                [.. (await rotation.KeysAsync(cancellationToken)).Select(k => new KeyBody(k.Id, k.CreatedAt, k.RetiredAt, k.Credentials))],
                await rotation.StateAsync(cancellationToken) is { } state ? Body(state) : null);
        }).Produces<KeysBody>().WithSummary("The keys, how many credentials each has sealed, and the last rotation (admins only).");
        group.MapPost("/rotate", RotateAsync).Produces<RotationBody>(202).WithSummary("Adds a key and seals everything anew with it while Butler runs (admins only). 409 while a rotation is under way.");
    }

    private static async Task<IResult> RotateAsync(HttpContext http, KeyRotation rotation, Database database, IOptions<KeyOptions> options, CancellationToken cancellationToken)
    {
        var caller = Caller.Of(http);
        AccessRule.RequireAdmin(caller);
        var state = await rotation.StartAsync(options.Value.Settle, cancellationToken) ?? throw ApiErrors.Conflict("A rotation is under way.");
        await database.TransactAsync(c => Audit.AddAsync(c, AuditKinds.RotationStarted, caller.UserId, null, null, $$"""{"key":"{{state.Key}}"}""", cancellationToken), cancellationToken);
        return Results.Accepted("/api/v1/admin/keys", Body(state));
    }

    private static RotationBody Body(RotationState state) => new(state.Key, state.StartedAt, state.FinishedAt, state.Resealed);
}
