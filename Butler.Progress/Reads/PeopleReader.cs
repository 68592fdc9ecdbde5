using Butler.ServiceDefaults.Access;
using Butler.ServiceDefaults.Errors;

namespace Butler.Progress.Reads;

internal sealed record Person(Guid Id, string DisplayName, Guid? FamilyId);

/// <summary>A connected account as the API and the page show it.</summary>
public sealed record Account(Guid Id, Guid AppUserId, Guid? FamilyId, string Provider, string Address, string DisplayName, string Status, bool WholeMailbox, DateTimeOffset? LastSyncAt, string? LastError)
{
    /// <summary>Days until its mail expires, counted from storing; 0 keeps it.</summary>
    public int RetentionDays { get; init; }

    /// <summary>A change of it has not reached every mail yet.</summary>
    public bool RetentionMoves { get; init; }

    /// <summary>Its transactions stay when their mails expire.</summary>
    public bool KeepsTransactions { get; init; }
}

/// <summary>Reads users and accounts, and answers only what the caller may see: every read of somebody's data begins here.</summary>
internal sealed class PeopleReader(VisibleData data, ReadGuard guard)
{
    private const string AccountColumns = """
        SELECT p.id, p.app_user_id, u.family_id, p.provider, p.address, p.display_name, p.status, p.whole_mailbox, p.last_sync_at, p.last_error, p.retention_days, p.retention_changed_at IS NOT NULL, p.keep_transactions
        FROM provider_users p JOIN app_users u ON u.id = p.app_user_id
        """;

    /// <summary>The user: 404 when unknown, 403 when the caller may not read their data.</summary>
    public async Task<Person> RequireReadableAsync(Caller caller, Guid userId, CancellationToken cancellationToken)
    {
        var person = await data.ReadAsync("SELECT id, display_name, family_id FROM app_users WHERE id = $1", [new() { Value = userId }], async reader =>
            await reader.ReadAsync(cancellationToken) ? new Person(reader.GetGuid(0), reader.GetString(1), reader.IsDBNull(2) ? null : reader.GetGuid(2)) : null, cancellationToken)
            ?? throw await data.MissingAsync("user", userId, cancellationToken);
        await guard.RequireReadAsync(caller, person.Id, person.FamilyId, cancellationToken);
        return person;
    }

    /// <summary>A user's accounts in the order they were connected. The caller's right to read the user is checked before.</summary>
    public Task<List<Account>> AccountsAsync(Guid userId, CancellationToken cancellationToken) =>
        ReadAsync(AccountColumns + " WHERE p.app_user_id = $1 ORDER BY p.created_at, p.id", userId, cancellationToken);

    /// <summary>One account: 404 when unknown, 403 when the caller may not read it.</summary>
    public async Task<Account> RequireAccountAsync(Caller caller, Guid accountId, CancellationToken cancellationToken)
    {
        var account = (await ReadAsync(AccountColumns + " WHERE p.id = $1", accountId, cancellationToken)).FirstOrDefault()
            ?? throw await data.MissingAsync("account", accountId, cancellationToken);
        await guard.RequireReadAsync(caller, account.AppUserId, account.FamilyId, cancellationToken);
        return account;
    }

    /// <summary>The accounts a list is about: the named one, else all of the caller's own.</summary>
    public async Task<List<Account>> SelectAsync(Caller caller, string? account, CancellationToken cancellationToken) =>
        string.IsNullOrEmpty(account)
            ? await AccountsAsync(caller.UserId, cancellationToken)
            : [await RequireAccountAsync(caller, ApiErrors.Id("account", account), cancellationToken)];

    private Task<List<Account>> ReadAsync(string sql, Guid key, CancellationToken cancellationToken) =>
        data.ReadAsync(sql, [new() { Value = key }], async reader =>
        {
            var accounts = new List<Account>();
            while (await reader.ReadAsync(cancellationToken))
            {
                accounts.Add(new(
                    reader.GetGuid(0), reader.GetGuid(1), reader.IsDBNull(2) ? null : reader.GetGuid(2), reader.GetString(3), reader.GetString(4), reader.GetString(5),
                    reader.GetString(6), reader.GetBoolean(7), reader.IsDBNull(8) ? null : reader.GetFieldValue<DateTimeOffset>(8), reader.IsDBNull(9) ? null : reader.GetString(9))
                {
                    RetentionDays = reader.GetInt32(10),
                    RetentionMoves = reader.GetBoolean(11),
                    KeepsTransactions = reader.GetBoolean(12),
                });
            }

            return accounts;
        }, cancellationToken);
}
