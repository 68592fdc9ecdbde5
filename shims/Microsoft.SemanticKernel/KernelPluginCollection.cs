using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Microsoft.SemanticKernel;

/// <summary>Plugins that can be read by name.</summary>
[SuppressMessage("Naming", "CA1710", Justification = "The real type's name.")]
public interface IReadOnlyKernelPluginCollection : IReadOnlyCollection<KernelPlugin>
{
    /// <summary>A plugin by name.</summary>
    KernelPlugin this[string name] { get; }

    /// <summary>The plugin of that name, if there is one.</summary>
    bool TryGetPlugin(string name, [NotNullWhen(true)] out KernelPlugin? plugin);
}

/// <summary>Plugins by name, without regard to case.</summary>
public sealed class KernelPluginCollection : ICollection<KernelPlugin>, IReadOnlyKernelPluginCollection
{
    private readonly Dictionary<string, KernelPlugin> _plugins = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>No plugins.</summary>
    public KernelPluginCollection()
    {
    }

    /// <summary>These plugins.</summary>
    public KernelPluginCollection(IEnumerable<KernelPlugin> plugins) => AddRange(plugins);

    /// <summary>How many.</summary>
    public int Count => _plugins.Count;

    bool ICollection<KernelPlugin>.IsReadOnly => false;

    /// <summary>A plugin by name.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public KernelPlugin this[string name] => TryGetPlugin(name, out var plugin) ? plugin : throw new KeyNotFoundException($"Plugin {name} not found.");

    /// <summary>Adds one.</summary>
    /// <exception cref="ArgumentException">There is one of its name.</exception>
    public void Add(KernelPlugin plugin)
    {
        ArgumentNullException.ThrowIfNull(plugin);
        _plugins.Add(plugin.Name, plugin);
    }

    /// <summary>Adds several.</summary>
    public void AddRange(IEnumerable<KernelPlugin> plugins)
    {
        ArgumentNullException.ThrowIfNull(plugins);
        foreach (var plugin in plugins)
        {
            Add(plugin);
        }
    }

    /// <summary>Takes one away.</summary>
    public bool Remove(KernelPlugin plugin) => Contains(plugin) && _plugins.Remove(plugin.Name);

    /// <summary>Takes all away.</summary>
    public void Clear() => _plugins.Clear();

    /// <summary>Whether it is here.</summary>
    public bool Contains(KernelPlugin plugin)
    {
        ArgumentNullException.ThrowIfNull(plugin);
        return _plugins.TryGetValue(plugin.Name, out var found) && found == plugin;
    }

    /// <summary>The plugin of that name, if there is one.</summary>
    public bool TryGetPlugin(string name, [NotNullWhen(true)] out KernelPlugin? plugin) => _plugins.TryGetValue(name, out plugin);

    /// <inheritdoc/>
    public IEnumerator<KernelPlugin> GetEnumerator() => _plugins.Values.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    void ICollection<KernelPlugin>.CopyTo(KernelPlugin[] array, int arrayIndex) => _plugins.Values.CopyTo(array, arrayIndex);
}
