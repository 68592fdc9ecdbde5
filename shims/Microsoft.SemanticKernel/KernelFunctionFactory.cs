using Microsoft.Extensions.Logging;
using Microsoft.SemanticKernel.Internal;

namespace Microsoft.SemanticKernel;

/// <summary>Makes functions.</summary>
public static class KernelFunctionFactory
{
    /// <summary>A function from a template alone.</summary>
    public static KernelFunction CreateFromPrompt(
        string promptTemplate,
        PromptExecutionSettings? executionSettings = null,
        string? functionName = null,
        string? description = null,
        string? templateFormat = null,
        IPromptTemplateFactory? promptTemplateFactory = null,
        ILoggerFactory? loggerFactory = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(promptTemplate);
        var config = new PromptTemplateConfig(promptTemplate)
        {
            Name = functionName,
            Description = description,
            TemplateFormat = templateFormat ?? PromptTemplateConfig.SemanticKernelTemplateFormat,
        };
        if (executionSettings is not null)
        {
            config.AddExecutionSettings(executionSettings);
        }

        return CreateFromPrompt(config, promptTemplateFactory, loggerFactory);
    }

    /// <summary>A function from all that <c>config.json</c> can say.</summary>
    public static KernelFunction CreateFromPrompt(PromptTemplateConfig promptConfig, IPromptTemplateFactory? promptTemplateFactory = null, ILoggerFactory? loggerFactory = null)
    {
        ArgumentNullException.ThrowIfNull(promptConfig);
        var template = (promptTemplateFactory ?? new KernelPromptTemplateFactory(loggerFactory)).Create(promptConfig);
        return CreateFromPrompt(template, promptConfig, loggerFactory);
    }

    /// <summary>A function from a template that is there already.</summary>
    public static KernelFunction CreateFromPrompt(IPromptTemplate promptTemplate, PromptTemplateConfig promptConfig, ILoggerFactory? loggerFactory = null)
    {
        ArgumentNullException.ThrowIfNull(promptTemplate);
        ArgumentNullException.ThrowIfNull(promptConfig);
        _ = loggerFactory;
        var name = promptConfig.Name is { Length: > 0 } given ? Names.Check(given, "function") : "func" + Guid.NewGuid().ToString("N");
        foreach (var settings in promptConfig.ExecutionSettings.Values)
        {
            settings.Freeze();
        }

        return new PromptFunction(promptTemplate, name, null, promptConfig.Description ?? "", promptConfig.ExecutionSettings);
    }
}

/// <summary>Makes plugins.</summary>
public static class KernelPluginFactory
{
    /// <summary>A plugin of functions.</summary>
    public static KernelPlugin CreateFromFunctions(string pluginName, IEnumerable<KernelFunction>? functions) => new Plugin(pluginName, null, functions);

    /// <summary>A plugin of functions, described.</summary>
    public static KernelPlugin CreateFromFunctions(string pluginName, string? description = null, IEnumerable<KernelFunction>? functions = null) => new Plugin(pluginName, description, functions);
}
