using System.Diagnostics.CodeAnalysis;

namespace Microsoft.SemanticKernel.Internal;

internal sealed class Plugin : KernelPlugin
{
    private readonly Dictionary<string, KernelFunction> _functions = new(StringComparer.OrdinalIgnoreCase);

    public Plugin(string name, string? description, IEnumerable<KernelFunction>? functions)
        : base(Names.Check(name, "plugin"), description)
    {
        foreach (var function in functions ?? [])
        {
            _functions.Add(function.Name, function.Clone(name));
        }
    }

    public override int FunctionCount => _functions.Count;

    public override bool TryGetFunction(string name, [NotNullWhen(true)] out KernelFunction? function) => _functions.TryGetValue(name, out function);

    public override IEnumerator<KernelFunction> GetEnumerator() => _functions.Values.GetEnumerator();
}

/// <summary>Names are letters of ASCII, digits and underscores.</summary>
internal static class Names
{
    public static string Check(string name, string of)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        return name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_') ? name
            : throw new ArgumentException($"A {of} name can contain only ASCII letters, digits, and underscores: '{name}' is not a valid name.", nameof(name));
    }
}
