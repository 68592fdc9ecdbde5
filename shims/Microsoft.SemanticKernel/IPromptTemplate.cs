using System.Diagnostics.CodeAnalysis;

namespace Microsoft.SemanticKernel;

/// <summary>A prompt with places for values.</summary>
public interface IPromptTemplate
{
    /// <summary>Fills the places.</summary>
    Task<string> RenderAsync(Kernel kernel, KernelArguments? arguments = null, CancellationToken cancellationToken = default);
}

/// <summary>Makes templates of one format.</summary>
public interface IPromptTemplateFactory
{
    /// <summary>A template, if this is the factory's format.</summary>
    bool TryCreate(PromptTemplateConfig templateConfig, [NotNullWhen(true)] out IPromptTemplate? result);
}

/// <summary>Creating templates.</summary>
public static class PromptTemplateFactoryExtensions
{
    /// <summary>A template.</summary>
    /// <exception cref="KernelException">It is of another format.</exception>
    public static IPromptTemplate Create(this IPromptTemplateFactory factory, PromptTemplateConfig templateConfig)
    {
        ArgumentNullException.ThrowIfNull(factory);
        ArgumentNullException.ThrowIfNull(templateConfig);
        return factory.TryCreate(templateConfig, out var result) ? result : throw new KernelException($"Prompt template format {templateConfig.TemplateFormat} is not supported");
    }
}
