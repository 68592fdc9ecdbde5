using System.Text.Json;
using System.Text.Json.Serialization;

namespace Butler.Mailboxes.Imap.Accounts;

/// <summary>
/// What an IMAP account's sealed credentials hold: the server together with the secret, so that a changed row of the database cannot send
/// the password to another host. Never prints any of it.
/// </summary>
public sealed record ImapAccountSettings
{
    /// <summary>Longest host, user, password, token or address of a token endpoint.</summary>
    public const int MaxText = 4096;

    /// <summary>The server's name or address.</summary>
    public required string Host { get; init; }

    /// <summary>Its port.</summary>
    public required int Port { get; init; }

    /// <summary>tls, starttls, or none (a server on this machine only).</summary>
    public required string Security { get; init; }

    /// <summary>The user's name at the server.</summary>
    public required string User { get; init; }

    /// <summary>The password; null with OAuth.</summary>
    public string? Password { get; init; }

    /// <summary>OAuth instead of a password.</summary>
    public ImapOAuth? OAuth { get; init; }

    /// <summary>As it is sealed.</summary>
    public string ToCredentials() => JsonSerializer.Serialize(this, ImapAccountSettingsJson.Default.ImapAccountSettings);

    /// <summary>From what was sealed.</summary>
    /// <exception cref="MailboxException">It is not readable.</exception>
    public static ImapAccountSettings FromCredentials(string credentials)
    {
        try
        {
            return JsonSerializer.Deserialize(credentials, ImapAccountSettingsJson.Default.ImapAccountSettings) ?? throw new JsonException();
        }
        catch (JsonException)
        {
            throw new MailboxException(MailboxFault.LoginRejected, "The account's saved login cannot be read");
        }
    }

    /// <summary>Where the server listens.</summary>
    public ImapEndpoint Endpoint => new(Host, Port, SecurityOf(Security) ?? ImapSecurity.Tls);

    /// <summary>The kind of security behind its name; null: no such name.</summary>
    public static ImapSecurity? SecurityOf(string? name) => name switch
    {
        "tls" => ImapSecurity.Tls,
        "starttls" => ImapSecurity.StartTls,
        "none" => ImapSecurity.None,
        _ => null,
    };

    /// <summary>Says nothing.</summary>
    public override string ToString() => "IMAP settings";
}

/// <summary>An OAuth 2.0 login by refresh token (RFC 6749 section 6).</summary>
public sealed record ImapOAuth
{
    /// <summary>Where tokens are refreshed: https.</summary>
    public required Uri TokenEndpoint { get; init; }

    /// <summary>The client's id.</summary>
    public required string ClientId { get; init; }

    /// <summary>The client's secret, if it has one.</summary>
    public string? ClientSecret { get; init; }

    /// <summary>The refresh token.</summary>
    public required string RefreshToken { get; init; }

    /// <summary>The scope to ask for, if the provider wants one named.</summary>
    public string? Scope { get; init; }

    /// <summary>Says nothing.</summary>
    public override string ToString() => "OAuth settings";
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ImapAccountSettings))]
internal sealed partial class ImapAccountSettingsJson : JsonSerializerContext;
