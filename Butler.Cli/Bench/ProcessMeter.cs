namespace Butler.Cli.Bench;

/// <summary>CPU time of the system's processes since <see cref="Start"/>, and the most memory each was seen with.</summary>
internal sealed class ProcessMeter(BenchSystem system)
{
    private readonly Dictionary<string, long> _peaks = new(StringComparer.Ordinal);
    private Dictionary<string, double> _before = [];

    public void Start() => _before = CpuTimes();

    public void Sample()
    {
        foreach (var child in system.Children.Where(c => !c.HasExited))
        {
            // PostgreSQL is many processes with one shared memory; the others are one, whose peak the kernel keeps.
            var now = child.Name == "postgres" ? ProcessTable.GroupBytes(child.Pid) : ProcessTable.PeakBytes(child.Pid);
            _peaks[child.Name] = Math.Max(_peaks.GetValueOrDefault(child.Name), now);
        }
    }

    public IReadOnlyList<ProcessUse> Uses() =>
        [.. CpuTimes().Select(now => new ProcessUse(now.Key, now.Value - _before.GetValueOrDefault(now.Key), _peaks.GetValueOrDefault(now.Key)))];

    private Dictionary<string, double> CpuTimes() =>
        system.Children.Where(c => !c.HasExited).ToDictionary(c => c.Name, c => ProcessTable.CpuSeconds(c.Pid));
}
