using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.Internal;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers the kernel in a host.</summary>
public static class KernelServiceCollectionExtensions
{
    /// <summary>Registers a transient <see cref="Kernel"/> over the host's services, with the plugins that are registered.</summary>
    public static IKernelBuilder AddKernel(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddTransient(provider => new KernelPluginCollection(provider.GetServices<KernelPlugin>()));
        services.AddTransient(provider => new Kernel(provider, provider.GetRequiredService<KernelPluginCollection>()));
        return new KernelBuilder(services);
    }
}
