using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text;

namespace Butler.ServiceDefaults.Telemetry;

/// <summary>One instrument's series.</summary>
internal sealed class MetricFamily
{
    // The buckets of DESIGN section 9; an instrument's own advice comes before them.
    private static readonly double[] s_http = [.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10];
    private static readonly double[] s_task = [.1, .5, 1, 2, 5, 10, 30, 60, 120];
    private static readonly double[] s_pipeline = [.1, .25, .5, 1, 2, 5, 10, 30, 60, 120, 300, 600];

    private readonly ConcurrentDictionary<string, Series> _series = new(StringComparer.Ordinal);
    private readonly string _type;
    private readonly string _help;
    private readonly double[]? _bounds;
    private readonly bool _observed;
    private readonly bool _sums;

    public MetricFamily(Instrument instrument)
    {
        var type = instrument.GetType().Name;
        var counter = type.StartsWith("Counter", StringComparison.Ordinal) || type.StartsWith("ObservableCounter", StringComparison.Ordinal);
        var histogram = type.StartsWith("Histogram", StringComparison.Ordinal);
        _observed = instrument.IsObservable;
        // What is observed is a reading; what is added is a sum; a gauge is the last value.
        _sums = !_observed && !type.StartsWith("Gauge", StringComparison.Ordinal);
        _type = histogram ? "histogram" : counter ? "counter" : "gauge";
        _help = (instrument.Description ?? "").ReplaceLineEndings(" ");
        var name = string.Concat(instrument.Name.Select(c => char.IsAsciiLetterOrDigit(c) || c == '_' ? c : '_'));
        Name = counter && !name.EndsWith("_total", StringComparison.Ordinal) ? name + "_total" : name;
        _bounds = histogram ? Bounds(instrument, Name) : null;
    }

    public string Name { get; }

    public void Record(double value, string labels)
    {
        if (!_series.TryGetValue(labels, out var series))
        {
            if (_series.Count >= PrometheusExporter.MaxSeries)
            {
                return;
            }

            series = _series.GetOrAdd(labels, _ => new Series(_bounds?.Length ?? 0));
        }

        lock (series)
        {
            if (_bounds is null)
            {
                series.Value = _sums ? series.Value + value : value;
                return;
            }

            var bucket = Array.FindIndex(_bounds, b => value <= b);
            if (bucket >= 0)
            {
                series.Buckets[bucket]++;
            }

            series.Count++;
            series.Value += value;
        }
    }

    /// <summary>A reading that is not given again must not linger.</summary>
    public void ForgetObserved()
    {
        if (_observed)
        {
            _series.Clear();
        }
    }

    public void WriteHeader(StringBuilder text)
    {
        if (_help.Length > 0)
        {
            text.Append("# HELP ").Append(Name).Append(' ').Append(_help.Replace("\\", "\\\\", StringComparison.Ordinal)).Append('\n');
        }

        text.Append("# TYPE ").Append(Name).Append(' ').Append(_type).Append('\n');
    }

    public void WriteSamples(StringBuilder text)
    {
        foreach (var (labels, series) in _series.OrderBy(s => s.Key, StringComparer.Ordinal))
        {
            lock (series)
            {
                if (_bounds is null)
                {
                    Sample(text, Name, labels, "", series.Value);
                    continue;
                }

                var sum = 0L;
                for (var i = 0; i < _bounds.Length; i++)
                {
                    sum += series.Buckets[i];
                    Sample(text, Name + "_bucket", labels, $"le=\"{PrometheusExporter.Number(_bounds[i])}\"", sum);
                }

                Sample(text, Name + "_bucket", labels, "le=\"+Inf\"", series.Count);
                Sample(text, Name + "_sum", labels, "", series.Value);
                Sample(text, Name + "_count", labels, "", series.Count);
            }
        }
    }

    private static void Sample(StringBuilder text, string name, string labels, string extra, double value)
    {
        text.Append(name);
        if (labels.Length + extra.Length > 0)
        {
            text.Append('{').Append(labels).Append(labels.Length > 0 && extra.Length > 0 ? "," : "").Append(extra).Append('}');
        }

        text.Append(' ').Append(PrometheusExporter.Number(value)).Append('\n');
    }

    private static double[] Bounds(Instrument instrument, string name) => instrument switch
    {
        Instrument<double> { Advice.HistogramBucketBoundaries: { Count: > 0 } given } => [.. given],
        _ when name == "butler_task_duration_seconds" => s_task,
        _ when name == "pipeline_duration_seconds" => s_pipeline,
        _ => s_http,
    };

    private sealed class Series(int bounds)
    {
        public long[] Buckets { get; } = new long[bounds];

        public long Count { get; set; }

        public double Value { get; set; }
    }
}
