using System.Globalization;

namespace Butler.Cli.Bench;

/// <summary>One process as <c>/proc/PID/stat</c> tells (proc(5)); times in seconds.</summary>
/// <param name="Parent">Its parent.</param>
/// <param name="Cpu">User and system time of its own.</param>
/// <param name="EndedChildren">User and system time of children that ended and were waited for.</param>
internal readonly record struct ProcessTimes(int Parent, double Cpu, double EndedChildren);

/// <summary>Reads <c>/proc</c>: CPU time and memory of processes and of what they started.</summary>
internal static class ProcessTable
{
    /// <summary>USER_HZ is 100 on every Linux that .NET runs on.</summary>
    private const double TicksPerSecond = 100;

    public static ProcessTimes ParseStat(string stat)
    {
        // The name is in parentheses and may hold spaces and parentheses: count from the last one. Field 3 (state) is index 0.
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        double Ticks(int field) => long.Parse(fields[field - 3], CultureInfo.InvariantCulture) / TicksPerSecond;
        return new(int.Parse(fields[1], CultureInfo.InvariantCulture), Ticks(14) + Ticks(15), Ticks(16) + Ticks(17));
    }

    /// <summary>A line of <c>/proc/PID/status</c> in bytes; 0 when it is not there.</summary>
    public static long ParseStatus(string status, string field)
    {
        foreach (var line in status.AsSpan().EnumerateLines())
        {
            if (line.StartsWith(field, StringComparison.Ordinal) && line.Length > field.Length && line[field.Length] == ':')
            {
                var value = line[(field.Length + 1)..].Trim();
                var end = value.IndexOf(' ');
                return long.Parse(end < 0 ? value : value[..end], CultureInfo.InvariantCulture) * 1024;
            }
        }

        return 0;
    }

    /// <summary>The process and everything below it that runs now.</summary>
    public static IReadOnlyList<int> Tree(int root)
    {
        var children = new Dictionary<int, List<int>>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), out var pid) && Times(pid) is { } times)
            {
                (children.TryGetValue(times.Parent, out var list) ? list : children[times.Parent] = []).Add(pid);
            }
        }

        var tree = new List<int> { root };
        for (var i = 0; i < tree.Count; i++)
        {
            tree.AddRange(children.GetValueOrDefault(tree[i]) ?? []);
        }

        return tree;
    }

    /// <summary>CPU seconds of a process, of what it started, and of what of that has ended.</summary>
    public static double CpuSeconds(int root) => Tree(root).Sum(pid => Times(pid) is { } t ? t.Cpu + t.EndedChildren : 0);

    /// <summary>The most memory one process had resident (VmHWM).</summary>
    public static long PeakBytes(int pid) => ParseStatus(Read($"/proc/{pid}/status") ?? "", "VmHWM");

    /// <summary>Memory of a group that shares some: what each has alone, and the largest shared part once.</summary>
    public static long GroupBytes(int root)
    {
        long alone = 0, shared = 0;
        foreach (var pid in Tree(root))
        {
            var status = Read($"/proc/{pid}/status") ?? "";
            alone += ParseStatus(status, "RssAnon");
            shared = Math.Max(shared, ParseStatus(status, "RssShmem") + ParseStatus(status, "RssFile"));
        }

        return alone + shared;
    }

    public static string LoadAverage() => Read("/proc/loadavg")?.Split(' ')[0] ?? "?";

    private static ProcessTimes? Times(int pid) => Read($"/proc/{pid}/stat") is { Length: > 0 } stat ? ParseStat(stat) : null;

    private static string? Read(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It ended in this moment.
            return null;
        }
    }
}
