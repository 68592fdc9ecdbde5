using Butler.Data.Ingest;
using Butler.Mailboxes.Imap;
using Butler.Mailboxes.Imap.Accounts;
using Butler.ServiceDefaults.Errors;

namespace Butler.Ingest.Imap;

/// <summary>Reads what an admin sent about an IMAP account; refuses with the field and what is allowed, never with what came.</summary>
internal static class ImapAccountForm
{
    public const int MaxFolders = 100, MaxHost = 253, MaxAddress = 320;
    private const int MaxFolderName = 1000;

    public static string Address(string? address) =>
        address is { Length: > 2 and <= MaxAddress } && address.IndexOf('@', StringComparison.Ordinal) is > 0 and var at && at < address.Length - 1 && IsPlain(address)
            ? address.Trim().ToLowerInvariant()
            : throw ApiErrors.InvalidParameter("address", $"a mail address of at most {MaxAddress} characters");

    public static string DisplayName(string? name) =>
        name is null ? "" : name.Length <= PeopleStore.MaxName && !name.Any(char.IsControl) ? name.Trim() : throw ApiErrors.InvalidParameter("display_name", $"at most {PeopleStore.MaxName} characters");

    public static string[] Folders(string[]? folders, string[] otherwise)
    {
        if (folders is null)
        {
            return otherwise;
        }

        return folders.Length <= MaxFolders && folders.All(f => f is { Length: > 0 and <= MaxFolderName } && f.IndexOfAny(['\r', '\n', '\0']) < 0)
            ? [.. folders.Distinct(StringComparer.Ordinal)]
            : throw ApiErrors.InvalidParameter("folders", $"at most {MaxFolders} names of at most {MaxFolderName} characters");
    }

    /// <summary>The settings as they will be. A secret goes only to the host it was given for: another host wants it again.</summary>
    /// <param name="request">What came.</param>
    /// <param name="address">The account's address.</param>
    /// <param name="old">The settings so far; null: a new account.</param>
    public static ImapAccountSettings Settings(ImapAccountRequest request, string address, ImapAccountSettings? old)
    {
        var security = request.Security ?? old?.Security ?? "tls";
        if (ImapAccountSettings.SecurityOf(security) is not { } kind)
        {
            throw ApiErrors.InvalidParameter("security", "tls, starttls or none", request.Security);
        }

        var host = request.Host?.Trim() ?? old?.Host ?? "";
        if (host is not { Length: > 0 and <= MaxHost } || !IsPlain(host) || host.AsSpan().IndexOfAny("/@\\?#") >= 0)
        {
            throw ApiErrors.InvalidParameter("host", "the name or address of a server");
        }

        var port = request.Port ?? (request.Security is null ? old?.Port : null) ?? (kind == ImapSecurity.Tls ? 993 : 143);
        if (port is < 1 or > 65535)
        {
            throw ApiErrors.InvalidParameter("port", "1 to 65535");
        }

        var user = request.User ?? old?.User ?? address;
        if (user is not { Length: > 0 and <= ImapAccountSettings.MaxText } || user.Any(char.IsControl))
        {
            throw ApiErrors.InvalidParameter("user", $"1 to {ImapAccountSettings.MaxText} characters");
        }

        var (password, oauth) = Secret(request);
        if (password is null && oauth is null)
        {
            var sameServer = old is not null && string.Equals(old.Host, host, StringComparison.OrdinalIgnoreCase) && old.Port == port && (kind != ImapSecurity.None || old.Security == "none");
            (password, oauth) = sameServer
                ? (old!.Password, old.OAuth)
                : throw ApiErrors.InvalidParameter("password or oauth", old is null ? "given" : "given again for another server");
        }

        return new() { Host = host, Port = port, Security = security, User = user, Password = password, OAuth = oauth };
    }

    private static (string? Password, ImapOAuth? OAuth) Secret(ImapAccountRequest request)
    {
        if (request.Password is { } password)
        {
            return request.Oauth is null && password is { Length: > 0 and <= ImapAccountSettings.MaxText } && password.IndexOfAny(['\r', '\n', '\0']) < 0
                ? (password, null)
                : throw ApiErrors.InvalidParameter("password", $"1 to {ImapAccountSettings.MaxText} characters, and not given together with oauth");
        }

        if (request.Oauth is not { } oauth)
        {
            return (null, null);
        }

        return Uri.TryCreate(oauth.TokenEndpoint, UriKind.Absolute, out var endpoint) && (endpoint.Scheme == Uri.UriSchemeHttps || (endpoint.Scheme == Uri.UriSchemeHttp && endpoint.IsLoopback))
            && Short(oauth.ClientId) && Short(oauth.RefreshToken) && (oauth.ClientSecret is null || Short(oauth.ClientSecret)) && (oauth.Scope is null || Short(oauth.Scope))
            ? (null, new() { TokenEndpoint = endpoint, ClientId = oauth.ClientId!, ClientSecret = oauth.ClientSecret, RefreshToken = oauth.RefreshToken!, Scope = oauth.Scope })
            : throw ApiErrors.InvalidParameter("oauth", "token_endpoint (https), client_id and refresh_token, with client_secret and scope where the provider wants them");
    }

    private static bool Short(string? text) => text is { Length: > 0 and <= ImapAccountSettings.MaxText };

    private static bool IsPlain(string text) => !text.Any(c => char.IsControl(c) || char.IsWhiteSpace(c));
}
