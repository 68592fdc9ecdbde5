namespace Aspire.Hosting.Run;

/// <summary>The children on disk, so that the next run can stop what a killed AppHost left behind.</summary>
internal sealed class ChildTable(DataDirectory data, TimeProvider clock)
{
    private const string FileName = "children.json";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(50);
    private readonly Lock _gate = new();
    private readonly List<ProcessIdentity> _children = [];

    public void Add(ProcessIdentity child)
    {
        lock (_gate)
        {
            _children.Add(child);
            Save();
        }
    }

    public void Remove(ProcessIdentity child)
    {
        lock (_gate)
        {
            _children.Remove(child);
            Save();
        }
    }

    /// <summary>Ends everything at once: the second Ctrl-C.</summary>
    public void KillAll()
    {
        lock (_gate)
        {
            foreach (var child in _children.Where(c => c.IsAlive()))
            {
                // PostgreSQL's own SIGQUIT leaves no orphaned back ends; the rest is killed.
                Signals.Send(child.Pid, Signals.Quit);
                Signals.SendToGroup(child.Pid, Signals.Kill);
            }
        }
    }

    /// <summary>Stops what an earlier AppHost left; the last started first. Returns how many there were.</summary>
    public async Task<int> StopLeftOversAsync(CancellationToken cancellationToken)
    {
        var left = (data.ReadJson<List<ProcessIdentity>>(FileName) ?? []).Where(c => c.IsAlive()).Reverse().ToList();
        foreach (var child in left)
        {
            // SIGINT is PostgreSQL's fast shutdown; at SIGTERM it would wait for its clients. The others get SIGTERM,
            // because a Butler started in the background has children that ignore SIGINT.
            Signals.Send(child.Pid, Path.GetFileName(child.Path) == "postgres" ? Signals.Interrupt : Signals.Terminate);
        }

        var start = clock.GetTimestamp();
        while (left.Exists(c => c.IsAlive()) && clock.GetElapsedTime(start) < Patience)
        {
            await Task.Delay(Step, clock, cancellationToken);
        }

        foreach (var child in left.Where(c => c.IsAlive()))
        {
            Signals.SendToGroup(child.Pid, Signals.Kill);
        }

        return left.Count;
    }

    private void Save() => data.WriteSecret(FileName, System.Text.Json.JsonSerializer.Serialize(_children));
}
