using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Microsoft.SemanticKernel;

/// <summary>Functions under one name.</summary>
[SuppressMessage("Naming", "CA1710", Justification = "The real type's name.")]
public abstract class KernelPlugin : IEnumerable<KernelFunction>
{
    private protected KernelPlugin(string name, string? description) => (Name, Description) = (name, description ?? "");

    /// <summary>The plugin's name.</summary>
    public string Name { get; }

    /// <summary>What it is for.</summary>
    public string Description { get; }

    /// <summary>How many functions it has.</summary>
    public abstract int FunctionCount { get; }

    /// <summary>A function, by name without regard to case.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public KernelFunction this[string functionName] =>
        TryGetFunction(functionName, out var function) ? function : throw new KeyNotFoundException($"The plugin does not contain a function with the specified name: '{functionName}'.");

    /// <summary>Whether there is a function of that name.</summary>
    public bool Contains(string functionName) => TryGetFunction(functionName, out _);

    /// <summary>Whether it is this function's.</summary>
    public bool Contains(KernelFunction function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return TryGetFunction(function.Name, out var found) && found == function;
    }

    /// <summary>The function of that name, if there is one.</summary>
    public abstract bool TryGetFunction(string name, [NotNullWhen(true)] out KernelFunction? function);

    /// <inheritdoc/>
    public abstract IEnumerator<KernelFunction> GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
