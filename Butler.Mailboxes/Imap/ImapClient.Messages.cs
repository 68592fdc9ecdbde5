using System.Globalization;
using System.Runtime.CompilerServices;
using Butler.Mailboxes.Imap.Wire;

namespace Butler.Mailboxes.Imap;

// Mails: fetching, searching, appending, flags.
public sealed partial class ImapClient
{
    // Answers that were split are put together again; a server that splits thousands at once is not waited for.
    private const int MaxSplit = 10_000;

    /// <summary>
    /// Fetches mails of the selected folder as they arrive, in the server's order (mostly ascending). UIDs that are gone are simply
    /// missing. Large sets are split, and a few commands are sent ahead; stopping early ends the connection.
    /// </summary>
    /// <exception cref="MailboxException">When the line fails; or after everything was read, when the server refused a part.</exception>
    public async IAsyncEnumerable<ImapMessage> FetchAsync(ImapUidSet uids, ImapFetch fetch, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (fetch.WantsBody && uids.Count > _box.Exists + 1000L)
        {
            // A wide range: which of its UIDs exist is asked first, or splitting 1:4294967295 would never end.
            var wide = uids;
            var existing = await SearchAsync(new() { Uids = ImapUidSet.Range(uids.Ranges[0].First, uids.Max) }, cancellationToken);
            uids = new ImapUidSet(existing.Count <= _options.Limits.MaxUntagged ? existing.Uids().Where(wide.Contains) : throw ImapErrors.Make(ImapProblem.LimitExceeded, "search"));
        }

        var attributes = fetch.Attributes(_capabilities);
        var modifier = fetch.ChangedSince is { } since
            ? string.Create(CultureInfo.InvariantCulture, $" (CHANGEDSINCE {since}{(fetch.Vanished && Qresync ? " VANISHED" : "")})")
            : "";
        var ready = new Queue<ImapMessage>();
        var parts = new Dictionary<uint, ImapMessage>();
        var split = uids.Split(fetch.WantsBody ? _options.FetchBatch : int.MaxValue, Math.Max(100, _options.MaxCommandBytes - attributes.Length - 200));
        using var batches = split.GetEnumerator();
        var flying = new Queue<ImapCommand>();
        MailboxException? refused = null;
        var finished = false;
        Enter();
        try
        {
            for (var more = true; ;)
            {
                while (more && flying.Count < _options.FetchesInFlight && (more = batches.MoveNext()))
                {
                    var command = Command("UID FETCH").Uids(batches.Current).Word(attributes + modifier);
                    ImapLog.Sent(_log, command.Tag, command.Log);
                    await _transport.WriteAsync(command.Finish()[0].Bytes, cancellationToken);
                    flying.Enqueue(command);
                }

                if (flying.Count == 0)
                {
                    break;
                }

                var ended = false;
                for (var answers = 0; !ended; answers++)
                {
                    var answer = await NextAsync(flying.Peek(), Read, answers, cancellationToken);
                    while (ready.TryDequeue(out var message))
                    {
                        yield return message;
                    }

                    if (answer.Kind == AnswerKind.Tagged)
                    {
                        // "Some of the requested messages no longer exist": what there was has come.
                        if (answer.Status != ImapStatusKind.Ok && answer.Code != "EXPUNGEISSUED")
                        {
                            refused ??= Refused(flying.Peek(), answer);
                        }

                        flying.Dequeue();
                        ended = true;
                    }
                }

                parts.Clear();
            }

            finished = true;
        }
        finally
        {
            Leave(finished);
        }

        if (refused is not null)
        {
            throw refused;
        }

        void Read(string name, uint number, ref ImapTokens tokens)
        {
            if (name != "FETCH")
            {
                return;
            }

            var message = ImapFetchReader.Read(ref tokens, _options.Limits);
            if (message.Uid == 0 || !uids.Contains(message.Uid))
            {
                _box.News = true;
                return;
            }

            if (!fetch.IsAnswer(message))
            {
                // A part of it, or news of its flags that overtook the answer.
                if (parts.TryGetValue(message.Uid, out var known))
                {
                    known.Merge(message);
                    message = known;
                }
                else if (parts.Count < MaxSplit)
                {
                    parts[message.Uid] = message;
                }

                if (!fetch.IsAnswer(message))
                {
                    _box.News = true;
                    return;
                }
            }

            parts.Remove(message.Uid);
            ready.Enqueue(message);
        }
    }

    /// <summary>
    /// Fetches one mail in ranges, so that its size is bounded by <paramref name="maxBytes"/> and not by what the server announces.
    /// Null when it is gone or larger.
    /// </summary>
    public async Task<byte[]?> FetchRangesAsync(uint uid, int rangeBytes, int maxBytes, CancellationToken cancellationToken)
    {
        using var whole = new MemoryStream();
        while (true)
        {
            ReadOnlyMemory<byte>? got = null;
            await foreach (var message in FetchAsync(ImapUidSet.Range(uid, uid), new(ImapItems.None) { Range = (whole.Length, rangeBytes) }, cancellationToken))
            {
                got = message.Origin is null || message.Origin == whole.Length ? message.Body : null;
            }

            if (got is not { } bytes || whole.Length + bytes.Length > maxBytes)
            {
                return null;
            }

            whole.Write(bytes.Span);
            if (bytes.Length < rangeBytes)
            {
                return whole.ToArray();
            }
        }
    }

    /// <summary>UIDs of the selected folder that a search finds.</summary>
    public async Task<ImapUidSet> SearchAsync(ImapSearch search, CancellationToken cancellationToken)
    {
        var found = new ImapUidSet();
        var command = Command("UID SEARCH");
        void Read(string name, uint number, ref ImapTokens tokens)
        {
            if (name == "SEARCH")
            {
                // In any order (RFC 3501 section 7.2.5), and with the greatest MODSEQ behind (RFC 7162).
                var uids = new List<uint>();
                for (tokens.SkipSpaces(); !tokens.AtEnd && !tokens.Peek((byte)'('); tokens.SkipSpaces())
                {
                    var uid = tokens.Number();
                    uids.Add(uid <= uint.MaxValue ? (uint)uid : 0);
                }

                uids.RemoveAll(u => u == 0);
                found.Add(new ImapUidSet(uids));
            }
            else if (name == "ESEARCH")
            {
                ReadExtended(ref tokens, found);
            }
        }

        if (_capabilities.Esearch)
        {
            command.Word("RETURN (ALL)");
        }

        if (search.NeedsCharset && !Utf8Names)
        {
            command.Word("CHARSET UTF-8");
        }

        search.Write(command);
        await RunAsync(command, Read, cancellationToken);
        return found;
    }

    /// <summary>
    /// Stores a mail in a folder by exactly one command. An exception with <see cref="MailboxException.OutcomeUnknown"/> means that
    /// it may be there.
    /// </summary>
    /// <param name="folder">Where to.</param>
    /// <param name="flags">Such as <c>\Draft</c>.</param>
    /// <param name="date">Its INTERNALDATE; null: now.</param>
    /// <param name="message">The mail, lines ended by CRLF.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<ImapAppended> AppendAsync(ImapName folder, IReadOnlyList<string> flags, DateTimeOffset? date, ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        var command = Command("APPEND").Folder(folder);
        if (flags.Count > 0)
        {
            command.Word("(" + string.Join(' ', flags.Select(ImapCommand.Flag)) + ")");
        }

        if (date is { } at)
        {
            // date-day-fixed is two characters wide, a blank in front (RFC 3501 section 9).
            var text = at.ToString("dd-MMM-yyyy HH:mm:ss zzz", CultureInfo.InvariantCulture);
            command.Word($"\"{(text[0] == '0' ? " " + text[1..] : text).Remove(text.Length - 3, 1)}\"");
        }

        var answer = await RunAsync(command.Literal(message), null, cancellationToken, write: true);
        if (answer.Code == "APPENDUID" && answer.CodeArguments?.Split(' ') is [var validity, var uid]
            && uint.TryParse(validity, CultureInfo.InvariantCulture, out var v) && uint.TryParse(uid, CultureInfo.InvariantCulture, out var u))
        {
            return new(v, u);
        }

        return new(null, null);
    }

    /// <summary>Adds or removes flags of mails in the selected folder.</summary>
    public async Task StoreAsync(ImapUidSet uids, bool add, IReadOnlyList<string> flags, CancellationToken cancellationToken)
    {
        var list = (add ? "+" : "-") + "FLAGS.SILENT (" + string.Join(' ', flags.Select(ImapCommand.Flag)) + ")";
        foreach (var part in uids.Split(int.MaxValue, _options.MaxCommandBytes - list.Length - 100))
        {
            await RunAsync(Command("UID STORE").Uids(part).Word(list), Ignore, cancellationToken, write: true);
        }
    }

    /// <summary>
    /// Removes exactly these mails for good (they get \Deleted first). False where the server can only expunge everything that is marked,
    /// other people's marks included: then nothing is removed, and the mark stays.
    /// </summary>
    public async Task<bool> ExpungeAsync(ImapUidSet uids, CancellationToken cancellationToken)
    {
        await StoreAsync(uids, add: true, ["\\Deleted"], cancellationToken);
        if (!_capabilities.UidPlus)
        {
            return false;
        }

        foreach (var part in uids.Split(int.MaxValue, _options.MaxCommandBytes - 100))
        {
            await RunAsync(Command("UID EXPUNGE").Uids(part), null, cancellationToken, write: true);
        }

        return true;
    }

    private async ValueTask<Answer> NextAsync(ImapCommand command, Untagged handler, int answers, CancellationToken cancellationToken)
    {
        if (answers > _options.Limits.MaxUntagged)
        {
            throw ImapErrors.Make(ImapProblem.LimitExceeded, "untagged answers");
        }

        try
        {
            var answer = Dispatch(await _transport.ReadAnswerAsync(cancellationToken), handler);
            if (answer.Kind == AnswerKind.Tagged)
            {
                if (answer.Tag != command.Tag)
                {
                    throw ImapErrors.Make(ImapProblem.Protocol, "tag");
                }

                ImapLog.Answered(_log, command.Tag, answer.Status, answer.Code);
            }

            return answer.Kind == AnswerKind.Continue ? throw ImapErrors.Make(ImapProblem.Protocol, command.Name) : answer;
        }
        catch (MailboxException e) when (e.Problem == ImapProblem.Disconnected && _bye is { } bye)
        {
            throw ImapErrors.Make(bye, command.Name, _byeCode, e);
        }
    }

    // The server repeats flags that we have just set.
    private static void Ignore(string name, uint number, ref ImapTokens tokens)
    {
    }

    // RFC 4731: (TAG "A1") UID ALL 1:3,7 and other results.
    private static void ReadExtended(ref ImapTokens tokens, ImapUidSet found)
    {
        if (tokens.TryTake((byte)'('))
        {
            while (!tokens.TryTake((byte)')'))
            {
                _ = tokens.NString();
            }
        }

        for (tokens.SkipSpaces(); !tokens.AtEnd; tokens.SkipSpaces())
        {
            var word = Name(tokens.Atom());
            if (word == "UID")
            {
                continue;
            }

            if (word != "ALL")
            {
                tokens.SkipValue();
            }
            else if (ImapUidSet.TryParse(tokens.Atom(), out var set))
            {
                found.Add(set);
            }
        }
    }
}
