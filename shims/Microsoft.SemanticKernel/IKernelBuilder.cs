using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.SemanticKernel;

/// <summary>Collects services and plugins for a <see cref="Kernel"/>.</summary>
public interface IKernelBuilder
{
    /// <summary>The services.</summary>
    IServiceCollection Services { get; }

    /// <summary>Where plugins are added.</summary>
    IKernelBuilderPlugins Plugins { get; }
}

/// <summary>Collects plugins.</summary>
public interface IKernelBuilderPlugins
{
    /// <summary>The services, plugins among them.</summary>
    IServiceCollection Services { get; }
}
