using System.Text.Json;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.SemanticKernel;

namespace Butler.Shims.Tests.SemanticKernel;

/// <summary>Plugins from folders, settings, services and results.</summary>
public sealed class KernelTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("butler-sk-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task ImportPluginFromPromptDirectory_Function_RunsOnTheChatClientWithItsSettings()
    {
        Write("Triage", "<message role=\"system\">Sort.</message><message role=\"user\">{{$mail}} {{$tone}}</message>", """
            {
              // Comments and trailing commas are allowed.
              "schema": 1, "description": "Sorts a mail",
              "input_variables": [{"name": "mail", "is_required": true}, {"name": "tone", "default": "calm"}],
              "execution_settings": {"default": {"model_id": "m", "temperature": 0.3, "max_tokens": 500, "top_p": 0.9, "stop_sequences": ["END"], "reasoning_effort": "low",
                "response_format": {"type": "json_schema", "json_schema": {"name": "triage", "schema": {"type": "object"}}}}},
            }
            """);
        Write("Plain", "{{$mail}}", null);
        Directory.CreateDirectory(Path.Combine(_folder, "Mail", "NoPrompt"));
        var client = new RecordingChatClient("answer");
        var kernel = Build(client);

        var plugin = kernel.ImportPluginFromPromptDirectory(Path.Combine(_folder, "Mail"));
        var result = await kernel.InvokeAsync("mail", "triage", new() { ["mail"] = "a < b" });

        Assert.Equal(("Mail", 2), (plugin.Name, plugin.FunctionCount));
        Assert.Equal(("Mail", "Triage", "Sorts a mail"), (plugin["triage"].PluginName, plugin["triage"].Name, plugin["Triage"].Description));
        Assert.Equal(["Sort.", "a < b calm"], client.Messages.Select(m => m.Text));
        var options = client.Options!;
        Assert.Equal(("m", 0.3f, 500, 0.9f, "END"), (options.ModelId, options.Temperature, options.MaxOutputTokens, options.TopP, options.StopSequences!.Single()));
        var format = Assert.IsType<ChatResponseFormatJson>(options.ResponseFormat);
        Assert.Equal(("triage", "object"), (format.SchemaName, format.Schema!.Value.GetProperty("type").GetString()));
        Assert.Equal("low", ((JsonElement)options.AdditionalProperties!["reasoning_effort"]!).GetString());
        Assert.Equal(("answer", "answer"), (result.GetValue<string>(), result.ToString()));
        Assert.Equal(7, result.GetValue<UsageDetails>()!.InputTokenCount);
        Assert.Equal(ChatFinishReason.Stop, result.GetValue<ChatResponse>()!.FinishReason);
        Assert.Equal("<message role=\"system\">Sort.</message><message role=\"user\">a &lt; b calm</message>", result.RenderedPrompt);
        Assert.Throws<InvalidCastException>(() => result.GetValue<int>());
        Assert.Equal("answer", await kernel.InvokeAsync<string>(plugin["Plain"], new() { ["mail"] = "x" }));
    }

    [Fact]
    public async Task InvokeAsync_SettingsOfTheArguments_GoBeforeThoseOfTheFunction()
    {
        var client = new RecordingChatClient();
        var function = KernelFunctionFactory.CreateFromPrompt("x", new PromptExecutionSettings { ExtensionData = new Dictionary<string, object> { ["temperature"] = 1 } });

        await Build(client).InvokeAsync(function, new(new PromptExecutionSettings
        {
            ExtensionData = new Dictionary<string, object> { ["max_tokens"] = "9", ["response_format"] = typeof(Verdict) },
        }));

        Assert.Equal((null, 9), (client.Options!.Temperature, client.Options.MaxOutputTokens));
        Assert.True(((ChatResponseFormatJson)client.Options.ResponseFormat!).Schema!.Value.GetProperty("properties").TryGetProperty("category", out _));
    }

    [Fact]
    public async Task InvokeAsync_ServiceId_ChoosesTheKeyedClientThenTheModelThenTheDefault()
    {
        var (any, keyed, big) = (new RecordingChatClient(), new RecordingChatClient(), new RecordingChatClient(model: "big"));
        var builder = Kernel.CreateBuilder();
        builder.Services.AddKeyedSingleton<IChatClient>("fast", keyed).AddSingleton<IChatClient>(big).AddSingleton<IChatClient>(any);
        var kernel = builder.Build();
        var function = kernel.CreateFunctionFromPrompt("x");

        await kernel.InvokeAsync(function, new(new PromptExecutionSettings { ServiceId = "fast" }));
        await kernel.InvokeAsync(function, new(new PromptExecutionSettings { ServiceId = "none", ModelId = "big" }));
        await kernel.InvokeAsync(function);

        Assert.Equal((1, 1, 1), (keyed.Calls, big.Calls, any.Calls));
        await Assert.ThrowsAsync<KernelException>(() => kernel.InvokeAsync(function, new(new PromptExecutionSettings { ServiceId = "none" })));
        await Assert.ThrowsAsync<KernelException>(() => new Kernel().InvokeAsync(function));
    }

    [Fact]
    public async Task InvokeAsync_Cancelled_ThrowsTheKernelsException()
    {
        using var stop = new CancellationTokenSource();
        var client = new RecordingChatClient { Before = t => Task.Delay(Timeout.Infinite, t) };
        var running = Build(client).InvokePromptAsync("x", cancellationToken: stop.Token);

        await stop.CancelAsync();

        await Assert.ThrowsAsync<KernelFunctionCanceledException>(() => running);
    }

    [Fact]
    public async Task AddKernel_InAHost_IsTransientOverItsServicesWithItsPlugins()
    {
        Write("Plain", "{{$mail}}", null);
        var client = new RecordingChatClient();
        var services = new ServiceCollection();
        services.AddSingleton<IChatClient>(client);
        var builder = services.AddKernel();
        builder.Plugins.AddFromPromptDirectory(Path.Combine(_folder, "Mail"));
        using var provider = services.BuildServiceProvider();

        var kernel = provider.GetRequiredService<Kernel>();
        await kernel.InvokeAsync("Mail", "Plain", new() { ["mail"] = "x" });

        Assert.Equal(1, client.Calls);
        Assert.NotSame(kernel, provider.GetRequiredService<Kernel>());
        Assert.Throws<InvalidOperationException>(() => builder.Build());
        Assert.Throws<KeyNotFoundException>(() => kernel.Plugins.GetFunction("Mail", "None"));
    }

    [Theory]
    [InlineData("temperature", "\"warm\"")]
    [InlineData("max_tokens", "1.5")]
    [InlineData("response_format", "\"yaml\"")]
    public async Task InvokeAsync_SettingThatDoesNotFit_Throws(string name, string json)
    {
        var settings = new PromptExecutionSettings { ExtensionData = new Dictionary<string, object> { [name] = JsonDocument.Parse(json).RootElement } };

        var error = await Assert.ThrowsAsync<KernelException>(() => Build(new()).InvokePromptAsync("x", new(settings)));

        Assert.Contains(name, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FromJson_NoConfig_Throws() => Assert.Throws<ArgumentException>(() => PromptTemplateConfig.FromJson("{\"execution_settings\": 3}"));

    [Fact]
    public void Freeze_Settings_RefuseChanges()
    {
        var settings = new PromptExecutionSettings { ModelId = "a", ExtensionData = new Dictionary<string, object> { ["temperature"] = 1 } };
        settings.Freeze();

        Assert.Throws<InvalidOperationException>(() => settings.ModelId = "b");
        Assert.Throws<NotSupportedException>(() => settings.ExtensionData!["temperature"] = 2);
        var clone = settings.Clone();
        clone.ModelId = "b";
        Assert.Equal(("a", "b"), (settings.ModelId, clone.ModelId));
    }

    private static Kernel Build(RecordingChatClient client)
    {
        var builder = Kernel.CreateBuilder();
        builder.Services.AddSingleton<IChatClient>(client);
        return builder.Build();
    }

    private void Write(string function, string prompt, string? config)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_folder, "Mail", function)).FullName;
        File.WriteAllText(Path.Combine(folder, "skprompt.txt"), prompt);
        if (config is not null)
        {
            File.WriteAllText(Path.Combine(folder, "config.json"), config);
        }
    }

    private sealed record Verdict(string category);
}
