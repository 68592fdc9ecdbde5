using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;

namespace Butler.EndToEnd.Tests.AppHost;

/// <summary>What azd asks of the AppHost (shared facts, sections 6 and 9).</summary>
public sealed partial class AppHostTests
{
    private const string Secret = "a-secret-given-on-the-command-line";

    [Fact]
    public async Task Manifest_OfButler_HasServicesAndServersAndResolves()
    {
        var resources = await PublishAsync($"--Parameters:master-key={Secret}", $"--Parameters:google-client-secret={Secret}");
        var types = resources.EnumerateObject().ToDictionary(r => r.Name, r => r.Value.GetProperty("type").GetString());

        foreach (var service in (string[])["ingest", "classifier", "responder", "progress"])
        {
            Assert.Equal("project.v0", types[service]);
            Assert.True(File.Exists(resources.GetProperty(service).GetProperty("path").GetString()!), service);
        }

        Assert.Equal("container.v0", types["postgres"]);
        Assert.Equal("container.v0", types["redis"]);
        Assert.Equal("value.v0", types["butler"]);
        Assert.DoesNotContain("sandbox", types.Keys);
        Assert.True(resources.GetProperty("master-key").GetProperty("inputs").GetProperty("value").GetProperty("secret").GetBoolean());
        Assert.DoesNotContain(Secret, resources.GetRawText(), StringComparison.Ordinal);
        foreach (Match match in Expressions().Matches(resources.GetRawText()))
        {
            var path = match.Groups[1].Value.Split('.');
            var resource = resources.GetProperty(path[0]);
            if (path[1] == "bindings")
            {
                Assert.True(resource.GetProperty("bindings").TryGetProperty(path[2], out _), match.Value);
            }
        }
    }

    [Fact]
    public async Task Manifest_OfProgress_HasOneExternalHttp2Binding()
    {
        var progress = (await PublishAsync()).GetProperty("progress");

        var binding = Assert.Single(progress.GetProperty("bindings").EnumerateObject()).Value;
        Assert.Equal("http2", binding.GetProperty("transport").GetString());
        Assert.True(binding.GetProperty("external").GetBoolean());
        Assert.Equal("Http2", progress.GetProperty("env").GetProperty("Kestrel__EndpointDefaults__Protocols").GetString());
    }

    [Fact]
    public async Task Run_WithoutGoogle_HasSandboxAndKey()
    {
        await using var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.Butler_AppHost>();

        Assert.Contains(builder.Resources, r => r.Name == "sandbox");
        var key = Path.Combine(builder.Configuration["AppHost:DataDirectory"]!, "master.key");
        Assert.Equal(32, Convert.FromBase64String(await File.ReadAllTextAsync(key)).Length);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(key));
        }
    }

    [Fact]
    public async Task Run_WithGoogle_HasNoSandbox()
    {
        await using var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.Butler_AppHost>(["--Parameters:google-client-id=x"]);

        Assert.DoesNotContain(builder.Resources, r => r.Name == "sandbox");
    }

    [Theory]
    [InlineData(null, 0)]
    [InlineData("--Butler:Chat:Sandbox=false", 0)]
    [InlineData("--Butler:Chat:Sandbox=true", 2)]
    public async Task Run_SandboxChat_OnlyWhenAskedFor(string? argument, int providers)
    {
        await using var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.Butler_AppHost>(argument is null ? [] : [argument]);
        var classifier = builder.Resources.Single(r => r.Name == "classifier");
        var variables = new Dictionary<string, object>();
        foreach (var callback in classifier.Annotations.OfType<EnvironmentCallbackAnnotation>())
        {
            callback.Callback(new EnvironmentCallbackContext(builder.ExecutionContext, classifier, variables));
        }

        Assert.Equal(providers, variables.Count(v => v.Key.EndsWith("__Model", StringComparison.Ordinal) && v.Value is "butler-sandbox"));
    }

    [Theory]
    [InlineData("--Butler:Chat:Providers:0:Kind=openai")]
    [InlineData("--Parameters:google-client-id=x")]
    public async Task Run_SandboxChatBesideTheRealThing_IsRefused(string other)
    {
        var error = await Assert.ThrowsAnyAsync<Exception>(() => DistributedApplicationTestingBuilder.CreateAsync<Projects.Butler_AppHost>(["--Butler:Chat:Sandbox=true", other]));

        Assert.Contains("Butler:Chat:Sandbox", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Manifest_WithoutModels_AsksForNoKeyOfThem()
    {
        var names = (await PublishAsync()).EnumerateObject().Select(r => r.Name).ToList();

        Assert.DoesNotContain(names, n => n.Contains("-key-", StringComparison.Ordinal) || n == "embedding-key");
    }

    [Fact]
    public async Task Manifest_WithModels_HasTheirSettingsAndTheirKeysAsSecrets()
    {
        var resources = await PublishAsync(
            "--Butler:Chat:Providers:0:Kind=openai", "--Butler:Chat:Providers:0:Model=gpt-5.4-mini", "--Butler:Chat:Providers:1:Kind=anthropic", "--Butler:Chat:Providers:1:Model=claude-haiku-4-5",
            "--Butler:Chat:Providers:2:Kind=compatible", "--Butler:Chat:Providers:2:Model=qwen3:8b", "--Butler:Chat:Providers:2:BaseAddress=http://ollama:11434/v1",
            "--Butler:Chat:Providers:3:Kind=openai", "--Butler:Chat:Providers:3:Name=second", "--Butler:Chat:Providers:3:Model=gpt-5.4", "--Butler:Chat:Providers:3:KeyVault=https://vault.example/secrets/x",
            "--Butler:Chat:MoneyPerDay=5", "--Butler:Judging:SureSpam=0.95", "--Butler:Embeddings:Provider=openai", $"--Parameters:chat-key-0={Secret}", $"--Parameters:embedding-key={Secret}");

        var classifier = resources.GetProperty("classifier").GetProperty("env");
        string? Of(string variable) => classifier.TryGetProperty(variable, out var value) ? value.GetString() : null;
        Assert.Equal(("openai", "claude-haiku-4-5", "http://ollama:11434/v1"), (Of("Butler__Chat__Providers__0__Kind"), Of("Butler__Chat__Providers__1__Model"), Of("Butler__Chat__Providers__2__BaseAddress")));
        Assert.Equal(("5", "0.95", "openai"), (Of("Butler__Chat__MoneyPerDay"), Of("Butler__Judging__SureSpam"), Of("Butler__Embeddings__Provider")));
        Assert.Equal(("{chat-key-0.value}", "{chat-key-1.value}", null, null), (Of("Butler__Chat__Providers__0__Key"), Of("Butler__Chat__Providers__1__Key"), Of("Butler__Chat__Providers__2__Key"), Of("Butler__Chat__Providers__3__Key")));
        Assert.Equal("https://vault.example/secrets/x", Of("Butler__Chat__Providers__3__KeyVault"));
        var progress = resources.GetProperty("progress").GetProperty("env");
        Assert.Equal("{embedding-key.value}", progress.GetProperty("Butler__Embeddings__ApiKey").GetString());
        Assert.False(progress.TryGetProperty("Butler__Chat__Providers__0__Kind", out _));
        foreach (var key in (string[])["chat-key-0", "chat-key-1", "embedding-key"])
        {
            Assert.True(resources.GetProperty(key).GetProperty("inputs").GetProperty("value").GetProperty("secret").GetBoolean());
        }

        Assert.DoesNotContain(Secret, resources.GetRawText(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--Butler:Chat:Providers:0:Key=" + Secret, "chat-key-0")]
    [InlineData("--Butler:Embeddings:ApiKey=" + Secret, "embedding-key")]
    public async Task Manifest_WithAKeyAsASetting_IsRefusedAndNamesTheParameter(string argument, string parameter)
    {
        var error = await Assert.ThrowsAnyAsync<Exception>(() => PublishAsync("--Butler:Chat:Providers:0:Kind=openai", "--Butler:Embeddings:Provider=openai", argument));

        Assert.Contains(parameter, error.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task IsAspireHost_OfAppHost_IsTrue()
    {
        using var process = Process.Start(new ProcessStartInfo("dotnet", ["msbuild", Projects.Butler_AppHost.ProjectPath, "--getProperty:IsAspireHost"])
        {
            RedirectStandardOutput = true,
        })!;

        Assert.Equal("true", (await process.StandardOutput.ReadToEndAsync()).Trim());
    }

    private static async Task<JsonElement> PublishAsync(params string[] args)
    {
        // Beside the repository's projects the paths are relative to; the test asks for them from its own folder.
        var file = Path.Combine(Directory.GetCurrentDirectory(), $"manifest-{Guid.NewGuid():N}.json");
        await using var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.Butler_AppHost>(
            ["--publisher", "manifest", "--output-path", file, .. args]);
        await using var app = await builder.BuildAsync();
        try
        {
            await app.StartAsync();
            using var manifest = JsonDocument.Parse(await File.ReadAllBytesAsync(file));
            return manifest.RootElement.GetProperty("resources").Clone();
        }
        finally
        {
            File.Delete(file);
        }
    }

    [GeneratedRegex(@"\{([A-Za-z0-9-]+\.[A-Za-z0-9.-]+)\}")]
    private static partial Regex Expressions();
}
