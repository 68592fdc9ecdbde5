using System.Text.Json;
using Butler.Sandbox.Faults;
using Butler.Sandbox.Push;
using Butler.Sandbox.Quota;
using Butler.Sandbox.State;

namespace Butler.Sandbox.OAuth;

/// <summary>Google's token endpoint (facts/gmail-api.md section 10): the refresh_token grant and revocation.</summary>
internal static class OAuthEndpoints
{
    public static void MapOAuth(this WebApplication app)
    {
        app.MapPost("/token", Token);
        app.MapConsent();
        app.MapPost("/revoke", Revoke);
    }

    private static async Task Token(HttpContext http, SandboxState state, SandboxFaults faults, SandboxStats stats, SandboxOptions options, ServiceAccount serviceAccount)
    {
        if (!http.Request.HasFormContentType)
        {
            await Answer(http, stats, Methods.Token, 400, "invalid_request", "Content-Type must be application/x-www-form-urlencoded");
            return;
        }

        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        if (form["grant_type"] == ServiceAccount.GrantType)
        {
            await ServiceToken(http, stats, serviceAccount.Grant(form["assertion"].ToString()));
            return;
        }

        var (id, secret) = Client(http, form);
        if (string.IsNullOrEmpty(id) || (options.ClientId is { } wantedId && wantedId != id) || (options.ClientSecret is { } wantedSecret && wantedSecret != secret))
        {
            await Answer(http, stats, Methods.Token, 401, "invalid_client", "The OAuth client was not found.");
            return;
        }

        var isCode = form["grant_type"] == "authorization_code";
        if (!isCode && form["grant_type"] != "refresh_token")
        {
            await Answer(http, stats, Methods.Token, 400, "unsupported_grant_type", "Invalid grant_type: refresh_token and authorization_code are served");
            return;
        }

        var address = isCode
            ? http.RequestServices.GetRequiredService<ConsentCodes>().Redeem(form["code"].ToString(), id, form["redirect_uri"].ToString(), form["code_verifier"].ToString())
            : state.Tokens.AddressOfRefreshToken(form["refresh_token"].ToString());
        switch (faults.Take(Methods.Token, address, null))
        {
            case FaultKind.InvalidGrant:
                address = null;
                break;
            case FaultKind.Unauthorized:
                await Answer(http, stats, Methods.Token, 401, "invalid_client", "Unauthorized");
                return;
            case FaultKind.Hang:
                await Gmail.GmailEndpoints.UntilClientLeaves(http);
                return;
            case FaultKind.CutBody or FaultKind.ExecutedNoAnswer or FaultKind.NotExecutedNoAnswer or FaultKind.ExecutedLate:
                http.Abort();
                return;
            case null:
                break;
            default:
                await Answer(http, stats, Methods.Token, 503, "internal_failure", "Try again later");
                return;
        }

        if (address is null || state.Account(address).Revoked || (!isCode && form["refresh_token"] != state.Account(address).RefreshToken))
        {
            await Answer(http, stats, Methods.Token, 400, "invalid_grant", isCode ? "Malformed auth code." : "Token has been expired or revoked.");
            return;
        }

        stats.Count(Methods.Token, 200);
        await Json(http, 200, json =>
        {
            json.WriteString("access_token"u8, state.Tokens.NewAccessToken(address));
            json.WriteNumber("expires_in"u8, state.Tokens.Lifetime);
            if (isCode)
            {
                json.WriteString("refresh_token"u8, state.Account(address).RefreshToken);
            }

            json.WriteString("scope"u8, "https://www.googleapis.com/auth/gmail.modify"u8);
            json.WriteString("token_type"u8, "Bearer"u8);
        });
    }

    private static Task ServiceToken(HttpContext http, SandboxStats stats, string? token)
    {
        if (token is null)
        {
            return Answer(http, stats, Methods.Token, 400, "invalid_grant", "Invalid JWT Signature.");
        }

        stats.Count(Methods.Token, 200);
        return Json(http, 200, json =>
        {
            json.WriteString("access_token"u8, token);
            json.WriteNumber("expires_in"u8, ServiceAccount.Lifetime);
            json.WriteString("token_type"u8, "Bearer"u8);
        });
    }

    private static async Task Revoke(HttpContext http, SandboxState state, SandboxStats stats)
    {
        var token = http.Request.Query["token"].ToString();
        if (token.Length == 0 && http.Request.HasFormContentType)
        {
            token = (await http.Request.ReadFormAsync(http.RequestAborted))["token"].ToString();
        }

        var address = state.Tokens.AddressOfRefreshToken(token) ?? state.Tokens.AddressOfAccessToken(token);
        if (address is null || state.Account(address).Revoked)
        {
            await Answer(http, stats, Methods.Revoke, 400, "invalid_token", "Token expired or revoked");
            return;
        }

        state.Account(address).Revoke();
        stats.Count(Methods.Revoke, 200);
        await Json(http, 200, _ => { });
    }

    /// <summary>Client credentials in the form or as Basic authentication (RFC 6749 section 2.3.1).</summary>
    private static (string? Id, string? Secret) Client(HttpContext http, IFormCollection form)
    {
        var header = http.Request.Headers.Authorization.ToString();
        if (!header.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase))
        {
            return (form["client_id"], form["client_secret"]);
        }

        var text = System.Text.Encoding.UTF8.GetString(Mail.Transfer.Base64(System.Text.Encoding.ASCII.GetBytes(header[6..])));
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? (null, null) : (Uri.UnescapeDataString(text[..colon]), Uri.UnescapeDataString(text[(colon + 1)..]));
    }

    private static Task Answer(HttpContext http, SandboxStats stats, string method, int status, string error, string description)
    {
        stats.Count(method, status);
        return Json(http, status, json =>
        {
            json.WriteString("error"u8, error);
            json.WriteString("error_description"u8, description);
        });
    }

    private static async Task Json(HttpContext http, int status, Action<Utf8JsonWriter> members)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json; charset=utf-8";
        http.Response.Headers.CacheControl = "no-cache, no-store, max-age=0, must-revalidate";
        await using var json = new Utf8JsonWriter(http.Response.BodyWriter.AsStream());
        json.WriteStartObject();
        members(json);
        json.WriteEndObject();
    }
}
