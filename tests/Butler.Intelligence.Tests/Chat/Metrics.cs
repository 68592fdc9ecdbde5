using System.Diagnostics.Metrics;

namespace Butler.Intelligence.Tests.Chat;

/// <summary>Hears one instrument of one bed: other tests of this process run at the same time.</summary>
internal static class Metrics
{
    public static MeterListener Listen(string instrument, Action<Dictionary<string, string>> heard, ChatBed bed)
    {
        var scope = bed.MeterFactory;
        var listener = new MeterListener
        {
            InstrumentPublished = (i, l) =>
            {
                if (i.Name == instrument && i.Meter.Scope == scope)
                {
                    l.EnableMeasurementEvents(i);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) =>
        {
            var read = new Dictionary<string, string>();
            foreach (var (key, value) in tags)
            {
                read[key] = value?.ToString() ?? "";
            }

            heard(read);
        });
        listener.Start();
        return listener;
    }
}
