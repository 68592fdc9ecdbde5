using System.Diagnostics.CodeAnalysis;

namespace Microsoft.SemanticKernel;

/// <summary>Finding functions in plugins.</summary>
public static class KernelPluginExtensions
{
    /// <summary>A function; without a plugin's name, of whichever plugin has it.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public static KernelFunction GetFunction(this IReadOnlyKernelPluginCollection plugins, string? pluginName, string functionName) =>
        plugins.TryGetFunction(pluginName, functionName, out var function) ? function : throw new KeyNotFoundException("The plugin collection does not contain a plugin and/or function with the specified names.");

    /// <summary>The function, if there is one.</summary>
    public static bool TryGetFunction(this IReadOnlyKernelPluginCollection plugins, string? pluginName, string functionName, [NotNullWhen(true)] out KernelFunction? function)
    {
        ArgumentNullException.ThrowIfNull(plugins);
        ArgumentNullException.ThrowIfNull(functionName);
        function = null;
        if (!string.IsNullOrWhiteSpace(pluginName))
        {
            return plugins.TryGetPlugin(pluginName, out var plugin) && plugin.TryGetFunction(functionName, out function);
        }

        foreach (var plugin in plugins)
        {
            if (plugin.TryGetFunction(functionName, out function))
            {
                return true;
            }
        }

        return false;
    }
}
