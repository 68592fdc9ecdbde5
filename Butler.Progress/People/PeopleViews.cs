using Butler.Data.Ingest;
using Butler.Progress.Pages;
using Butler.Progress.Reads;
using Butler.ServiceDefaults.Access;
using Npgsql;

namespace Butler.Progress.People;

public sealed record FamilyView(string Name, bool Owns, IReadOnlyList<MemberView> Members, IReadOnlyList<InvitationView> Invitations);

public sealed record MemberView(Guid Id, string Name, bool Owner, bool Me);

public sealed record InvitationView(Guid Id, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt);

public sealed record TokenView(Guid Id, string Kind, string Name, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt, bool Mine);

public sealed record AuditView(string Kind, string? Actor, bool Me, DateTimeOffset At);

public sealed record PeopleModel(
    Frame Frame, FamilyView? Family, IReadOnlyList<TokenView> Tokens, IReadOnlyList<AuditView> Events, IReadOnlyList<PersonRow>? Everybody, Guid Me);

public sealed record SecretModel(Frame Frame, string Title, string Lead, string Secret, bool IsLink);

/// <summary>One audited act.</summary>
internal sealed record AuditBody(Guid Id, string Kind, Guid? ActorUserId, Guid? SubjectUserId, Guid? AccountId, DateTimeOffset CreatedAt);

/// <summary>Answer of <c>GET /api/v1/audit</c>.</summary>
internal sealed record AuditListBody(IReadOnlyList<AuditBody> Events);

/// <summary>Reads families, tokens and audit events for the people page and the API, under row-level security.</summary>
internal sealed class PeopleViews(VisibleData data, TokenStore tokens, PeopleStore people)
{
    private const int EventsShown = 20;

    public async Task<PeopleModel> ReadAsync(Caller caller, Frame frame, string? session, CancellationToken cancellationToken)
    {
        var (family, events) = await data.ReadAsync(async connection =>
            (caller.FamilyId is { } id ? await FamilyAsync(connection, caller, id, cancellationToken) : null, await EventsAsync(connection, caller, cancellationToken)), cancellationToken);
        var own = session is null ? null : TokenStore.Hash(session);
        return new(
            frame, family,
            [.. (await tokens.ListAsync(caller.UserId, cancellationToken)).Select(t => new TokenView(t.Id, t.Kind, t.Name, t.CreatedAt, t.ExpiresAt, own is not null && t.Hash.AsSpan().SequenceEqual(own)))],
            events, caller.IsAdmin ? await people.ListAsync(cancellationToken) : null, caller.UserId);
    }

    public Task<List<AuditBody>> AuditAsync(int limit, CancellationToken cancellationToken) =>
        data.ReadAsync("SELECT id, kind, actor_user_id, subject_user_id, provider_user_id, created_at FROM audit_events ORDER BY created_at DESC, id DESC LIMIT $1", [new() { Value = limit }], async row =>
        {
            var events = new List<AuditBody>();
            Guid? Id(int column) => row.IsDBNull(column) ? null : row.GetGuid(column);
            while (await row.ReadAsync(cancellationToken))
            {
                events.Add(new(row.GetGuid(0), row.GetString(1), Id(2), Id(3), Id(4), row.GetFieldValue<DateTimeOffset>(5)));
            }

            return events;
        }, cancellationToken);

    private static async Task<FamilyView?> FamilyAsync(NpgsqlConnection connection, Caller caller, Guid family, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new("SELECT name, owner_user_id FROM families WHERE id = $1") { Parameters = { new() { Value = family } } },
                new("SELECT id, display_name FROM app_users WHERE family_id = $1 ORDER BY created_at, id") { Parameters = { new() { Value = family } } },
                new("""
                    SELECT id, created_at, expires_at FROM family_invitations
                    WHERE family_id = $1 AND used_at IS NULL AND revoked_at IS NULL AND expires_at > now() ORDER BY created_at, id
                    """) { Parameters = { new() { Value = family } } },
            },
        };
        await using var row = await batch.ExecuteReaderAsync(cancellationToken);
        if (!await row.ReadAsync(cancellationToken))
        {
            return null;
        }

        var (name, owner) = (row.GetString(0), row.IsDBNull(1) ? (Guid?)null : row.GetGuid(1));
        await row.NextResultAsync(cancellationToken);
        var members = new List<MemberView>();
        while (await row.ReadAsync(cancellationToken))
        {
            var id = row.GetGuid(0);
            members.Add(new(id, row.GetString(1), id == owner, id == caller.UserId));
        }

        await row.NextResultAsync(cancellationToken);
        var invitations = new List<InvitationView>();
        while (await row.ReadAsync(cancellationToken))
        {
            invitations.Add(new(row.GetGuid(0), row.GetFieldValue<DateTimeOffset>(1), row.GetFieldValue<DateTimeOffset>(2)));
        }

        return new(name, owner == caller.UserId || caller.IsAdmin, members, invitations);
    }

    private static async Task<List<AuditView>> EventsAsync(NpgsqlConnection connection, Caller caller, CancellationToken cancellationToken)
    {
        // The name of somebody who is not of the family any more is not the reader's to see.
        await using var command = new NpgsqlCommand("""
            SELECT e.kind, u.display_name, e.actor_user_id, e.created_at FROM audit_events e LEFT JOIN app_users u ON u.id = e.actor_user_id
            WHERE e.subject_user_id = $1 ORDER BY e.created_at DESC, e.id DESC LIMIT $2
            """, connection)
        { Parameters = { new() { Value = caller.UserId }, new() { Value = EventsShown } } };
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        var events = new List<AuditView>();
        while (await row.ReadAsync(cancellationToken))
        {
            events.Add(new(row.GetString(0), row.IsDBNull(1) ? null : row.GetString(1), !row.IsDBNull(2) && row.GetGuid(2) == caller.UserId, row.GetFieldValue<DateTimeOffset>(3)));
        }

        return events;
    }
}
