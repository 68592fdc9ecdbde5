using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Microsoft.SemanticKernel.Internal;

namespace Microsoft.SemanticKernel;

/// <summary>Templates of the format <c>semantic-kernel</c>.</summary>
public sealed class KernelPromptTemplateFactory(ILoggerFactory? loggerFactory = null) : IPromptTemplateFactory
{
    // Templates log nothing: what they would log is the prompt.
    private readonly ILoggerFactory? _loggerFactory = loggerFactory;

    /// <summary>Whether all values go into prompts as they are.</summary>
    public bool AllowDangerouslySetContent { get; init; }

    /// <inheritdoc/>
    public bool TryCreate(PromptTemplateConfig templateConfig, [NotNullWhen(true)] out IPromptTemplate? result)
    {
        ArgumentNullException.ThrowIfNull(templateConfig);
        _ = _loggerFactory;
        result = string.Equals(templateConfig.TemplateFormat, PromptTemplateConfig.SemanticKernelTemplateFormat, StringComparison.Ordinal)
            ? new Template(templateConfig, AllowDangerouslySetContent)
            : null;
        return result is not null;
    }
}
