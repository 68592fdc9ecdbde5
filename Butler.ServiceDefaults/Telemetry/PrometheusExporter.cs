using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace Butler.ServiceDefaults.Telemetry;

/// <summary>
/// Prometheus's text format over the meters <c>Butler.*</c>, from the same instruments as OTLP (no exporter package is
/// served). Instrument names are the names of DESIGN section 9; labels are a closed list, so that an address, an id or
/// a subject cannot become one.
/// </summary>
public sealed class PrometheusExporter : IDisposable
{
    /// <summary>The format's content type.</summary>
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    /// <summary>Series per instrument: more means that something unbounded became a label.</summary>
    internal const int MaxSeries = 2000;

    private static readonly HashSet<string> s_labels =
        ["method", "endpoint", "status", "task", "reason", "lane", "scope", "provider", "model", "from", "category", "service", "kind", "state", "stage"];

    private readonly ConcurrentDictionary<Instrument, MetricFamily> _families = new();
    private readonly MeterListener _listener = new();
    private readonly Lock _starting = new();
    private bool _started;

    /// <summary>Begins to listen; again does nothing.</summary>
    public void Start()
    {
        lock (_starting)
        {
            if (_started)
            {
                return;
            }

            _started = true;
        }

        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name.StartsWith("Butler.", StringComparison.Ordinal))
            {
                listener.EnableMeasurementEvents(instrument, _families.GetOrAdd(instrument, i => new MetricFamily(i)));
            }
        };
        _listener.SetMeasurementEventCallback<long>((_, value, tags, state) => ((MetricFamily)state!).Record(value, Labels(tags)));
        _listener.SetMeasurementEventCallback<int>((_, value, tags, state) => ((MetricFamily)state!).Record(value, Labels(tags)));
        _listener.SetMeasurementEventCallback<double>((_, value, tags, state) => ((MetricFamily)state!).Record(value, Labels(tags)));
        _listener.SetMeasurementEventCallback<float>((_, value, tags, state) => ((MetricFamily)state!).Record(value, Labels(tags)));
        _listener.Start();
    }

    /// <summary>All families as text, in the order of their names, with the process's CPU time and memory.</summary>
    public string Write()
    {
        Start();
        foreach (var family in _families.Values)
        {
            family.ForgetObserved();
        }

        _listener.RecordObservableInstruments();
        var text = new StringBuilder(4096);
        foreach (var group in _families.Values.GroupBy(f => f.Name).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            // Two meters of one name (a second host in a test process) are one family.
            group.First().WriteHeader(text);
            foreach (var family in group)
            {
                family.WriteSamples(text);
            }
        }

        using var process = Process.GetCurrentProcess();
        text.Append("# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total ").Append(Number(Environment.CpuUsage.TotalTime.TotalSeconds))
            .Append("\n# TYPE process_resident_memory_bytes gauge\nprocess_resident_memory_bytes ").Append(process.WorkingSet64.ToString(CultureInfo.InvariantCulture)).Append('\n');
        return text.ToString();
    }

    /// <inheritdoc />
    public void Dispose() => _listener.Dispose();

    internal static string Number(double value) => double.IsPositiveInfinity(value) ? "+Inf" : value.ToString("R", CultureInfo.InvariantCulture);

    private static string Labels(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (tags.IsEmpty)
        {
            return "";
        }

        var text = new StringBuilder();
        foreach (var (key, value) in tags)
        {
            if (!s_labels.Contains(key))
            {
                continue;
            }

            text.Append(text.Length == 0 ? "" : ",").Append(key).Append("=\"");
            foreach (var c in Safe(Convert.ToString(value, CultureInfo.InvariantCulture) ?? ""))
            {
                _ = c switch
                {
                    '\\' => text.Append("\\\\"),
                    '"' => text.Append("\\\""),
                    '\n' => text.Append("\\n"),
                    _ => text.Append(c),
                };
            }

            text.Append('"');
        }

        return text.ToString();
    }

    private static string Safe(string value) =>
        value.Length > 100 || value.Contains('@', StringComparison.Ordinal) || Guid.TryParse(value, out _) ? "other" : value;
}
