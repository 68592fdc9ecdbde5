using Microsoft.Extensions.DependencyInjection;
using Microsoft.SemanticKernel.Internal;

namespace Microsoft.SemanticKernel;

/// <summary>Prompts as functions and folders of them as plugins.</summary>
public static class KernelExtensions
{
    private const string PromptFile = "skprompt.txt";
    private const string ConfigFile = "config.json";

    /// <summary>A kernel over what was collected.</summary>
    /// <exception cref="InvalidOperationException">The builder is a host's.</exception>
    public static Kernel Build(this IKernelBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (builder is KernelBuilder { IsOfHost: true })
        {
            throw new InvalidOperationException("Build is not permitted on instances returned from AddKernel. Resolve the Kernel from the service provider.");
        }

        // The builder may go on: a second kernel must not see what is added after the first.
        var services = new ServiceCollection();
        foreach (var service in builder.Services)
        {
            ((ICollection<ServiceDescriptor>)services).Add(service);
        }

        services.AddTransient(provider => new KernelPluginCollection(provider.GetServices<KernelPlugin>()));
        return new(services.BuildServiceProvider());
    }

    /// <summary>A function from a template alone.</summary>
    public static KernelFunction CreateFunctionFromPrompt(
        this Kernel kernel,
        string promptTemplate,
        PromptExecutionSettings? executionSettings = null,
        string? functionName = null,
        string? description = null,
        string? templateFormat = null,
        IPromptTemplateFactory? promptTemplateFactory = null)
    {
        ArgumentNullException.ThrowIfNull(kernel);
        return KernelFunctionFactory.CreateFromPrompt(promptTemplate, executionSettings, functionName, description, templateFormat, promptTemplateFactory);
    }

    /// <summary>A function from all that <c>config.json</c> can say.</summary>
    public static KernelFunction CreateFunctionFromPrompt(this Kernel kernel, PromptTemplateConfig promptConfig, IPromptTemplateFactory? promptTemplateFactory = null)
    {
        ArgumentNullException.ThrowIfNull(kernel);
        return KernelFunctionFactory.CreateFromPrompt(promptConfig, promptTemplateFactory);
    }

    /// <summary>
    /// A plugin from a folder: each folder in it with a <c>skprompt.txt</c> is a function of the folder's name; a <c>config.json</c> beside it says more.
    /// The plugin's name is the folder's when none is given.
    /// </summary>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    public static KernelPlugin CreatePluginFromPromptDirectory(this Kernel kernel, string pluginDirectory, string? pluginName = null, IPromptTemplateFactory? promptTemplateFactory = null)
    {
        ArgumentNullException.ThrowIfNull(kernel);
        return FromDirectory(pluginDirectory, pluginName, promptTemplateFactory);
    }

    /// <summary>The same, added to the kernel's plugins.</summary>
    public static KernelPlugin ImportPluginFromPromptDirectory(this Kernel kernel, string pluginDirectory, string? pluginName = null, IPromptTemplateFactory? promptTemplateFactory = null)
    {
        var plugin = CreatePluginFromPromptDirectory(kernel, pluginDirectory, pluginName, promptTemplateFactory);
        kernel.Plugins.Add(plugin);
        return plugin;
    }

    /// <summary>The same, added to a builder's plugins.</summary>
    public static IKernelBuilderPlugins AddFromPromptDirectory(this IKernelBuilderPlugins plugins, string pluginDirectory, string? pluginName = null, IPromptTemplateFactory? promptTemplateFactory = null)
    {
        ArgumentNullException.ThrowIfNull(plugins);
        plugins.Services.AddSingleton(_ => FromDirectory(pluginDirectory, pluginName, promptTemplateFactory));
        return plugins;
    }

    /// <summary>Adds a plugin.</summary>
    public static IKernelBuilderPlugins Add(this IKernelBuilderPlugins plugins, KernelPlugin plugin)
    {
        ArgumentNullException.ThrowIfNull(plugins);
        plugins.Services.AddSingleton(plugin);
        return plugins;
    }

    /// <summary>Invokes a template.</summary>
    public static Task<FunctionResult> InvokePromptAsync(
        this Kernel kernel,
        string promptTemplate,
        KernelArguments? arguments = null,
        string? templateFormat = null,
        IPromptTemplateFactory? promptTemplateFactory = null,
        CancellationToken cancellationToken = default) =>
        CreateFunctionFromPrompt(kernel, promptTemplate, templateFormat: templateFormat, promptTemplateFactory: promptTemplateFactory).InvokeAsync(kernel, arguments, cancellationToken);

    private static KernelPlugin FromDirectory(string directory, string? name, IPromptTemplateFactory? factory)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(directory);
        if (!Directory.Exists(directory))
        {
            throw new DirectoryNotFoundException($"Directory '{directory}' could not be found.");
        }

        var functions = new List<KernelFunction>();
        foreach (var folder in Directory.EnumerateDirectories(directory).Order(StringComparer.Ordinal))
        {
            var prompt = Path.Combine(folder, PromptFile);
            if (!File.Exists(prompt))
            {
                continue;
            }

            var config = Path.Combine(folder, ConfigFile);
            var read = File.Exists(config) ? PromptTemplateConfig.FromJson(File.ReadAllText(config)) : new PromptTemplateConfig();
            read.Name = Path.GetFileName(folder);
            read.Template = File.ReadAllText(prompt);
            functions.Add(KernelFunctionFactory.CreateFromPrompt(read, factory));
        }

        return KernelPluginFactory.CreateFromFunctions(name ?? new DirectoryInfo(directory).Name, null, functions);
    }
}
