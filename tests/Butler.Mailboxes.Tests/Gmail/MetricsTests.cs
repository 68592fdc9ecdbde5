using System.Diagnostics.Metrics;
using Butler.Mailboxes.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using static Butler.Mailboxes.Tests.Support.GmailFixture;

namespace Butler.Mailboxes.Tests.Gmail;

public class MetricsTests
{
    [Fact]
    public async Task Fetch_OneOkOneGone_CountsEachCallByItsInnerStatus()
    {
        await using var gmail = new GmailFixture(_ => Batch((0, 200, Message("18a", "A"), ""), (1, 404, Error(404, "notFound"), "")));
        var meter = gmail.Services.GetRequiredService<MailboxMetrics>();
        var scope = gmail.Services.GetRequiredService<IMeterFactory>();
        List<string> calls = [];
        Dictionary<string, double> ratios = [];
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Meter.Name == MailboxMetrics.MeterName && instrument.Meter.Scope == scope)
            {
                l.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, count, tags, _) => calls.Add($"{Tag(tags, "endpoint")} {Tag(tags, "status")} {count}"));
        listener.SetMeasurementEventCallback<double>((_, ratio, tags, _) => ratios[Tag(tags, "scope")] = ratio);
        listener.Start();

        await gmail.Mailbox.FetchAsync(["18a", "18b"], Bulk, default);
        listener.RecordObservableInstruments();

        Assert.NotNull(meter);
        Assert.Equal(["oauth.token 200 1", "messages.get 200 1", "messages.get 404 1"], calls);
        // 40 of the 500 units that half the limit holds.
        Assert.Equal(0.08, ratios["user"], 3);
    }

    private static string Tag(ReadOnlySpan<KeyValuePair<string, object?>> tags, string name)
    {
        foreach (var tag in tags)
        {
            if (tag.Key == name)
            {
                return (string)tag.Value!;
            }
        }

        return "";
    }
}
