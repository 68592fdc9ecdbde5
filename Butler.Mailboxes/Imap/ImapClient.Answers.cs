using System.Globalization;
using System.Text;
using Butler.Mailboxes.Imap.Wire;

namespace Butler.Mailboxes.Imap;

// Sending a command and sorting what comes back.
public sealed partial class ImapClient
{
    private const int MaxAlerts = 20;
    private const int MaxAlertChars = 500;

    private enum AnswerKind
    {
        Data,
        Status,
        Continue,
        Tagged,
    }

    private readonly record struct Answer(AnswerKind Kind, ImapStatusKind Status = ImapStatusKind.Ok, string? Tag = null, string? Code = null, string? CodeArguments = null, ImapProblem Problem = ImapProblem.CommandRefused);

    /// <summary>Sends a command and reads to its tagged answer; anything but OK is an exception.</summary>
    private async Task<Answer> RunAsync(ImapCommand command, Untagged? handler, CancellationToken cancellationToken, bool login = false, bool write = false, Func<int, ReadOnlyMemory<byte>>? answerChallenge = null)
    {
        Enter();
        var sent = false;
        var finished = false;
        try
        {
            ImapLog.Sent(_log, command.Tag, command.Log);
            var parts = command.Finish();
            for (var i = 0; i < parts.Count; i++)
            {
                await _transport.WriteAsync(parts[i].Bytes, cancellationToken);
                if (!parts[i].WaitAfter)
                {
                    continue;
                }

                var go = await UntilAsync(command, handler, login, cancellationToken);
                if (go.Kind == AnswerKind.Tagged)
                {
                    // Refused before the literal was sent: nothing was done.
                    finished = true;
                    throw Refused(command, go);
                }

                sent = write;
            }

            sent = write;
            for (var challenges = 0; ;)
            {
                var answer = await UntilAsync(command, handler, login, cancellationToken);
                if (answer.Kind == AnswerKind.Continue)
                {
                    if (answerChallenge is null || challenges >= 5)
                    {
                        throw ImapErrors.Make(ImapProblem.Protocol, command.Name);
                    }

                    await _transport.WriteAsync(answerChallenge(challenges++), cancellationToken);
                    continue;
                }

                finished = true;
                return answer.Status == ImapStatusKind.Ok ? answer : throw Refused(command, answer);
            }
        }
        catch (MailboxException e) when (sent && !finished)
        {
            // No answer to something that may have been done.
            throw ImapErrors.Make(e.Problem ?? ImapProblem.Disconnected, command.Name, e.Reason, e, outcomeUnknown: true);
        }
        finally
        {
            Leave(finished);
        }
    }

    /// <summary>Reads until the server wants more of the command or has ended it.</summary>
    private async ValueTask<Answer> UntilAsync(ImapCommand command, Untagged? handler, bool login, CancellationToken cancellationToken)
    {
        for (var answers = 0; ; answers++)
        {
            if (answers > _options.Limits.MaxUntagged)
            {
                throw ImapErrors.Make(ImapProblem.LimitExceeded, "untagged answers");
            }

            Answer answer;
            try
            {
                answer = Dispatch(await _transport.ReadAnswerAsync(cancellationToken), handler, login);
            }
            catch (MailboxException e) when (e.Problem == ImapProblem.Disconnected && _bye is { } bye)
            {
                throw ImapErrors.Make(bye, command.Name, _byeCode, e);
            }

            if (answer.Kind == AnswerKind.Tagged)
            {
                if (answer.Tag != command.Tag)
                {
                    throw ImapErrors.Make(ImapProblem.Protocol, "tag");
                }

                ImapLog.Answered(_log, command.Tag, answer.Status, answer.Code);
                return answer;
            }

            if (answer.Kind == AnswerKind.Continue)
            {
                return answer;
            }
        }
    }

    private static MailboxException Refused(ImapCommand command, Answer answer) => ImapErrors.Make(answer.Problem, command.Name, answer.Code);

    private void Enter()
    {
        if (IsBroken)
        {
            throw ImapErrors.Make(_bye ?? ImapProblem.Disconnected, "closed", _byeCode);
        }

        if (Interlocked.CompareExchange(ref _busy, 1, 0) != 0)
        {
            throw new InvalidOperationException("A command is under way on this connection.");
        }
    }

    private void Leave(bool finished)
    {
        IsBroken |= !finished || _bye is not null;
        Volatile.Write(ref _busy, 0);
    }

    private void ThrowIfBye()
    {
        if (_bye is { } bye)
        {
            IsBroken = true;
            throw ImapErrors.Make(bye, code: _byeCode);
        }
    }

    /// <summary>Sorts one answer. Data that cannot be read is passed over, up to a limit: one mail's fault is not the mailbox's.</summary>
    private Answer Dispatch(ImapResponse response, Untagged? handler, bool login = false)
    {
        var tokens = new ImapTokens(response, _options.Limits.MaxDepth);
        while (tokens.Peek(0))
        {
            // A leading NUL, seen from several servers.
            tokens.Skip(1);
        }

        if (tokens.Peek((byte)'+'))
        {
            return new(AnswerKind.Continue);
        }

        try
        {
            var tag = tokens.Atom();
            if (!tag.SequenceEqual("*"u8))
            {
                var name = Encoding.Latin1.GetString(tag[..Math.Min(tag.Length, 20)]);
                return StatusOf(tokens.Atom()) is { } status ? Status(AnswerKind.Tagged, status, name, ref tokens, login) : throw ImapErrors.Make(ImapProblem.Protocol, "tagged answer");
            }

            var word = tokens.Atom();
            if (StatusOf(word) is { } kind)
            {
                return Status(AnswerKind.Status, kind, null, ref tokens, login);
            }

            var number = 0u;
            if (char.IsAsciiDigit((char)word[0]) && uint.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out number))
            {
                word = tokens.Atom();
            }

            Data(Name(word), number, ref tokens, handler);
        }
        catch (ImapFormatException e)
        {
            ImapLog.Unreadable(_log, e.Message);
            if (++_unreadable > _options.Limits.MaxUnreadable)
            {
                throw ImapErrors.Make(ImapProblem.LimitExceeded, "unreadable answers", inner: e);
            }
        }

        return new(AnswerKind.Data);
    }

    private void Data(string name, uint number, ref ImapTokens tokens, Untagged? handler)
    {
        switch (name)
        {
            case "CAPABILITY":
                ReadCapabilities(ref tokens);
                break;
            case "ENABLED":
                while (!tokens.AtEnd)
                {
                    _enabled.Add(Encoding.Latin1.GetString(tokens.Atom()).ToUpperInvariant());
                    tokens.SkipSpaces();
                    if (_enabled.Count > _options.Limits.MaxCapabilities)
                    {
                        throw ImapErrors.Make(ImapProblem.LimitExceeded, "capabilities");
                    }
                }

                break;
            case "EXISTS":
                _box.News |= _box.Exists != number;
                _box.Exists = number;
                break;
            case "EXPUNGE":
                _box.News = true;
                _box.Exists -= _box.Exists > 0 ? 1u : 0;
                break;
            case "VANISHED":
                Vanished(ref tokens);
                break;
            default:
                if (handler is null)
                {
                    // A change of flags that nobody asked for; anything else means nothing to us.
                    _box.News |= name == "FETCH";
                }
                else
                {
                    handler(name, number, ref tokens);
                }

                break;
        }
    }

    private void Vanished(ref ImapTokens tokens)
    {
        tokens.SkipSpaces();
        var earlier = tokens.Peek((byte)'(');
        if (earlier)
        {
            tokens.SkipValue();
        }

        if (!ImapUidSet.TryParse(tokens.Atom(), out var gone))
        {
            throw new ImapFormatException("a set of UIDs was due");
        }

        _box.Vanished.Add(gone);
        if (!earlier)
        {
            _box.News = true;
            _box.Exists -= (uint)Math.Min(_box.Exists, gone.Count);
        }
    }

    private void ReadCapabilities(ref ImapTokens tokens)
    {
        var names = new List<string>();
        for (tokens.SkipSpaces(); !tokens.AtEnd && !tokens.Peek((byte)']'); tokens.SkipSpaces())
        {
            var name = tokens.Atom();
            var close = name.IndexOf((byte)']');
            names.Add(Encoding.Latin1.GetString(close < 0 ? name : name[..close]));
            if (names.Count > _options.Limits.MaxCapabilities)
            {
                throw ImapErrors.Make(ImapProblem.LimitExceeded, "capabilities");
            }

            if (close >= 0)
            {
                break;
            }
        }

        _capabilities = new(names);
        _capabilitiesKnown = true;
    }

    private Answer Status(AnswerKind kind, ImapStatusKind status, string? tag, ref ImapTokens tokens, bool login)
    {
        tokens.SkipSpaces();
        string? code = null, arguments = null;
        var text = tokens.Rest;
        if (tokens.Peek((byte)'['))
        {
            var close = text.IndexOf((byte)']');
            if (close > 0)
            {
                var inner = text[1..close];
                var space = inner.IndexOf((byte)' ');
                code = ImapText.Code(space < 0 ? inner : inner[..space]);
                if (code == "CAPABILITY")
                {
                    tokens.Skip(1);
                    _ = tokens.Atom();
                    ReadCapabilities(ref tokens);
                }
                else if (space > 0 && inner.Length < 4096)
                {
                    arguments = Encoding.Latin1.GetString(inner[(space + 1)..]);
                }

                text = text[(close + 1)..].TrimStart((byte)' ');
            }
        }

        Note(code, arguments, text);
        var problem = status is ImapStatusKind.Ok or ImapStatusKind.Preauth ? ImapProblem.CommandRefused : ImapErrors.Of(status, code, text, login);
        if (status == ImapStatusKind.Bye && _bye is null)
        {
            (_bye, _byeCode) = (problem, code);
        }

        return new(kind, status, tag, code, arguments, problem);
    }

    private void Note(string? code, string? arguments, ReadOnlySpan<byte> text)
    {
        switch (code)
        {
            case "UIDVALIDITY" when uint.TryParse(arguments, CultureInfo.InvariantCulture, out var validity):
                // It may change while the folder is selected (RFC 2683): then nothing known of it holds.
                _box.News |= _box.UidValidity != 0 && _box.UidValidity != validity;
                _box.UidValidity = validity;
                break;
            case "UIDNEXT" when uint.TryParse(arguments, CultureInfo.InvariantCulture, out var next) && next > 0:
                _box.UidNext = next;
                break;
            case "HIGHESTMODSEQ" when ulong.TryParse(arguments, CultureInfo.InvariantCulture, out var modSeq) && modSeq > 0:
                _box.HighestModSeq = modSeq;
                break;
            case "NOMODSEQ":
                _box.NoModSeq = true;
                break;
            case "CLOSED":
                // What came before it was about the folder selected before (RFC 7162 section 3.2.11).
                _box = new();
                break;
            case "ALERT" when _alerts.Count < MaxAlerts:
                _alerts.Add(ImapText.Decode(text[..Math.Min(text.Length, MaxAlertChars)]));
                break;
        }
    }

    private static string Name(ReadOnlySpan<byte> word)
    {
        // The frequent ones without a new string each.
        if (Ascii.EqualsIgnoreCase(word, "FETCH"u8))
        {
            return "FETCH";
        }

        return word.Length > 40 ? "" : Encoding.Latin1.GetString(word).ToUpperInvariant();
    }

    private static ImapStatusKind? StatusOf(ReadOnlySpan<byte> word) =>
        Ascii.EqualsIgnoreCase(word, "OK"u8) ? ImapStatusKind.Ok
        : Ascii.EqualsIgnoreCase(word, "NO"u8) ? ImapStatusKind.No
        : Ascii.EqualsIgnoreCase(word, "BAD"u8) ? ImapStatusKind.Bad
        : Ascii.EqualsIgnoreCase(word, "BYE"u8) ? ImapStatusKind.Bye
        : Ascii.EqualsIgnoreCase(word, "PREAUTH"u8) ? ImapStatusKind.Preauth
        : null;
}
