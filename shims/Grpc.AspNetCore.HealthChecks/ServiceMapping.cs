using System.Collections;

namespace Grpc.AspNetCore.HealthChecks;

/// <summary>A health check, when asked whether it counts for a service.</summary>
public sealed class HealthCheckMapContext
{
    public HealthCheckMapContext(string name, IEnumerable<string> tags)
    {
        Name = name;
        Tags = tags;
    }

    public string Name { get; }

    public IEnumerable<string> Tags { get; }
}

/// <summary>The checks that count for one service name.</summary>
public sealed class ServiceMapping
{
    public ServiceMapping(string name, Func<HealthCheckMapContext, bool> predicate)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(predicate);
        Name = name;
        HealthCheckPredicate = predicate;
    }

    public string Name { get; }

    public Func<HealthCheckMapContext, bool> HealthCheckPredicate { get; }
}

/// <summary>Service mappings by name; a later one replaces an earlier one.</summary>
public sealed class ServiceMappingCollection : ICollection<ServiceMapping>
{
    private readonly Dictionary<string, ServiceMapping> mappings = new(StringComparer.Ordinal);

    public int Count => mappings.Count;

    bool ICollection<ServiceMapping>.IsReadOnly => false;

    public void Map(string name, Func<HealthCheckMapContext, bool> predicate) => mappings[name] = new(name, predicate);

    public void Add(ServiceMapping item) => mappings.Add(item.Name, item);

    public bool Remove(string name) => mappings.Remove(name);

    public bool Remove(ServiceMapping item) => Contains(item) && mappings.Remove(item.Name);

    public void Clear() => mappings.Clear();

    public bool Contains(ServiceMapping item) => mappings.TryGetValue(item.Name, out var found) && found == item;

    public void CopyTo(ServiceMapping[] array, int arrayIndex) => mappings.Values.CopyTo(array, arrayIndex);

    public IEnumerator<ServiceMapping> GetEnumerator() => mappings.Values.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    internal ServiceMapping? Find(string name) => mappings.GetValueOrDefault(name);
}
