using System.Diagnostics.Metrics;

namespace Butler.Intelligence.Tests.Chat;

/// <summary>Hears one instrument. Other tests of this process may run at the same time: a test asks for what is its own.</summary>
internal static class Metrics
{
    public static MeterListener Listen(string instrument, Action<Dictionary<string, string>> heard, ChatBed bed)
    {
        _ = bed.Pipeline; // Made before, so that its meter is among those that are heard.
        var listener = new MeterListener
        {
            InstrumentPublished = (i, l) =>
            {
                if (i.Name == instrument)
                {
                    l.EnableMeasurementEvents(i);
                }
            },
        };
        var gate = new Lock();
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) =>
        {
            var read = new Dictionary<string, string>();
            foreach (var (key, value) in tags)
            {
                read[key] = value?.ToString() ?? "";
            }

            lock (gate)
            {
                heard(read);
            }
        });
        listener.Start();
        return listener;
    }
}
