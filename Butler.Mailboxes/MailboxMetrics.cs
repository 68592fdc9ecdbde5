using System.Diagnostics.Metrics;
using System.Globalization;

namespace Butler.Mailboxes;

/// <summary>The meter "Butler.Mailboxes" (names: DESIGN section 9). No address or id is ever a tag.</summary>
internal sealed class MailboxMetrics
{
    public const string MeterName = "Butler.Mailboxes";

    private readonly Meter _meter;
    private readonly Counter<long> _calls;
    private readonly Counter<long> _logins;
    private readonly UpDownCounter<long> _connections;
    private double _userRatio;
    private double _projectRatio;
    private double _dayRatio;

    public MailboxMetrics(IMeterFactory meters)
    {
        var meter = _meter = meters.Create(MeterName);
        _calls = meter.CreateCounter<long>("gmail_api_calls_total", description: "Calls to Gmail and its token endpoint by outcome; calls inside a batch count one each.");
        _logins = meter.CreateCounter<long>("imap_connects_total", description: "Connections opened to IMAP servers by outcome: ok, or the problem.");
        _connections = meter.CreateUpDownCounter<long>("imap_connections", description: "IMAP connections that are open now.");
        meter.CreateObservableGauge("gmail_quota_used_ratio", Ratios, description: "Used share of the quota bucket last asked (user, project) and of the day.");
    }

    /// <summary>Whether a meter is this one; other tests' meters have the same name.</summary>
    public bool Owns(Meter meter) => ReferenceEquals(meter, _meter);

    public void Called(string endpoint, int status) => Called(endpoint, status.ToString(CultureInfo.InvariantCulture));

    public void Called(string endpoint, string status) =>
        _calls.Add(1, new KeyValuePair<string, object?>("endpoint", endpoint), new KeyValuePair<string, object?>("status", status));

    public void ImapConnected(Imap.ImapProblem? problem)
    {
        _logins.Add(1, new KeyValuePair<string, object?>("status", problem?.ToString() ?? "ok"));
        if (problem is null)
        {
            _connections.Add(1);
        }
    }

    public void ImapClosed() => _connections.Add(-1);

    public void UserRatio(double used) => Volatile.Write(ref _userRatio, used);

    public void ProjectRatio(double used) => Volatile.Write(ref _projectRatio, used);

    public void DayRatio(double used) => Volatile.Write(ref _dayRatio, used);

    private IEnumerable<Measurement<double>> Ratios()
    {
        yield return new(Volatile.Read(ref _userRatio), new KeyValuePair<string, object?>("scope", "user"));
        yield return new(Volatile.Read(ref _projectRatio), new KeyValuePair<string, object?>("scope", "project"));
        yield return new(Volatile.Read(ref _dayRatio), new KeyValuePair<string, object?>("scope", "day"));
    }
}
