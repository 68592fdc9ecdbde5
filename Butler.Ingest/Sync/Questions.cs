using Butler.Data;
using Butler.Data.Ingest;
using Butler.Mailboxes;
using Npgsql;

namespace Butler.Ingest.Sync;

/// <summary>A mail that the provider must be asked about.</summary>
/// <param name="Id">Its ledger row.</param>
/// <param name="ProviderMessageId">Its id at the provider.</param>
/// <param name="UpdatedAt">When Butler's knowledge of its labels changed last.</param>
internal readonly record struct Suspect(Guid Id, string ProviderMessageId, DateTime UpdatedAt)
{
    /// <summary>What a query selects in this order.</summary>
    public static async Task<List<Suspect>> ReadAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var suspects = new List<Suspect>();
        while (await reader.ReadAsync(cancellationToken))
        {
            suspects.Add(new(reader.GetGuid(0), reader.GetString(1), reader.GetDateTime(2)));
        }

        return suspects;
    }
}

/// <summary>What the provider said of one mail; no labels: it does not exist.</summary>
internal readonly record struct Answer(Suspect Mail, IReadOnlyList<string>? Labels);

/// <summary>What came of answers.</summary>
/// <param name="Last">The last mail that was settled; null: none was.</param>
/// <param name="Complete">Whether all answers were used: the rest is to be asked again, because the history changed them meanwhile.</param>
/// <param name="Gone">Deleted mails.</param>
/// <param name="Changed">Mails that had other labels.</param>
/// <param name="Closed">Mails that count for a sync, for <see cref="Deletions.CountAsync"/>.</param>
internal sealed record Settled(Guid? Last, bool Complete, int Gone, int Changed, List<MovedMail> Closed);

/// <summary>Asks the provider about single mails, and takes its word: a mail is gone only when Gmail says so of that very mail (MECHANICS 6).</summary>
internal sealed class Questions(IMailboxFactory mailboxes, TimeProvider time)
{
    /// <summary>Mails that are asked about before their answers are committed.</summary>
    public const int PerRun = 25;

    /// <summary>Asks in order, until all are answered or a fault ends it. No transaction is open.</summary>
    public async Task<(List<Answer> Answers, MailboxException? Fault)> AskAsync(MailboxAccount account, IEnumerable<Suspect> suspects, CancellationToken cancellationToken)
    {
        var mailbox = mailboxes.Open(account);
        var answers = new List<Answer>();
        foreach (var suspect in suspects)
        {
            try
            {
                answers.Add(new(suspect, await mailbox.GetLabelsAsync(suspect.ProviderMessageId, cancellationToken)));
            }
            catch (MailboxException e)
            {
                return (answers, e);
            }
        }

        return (answers, null);
    }

    /// <summary>Applies answers inside the caller's transaction, up to the first that the history has overtaken.</summary>
    public async Task<Settled> SettleAsync(NpgsqlConnection connection, Guid account, IReadOnlyList<Answer> answers, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();

        // Locked together and in id order; some may have moved since they were chosen.
        var known = await Ledger.FindAsync(connection, account, [.. answers.Select(a => a.Mail.ProviderMessageId)], cancellationToken);
        var overtaken = await OvertakenAsync(connection, answers, cancellationToken);
        var valid = answers.TakeWhile(a => !overtaken.Contains(a.Mail.Id)).ToList();
        var gone = valid.Where(a => a.Labels is null).Select(a => a.Mail.Id).ToHashSet();
        var closed = await Deletions.ApplyAsync(connection, known.Where(k => gone.Contains(k.Id)), now, cancellationToken);
        var changed = 0;
        foreach (var (mail, labels) in valid.Where(a => a.Labels is not null))
        {
            changed += await MailStates.SetLabelsAsync(connection, mail.Id, labels!, now, cancellationToken);
        }

        return new(valid.Count > 0 ? valid[^1].Mail.Id : null, valid.Count == answers.Count, gone.Count, changed, closed);
    }

    /// <summary>An answer is older than what the history has told since: labels set by it would undo that.</summary>
    private static async Task<HashSet<Guid>> OvertakenAsync(NpgsqlConnection connection, IReadOnlyList<Answer> answers, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("""
            SELECT s.id FROM mail_state s JOIN unnest($1::uuid[], $2::timestamptz[]) AS a(id, updated_at) ON a.id = s.id WHERE s.updated_at <> a.updated_at
            """, connection)
        { Parameters = { new() { Value = answers.Select(a => a.Mail.Id).ToArray() }, new() { Value = answers.Select(a => a.Mail.UpdatedAt).ToArray() } } };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var ids = new HashSet<Guid>();
        while (await reader.ReadAsync(cancellationToken))
        {
            ids.Add(reader.GetGuid(0));
        }

        return ids;
    }
}
