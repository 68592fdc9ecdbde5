using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.SemanticKernel.Internal;

/// <summary>One class for both ways: with services of its own, and over those of a host.</summary>
internal sealed class KernelBuilder : IKernelBuilder, IKernelBuilderPlugins
{
    public KernelBuilder() => Services = new ServiceCollection();

    public KernelBuilder(IServiceCollection services) => (Services, IsOfHost) = (services, true);

    public IServiceCollection Services { get; }

    public IKernelBuilderPlugins Plugins => this;

    /// <summary>The host builds its own provider.</summary>
    public bool IsOfHost { get; }
}
