using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.OpenApi;

namespace Butler.ServiceDefaults.Documents;

/// <summary>The OpenAPI document at <c>/openapi/v1.json</c> and a page to browse it at <c>/docs</c>.</summary>
public static class OpenApiSetup
{
    private const string Policy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /// <summary>Adds the document.</summary>
    /// <param name="builder">The host builder.</param>
    /// <param name="title">The service's name.</param>
    public static IHostApplicationBuilder AddButlerOpenApi(this IHostApplicationBuilder builder, string title)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddOpenApi("v1", options => options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo { Title = title, Version = "v1" };
            document.Servers?.Clear();
            document.Components ??= new OpenApiComponents();
            document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
            {
                ["bearer"] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer" },
            };
            document.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference("bearer", document)] = [] }];
            return Task.CompletedTask;
        }));
        return builder;
    }

    /// <summary>Maps the document and the page. Both are public: they hold no data.</summary>
    /// <param name="app">The application.</param>
    public static WebApplication MapButlerOpenApi(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        app.MapOpenApi("/openapi/{documentName}.json").AllowAnonymous();
        Map(app, "/docs", "docs.html", "text/html; charset=utf-8");
        Map(app, "/docs/docs.css", "docs.css", "text/css; charset=utf-8");
        Map(app, "/docs/docs.js", "docs.js", "text/javascript; charset=utf-8");
        return app;
    }

    private static void Map(WebApplication app, string path, string file, string type) =>
        app.MapGet(path, (HttpContext context) =>
        {
            context.Response.Headers.ContentSecurityPolicy = Policy;
            context.Response.Headers.XContentTypeOptions = "nosniff";
            return Results.Stream(typeof(OpenApiSetup).Assembly.GetManifestResourceStream($"Butler.ServiceDefaults.Documents.{file}")!, type);
        }).AllowAnonymous().ExcludeFromDescription();
}
