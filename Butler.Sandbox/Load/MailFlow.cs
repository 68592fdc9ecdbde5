using System.Globalization;
using System.Text;
using Butler.Sandbox.State;

namespace Butler.Sandbox.Load;

/// <summary>What a flow of new mail is to do.</summary>
/// <param name="PerSecond">Mails per second over all its accounts.</param>
/// <param name="Count">How many; null: until stopped.</param>
/// <param name="Accounts">Whose; none: all accounts there are.</param>
/// <param name="Seed">Decides which account and which text comes next.</param>
public sealed record MailFlowOptions(double PerSecond, int? Count = null, IReadOnlyList<string>? Accounts = null, int Seed = 1);

/// <summary>
/// Keeps sending new mails into accounts at a rate: short personal mails that ask for an answer, newsletters and notices, each with a
/// Message-ID and a subject of its own. One flow at a time.
/// </summary>
public sealed class MailFlow(SandboxState state, TimeProvider clock) : IDisposable
{
    /// <summary>Fastest rate that is taken.</summary>
    public const double MaxPerSecond = 5_000;

    private readonly Lock _gate = new();
    private CancellationTokenSource? _stop;
    private Task _running = Task.CompletedTask;
    private long _sent;

    /// <summary>Mails sent since the start of the process.</summary>
    public long Sent => Interlocked.Read(ref _sent);

    /// <summary>Whether a flow runs.</summary>
    public bool IsRunning => !_running.IsCompleted;

    /// <summary>Starts a flow in place of one that runs; the task ends when its mails are sent or it is stopped.</summary>
    public Task Start(MailFlowOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        lock (_gate)
        {
            _stop?.Cancel();
            _stop = new();
            return _running = RunAsync(options, _stop.Token);
        }
    }

    /// <summary>Stops the flow.</summary>
    public async Task StopAsync()
    {
        Task running;
        lock (_gate)
        {
            _stop?.Cancel();
            running = _running;
        }

        await running;
    }

    /// <inheritdoc/>
    public void Dispose() => _stop?.Cancel();

    private async Task RunAsync(MailFlowOptions options, CancellationToken stop)
    {
        await Task.Yield();
        var started = clock.GetTimestamp();
        var accounts = options.Accounts is { Count: > 0 } named ? named : state.Addresses;
        for (long i = 0; accounts.Count > 0 && (options.Count is not { } count || i < count); i++)
        {
            var ahead = TimeSpan.FromSeconds(i / options.PerSecond) - clock.GetElapsedTime(started);
            if (ahead > TimeSpan.FromMilliseconds(1))
            {
                await Task.Delay(ahead, clock, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            if (stop.IsCancellationRequested)
            {
                return;
            }

            var dice = Ids.Mix((ulong)options.Seed ^ Ids.Mix((ulong)i));
            if (state.Find(accounts[(int)(dice % (ulong)accounts.Count)]) is { } account)
            {
                account.Deliver(Write(account.Address, dice));
                Interlocked.Increment(ref _sent);
            }
        }
    }

    private byte[] Write(string to, ulong dice)
    {
        var text = s_texts[(dice >> 20) % (ulong)s_texts.Length];
        var date = clock.GetUtcNow().ToString("r", CultureInfo.InvariantCulture).Replace("GMT", "+0000", StringComparison.Ordinal);
        var mark = dice.ToString("x16", CultureInfo.InvariantCulture);
        return Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"""
            From: {text.Name} <{text.Sender}@flow.butler.test>
            To: {to}
            Subject: {text.Subject} ({mark[..6]})
            Date: {date}
            Message-ID: <{mark}.{Sent}@flow.butler.test>
            {text.Header}MIME-Version: 1.0
            Content-Type: text/plain; charset=utf-8

            {text.Body}

            """).ReplaceLineEndings("\r\n"));
    }

    private static readonly (string Name, string Sender, string Subject, string Header, string Body)[] s_texts =
    [
        ("Nora Lind", "nora", "Can we meet on Thursday?", "", "Hi,\n\ncould you tell me whether Thursday at 10 works for you? I need to book the room today.\n\nThanks\nNora"),
        ("Jonas Weber", "jonas", "Question about the offer", "", "Hello,\n\nwould you send me the offer for the second floor, and can you confirm the delivery date?\n\nBest regards\nJonas"),
        ("Maya Ortiz", "maya", "Could you review the draft?", "", "Hi,\n\nplease have a look at my draft. Do you agree with the second section? Let me know by Friday.\n\nMaya"),
        ("The Weekly", "news", "Ten things to read this week", "List-Id: <weekly.flow.butler.test>\nList-Unsubscribe: <https://flow.butler.test/u>\nPrecedence: bulk\n", "This week: gardens, trains and bread.\n\nUnsubscribe at any time."),
        ("Parcel Service", "no-reply", "Your parcel is on its way", "Auto-Submitted: auto-generated\n", "Your parcel was handed to the carrier today. No answer is needed."),
    ];
}
