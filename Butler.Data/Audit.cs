using Npgsql;
using NpgsqlTypes;

namespace Butler.Data;

/// <summary>The closed set of audited acts.</summary>
public static class AuditKinds
{
    /// <summary>A mailbox was connected.</summary>
    public const string Connected = "account_connected";

    /// <summary>A mailbox was connected again.</summary>
    public const string Reconnected = "account_reconnected";

    /// <summary>A mailbox was disconnected.</summary>
    public const string Disconnected = "account_disconnected";

    /// <summary>A mailbox's data was erased.</summary>
    public const string Erased = "data_erased";

    /// <summary>An account's retention was changed.</summary>
    public const string RetentionChanged = "retention_changed";

    /// <summary>Somebody of the family read.</summary>
    public const string ReadByFamily = "read_by_family";

    /// <summary>An admin read.</summary>
    public const string ReadByAdmin = "read_by_admin";

    /// <summary>A key rotation began.</summary>
    public const string RotationStarted = "keys_rotation_started";

    /// <summary>A key rotation ended.</summary>
    public const string RotationFinished = "keys_rotation_finished";

    /// <summary>A user was added.</summary>
    public const string UserAdded = "user_added";

    /// <summary>A user's name or role was changed.</summary>
    public const string UserChanged = "user_changed";

    /// <summary>A family was made.</summary>
    public const string FamilyCreated = "family_created";

    /// <summary>An invitation was made.</summary>
    public const string FamilyInvited = "family_invited";

    /// <summary>Somebody joined a family.</summary>
    public const string FamilyJoined = "family_joined";

    /// <summary>Somebody left a family.</summary>
    public const string FamilyLeft = "family_left";

    /// <summary>Somebody was removed from a family.</summary>
    public const string FamilyRemoved = "family_removed";

    /// <summary>An API token was made.</summary>
    public const string TokenCreated = "token_created";

    /// <summary>A token or session was revoked.</summary>
    public const string TokenRevoked = "token_revoked";
}

/// <summary>The one writer of <c>audit_events</c>, inside the caller's transaction. Ids only: no address, no subject, no secret.</summary>
public static class Audit
{
    /// <summary>Notes an act.</summary>
    /// <param name="connection">The transaction's connection.</param>
    /// <param name="kind">One of <see cref="AuditKinds"/>.</param>
    /// <param name="actor">Who did it; null: Butler itself.</param>
    /// <param name="subject">Whom it is about.</param>
    /// <param name="providerUserId">Which account, if one.</param>
    /// <param name="details">JSON with counts and states.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task AddAsync(NpgsqlConnection connection, string kind, Guid? actor, Guid? subject, Guid? providerUserId, string details, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "INSERT INTO audit_events (id, kind, actor_user_id, subject_user_id, provider_user_id, details) VALUES ($1, $2, $3, $4, $5, $6::jsonb)", connection)
        {
            Parameters = { new() { Value = Guid.CreateVersion7() }, new() { Value = kind }, Id(actor), Id(subject), Id(providerUserId), new() { Value = details, NpgsqlDbType = NpgsqlDbType.Text } },
        };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Notes that somebody read somebody's data: the first time in each hour.</summary>
    public static async Task ReadAsync(NpgsqlConnection connection, string kind, Guid actor, Guid subject, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("""
            INSERT INTO audit_events (id, kind, actor_user_id, subject_user_id, hour) VALUES ($1, $2, $3, $4, date_trunc('hour', now()))
            ON CONFLICT (actor_user_id, subject_user_id, kind, hour) WHERE hour IS NOT NULL DO NOTHING
            """, connection)
        { Parameters = { new() { Value = Guid.CreateVersion7() }, new() { Value = kind }, new() { Value = actor }, new() { Value = subject } } };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static NpgsqlParameter Id(Guid? value) => new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid };
}
