using Butler.Data;
using Butler.Data.Classifier;
using Butler.Messaging.Contracts;
using Npgsql;

namespace Butler.Messaging;

/// <summary>What somebody does with their own tags, from the API and from the page: the tag, and the message that brings their mail in line, in one transaction.</summary>
public static class TagCommands
{
    /// <summary>Makes or changes a tag that was checked.</summary>
    public static Task<TagChange> PutAsync(Database database, Guid user, string name, string description, string rule, Guid correlation, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(database);
        return database.TransactAsync(async connection =>
        {
            var change = await OwnTagStore.PutAsync(connection, user, name, description, rule, cancellationToken);
            if (change is TagChange.Created or TagChange.Changed)
            {
                await SendAsync(connection, user, correlation, cancellationToken);
            }

            return change;
        }, cancellationToken);
    }

    /// <summary>Deletes a tag. False: there was none.</summary>
    public static Task<bool> DeleteAsync(Database database, Guid user, string name, Guid correlation, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(database);
        return database.TransactAsync(async connection =>
        {
            var deleted = await OwnTagStore.DeleteAsync(connection, user, name, cancellationToken);
            if (deleted)
            {
                await SendAsync(connection, user, correlation, cancellationToken);
            }

            return deleted;
        }, cancellationToken);
    }

    private static async Task SendAsync(NpgsqlConnection connection, Guid user, Guid correlation, CancellationToken cancellationToken)
    {
        var tags = await OwnTagStore.ListAsync(connection, user, cancellationToken);
        var version = tags.Count == 0 ? 0 : tags.Max(t => t.Version);
        var accounts = await OwnTagStore.AccountsAsync(connection, user, cancellationToken);
        await Outbox.AddAsync(connection, [.. accounts.Select(a => MessageBus.Pack(new TagMails(a, version, null, Guid.Empty), Lane.Bulk, a, correlation))], cancellationToken);
    }
}
