namespace Butler.Sandbox.Models;

/// <summary>Names of operations and of the vendors' own endpoints.</summary>
internal static class Operations
{
    public const string OpenAI = "openai";

    public const string Anthropic = "anthropic";

    public const string Chat = "chat";

    public const string Messages = "messages";

    public const string Embeddings = "embeddings";

    public const string Models = "models";
}

/// <summary>
/// Where the formats are served: <c>/v1</c> as the vendors have it, and <c>/{name}/v1</c> or <c>/{name}</c> for OpenAI-compatible servers and
/// further instances, each with its own limits, figures and faults.
/// </summary>
internal static class ModelEndpoints
{
    private static readonly string[] Bases = ["/v1", "/{name}/v1", "/{name}", "/{name}/{rest}/v1"];

    public static void MapModels(this WebApplication app)
    {
        var server = app.Services.GetRequiredService<ModelServer>();
        foreach (var path in Bases)
        {
            app.MapPost(path + "/chat/completions", (RequestDelegate)(http => server.Run(http, ModelVendor.OpenAI, Name(http, Operations.OpenAI), Operations.Chat)));
            app.MapPost(path + "/embeddings", (RequestDelegate)(http => server.Run(http, ModelVendor.OpenAI, Name(http, Operations.OpenAI), Operations.Embeddings)));
            app.MapGet(path + "/models", (RequestDelegate)(http => http.Request.Headers.ContainsKey("anthropic-version")
                ? server.Run(http, ModelVendor.Anthropic, Name(http, Operations.Anthropic), Operations.Models)
                : server.Run(http, ModelVendor.OpenAI, Name(http, Operations.OpenAI), Operations.Models)));
            if (path.EndsWith("/v1", StringComparison.Ordinal))
            {
                app.MapPost(path + "/messages", (RequestDelegate)(http => server.Run(http, ModelVendor.Anthropic, Name(http, Operations.Anthropic), Operations.Messages)));
            }
        }
    }

    private static string Name(HttpContext http, string own) => http.Request.RouteValues["name"] as string ?? own;
}
