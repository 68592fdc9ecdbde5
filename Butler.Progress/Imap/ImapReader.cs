using Butler.Progress.Reads;
using Npgsql;

namespace Butler.Progress.Imap;

/// <summary>An IMAP account as its page shows it.</summary>
public sealed record ImapView(
    Guid Id, Guid AppUserId, string Owner, string Address, string DisplayName, string Status, string Host, int Port, string Security, string User, string Auth, IReadOnlyList<string> Folders,
    IReadOnlyList<ImapFolderView> Known, long Mails, DateTimeOffset? LastSyncAt, int Failures, DateTimeOffset? LastFailureAt, string? LastError, DateTimeOffset? NextTryAt);

/// <summary>A folder as last seen.</summary>
public sealed record ImapFolderView(string Name, string Use, bool Followed)
{
    /// <summary>Whether it may be chosen: INBOX and Sent are followed anyway; Drafts, spam and trash never are.</summary>
    public bool CanChoose => Use is not ("inbox" or "sent" or "drafts" or "junk" or "trash");
}

/// <summary>Reads IMAP accounts, without their secrets.</summary>
internal sealed class ImapReader(VisibleData data)
{
    private const string Sql = """
        SELECT p.id, p.app_user_id, u.display_name, p.address, p.display_name, p.status, i.host, i.port, i.security, i.user_name, i.auth, i.folders,
          (SELECT count(*) FROM ledger l WHERE l.provider_user_id = p.id), p.last_sync_at, p.consecutive_failures, p.last_failure_at, p.last_error,
          CASE WHEN p.consecutive_failures > 0 AND p.status = 'active' THEN i.next_try_at END,
          (SELECT coalesce(array_agg(concat_ws(E'\n', f.name, f.role, f.followed::text) ORDER BY f.role <> 'inbox', f.name), '{}') FROM mailbox_folders f WHERE f.provider_user_id = p.id)
        FROM imap_accounts i JOIN provider_users p ON p.id = i.provider_user_id JOIN app_users u ON u.id = p.app_user_id
        WHERE ($1::uuid IS NULL OR p.id = $1) ORDER BY p.created_at, p.id LIMIT 500
        """;

    public Task<List<ImapView>> ListAsync(Guid? account, CancellationToken cancellationToken) =>
        data.ReadAsync(Sql, [new() { Value = (object?)account ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Uuid }], async row =>
        {
            var views = new List<ImapView>();
            while (await row.ReadAsync(cancellationToken))
            {
                views.Add(View(row));
            }

            return views;
        }, cancellationToken);

    private static ImapView View(NpgsqlDataReader row)
    {
        DateTimeOffset? Time(int column) => row.IsDBNull(column) ? null : new DateTimeOffset(row.GetDateTime(column));
        return new(
            row.GetGuid(0), row.GetGuid(1), row.GetString(2), row.GetString(3), row.GetString(4), row.GetString(5), row.GetString(6), row.GetInt32(7), row.GetString(8), row.GetString(9), row.GetString(10),
            row.GetFieldValue<string[]>(11), [.. row.GetFieldValue<string[]>(18).Select(Folder)], row.GetInt64(12), Time(13), row.GetInt32(14), Time(15), row.IsDBNull(16) ? null : row.GetString(16), Time(17));
    }

    private static ImapFolderView Folder(string text) => text.Split('\n') is [var name, var use, var followed] ? new(name, use, followed == "true") : new(text, "none", false);
}
