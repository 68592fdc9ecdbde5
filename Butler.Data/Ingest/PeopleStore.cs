using System.Buffers.Text;
using System.Security.Cryptography;
using Npgsql;
using NpgsqlTypes;

namespace Butler.Data.Ingest;

/// <summary>Why something about people is refused.</summary>
public enum Refusal
{
    /// <summary>There is no such person, family or invitation.</summary>
    NotFound,

    /// <summary>The caller may not.</summary>
    Forbidden,

    /// <summary>The state does not allow it.</summary>
    Conflict,
}

/// <summary>A change of people that is refused. The message is for the caller.</summary>
public sealed class RefusedException(Refusal why, string message) : Exception(message)
{
    /// <summary>Why.</summary>
    public Refusal Why => why;
}

/// <summary>A person as admins see them.</summary>
public sealed record PersonRow(Guid Id, string DisplayName, string Role, Guid? FamilyId, string? FamilyName, int Accounts, DateTimeOffset CreatedAt);

/// <summary>
/// The one writer of <c>app_users</c>, <c>families</c> and <c>family_invitations</c>, used by Ingest's API and by the page, which must
/// show an invitation's link at once. Admins are locked in id order before a role changes, so two admins cannot demote each other.
/// </summary>
public sealed class PeopleStore(Database database)
{
    /// <summary>How long an invitation is good.</summary>
    public static readonly TimeSpan InvitationLifetime = TimeSpan.FromDays(7);

    /// <summary>Longest name of a person or family.</summary>
    public const int MaxName = 200;

    /// <summary>Most people in a family: the rule lists them per query.</summary>
    public const int MaxFamily = 20;

    private const int CodeBytes = 16;

    /// <summary>Adds a user.</summary>
    public Task<Guid> AddUserAsync(Guid actor, string name, string role, CancellationToken cancellationToken) =>
        database.TransactAsync(async c =>
        {
            var id = Guid.CreateVersion7();
            await RunAsync(c, "INSERT INTO app_users (id, display_name, role) VALUES ($1, $2, $3)", cancellationToken, id, DbText.Clean(name, MaxName), role);
            await Audit.AddAsync(c, AuditKinds.UserAdded, actor, id, null, $$"""{"role":"{{role}}"}""", cancellationToken);
            return id;
        }, cancellationToken);

    /// <summary>Changes a user's name, role or both. The last admin stays one.</summary>
    /// <exception cref="RefusedException">Unknown user, or nobody would be admin.</exception>
    public Task<PersonRow> ChangeUserAsync(Guid actor, Guid userId, string? name, string? role, CancellationToken cancellationToken) =>
        database.TransactAsync(async c =>
        {
            // Every change of roles locks all admins first, in one order.
            var admins = await IdsAsync(c, "SELECT id FROM app_users WHERE role = 'admin' ORDER BY id FOR UPDATE", cancellationToken);
            if (await TextAsync(c, "SELECT role FROM app_users WHERE id = $1 FOR UPDATE", cancellationToken, userId) is not { } was)
            {
                throw new RefusedException(Refusal.NotFound, "There is no such user.");
            }

            if (role is not null && role != Roles.Admin && admins is [var last] && last == userId)
            {
                throw new RefusedException(Refusal.Conflict, "This is the last admin. Make somebody else admin first.");
            }

            await RunAsync(c, "UPDATE app_users SET display_name = coalesce($2, display_name), role = coalesce($3, role) WHERE id = $1", cancellationToken,
                userId, name is null ? null : DbText.Clean(name, MaxName), role);
            if (role is not null && role != was)
            {
                await Audit.AddAsync(c, AuditKinds.UserChanged, actor, userId, null, $$"""{"from":"{{was}}","to":"{{role}}"}""", cancellationToken);
            }

            return (await ListAsync(c, userId, cancellationToken))[0];
        }, cancellationToken);

    /// <summary>Everybody, oldest first; or one.</summary>
    public async Task<List<PersonRow>> ListAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.DataSource.OpenConnectionAsync(cancellationToken);
        return await ListAsync(connection, null, cancellationToken);
    }

    /// <summary>Makes a family with the caller in it.</summary>
    /// <exception cref="RefusedException">The caller has one.</exception>
    public Task<Guid> CreateFamilyAsync(Guid user, string name, CancellationToken cancellationToken) =>
        database.TransactAsync(async c =>
        {
            await RequireNoFamilyAsync(c, user, cancellationToken);
            var id = Guid.CreateVersion7();
            await RunAsync(c, "INSERT INTO families (id, name, owner_user_id) VALUES ($1, $2, $3)", cancellationToken, id, DbText.Clean(name, MaxName), user);
            await EnterAsync(c, user, id, cancellationToken);
            await Audit.AddAsync(c, AuditKinds.FamilyCreated, user, user, null, "{}", cancellationToken);
            return id;
        }, cancellationToken);

    /// <summary>Makes a one-time invitation into the caller's family; answers its id and its code, which is shown only now.</summary>
    /// <exception cref="RefusedException">The caller has no family or does not own it, or it is full.</exception>
    public Task<(Guid Id, string Code)> InviteAsync(Guid user, CancellationToken cancellationToken) =>
        database.TransactAsync(async c =>
        {
            var family = await RequireOwnedAsync(c, user, cancellationToken);
            await RequireRoomAsync(c, family, cancellationToken);
            var (id, code) = (Guid.CreateVersion7(), Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(CodeBytes)));
            await RunAsync(c, "INSERT INTO family_invitations (id, family_id, hash, created_by, expires_at) VALUES ($1, $2, $3, $4, now() + $5)", cancellationToken,
                id, family, TokenStore.Hash(code), user, InvitationLifetime);
            await Audit.AddAsync(c, AuditKinds.FamilyInvited, user, user, null, "{}", cancellationToken);
            return (id, code);
        }, cancellationToken);

    /// <summary>Takes an unused invitation back.</summary>
    /// <exception cref="RefusedException">Unknown, or another family's.</exception>
    public Task RevokeInvitationAsync(Guid user, Guid invitation, CancellationToken cancellationToken) =>
        database.TransactAsync(async c =>
        {
            if (await IdAsync(c, "SELECT family_id FROM family_invitations WHERE id = $1", cancellationToken, invitation) is not { } family)
            {
                throw new RefusedException(Refusal.NotFound, "There is no such invitation.");
            }

            await RequireOwnsAsync(c, user, family, cancellationToken);
            await RunAsync(c, "UPDATE family_invitations SET revoked_at = now() WHERE id = $1 AND used_at IS NULL AND revoked_at IS NULL", cancellationToken, invitation);
        }, cancellationToken);

    /// <summary>Uses an invitation up.</summary>
    /// <exception cref="RefusedException">Unknown, used, revoked or too old; the caller has a family; the family is full.</exception>
    public Task<Guid> JoinAsync(Guid user, string code, CancellationToken cancellationToken) =>
        database.TransactAsync(async c =>
        {
            await RequireNoFamilyAsync(c, user, cancellationToken);
            if (await IdAsync(c, """
                UPDATE family_invitations SET used_at = now(), used_by = $2 WHERE hash = $1 AND used_at IS NULL AND revoked_at IS NULL AND expires_at > now() RETURNING family_id
                """, cancellationToken, TokenStore.Hash(code), user) is not { } family)
            {
                throw new RefusedException(Refusal.NotFound, "This invitation is unknown, used, taken back or older than 7 days. Ask for a new one.");
            }

            await RequireRoomAsync(c, family, cancellationToken);
            await EnterAsync(c, user, family, cancellationToken);
            await Audit.AddAsync(c, AuditKinds.FamilyJoined, user, user, null, "{}", cancellationToken);
            return family;
        }, cancellationToken);

    /// <summary>Leaves the family; the last to leave ends it.</summary>
    /// <exception cref="RefusedException">The caller has none.</exception>
    public Task LeaveAsync(Guid user, CancellationToken cancellationToken) =>
        database.TransactAsync(async c =>
        {
            var family = await IdAsync(c, "SELECT family_id FROM app_users WHERE id = $1 AND family_id IS NOT NULL", cancellationToken, user)
                ?? throw new RefusedException(Refusal.Conflict, "You are in no family.");
            await ExitAsync(c, user, family, cancellationToken);
            await Audit.AddAsync(c, AuditKinds.FamilyLeft, user, user, null, "{}", cancellationToken);
        }, cancellationToken);

    /// <summary>Removes somebody from their family: its owner may, and admins.</summary>
    /// <exception cref="RefusedException">Unknown person, or not the caller's to remove.</exception>
    public Task RemoveAsync(Guid actor, Guid person, CancellationToken cancellationToken) =>
        database.TransactAsync(async c =>
        {
            if (await IdAsync(c, "SELECT family_id FROM app_users WHERE id = $1 AND family_id IS NOT NULL", cancellationToken, person) is not { } family)
            {
                throw new RefusedException(Refusal.NotFound, "There is no such member.");
            }

            await RequireOwnsAsync(c, actor, family, cancellationToken);
            await ExitAsync(c, person, family, cancellationToken);
            await Audit.AddAsync(c, AuditKinds.FamilyRemoved, actor, person, null, "{}", cancellationToken);
        }, cancellationToken);

    private static async Task<List<PersonRow>> ListAsync(NpgsqlConnection connection, Guid? only, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("""
            SELECT u.id, u.display_name, u.role, u.family_id, f.name, (SELECT count(*)::int FROM provider_users p WHERE p.app_user_id = u.id), u.created_at
            FROM app_users u LEFT JOIN families f ON f.id = u.family_id WHERE $1::uuid IS NULL OR u.id = $1 ORDER BY u.created_at, u.id
            """, connection)
        { Parameters = { Parameter(only) } };
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        var people = new List<PersonRow>();
        while (await row.ReadAsync(cancellationToken))
        {
            people.Add(new(row.GetGuid(0), row.GetString(1), row.GetString(2), row.IsDBNull(3) ? null : row.GetGuid(3), row.IsDBNull(4) ? null : row.GetString(4), row.GetInt32(5), row.GetFieldValue<DateTimeOffset>(6)));
        }

        return people;
    }

    private static async Task EnterAsync(NpgsqlConnection c, Guid user, Guid family, CancellationToken cancellationToken) =>
        await RunAsync(c, "UPDATE app_users SET family_id = $2, role = CASE role WHEN 'admin' THEN role ELSE 'family' END WHERE id = $1", cancellationToken, user, family);

    private static async Task ExitAsync(NpgsqlConnection c, Guid user, Guid family, CancellationToken cancellationToken)
    {
        await RunAsync(c, "SELECT 1 FROM families WHERE id = $1 FOR UPDATE", cancellationToken, family);
        await RunAsync(c, "UPDATE app_users SET family_id = NULL, role = CASE role WHEN 'admin' THEN role ELSE 'member' END WHERE id = $1", cancellationToken, user);
        await RunAsync(c, """
            UPDATE families SET owner_user_id = (SELECT id FROM app_users WHERE family_id = $1 ORDER BY created_at, id LIMIT 1) WHERE id = $1 AND owner_user_id IS NOT DISTINCT FROM $2
            """, cancellationToken, family, user);
        // What the one who went has handed out must not bring somebody in.
        await RunAsync(c, "UPDATE family_invitations SET revoked_at = now() WHERE family_id = $1 AND created_by = $2 AND used_at IS NULL AND revoked_at IS NULL", cancellationToken, family, user);
        await RunAsync(c, "DELETE FROM families WHERE id = $1 AND NOT EXISTS (SELECT FROM app_users WHERE family_id = $1)", cancellationToken, family);
    }

    private static async Task RequireNoFamilyAsync(NpgsqlConnection c, Guid user, CancellationToken cancellationToken)
    {
        if (await IdAsync(c, "SELECT family_id FROM app_users WHERE id = $1 FOR UPDATE", cancellationToken, user) is not null)
        {
            throw new RefusedException(Refusal.Conflict, "You are in a family. Leave it first.");
        }
    }

    private static async Task RequireRoomAsync(NpgsqlConnection c, Guid family, CancellationToken cancellationToken)
    {
        await RunAsync(c, "SELECT 1 FROM families WHERE id = $1 FOR UPDATE", cancellationToken, family);
        if ((await IdsAsync(c, "SELECT id FROM app_users WHERE family_id = $1", cancellationToken, family)).Count >= MaxFamily)
        {
            throw new RefusedException(Refusal.Conflict, $"A family has at most {MaxFamily} people.");
        }
    }

    private static async Task<Guid> RequireOwnedAsync(NpgsqlConnection c, Guid user, CancellationToken cancellationToken)
    {
        var family = await IdAsync(c, "SELECT family_id FROM app_users WHERE id = $1", cancellationToken, user)
            ?? throw new RefusedException(Refusal.Conflict, "You are in no family. Make one first.");
        await RequireOwnsAsync(c, user, family, cancellationToken);
        return family;
    }

    private static async Task RequireOwnsAsync(NpgsqlConnection c, Guid user, Guid family, CancellationToken cancellationToken)
    {
        if (await IdAsync(c, "SELECT u.id FROM app_users u JOIN families f ON f.id = $2 WHERE u.id = $1 AND (f.owner_user_id = u.id OR u.role = 'admin')", cancellationToken, user, family) is null)
        {
            throw new RefusedException(Refusal.Forbidden, "Only the one who made the family, or an admin, does that.");
        }
    }

    private static async Task<int> RunAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken, params object?[] values)
    {
        await using var command = Command(connection, sql, values);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<Guid?> IdAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken, params object?[] values)
    {
        await using var command = Command(connection, sql, values);
        return await command.ExecuteScalarAsync(cancellationToken) as Guid?;
    }

    private static async Task<string?> TextAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken, params object?[] values)
    {
        await using var command = Command(connection, sql, values);
        return await command.ExecuteScalarAsync(cancellationToken) as string;
    }

    private static async Task<List<Guid>> IdsAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken, params object?[] values)
    {
        await using var command = Command(connection, sql, values);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        var ids = new List<Guid>();
        while (await row.ReadAsync(cancellationToken))
        {
            ids.Add(row.GetGuid(0));
        }

        return ids;
    }

    private static NpgsqlCommand Command(NpgsqlConnection connection, string sql, object?[] values)
    {
        var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values)
        {
            command.Parameters.Add(value is null ? new() { Value = DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text } : new() { Value = value });
        }

        return command;
    }

    private static NpgsqlParameter Parameter(Guid? value) => new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid };
}
