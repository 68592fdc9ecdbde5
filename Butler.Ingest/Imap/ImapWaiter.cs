using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Butler.Data;
using Butler.Data.Ingest;
using Butler.Ingest.Accounts;
using Butler.Mailboxes;
using Butler.Mailboxes.Imap;
using Butler.Mailboxes.Imap.Accounts;
using Butler.Messaging;
using Butler.Messaging.Contracts;
using Butler.Messaging.Postgres;
using Microsoft.Extensions.Options;

namespace Butler.Ingest.Imap;

/// <summary>
/// Waits for new mail of IMAP accounts (IDLE, RFC 2177): one replica for each account, by a lease in Redis. News are the same message that
/// Gmail's pushes cause, so everything behind is the same; a missed one is caught by the half-hourly sync.
/// </summary>
internal sealed partial class ImapWaiter(
    Database database, AccountStore accounts, ImapAccess access, ImapHealth health, WakeUps wakeUps, TimeProvider time, IOptions<ImapWaitOptions> options, ILogger<ImapWaiter> logger) : BackgroundService
{
    /// <summary>When a server that announces nothing is asked again whether it does now.</summary>
    private static readonly TimeSpan s_withoutIdle = TimeSpan.FromMinutes(30);

    private readonly ConcurrentDictionary<Guid, (CancellationTokenSource Stop, Task Task)> _waiting = new();
    private readonly Meter _meter = new("Butler.Ingest.Imap");

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        _meter.CreateObservableGauge("imap_waiting_accounts", () => _waiting.Count, description: "Accounts whose new mail this replica waits for (IDLE).");
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await TurnAsync(stoppingToken);
            }
            catch (Exception e) when (Faults.IsOurs(e) && !stoppingToken.IsCancellationRequested)
            {
                LogPostponed(e.GetType().Name);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                break;
            }

            await Task.Delay(options.Value.Poll, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await Task.WhenAll(_waiting.Values.Select(w => w.Task));
        _meter.Dispose();
    }

    private async Task TurnAsync(CancellationToken cancellationToken)
    {
        var due = await ImapAccounts.DueAsync(database.DataSource, cancellationToken);
        foreach (var (account, waiting) in _waiting)
        {
            if (!due.Contains(account))
            {
                await waiting.Stop.CancelAsync(); // Paused, disconnected, or its login is refused.
            }

            if (waiting.Task.IsCompleted && _waiting.TryRemove(account, out _))
            {
                waiting.Stop.Dispose();
            }
        }

        foreach (var account in due.Where(d => !_waiting.ContainsKey(d)))
        {
            if (await access.TryOwnAsync(account, cancellationToken) is { } right)
            {
                var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, right.Lost);
                _waiting[account] = (stop, Task.Run(() => RunAsync(account, right, stop.Token, cancellationToken), CancellationToken.None));
            }
        }
    }

    private async Task RunAsync(Guid account, ImapIdleRight right, CancellationToken stop, CancellationToken cancellationToken)
    {
        try
        {
            if (await accounts.FindAsync(account, cancellationToken) is not { Mailbox: { } mailbox, Status: "active" })
            {
                return;
            }

            var answers = false;
            var announced = await access.WaitAsync(mailbox, async () =>
            {
                if (!answers)
                {
                    answers = true;
                    LogWaiting(account);
                    await health.SucceedAsync(account, cancellationToken);
                }

                await NewsAsync(account, cancellationToken);
            }, stop, cancellationToken);
            if (!announced)
            {
                await Task.Delay(s_withoutIdle, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        catch (MailboxException e)
        {
            LogLost(account, e.Fault, e.Problem?.ToString() ?? "");
            await RecordAsync(account, e, cancellationToken);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // It was told to.
        }
        catch (Exception e) when (Faults.IsOurs(e))
        {
            LogPostponed(e.GetType().Name);
        }
        finally
        {
            await right.DisposeAsync();
        }
    }

    private async Task RecordAsync(Guid account, MailboxException fault, CancellationToken cancellationToken)
    {
        try
        {
            await health.FailAsync(account, fault, cancellationToken);
        }
        catch (Exception e) when (Faults.IsOurs(e) || e is OperationCanceledException)
        {
            LogPostponed(e.GetType().Name);
        }
    }

    private async Task NewsAsync(Guid account, CancellationToken cancellationToken)
    {
        var message = MessageBus.Pack(new MailboxChanged(account), Lane.Live, account, Guid.CreateVersion7());
        if (await database.TransactAsync(c => Outbox.AddUnlessWaitingAsync(c, message, cancellationToken), cancellationToken))
        {
            wakeUps.Sent([message]);
        }
    }

    [LoggerMessage(2601, LogLevel.Information, "Waiting for new IMAP mail is postponed: {Reason}")]
    private partial void LogPostponed(string reason);

    [LoggerMessage(2603, LogLevel.Information, "Waiting for new mail of account {Account}")]
    private partial void LogWaiting(Guid account);

    [LoggerMessage(2602, LogLevel.Information, "The connection that waits for mail of account {Account} ended: {Fault} {Problem}")]
    private partial void LogLost(Guid account, MailboxFault fault, string problem);
}
