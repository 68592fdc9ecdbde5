using Butler.Data.Ingest;
using Butler.Mailboxes.Imap;
using Butler.Mailboxes.Imap.Accounts;

namespace Butler.Ingest.Imap;

/// <summary>OAuth instead of a password: a refresh token and where it is used.</summary>
internal sealed record ImapOAuthRequest(string? TokenEndpoint, string? ClientId, string? ClientSecret, string? RefreshToken, string? Scope);

/// <summary>Body of <c>POST</c> and <c>PATCH /api/v1/imap-accounts</c>; what is not given stays, or has its default.</summary>
internal sealed record ImapAccountRequest
{
    /// <summary>Whose account it is; the caller's by default.</summary>
    public string? UserId { get; init; }

    /// <summary>The mail address.</summary>
    public string? Address { get; init; }

    /// <summary>The owner's name as drafts sign it.</summary>
    public string? DisplayName { get; init; }

    /// <summary>The server.</summary>
    public string? Host { get; init; }

    /// <summary>Its port; 993, with starttls 143.</summary>
    public int? Port { get; init; }

    /// <summary>tls (default), starttls, or none for a server on this machine.</summary>
    public string? Security { get; init; }

    /// <summary>The user's name at the server; the address by default.</summary>
    public string? User { get; init; }

    /// <summary>The password.</summary>
    public string? Password { get; init; }

    /// <summary>OAuth instead of a password.</summary>
    public ImapOAuthRequest? Oauth { get; init; }

    /// <summary>Folders to follow besides INBOX and Sent.</summary>
    public string[]? Folders { get; init; }

    /// <summary>Whether the account is read; true by default.</summary>
    public bool? Active { get; init; }

    /// <summary>Says nothing.</summary>
    public override string ToString() => "an IMAP account";
}

/// <summary>An IMAP account as admins see it; never its secret.</summary>
internal sealed record ImapAccountBody(
    Guid AccountId, Guid UserId, string Address, string DisplayName, string Host, int Port, string Security, string User, string Auth, IReadOnlyList<string> Folders, bool Active, string Status,
    DateTimeOffset? LastSyncAt, int ConsecutiveFailures, DateTimeOffset? LastFailureAt, string? LastError, DateTimeOffset? NextTryAt, DateTimeOffset CreatedAt)
{
    public static ImapAccountBody Of(ImapAccountRow row) => new(
        row.Id, row.AppUserId, row.Address, row.DisplayName, row.Host, row.Port, row.Security, row.User, row.Auth, row.Folders, row.Status is "active" or "reconnect_needed", row.Status,
        row.LastSyncAt, row.ConsecutiveFailures, row.LastFailureAt, row.LastError, row.NextTryAt, row.CreatedAt);
}

/// <summary>Answer of <c>GET /api/v1/imap-accounts</c>.</summary>
internal sealed record ImapAccountListBody(IReadOnlyList<ImapAccountBody> Accounts);

/// <summary>A folder at the server.</summary>
/// <param name="Name">The name to choose it by.</param>
/// <param name="Use">inbox, sent, drafts, junk, trash, archive, all, or none.</param>
/// <param name="Followed">Whether its mail is read.</param>
/// <param name="CanChoose">Whether it may be chosen: Drafts, spam and trash may not.</param>
internal sealed record ImapFolderBody(string Name, string Use, bool Followed, bool CanChoose)
{
    public static ImapFolderBody Of(ImapFolderName folder) => new(
        folder.Name, folder.Use.ToString().ToLowerInvariant(), folder.Followed, folder.Use is not (ImapUse.Drafts or ImapUse.Junk or ImapUse.Trash));
}

/// <summary>What a connection test found.</summary>
/// <param name="Ok">Whether all is well.</param>
/// <param name="Problem">What is wrong, as a code: name_not_found, refused, certificate, login_refused, too_many_connections, …</param>
/// <param name="Message">It in words.</param>
/// <param name="NewMail">idle: announced by the server; half_hourly: looked for.</param>
/// <param name="Folders">The folders.</param>
internal sealed record ImapTestBody(bool Ok, string? Problem, string Message, string? NewMail, IReadOnlyList<ImapFolderBody> Folders)
{
    public static ImapTestBody Of(ImapTest test) => new(
        test.Problem is null, Code(test.Problem), test.Message, test.Problem is not null ? null : test.CanWait ? "idle" : "half_hourly", [.. test.Folders.Select(ImapFolderBody.Of)]);

    /// <summary>NameNotFound → name_not_found.</summary>
    public static string? Code(ImapProblem? problem) => problem is { } p ? System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(p.ToString()) : null;
}

/// <summary>Answer of <c>DELETE /api/v1/imap-accounts/{id}</c>.</summary>
internal sealed record ImapDeleteBody(Guid AccountId, string Status);
