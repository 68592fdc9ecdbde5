namespace Butler.Mailboxes.Imap.Accounts;

/// <summary>What a connection test found.</summary>
/// <param name="Problem">What is wrong; null: all is well.</param>
/// <param name="Message">It in words.</param>
/// <param name="Folders">The folders, where the login worked.</param>
/// <param name="CanWait">Whether new mail is announced (IDLE); without, it is looked for every half hour.</param>
public sealed record ImapTest(ImapProblem? Problem, string Message, IReadOnlyList<ImapFolderName> Folders, bool CanWait);

/// <summary>What the service that owns IMAP accounts does with their servers beside reading mail.</summary>
public sealed class ImapAccess
{
    private readonly ImapDoor _door;

    internal ImapAccess(ImapDoor door) => _door = door;

    /// <summary>The right to wait for an account's new mail, which one replica has at a time; null when another has it. Renewed until disposed.</summary>
    public ValueTask<ImapIdleRight?> TryOwnAsync(Guid account, CancellationToken cancellationToken) => _door.TryOwnIdleAsync(account, cancellationToken);

    /// <summary>Closes what is kept open for an account whose settings were changed.</summary>
    public ValueTask ForgetAsync(Guid account) => _door.ForgetAsync(account);

    /// <summary>Connects, logs in and lists the folders; says in words what is wrong.</summary>
    public async Task<ImapTest> TestAsync(ImapAccountSettings settings, IReadOnlyList<string> chosen, CancellationToken cancellationToken)
    {
        try
        {
            return await _door.TryAsync(settings, async client =>
            {
                var folders = ImapFolderPlan.Names(await client.ListAsync(cancellationToken), chosen, client.Capabilities.Gmail);
                return new ImapTest(null, "The connection works.", folders, client.Capabilities.Idle);
            }, cancellationToken);
        }
        catch (MailboxException e)
        {
            var problem = e.Problem ?? ImapProblem.Unavailable;
            return new(problem, ImapProblems.Describe(problem), [], false);
        }
    }

    /// <summary>
    /// Waits at INBOX for news, as long as <paramref name="stop"/> lets it; <paramref name="news"/> is called once at the beginning, because
    /// what came before was not announced, and then for every piece of news. False: the server does not announce any.
    /// </summary>
    /// <exception cref="MailboxException">The line or the login failed.</exception>
    public Task<bool> WaitAsync(MailboxAccount account, Func<Task> news, CancellationToken stop, CancellationToken cancellationToken) => _door.WaitAsync(account, async (client, give) =>
    {
        if (!client.Capabilities.Idle)
        {
            return false;
        }

        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, give);
        await client.SelectAsync(ImapName.Inbox, readOnly: true, null, cancellationToken);
        await news();
        while (!either.IsCancellationRequested)
        {
            client.ForgetNews();
            if (await client.IdleAsync(either.Token, cancellationToken) != ImapIdleEnd.Stopped)
            {
                // Also when it is only renewed: what a server forgot to announce, or what changed in another folder, is seen then.
                await news();
            }
        }

        return true;
    }, cancellationToken);
}
