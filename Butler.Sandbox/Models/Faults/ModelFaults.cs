namespace Butler.Sandbox.Models;

/// <summary>Faults of the chat endpoints, switched by tests and through the control API.</summary>
public sealed class ModelFaults
{
    private readonly ModelsOptions _options;
    private readonly TimeProvider _clock;
    private readonly Lock _gate = new();
    private readonly List<Entry> _active = [];
    private ulong _set;

    /// <summary>Begins with the faults of the options.</summary>
    public ModelFaults(ModelsOptions options, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(options);
        (_options, _clock) = (options, clock);
        options.Faults.ForEach(Set);
    }

    /// <summary>Faults that are on.</summary>
    public IReadOnlyList<ModelFault> Active
    {
        get
        {
            lock (_gate)
            {
                Expire();
                return [.. _active.Select(a => a.Fault with { Count = a.Fault.Count is null ? null : a.Left, Skip = a.Skip })];
            }
        }
    }

    /// <summary>Switches a fault on, in addition to others; the first that fits a call strikes it.</summary>
    /// <exception cref="ArgumentException">A figure is out of range, or too many are on.</exception>
    public void Set(ModelFault fault)
    {
        ArgumentNullException.ThrowIfNull(fault);
        if (fault.Probability is not (>= 0 and <= 1) || fault.Seconds is not (>= 0 and <= ModelLimits.DelaySeconds) || fault.Count < 0 || fault.Skip < 0 || fault.Lasts is not (null or >= 0))
        {
            throw new ArgumentException("probability is 0 to 1, seconds 0 to 86,400, count, skip and lasts 0 or more", nameof(fault));
        }

        lock (_gate)
        {
            if (_active.Count >= ModelLimits.Scripts)
            {
                throw new ArgumentException("Too many faults are on.", nameof(fault));
            }

            _active.Add(new(fault, State.Ids.Mix((ulong)_options.Seed) ^ State.Ids.Mix(++_set), fault.Lasts is { } seconds ? _clock.GetUtcNow() + TimeSpan.FromSeconds(seconds) : null));
        }
    }

    /// <summary>Switches all faults off, or those of one endpoint.</summary>
    public void Clear(string? endpoint = null)
    {
        lock (_gate)
        {
            _active.RemoveAll(a => endpoint is null || a.Fault.Endpoint == endpoint);
        }
    }

    /// <summary>The fault that this call meets, if any; one with a count is used up by it.</summary>
    internal ModelFault? Take(string endpoint, string operation, ReadOnlySpan<char> body)
    {
        lock (_gate)
        {
            Expire();
            foreach (var entry in _active)
            {
                var fault = entry.Fault;
                if ((fault.Endpoint != "*" && fault.Endpoint != endpoint)
                    || (fault.Operation != "*" && fault.Operation != operation)
                    || (fault.Marker is { } marker && !body.Contains(marker, StringComparison.Ordinal)))
                {
                    continue;
                }

                if (entry.Skip > 0)
                {
                    entry.Skip--;
                    continue;
                }

                if (fault.Probability < 1 && State.Ids.Mix(entry.Seed + ++entry.Rolls) % 10_000 >= fault.Probability * 10_000)
                {
                    continue;
                }

                if (fault.Count is not null && --entry.Left <= 0)
                {
                    _active.Remove(entry);
                }

                return fault;
            }
        }

        return null;
    }

    private void Expire()
    {
        var now = _clock.GetUtcNow();
        _active.RemoveAll(a => a.Until <= now || a is { Fault.Count: not null, Left: <= 0 });
    }

    private sealed class Entry(ModelFault fault, ulong seed, DateTimeOffset? until)
    {
        public ModelFault Fault { get; } = fault;

        public ulong Seed { get; } = seed;

        public DateTimeOffset? Until { get; } = until;

        public ulong Rolls { get; set; }

        public int Left { get; set; } = fault.Count ?? int.MaxValue;

        public int Skip { get; set; } = fault.Skip;
    }
}
