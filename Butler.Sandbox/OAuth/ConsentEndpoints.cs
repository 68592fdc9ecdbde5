using System.Net;
using System.Text;
using Butler.Sandbox.State;
using Microsoft.AspNetCore.WebUtilities;

namespace Butler.Sandbox.OAuth;

/// <summary>
/// The consent page, so that connecting works offline as it does at Google. The browser is sent back to this machine only: a
/// code must not leave it for a place somebody else named.
/// </summary>
internal static class ConsentEndpoints
{
    public const string Path = "/o/oauth2/v2/auth";
    private const string ModifyScope = "https://www.googleapis.com/auth/gmail.modify";
    private const int MostShown = 50;
    private static readonly string[] s_kept = ["client_id", "redirect_uri", "state", "scope", "code_challenge", "code_challenge_method"];

    public static void MapConsent(this WebApplication app)
    {
        app.MapGet(Path, (HttpContext http, SandboxState state, SandboxOptions options) =>
            Problem(http.Request.Query, options) is { } problem ? Page(problem, 400, http) : Page(Form(http.Request.Query, state), 200, http));
        app.MapPost(Path, DecideAsync).DisableAntiforgery();
    }

    private static async Task<IResult> DecideAsync(HttpContext http, SandboxState state, SandboxOptions options, ConsentCodes codes)
    {
        if (!http.Request.HasFormContentType)
        {
            return Page("<h1>Error 400</h1><p>A form is expected.</p>", 400, http);
        }

        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        if (Problem(form, options) is { } problem)
        {
            return Page(problem, 400, http);
        }

        var answer = new Dictionary<string, string?> { ["state"] = form["state"] };
        if (form["decision"] != "allow")
        {
            answer["error"] = "access_denied";
        }
        else if (state.Find(form["address"].ToString()) is { } account)
        {
            account.Grant();
            answer["code"] = codes.New(account.Address, form["client_id"]!, form["redirect_uri"]!, Value(form, "code_challenge"), Value(form, "code_challenge_method"));
            answer["scope"] = form["scope"];
        }
        else
        {
            return Page("<h1>Error 400</h1><p>There is no such account here.</p>", 400, http);
        }

        return Results.Redirect(QueryHelpers.AddQueryString(form["redirect_uri"]!, answer));
    }

    private static string? Problem(IEnumerable<KeyValuePair<string, Microsoft.Extensions.Primitives.StringValues>> given, SandboxOptions options)
    {
        var values = given.ToDictionary(p => p.Key, p => p.Value.ToString(), StringComparer.Ordinal);
        string Of(string name) => values.GetValueOrDefault(name, "");
        if (Of("client_id").Length == 0 || (options.ClientId is { } wanted && wanted != Of("client_id")))
        {
            return "<h1>Error 401: invalid_client</h1><p>The OAuth client was not found.</p>";
        }

        if (!Uri.TryCreate(Of("redirect_uri"), UriKind.Absolute, out var back) || back.Scheme is not ("http" or "https") || !back.IsLoopback)
        {
            return "<h1>Error 400: redirect_uri_mismatch</h1><p>The sandbox sends browsers back to this machine only.</p>";
        }

        return values.ContainsKey("decision") || (Of("response_type") == "code" && Of("scope").Split(' ').Contains(ModifyScope, StringComparer.Ordinal))
            ? Of("code_challenge_method") is "" or "plain" or "S256" ? null : "<h1>Error 400: invalid_request</h1><p>code_challenge_method must be plain or S256.</p>"
            : "<h1>Error 400: invalid_request</h1><p>response_type must be code, and the scope gmail.modify.</p>";
    }

    private static string Form(IQueryCollection query, SandboxState state)
    {
        var html = new StringBuilder($"<h1>Butler wants to use a mailbox</h1><p>It would read mail, set labels and put drafts into the Drafts folder.</p><form method=\"post\" action=\"{Path}\">");
        foreach (var name in s_kept)
        {
            html.Append($"<input type=\"hidden\" name=\"{name}\" value=\"{WebUtility.HtmlEncode(query[name])}\">");
        }

        html.Append("<fieldset><legend>Account</legend>");
        var hint = query["login_hint"].ToString();
        var addresses = state.Addresses.Take(MostShown).ToList();
        foreach (var address in addresses)
        {
            var chosen = hint.Length > 0 ? string.Equals(hint, address, StringComparison.OrdinalIgnoreCase) : address == addresses[0];
            html.Append($"<label><input type=\"radio\" name=\"address\" value=\"{WebUtility.HtmlEncode(address)}\"{(chosen ? " checked" : "")}> {WebUtility.HtmlEncode(address)}</label>");
        }

        return html.Append("</fieldset><p><button name=\"decision\" value=\"allow\">Allow</button> <button name=\"decision\" value=\"deny\" class=\"quiet\">Cancel</button></p></form>").ToString();
    }

    private static string? Value(IFormCollection form, string name) => form[name].ToString() is { Length: > 0 } value ? value : null;

    private static IResult Page(string body, int status, HttpContext http)
    {
        http.Response.Headers.CacheControl = "no-store";
        http.Response.Headers["Referrer-Policy"] = "no-referrer";
        http.Response.Headers["X-Frame-Options"] = "DENY";
        return Results.Content($$"""
            <!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Sandbox sign-in</title><style>
            body { margin: 0; padding: 12vh 1.25rem 2rem; font: 16px/1.5 system-ui, sans-serif; color: #222; background: #f3f4f6; }
            main { max-width: 26rem; margin: 0 auto; padding: 1.75rem; border-radius: 1rem; background: #fff; box-shadow: 0 1px 4px #0002; }
            h1 { margin: 0 0 .5rem; font-size: 1.3rem; } fieldset { border: 1px solid #ddd; border-radius: .6rem; } label { display: block; padding: .35rem 0; overflow-wrap: anywhere; }
            button { padding: .5rem 1.3rem; border: 0; border-radius: 2rem; background: #1a5fb4; color: #fff; font: inherit; } .quiet { background: none; color: #555; } small { color: #666; }
            </style></head><body><main>{{body}}<small>This is Butler's local stand-in for Google. Nothing leaves this machine.</small></main></body></html>
            """, "text/html; charset=utf-8", Encoding.UTF8, status);
    }
}
