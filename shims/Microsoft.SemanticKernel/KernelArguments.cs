using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Microsoft.SemanticKernel;

/// <summary>Values for a prompt's variables, by name without regard to case, and settings for this invocation.</summary>
[SuppressMessage("Naming", "CA1710", Justification = "The real type's name.")]
public sealed class KernelArguments : IDictionary<string, object?>, IReadOnlyDictionary<string, object?>
{
    private readonly Dictionary<string, object?> _values = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>No arguments, no settings.</summary>
    public KernelArguments()
    {
    }

    /// <summary>Settings for the service that they name, else for any.</summary>
    public KernelArguments(PromptExecutionSettings? executionSettings)
        : this(executionSettings is null ? null : [executionSettings])
    {
    }

    /// <summary>Settings for several services; each but one must name its own.</summary>
    /// <exception cref="ArgumentException">Two name the same service.</exception>
    public KernelArguments(IEnumerable<PromptExecutionSettings>? executionSettings)
    {
        if (executionSettings is null)
        {
            return;
        }

        var settings = new Dictionary<string, PromptExecutionSettings>(StringComparer.Ordinal);
        foreach (var one in executionSettings)
        {
            var service = one.ServiceId ?? PromptExecutionSettings.DefaultServiceId;
            if (!settings.TryAdd(service, one))
            {
                throw new ArgumentException($"Settings with the service id '{service}' are there already.", nameof(executionSettings));
            }
        }

        ExecutionSettings = settings;
    }

    /// <summary>A copy of values, with settings.</summary>
    public KernelArguments(IDictionary<string, object?> source, Dictionary<string, PromptExecutionSettings>? executionSettings = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        foreach (var (name, value) in source)
        {
            _values[name] = value;
        }

        ExecutionSettings = executionSettings;
    }

    /// <summary>Settings by service id; they go before those of the function.</summary>
    public IReadOnlyDictionary<string, PromptExecutionSettings>? ExecutionSettings { get; set; }

    /// <summary>How many values.</summary>
    public int Count => _values.Count;

    /// <summary>The names.</summary>
    public ICollection<string> Names => _values.Keys;

    bool ICollection<KeyValuePair<string, object?>>.IsReadOnly => false;

    ICollection<string> IDictionary<string, object?>.Keys => _values.Keys;

    ICollection<object?> IDictionary<string, object?>.Values => _values.Values;

    IEnumerable<string> IReadOnlyDictionary<string, object?>.Keys => _values.Keys;

    IEnumerable<object?> IReadOnlyDictionary<string, object?>.Values => _values.Values;

    /// <summary>A value.</summary>
    public object? this[string name]
    {
        get => _values[name];
        set => _values[name] = value;
    }

    /// <summary>Adds a value under a new name.</summary>
    public void Add(string name, object? value) => _values.Add(name, value);

    /// <summary>Whether there is a value of that name, null too.</summary>
    public bool ContainsName(string name) => _values.ContainsKey(name);

    /// <summary>Takes a value away.</summary>
    public bool Remove(string name) => _values.Remove(name);

    /// <summary>The value, if it is there.</summary>
    public bool TryGetValue(string name, out object? value) => _values.TryGetValue(name, out value);

    /// <summary>Takes all values away.</summary>
    public void Clear() => _values.Clear();

    bool IDictionary<string, object?>.ContainsKey(string key) => _values.ContainsKey(key);

    bool IReadOnlyDictionary<string, object?>.ContainsKey(string key) => _values.ContainsKey(key);

    void ICollection<KeyValuePair<string, object?>>.Add(KeyValuePair<string, object?> item) => _values.Add(item.Key, item.Value);

    bool ICollection<KeyValuePair<string, object?>>.Contains(KeyValuePair<string, object?> item) => ((ICollection<KeyValuePair<string, object?>>)_values).Contains(item);

    void ICollection<KeyValuePair<string, object?>>.CopyTo(KeyValuePair<string, object?>[] array, int arrayIndex) => ((ICollection<KeyValuePair<string, object?>>)_values).CopyTo(array, arrayIndex);

    bool ICollection<KeyValuePair<string, object?>>.Remove(KeyValuePair<string, object?> item) => ((ICollection<KeyValuePair<string, object?>>)_values).Remove(item);

    IEnumerator<KeyValuePair<string, object?>> IEnumerable<KeyValuePair<string, object?>>.GetEnumerator() => _values.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => _values.GetEnumerator();
}
