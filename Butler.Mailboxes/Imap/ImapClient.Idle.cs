using Butler.Mailboxes.Imap.Wire;

namespace Butler.Mailboxes.Imap;

// Waiting for news (RFC 2177).
public sealed partial class ImapClient
{
    private static readonly TimeSpan s_longestIdle = TimeSpan.FromMinutes(29);

    /// <summary>
    /// Waits until the selected folder changes, the time to renew comes (<see cref="ImapOptions.IdleRenewal"/>, at most 29 minutes) or
    /// <paramref name="stop"/> is cancelled; then ends the IDLE and waits for the server's answer to that. Returns at once when
    /// there is news already.
    /// </summary>
    /// <param name="stop">Ends the wait in an orderly way: the connection stays usable.</param>
    /// <param name="cancellationToken">Ends the connection.</param>
    /// <exception cref="MailboxException"><see cref="ImapProblem.CommandRefused"/> where IDLE is not allowed: poll by <see cref="NoopAsync"/>.</exception>
    public async Task<ImapIdleEnd> IdleAsync(CancellationToken stop, CancellationToken cancellationToken)
    {
        if (_box.News)
        {
            return ImapIdleEnd.News;
        }

        Enter();
        var finished = false;
        using var ended = new CancellationTokenSource();
        try
        {
            var command = Command("IDLE");
            ImapLog.Sent(_log, command.Tag, command.Log);
            await _transport.WriteAsync(command.Finish()[0].Bytes, cancellationToken);
            var answer = await UntilAsync(command, null, false, cancellationToken);
            if (answer.Kind == AnswerKind.Tagged)
            {
                finished = true;
                throw answer.Status == ImapStatusKind.Ok ? ImapErrors.Make(ImapProblem.Protocol, command.Name) : Refused(command, answer);
            }

            var renewal = _options.IdleRenewal < s_longestIdle ? _options.IdleRenewal : s_longestIdle;
            var elapsed = Task.Delay(renewal, _time, ended.Token);
            var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            using var asked = stop.UnsafeRegister(static t => ((TaskCompletionSource)t!).TrySetResult(), stopped);

            // The read limit is off: half-open lines show when DONE is not answered.
            _transport.ReadLimit = Timeout.InfiniteTimeSpan;
            var read = NextIdleAsync(cancellationToken);
            for (var answers = 0; !_box.News && !elapsed.IsCompleted && !stopped.Task.IsCompleted; answers++)
            {
                if (await Task.WhenAny(read, elapsed, stopped.Task) != read)
                {
                    break;
                }

                if ((await read).Kind is AnswerKind.Tagged or AnswerKind.Continue || answers > _options.Limits.MaxUntagged)
                {
                    throw ImapErrors.Make(ImapProblem.Protocol, command.Name);
                }

                read = NextIdleAsync(cancellationToken);
            }

            var end = _box.News ? ImapIdleEnd.News : stopped.Task.IsCompleted ? ImapIdleEnd.Stopped : ImapIdleEnd.Elapsed;
            await FinishIdleAsync(command, read, cancellationToken);
            finished = true;
            return _box.News ? ImapIdleEnd.News : end;
        }
        finally
        {
            _transport.LimitPendingRead(Timeout.InfiniteTimeSpan);
            _transport.ReadLimit = _options.ReadTimeout;
            await ended.CancelAsync();
            Leave(finished);
        }
    }

    private async Task FinishIdleAsync(ImapCommand command, Task<Answer> read, CancellationToken cancellationToken)
    {
        // What comes between DONE and the tagged OK is news too, and only after that a command may follow.
        _transport.LimitPendingRead(_options.ReadTimeout);
        await _transport.WriteAsync("DONE\r\n"u8.ToArray(), cancellationToken);
        for (var answers = 0; answers <= _options.Limits.MaxUntagged; answers++)
        {
            var answer = await read;
            if (answer.Kind == AnswerKind.Tagged)
            {
                if (answer.Tag != command.Tag)
                {
                    throw ImapErrors.Make(ImapProblem.Protocol, "tag");
                }

                ImapLog.Answered(_log, command.Tag, answer.Status, answer.Code);
                return;
            }

            read = NextIdleAsync(cancellationToken);
        }

        throw ImapErrors.Make(ImapProblem.LimitExceeded, "untagged answers");
    }

    private async Task<Answer> NextIdleAsync(CancellationToken cancellationToken)
    {
        try
        {
            return Dispatch(await _transport.ReadAnswerAsync(cancellationToken), null);
        }
        catch (MailboxException e) when (e.Problem == ImapProblem.Disconnected && _bye is { } bye)
        {
            throw ImapErrors.Make(bye, "IDLE", _byeCode, e);
        }
    }
}
