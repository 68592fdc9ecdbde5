using System.Text.Json;
using System.Text.RegularExpressions;
using Aspire.Hosting;

namespace Butler.Shims.Tests.Aspire;

public sealed partial class ManifestTests
{
    [Fact]
    public async Task Manifest_ContainerAndProject_HasAspiresShape()
    {
        var manifest = await PublishAsync(builder =>
        {
            var database = builder.AddPostgres("pg").AddDatabase("db");
            var redis = builder.AddRedis("redis");
            var api = builder.AddProject<Probe>("api").WithHttpEndpoint().WithExternalHttpEndpoints();
            builder.AddProject<Probe>("web").WithHttpEndpoint().WithHttpEndpoint(name: "more")
                .WithReference(database).WithReference(redis).WithReference(api).WithEnvironment("BRACES", "{x}");
            builder.AddProject<Probe>("hidden").WithHttpEndpoint().ExcludeFromManifest();
        });
        var resources = manifest.RootElement.GetProperty("resources");

        Assert.Equal("https://json.schemastore.org/aspire-8.0.json", manifest.RootElement.GetProperty("$schema").GetString());
        Assert.Equal(
            "Host={pg.bindings.tcp.host};Port={pg.bindings.tcp.port};Username=postgres;Password={pg-password.value}",
            resources.GetProperty("pg").GetProperty("connectionString").GetString());
        Assert.Equal("""{"type":"value.v0","connectionString":"{pg.connectionString};Database=db"}""", Compact(resources.GetProperty("db")));
        Assert.Equal("""{"http":{"scheme":"http","protocol":"tcp","transport":"http","external":true}}""", Compact(resources.GetProperty("api").GetProperty("bindings")));
        Assert.Equal("""{"scheme":"http","protocol":"tcp","transport":"http","targetPort":8000}""", Compact(resources.GetProperty("web").GetProperty("bindings").GetProperty("more")));
        var env = resources.GetProperty("web").GetProperty("env");
        Assert.Equal("{db.connectionString}", env.GetProperty("ConnectionStrings__db").GetString());
        Assert.Equal("{api.bindings.http.url}", env.GetProperty("services__api__http__0").GetString());
        Assert.Equal("{{x}}", env.GetProperty("BRACES").GetString());
        Assert.Equal("{web.bindings.http.targetPort};{web.bindings.more.targetPort}", env.GetProperty("HTTP_PORTS").GetString());
        Assert.False(env.TryGetProperty("ASPNETCORE_URLS", out _));
        Assert.False(resources.TryGetProperty("hidden", out _));
        AssertResolvable(resources);
    }

    [Fact]
    public async Task Manifest_SecretGiven_IsNotInClear()
    {
        const string Secret = "clear-text-secret-1";
        var manifest = await PublishAsync(
            builder => builder.AddProject<Probe>("api").WithEnvironment("KEY", builder.AddParameter("key", secret: true)),
            $"--Parameters:key={Secret}");

        Assert.DoesNotContain(Secret, manifest.RootElement.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Manifest_NoOutputPath_SaysSo()
    {
        await using var app = new ProbeApp(null, "--publisher", "manifest");

        var error = await Assert.ThrowsAsync<DistributedApplicationException>(app.StartAsync);
        Assert.Contains("--output-path", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("9api")]
    [InlineData("api-")]
    [InlineData("a--b")]
    [InlineData("a_b")]
    public async Task AddProject_BadName_IsRefused(string name)
    {
        await using var app = new ProbeApp();

        Assert.Throws<ArgumentException>(() => app.Builder.AddProject<Probe>(name));
    }

    /// <summary>Every expression names a resource and a binding that exist (shared facts, section 9).</summary>
    internal static void AssertResolvable(JsonElement resources)
    {
        foreach (Match match in Expressions().Matches(resources.GetRawText().Replace("{{", "", StringComparison.Ordinal).Replace("}}\"", "\"", StringComparison.Ordinal)))
        {
            var path = match.Groups[1].Value.Split('.');
            Assert.True(resources.TryGetProperty(path[0], out var resource), match.Value);
            switch (path[1])
            {
                case "bindings":
                    Assert.True(resource.GetProperty("bindings").TryGetProperty(path[2], out _), match.Value);
                    Assert.Contains(path[3], (string[])["url", "host", "port", "targetPort", "scheme"]);
                    break;
                case "connectionString":
                    Assert.True(resource.TryGetProperty("connectionString", out _), match.Value);
                    break;
                case "value":
                    Assert.Contains(resource.GetProperty("type").GetString(), (string[])["parameter.v0", "annotated.string"]);
                    break;
                default:
                    Assert.Equal("inputs", path[1]);
                    break;
            }
        }
    }

    private static string Compact(JsonElement element) => JsonSerializer.Serialize(element, new JsonSerializerOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    private static async Task<JsonDocument> PublishAsync(Action<IDistributedApplicationBuilder> compose, params string[] args)
    {
        var folder = Directory.CreateTempSubdirectory("manifest-");
        try
        {
            var file = Path.Combine(folder.FullName, "m.json");
            await using var app = new ProbeApp(folder.FullName, ["--publisher", "manifest", "--output-path", file, .. args]);
            compose(app.Builder);
            await app.StartAsync();
            return JsonDocument.Parse(await File.ReadAllBytesAsync(file));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [GeneratedRegex(@"\{([A-Za-z0-9-]+\.[A-Za-z0-9.-]+)\}")]
    private static partial Regex Expressions();
}
