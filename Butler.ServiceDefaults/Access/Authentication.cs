using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using Butler.ServiceDefaults.Errors;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Butler.ServiceDefaults.Access;

/// <summary>Where tokens are looked up: by the SHA-256 of the secret, never by the secret.</summary>
public interface ITokenStore
{
    /// <summary>The user behind a valid token of a kind, or null.</summary>
    /// <param name="kind">"bearer" or "session".</param>
    /// <param name="hash">SHA-256 of the secret.</param>
    /// <param name="cancellationToken">Cancels.</param>
    ValueTask<Caller?> FindAsync(string kind, byte[] hash, CancellationToken cancellationToken);
}

/// <summary>Looks a token up; what a service passes to <see cref="AuthenticationSetup.AddButlerAuthentication"/>.</summary>
/// <param name="services">The services.</param>
/// <param name="kind">"bearer" or "session".</param>
/// <param name="hash">SHA-256 of the secret.</param>
/// <param name="cancellationToken">Cancels.</param>
public delegate ValueTask<Caller?> TokenLookup(IServiceProvider services, string kind, byte[] hash, CancellationToken cancellationToken);

/// <summary>Authentication by bearer token and, where a service has pages, by session cookie.</summary>
public static class AuthenticationSetup
{
    /// <summary>The name of the session cookie.</summary>
    public const string SessionCookie = "butler_session";

    /// <summary>The authentication scheme.</summary>
    public const string Scheme = "Butler";

    /// <summary>Secrets longer than this are not even hashed.</summary>
    internal const int MaxSecretLength = 200;

    /// <summary>
    /// Adds authentication and makes it the rule: an endpoint without <c>AllowAnonymous</c> answers 401 to strangers.
    /// </summary>
    /// <param name="builder">The host builder.</param>
    /// <param name="lookup">Looks a token up by its hash.</param>
    /// <param name="sessions">True to take the session cookie too (Progress); Ingest takes bearer tokens only.</param>
    public static IHostApplicationBuilder AddButlerAuthentication(this IHostApplicationBuilder builder, TokenLookup lookup, bool sessions = false)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(lookup);
        builder.Services.AddSingleton<ITokenStore>(services => new LookupStore(services, lookup));
        builder.Services.AddAuthentication(Scheme).AddScheme<ButlerAuthenticationOptions, ButlerAuthenticationHandler>(Scheme, options => options.Sessions = sessions);
        builder.Services.AddAuthorizationBuilder().SetFallbackPolicy(new AuthorizationPolicyBuilder(Scheme).RequireAuthenticatedUser().Build());
        return builder;
    }

    /// <summary>Adds the middleware.</summary>
    /// <param name="app">The application.</param>
    public static WebApplication UseButlerAuthentication(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        app.UseAuthentication();
        app.UseAuthorization();
        app.UseMiddleware<CommandLimit>();
        return app;
    }

    /// <summary>SHA-256 of a secret as it is stored.</summary>
    /// <param name="secret">The secret.</param>
    public static byte[] Hash(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));

    private sealed class LookupStore(IServiceProvider services, TokenLookup lookup) : ITokenStore
    {
        public ValueTask<Caller?> FindAsync(string kind, byte[] hash, CancellationToken cancellationToken) => lookup(services, kind, hash, cancellationToken);
    }
}

/// <summary>A feature of an authenticated request: the token that it came with, so that what lasts longer than a request can be ended with it.</summary>
/// <param name="Kind">"bearer" or "session".</param>
/// <param name="Hash">SHA-256 of the secret.</param>
public sealed record TokenUsed(string Kind, byte[] Hash);

/// <summary>Metadata of an endpoint whose bearer token is not one of Butler's: nobody looks it up.</summary>
public sealed class ForeignToken
{
    /// <summary>The one value.</summary>
    public static ForeignToken Instance { get; } = new();
}

internal sealed class ButlerAuthenticationOptions : AuthenticationSchemeOptions
{
    public bool Sessions { get; set; }
}

internal sealed class ButlerAuthenticationHandler(
    IOptionsMonitor<ButlerAuthenticationOptions> options, ILoggerFactory logger, UrlEncoder encoder, ITokenStore tokens, TimeProvider time, IEnumerable<IErrorPage> pages)
    : AuthenticationHandler<ButlerAuthenticationOptions>(options, logger, encoder)
{
    private const string Bearer = "Bearer ";

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (Context.GetEndpoint()?.Metadata.GetMetadata<ForeignToken>() is not null)
        {
            return AuthenticateResult.NoResult();
        }

        string? kind = null;
        string? secret = null;
        if (Request.Headers.Authorization is [{ } header])
        {
            if (header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase))
            {
                (kind, secret) = ("bearer", header[Bearer.Length..].Trim());
            }
        }
        else if (Options.Sessions && Request.Cookies[AuthenticationSetup.SessionCookie] is { } cookie)
        {
            (kind, secret) = ("session", cookie);
        }

        if (kind is null || secret is null)
        {
            return AuthenticateResult.NoResult();
        }

        var hash = secret.Length is > 0 and <= AuthenticationSetup.MaxSecretLength ? AuthenticationSetup.Hash(secret) : null;
        if (hash is null || await tokens.FindAsync(kind, hash, Context.RequestAborted) is not { } caller)
        {
            return AuthenticateResult.Fail("unknown token");
        }

        Context.Features.Set(new TokenUsed(kind, hash));
        return AuthenticateResult.Success(new AuthenticationTicket(caller.ToPrincipal(Scheme.Name), Scheme.Name));
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        Response.Headers.WWWAuthenticate = "Bearer";
        return ErrorWriter.WriteAsync(Context, ApiErrors.Unauthorized(), time, pages.FirstOrDefault());
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) =>
        ErrorWriter.WriteAsync(Context, ApiErrors.Forbidden(), time, pages.FirstOrDefault());
}
