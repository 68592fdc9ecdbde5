using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting.Run;

/// <summary>What the user sees: the resources' output with their name in front, and the list of resources.</summary>
internal sealed class RunConsole(IConfiguration configuration) : IDisposable
{
    /// <summary>A log file past this size is kept once, as FILE.1, and begun anew.</summary>
    private const long MaxLogBytes = 64 * 1024 * 1024;

    private static readonly int[] Colours = [36, 33, 32, 35, 34, 96, 93, 92];
    private readonly bool _colour = !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("NO_COLOR") is null;
    private readonly bool _quiet = bool.TryParse(configuration["AppHost:Quiet"], out var quiet) && quiet;
    private readonly string? _logFile = configuration["AppHost:LogFile"];
    private StreamWriter? _log;
    private readonly Dictionary<string, int> _order = [];
    private readonly Lock _gate = new();

    /// <summary>Each line as printed, for tests.</summary>
    public event Action<string, string>? Printed;

    /// <summary>Prints a line of a resource.</summary>
    public void Print(string resource, string line)
    {
        lock (_gate)
        {
            Printed?.Invoke(resource, line);
            if (_logFile is not null)
            {
                Log($"[{resource}] {line}");
                return;
            }

            if (_quiet)
            {
                return;
            }

            if (!_order.TryGetValue(resource, out var index))
            {
                _order[resource] = index = _order.Count;
            }

            Write(_colour ? $"\e[{Colours[index % Colours.Length]}m[{resource}]\e[0m {line}" : $"[{resource}] {line}");
        }
    }

    /// <summary>Prints a line that a resource meant for people: on the terminal also when there is a log file.</summary>
    public void Tell(string resource, string line)
    {
        Print(resource, line);
        lock (_gate)
        {
            if (_logFile is not null && !_quiet)
            {
                Write($"[{resource}] {line}");
            }
        }
    }

    /// <summary>Prints a line of the AppHost itself.</summary>
    public void Say(string text)
    {
        lock (_gate)
        {
            Printed?.Invoke("", text);
            if (!_quiet)
            {
                Write(text);
            }
        }
    }

    /// <summary>One line per resource: state, health, endpoints.</summary>
    public void List(IEnumerable<IResource> resources, ResourceNotificationService notifications)
    {
        foreach (var resource in resources.Where(r => r is not ParameterResource))
        {
            var now = notifications.Current(resource.Name);
            var endpoints = resource.Annotations.OfType<EndpointAnnotation>()
                .Where(e => e.AllocatedEndpoint is not null && now?.State != KnownResourceStates.Active)
                .Select(e => e.AllocatedEndpoint!.UriString);
            var health = now?.Healthy switch { true => "healthy", false => "unhealthy", null => "" };
            Say($"  {resource.Name,-12} {now?.State ?? KnownResourceStates.NotStarted,-13} {health,-10} {string.Join("  ", endpoints)}".TrimEnd());
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _log?.Dispose();
            _log = null;
        }
    }

    /// <summary>Writes to the terminal; one that was closed is no reason to leave the services without their AppHost.</summary>
    private static void Write(string line)
    {
        try
        {
            Console.WriteLine(line);
        }
        catch (IOException)
        {
            // The SIGHUP that comes with it stops the run.
        }
    }

    private void Log(string line)
    {
        if (_log is { BaseStream.Position: > MaxLogBytes })
        {
            _log.Dispose();
            _log = null;
            File.Move(_logFile!, _logFile + ".1", overwrite: true);
        }

        _log ??= new StreamWriter(new FileStream(_logFile!, FileMode.Append, FileAccess.Write, FileShare.ReadWrite)) { AutoFlush = true };
        _log.WriteLine(line);
    }
}
