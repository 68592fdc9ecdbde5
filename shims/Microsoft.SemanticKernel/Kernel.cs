using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.SemanticKernel.Internal;

namespace Microsoft.SemanticKernel;

/// <summary>Services and plugins that functions are invoked with. Cheap; one per request or one for all.</summary>
public sealed class Kernel
{
    private static readonly IServiceProvider Empty = new ServiceCollection().BuildServiceProvider();

    /// <summary>A kernel over services and plugins that are there already.</summary>
    public Kernel(IServiceProvider? services = null, KernelPluginCollection? plugins = null)
    {
        Services = services ?? Empty;
        Plugins = plugins ?? Services.GetService<KernelPluginCollection>() ?? new(Services.GetServices<KernelPlugin>());
    }

    /// <summary>The plugins.</summary>
    public KernelPluginCollection Plugins { get; }

    /// <summary>The services, such as the chat client.</summary>
    public IServiceProvider Services { get; }

    /// <summary>How values are written into prompts; the invariant culture at first.</summary>
    public CultureInfo Culture { get; set => field = value ?? CultureInfo.InvariantCulture; } = CultureInfo.InvariantCulture;

    /// <summary>Data of the owner.</summary>
    public IDictionary<string, object?> Data { get; } = new Dictionary<string, object?>();

    /// <summary>A builder with services of its own.</summary>
    public static IKernelBuilder CreateBuilder() => new KernelBuilder();

    /// <summary>The same services, with a copy of the plugins and the data.</summary>
    public Kernel Clone()
    {
        var clone = new Kernel(Services, new KernelPluginCollection(Plugins)) { Culture = Culture };
        foreach (var (name, value) in Data)
        {
            clone.Data[name] = value;
        }

        return clone;
    }

    /// <summary>A service, by key when there is one.</summary>
    /// <exception cref="KernelException">There is no such service.</exception>
    public T GetRequiredService<T>(object? serviceKey = null)
        where T : class =>
        (serviceKey is null ? Services.GetService<T>() : Services.GetKeyedService<T>(serviceKey))
        ?? throw new KernelException(serviceKey is null ? $"Service of type '{typeof(T)}' not registered." : $"Service of type '{typeof(T)}' and key '{serviceKey}' not registered.");

    /// <summary>All services of a type that have no key.</summary>
    public IEnumerable<T> GetAllServices<T>()
        where T : class => Services.GetServices<T>();

    /// <summary>Invokes a function.</summary>
    public Task<FunctionResult> InvokeAsync(KernelFunction function, KernelArguments? arguments = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(function);
        return function.InvokeAsync(this, arguments, cancellationToken);
    }

    /// <summary>Invokes a function by name.</summary>
    /// <exception cref="KeyNotFoundException">There is no such function.</exception>
    public Task<FunctionResult> InvokeAsync(string? pluginName, string functionName, KernelArguments? arguments = null, CancellationToken cancellationToken = default) =>
        InvokeAsync(Plugins.GetFunction(pluginName, functionName), arguments, cancellationToken);

    /// <summary>Invokes a function and takes its value.</summary>
    public async Task<TResult?> InvokeAsync<TResult>(KernelFunction function, KernelArguments? arguments = null, CancellationToken cancellationToken = default) =>
        (await InvokeAsync(function, arguments, cancellationToken).ConfigureAwait(false)).GetValue<TResult>();

    /// <summary>Invokes a function by name and takes its value.</summary>
    public async Task<TResult?> InvokeAsync<TResult>(string? pluginName, string functionName, KernelArguments? arguments = null, CancellationToken cancellationToken = default) =>
        (await InvokeAsync(pluginName, functionName, arguments, cancellationToken).ConfigureAwait(false)).GetValue<TResult>();
}
