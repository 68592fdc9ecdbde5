using Butler.Mailboxes.Imap.Wire;

namespace Butler.Mailboxes.Imap;

// Folders: listing, counting, selecting.
public sealed partial class ImapClient
{
    /// <summary>All folders, with what each is for. Views such as Gmail's All Mail are among them.</summary>
    public async Task<IReadOnlyList<ImapFolder>> ListAsync(CancellationToken cancellationToken)
    {
        if (_capabilities.SpecialUse && (_capabilities.Rev2 || _capabilities.Has("LIST-EXTENDED")))
        {
            try
            {
                return await ListAsync(Command("LIST").Word("\"\" \"*\" RETURN (SPECIAL-USE)"), cancellationToken);
            }
            catch (MailboxException e) when (e.Problem == ImapProblem.CommandRefused && !IsBroken)
            {
                // Proton offers it and answers BAD.
            }
        }

        return await ListAsync(Command(!_capabilities.SpecialUse && _capabilities.XList ? "XLIST" : "LIST").Word("\"\" \"*\""), cancellationToken);
    }

    /// <summary>A folder's counters. Not for the selected folder (RFC 3501 section 6.3.10).</summary>
    public async Task<ImapStatus> StatusAsync(ImapName folder, CancellationToken cancellationToken)
    {
        var result = new ImapStatus(folder, null, null, null, null);
        void Read(string name, uint number, ref ImapTokens tokens)
        {
            if (name != "STATUS")
            {
                return;
            }

            _ = tokens.NString();
            tokens.Expect((byte)'(');
            while (!tokens.TryTake((byte)')'))
            {
                var item = Name(tokens.Atom());
                if (item is not ("MESSAGES" or "UIDNEXT" or "UIDVALIDITY" or "HIGHESTMODSEQ"))
                {
                    tokens.SkipValue();
                    continue;
                }

                var value = tokens.Number();
                result = item switch
                {
                    "MESSAGES" => result with { Messages = (long)Math.Min(value, long.MaxValue) },
                    "UIDNEXT" => result with { UidNext = value is > 0 and <= uint.MaxValue ? (uint)value : null },
                    "UIDVALIDITY" => result with { UidValidity = value is > 0 and <= uint.MaxValue ? (uint)value : null },
                    _ => result with { HighestModSeq = value > 0 ? value : null },
                };
            }
        }

        var command = Command("STATUS").Folder(folder).Word(_capabilities.Condstore ? "(MESSAGES UIDNEXT UIDVALIDITY HIGHESTMODSEQ)" : "(MESSAGES UIDNEXT UIDVALIDITY)");
        await RunAsync(command, Read, cancellationToken);
        return result;
    }

    /// <summary>Opens a folder; the one that was open is left without expunging.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="readOnly">EXAMINE instead of SELECT: keeps \Seen and \Recent as they are.</param>
    /// <param name="resync">What is known from last time; only used with <see cref="Qresync"/>.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<ImapSelected> SelectAsync(ImapName folder, bool readOnly, ImapResync? resync, CancellationToken cancellationToken)
    {
        var changed = new List<ImapMessage>();
        var earlier = false;
        void Read(string name, uint number, ref ImapTokens tokens)
        {
            if (name == "FETCH")
            {
                changed.Add(ImapFetchReader.Read(ref tokens, _options.Limits));
            }
        }

        var command = Command(readOnly ? "EXAMINE" : "SELECT").Folder(folder);
        if (Qresync && resync is { UidValidity: > 0, ModSeq: > 0 })
        {
            var known = resync.KnownUids?.ToString();
            // The known UIDs are a help, not a need; with them the line must not grow too long.
            var help = known is { Length: > 0 } && known.Length < _options.MaxCommandBytes - 1500 ? " " + known : "";
            command.Word(System.FormattableString.Invariant($"(QRESYNC ({resync.UidValidity} {resync.ModSeq}{help}))"));
            earlier = true;
        }
        else if (_capabilities.Condstore)
        {
            command.Word("(CONDSTORE)");
        }

        Selected = null;
        _box = new();
        var answer = await RunAsync(command, Read, cancellationToken);
        Selected = folder;
        _box.News = false;
        return new()
        {
            Name = folder,
            ReadOnly = readOnly || answer.Code == "READ-ONLY",
            UidValidity = _box.UidValidity,
            UidNext = _box.UidNext,
            Exists = _box.Exists,
            HighestModSeq = _box.NoModSeq ? null : _box.HighestModSeq,
            Resynced = earlier && !_box.NoModSeq && _box.UidValidity == resync!.UidValidity,
            Changed = changed.FindAll(m => m.Uid != 0),
            Vanished = TakeVanished(),
        };
    }

    /// <summary>
    /// Opens a folder to read mails whose UIDs are known; one that is open stays open, because its numbers hold for as long as it is
    /// (RFC 9051 section 2.3.1.1), and opening a large folder costs servers up to seconds. What is said of it may be older than an answer
    /// to <see cref="SelectAsync"/>.
    /// </summary>
    public async ValueTask OpenAsync(ImapName folder, CancellationToken cancellationToken)
    {
        if (Selected != folder)
        {
            await SelectAsync(folder, readOnly: true, null, cancellationToken);
        }
    }

    /// <summary>Leaves the selected folder without expunging anything.</summary>
    public async Task UnselectAsync(CancellationToken cancellationToken)
    {
        if (Selected is not { } folder)
        {
            return;
        }

        if (_capabilities.Unselect)
        {
            await RunAsync(Command("UNSELECT"), null, cancellationToken);
        }
        else
        {
            // CLOSE would expunge unless the folder is open for reading only.
            await RunAsync(Command("EXAMINE").Folder(folder), null, cancellationToken);
            await RunAsync(Command("CLOSE"), null, cancellationToken);
        }

        Selected = null;
        _box = new();
    }

    /// <summary>Creates a folder, such as Drafts where there is none; one that exists already is no fault.</summary>
    public async Task CreateFolderAsync(ImapName folder, CancellationToken cancellationToken)
    {
        try
        {
            await RunAsync(Command("CREATE").Folder(folder), null, cancellationToken);
        }
        catch (MailboxException e) when (e.Reason == "ALREADYEXISTS" && !IsBroken)
        {
            // RFC 5530.
        }
    }

    private async Task<IReadOnlyList<ImapFolder>> ListAsync(ImapCommand command, CancellationToken cancellationToken)
    {
        var folders = new List<ImapFolder>();
        void Read(string name, uint number, ref ImapTokens tokens)
        {
            if (name is not ("LIST" or "XLIST"))
            {
                return;
            }

            if (folders.Count >= _options.Limits.MaxFolders)
            {
                throw ImapErrors.Make(ImapProblem.LimitExceeded, "folders");
            }

            if (ReadFolder(ref tokens) is { } folder)
            {
                folders.Add(folder);
            }
        }

        await RunAsync(command, Read, cancellationToken);
        return ImapUses.Complete(folders);
    }

    private ImapFolder? ReadFolder(ref ImapTokens tokens)
    {
        var attributes = ImapFetchReader.Words(ref tokens, _options.Limits.MaxFlags);
        var delimiter = tokens.Text();
        tokens.SkipSpaces();
        var rest = tokens.Rest;
        var quoted = rest.Length > 0 && rest[0] is (byte)'"' or (byte)'{' or (byte)'~';
        var bytes = tokens.NString();
        if (!quoted && !tokens.AtEnd && tokens.Rest.IndexOf((byte)'(') < 0)
        {
            // Exchange: names with blanks and controls, unquoted.
            bytes = rest.ToArray();
        }

        if (bytes is not { Length: > 0 and < 4096 } name)
        {
            return null;
        }

        var selectable = !attributes.Any(a => a.Equals("\\Noselect", StringComparison.OrdinalIgnoreCase) || a.Equals("\\NonExistent", StringComparison.OrdinalIgnoreCase));
        return new(ImapName.FromWire(name.Span, Utf8Names), delimiter is { Length: 1 } ? delimiter[0] : null, ImapUse.None, false, selectable, attributes);
    }
}
