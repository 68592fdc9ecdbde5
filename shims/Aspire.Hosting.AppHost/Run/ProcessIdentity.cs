using System.Globalization;
using System.Runtime.InteropServices;

namespace Aspire.Hosting.Run;

/// <summary>A process that cannot be mistaken for a later one with the same pid.</summary>
/// <param name="Pid">Process id, also the id of its session.</param>
/// <param name="StartTime">Clock ticks after boot, field 22 of /proc/PID/stat (proc(5)).</param>
/// <param name="Path">A text that its command line contains.</param>
internal sealed record ProcessIdentity(int Pid, long StartTime, string Path)
{
    public static ProcessIdentity? Of(int pid, string path) =>
        ReadStartTime(pid) is { } start ? new(pid, start, path) : null;

    /// <summary>True while pid, start time and path agree.</summary>
    public bool IsAlive()
    {
        if (ReadStartTime(Pid) != StartTime)
        {
            return false;
        }

        try
        {
            return File.ReadAllText($"/proc/{Pid}/cmdline").Contains(Path, StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static long? ReadStartTime(int pid)
    {
        try
        {
            // The name in parentheses may hold spaces; what follows the last one does not. State is field 3.
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return fields[0] == "Z" ? null : long.Parse(fields[19], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return null;
        }
    }
}

/// <summary>Signals by number, kill(2).</summary>
internal static partial class Signals
{
    public const int Interrupt = 2;
    public const int Quit = 3;
    public const int Kill = 9;
    public const int Terminate = 15;

    public static void Send(int pid, int signal) => _ = SendCore(pid, signal);

    /// <summary>To a whole session that was begun with setsid.</summary>
    public static void SendToGroup(int pid, int signal) => _ = SendCore(-pid, signal);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendCore(int pid, int signal);
}
