using Butler.Mail;
using Butler.Sandbox.State;
using Butler.Services.Tests.Hosting;
using Butler.Testing;

namespace Butler.Services.Tests.Faults;

/// <summary>What must hold after any seed, whatever happened (DESIGN section 1).</summary>
internal static class Invariants
{
    /// <summary>A message died: an error, except where calls fail without end.</summary>
    private const int Died = 1113;

    /// <summary>How the sandbox's access tokens begin, like Google's.</summary>
    private const string AccessToken = "ya29.";

    /// <summary>Tables that never hold text of mails or addresses (DESIGN section 1.6).</summary>
    private static readonly HashSet<string> s_idsOnly =
        ["ledger", "ledger_events", "outbox", "inbox", "failed_tasks", "slots", "sync_jobs", "tasks", "schedules", "user_events", "audit_events", "repair_seen", "label_changes", "account_events",
        "open_judgings", "chat_usage", "chat_salts", "chat_providers", "chat_alerts"];

    /// <summary>Queries that count what must not be.</summary>
    private static readonly (string What, string Sql)[] s_never =
    [
        ("open mails", "SELECT count(*) FROM ledger WHERE state IN ('listed', 'stored')"),
        ("rows of ledger_open without an open mail", "SELECT count(*) FROM ledger_open"),
        ("mails that are done without a first verdict", "SELECT count(*) FROM ledger l WHERE state = 'done' AND NOT EXISTS (SELECT FROM verdicts v WHERE v.mail_id = l.id AND v.revision = 1)"),
        ("verdicts on mails that were never done", "SELECT count(*) FROM verdicts v JOIN ledger l ON l.id = v.mail_id WHERE l.state NOT IN ('done', 'gone')"),
        ("gaps in the revisions of verdicts", "SELECT count(*) FROM (SELECT FROM verdicts GROUP BY mail_id HAVING max(revision) <> count(*)) v"),
        ("stored mails without content", "SELECT count(*) FROM ledger l WHERE (state = 'done' OR reason = 'sent') AND (SELECT count(*) FROM emails e WHERE e.id = l.id) <> 1"),
        ("contents without a stored mail", "SELECT count(*) FROM emails e WHERE NOT EXISTS (SELECT FROM ledger l WHERE l.id = e.id AND (l.state IN ('done', 'gone') OR l.reason = 'sent'))"),
        ("contents without state", "SELECT count(*) FROM emails e WHERE NOT EXISTS (SELECT FROM mail_state s WHERE s.id = e.id)"),
        // A mail that was deleted after its verdict was counted as done; one that died and was opened again has left its sync.
        ("completed syncs whose counters are not the ledger's", """
            SELECT count(*) FROM sync_jobs j CROSS JOIN LATERAL (
              SELECT count(*) FILTER (WHERE state = 'done' OR reason = 'deleted at the provider') d, count(*) FILTER (WHERE state = 'skipped' OR state = 'gone' AND reason <> 'deleted at the provider') s,
                count(*) FILTER (WHERE state = 'dead') f FROM ledger WHERE sync_id = j.id) l
            WHERE j.status = 'completed' AND (l.d <> j.processed OR l.s <> j.skipped OR l.f > j.failed OR j.total <> j.processed + j.skipped + j.failed OR j.progress <> 100 OR NOT j.total_known)
            """),
        ("failed syncs that counted more than the ledger", """
            SELECT count(*) FROM sync_jobs j WHERE j.status = 'failed' AND j.processed + j.skipped > (SELECT count(*) FROM ledger WHERE sync_id = j.id)
            """),
        ("mails that are gone without an event", "SELECT count(*) FROM ledger l WHERE state = 'gone' AND NOT EXISTS (SELECT FROM ledger_events e WHERE e.ledger_id = l.id AND e.kind = 'gone')"),
        ("gaps that nobody repaired", "SELECT count(*) FROM provider_users WHERE gap_found_at IS NOT NULL"),
        ("listings of repairs that were kept", "SELECT count(*) FROM repair_seen"),
        ("label changes that were kept", "SELECT count(*) FROM label_changes c JOIN ledger l ON l.id = c.ledger_id WHERE l.state NOT IN ('gone', 'skipped')"),
        ("failed syncs without words", "SELECT count(*) FROM sync_jobs WHERE status = 'failed' AND coalesce(error, '') = ''"),
        ("syncs that go on", "SELECT count(*) FROM sync_jobs WHERE status IN ('pending', 'in_progress')"),
        ("tasks that go on", "SELECT count(*) FROM tasks WHERE status IN ('pending', 'processing')"),
        ("slots with a message that is not there", "SELECT count(*) FROM slots WHERE state <> 'idle'"),
        ("dead mails without a dead letter", "SELECT count(*) FROM ledger l WHERE state = 'dead' AND NOT EXISTS (SELECT FROM failed_tasks f WHERE f.ledger_id = l.id)"),
        ("failures that nobody has settled", "SELECT count(*) FROM failed_tasks WHERE resolved_at IS NULL"),
        ("mails that wait for a chat model", "SELECT count(*) FROM open_judgings"),
        ("mails whose newest verdict is provisional", "SELECT count(*) FROM (SELECT DISTINCT ON (mail_id) provisional FROM verdicts ORDER BY mail_id, revision DESC) v WHERE provisional"),
        ("drafts for mails that never needed a reply", "SELECT count(*) FROM replies r WHERE NOT EXISTS (SELECT FROM verdicts v WHERE v.mail_id = r.mail_id AND v.category = 'needs_reply')"),
        // As the Responder decides it (DueRules); who was refused a draft for the thread's sake has a row.
        ("mails that need a reply and were passed over", """
            SELECT count(*) FROM ledger l JOIN emails e ON e.id = l.id JOIN mail_state s ON s.id = l.id
            CROSS JOIN LATERAL (SELECT category FROM verdicts v WHERE v.mail_id = l.id ORDER BY revision DESC LIMIT 1) v
            WHERE l.state = 'done' AND v.category = 'needs_reply' AND e.received_at > now() - interval '6 days' AND s.direction = 'in' AND s.deleted_at IS NULL
              AND NOT s.labels && ARRAY['TRASH', 'SPAM'] AND coalesce(e.signals->>'bulk', e.signals->>'auto_reply', e.signals->>'no_reply', 'false') <> 'true' AND NOT EXISTS (SELECT FROM replies r WHERE r.mail_id = l.id)
              AND NOT EXISTS (SELECT FROM emails o JOIN mail_state os ON os.id = o.id WHERE o.provider_user_id = e.provider_user_id AND o.thread_id = e.thread_id
                AND o.received_at >= e.received_at AND o.id <> e.id AND os.direction = 'out')
            """),
        ("mails about money that are not booked once, or are spam and booked", $"""
            SELECT count(*) FROM ledger l JOIN emails e ON e.id = l.id CROSS JOIN LATERAL (SELECT category FROM verdicts v WHERE v.mail_id = l.id ORDER BY revision DESC LIMIT 1) v
            WHERE l.state = 'done' AND e.subject LIKE '{SeedPlan.AlertSubject}%'
              AND (SELECT count(*) FROM transactions t WHERE t.mail_id = l.id AND t.state IN ('booked', 'review', 'merged')) <> CASE v.category WHEN 'spam' THEN 0 ELSE 1 END
            """),
        ("accounts without a cursor", "SELECT count(*) FROM provider_users WHERE history_id IS NULL"),
    ];

    public static async Task<List<string>> CheckAsync(FaultRun run)
    {
        var system = run.System;
        List<string> faults = [];
        foreach (var (what, sql) in s_never)
        {
            if (await system.CountAsync(sql) is var n and not 0)
            {
                faults.Add($"{n} {what}");
            }
        }

        if (!run.Plan.Errors && await system.ScalarAsync("SELECT string_agg(task || ': ' || error, '; ') FROM failed_tasks") is string dead)
        {
            faults.Add($"dead letters, although every fault passes soon: {dead}");
        }

        faults.AddRange(run.ProviderFaults);
        foreach (var account in system.State.Accounts.Where(a => a.Address != run.Left?.Address))
        {
            var rows = (await system.ScalarAsync($"""
                SELECT array_agg(l.provider_message_id || ' ' || l.state) FROM ledger l JOIN provider_users p ON p.id = l.provider_user_id WHERE p.address = '{account.Address}'
                """) as string[] ?? []).Select(r => r.Split(' ')).ToList();
            var known = rows.ToDictionary(r => r[0], r => r[1], StringComparer.Ordinal);
            faults.AddRange(account.Mails.Where(m => !m.LabelIds.Any(l => l is "DRAFT" or "SPAM" or "TRASH") && !known.ContainsKey(m.Id)).Select(m => $"{m.Id} is at the provider and not in the ledger"));
            faults.AddRange(known.Where(k => k.Value == "gone" && account.Mails.Any(m => m.Id == k.Key)).Select(k => $"{k.Key} is gone in the ledger and at the provider"));
            faults.AddRange(known.Where(k => k.Value == "dead").Select(k => $"{k.Key} is dead although every fault passes"));
            faults.AddRange(known.Where(k => k.Value == "done" && !account.Mails.Any(m => m.Id == k.Key)).Select(k => $"{k.Key} is done in the ledger and no longer at the provider"));
            await LabelsAsync(system, account, faults);
            var cursor = (ulong)await system.CountAsync($"SELECT coalesce(history_id, 0) FROM provider_users WHERE address = '{account.Address}'");
            if (cursor != account.HistoryId)
            {
                faults.Add(cursor > account.HistoryId ? "a cursor is ahead of the provider" : "a cursor is behind the provider although all is calm");
            }

            // Which mail a draft is for is told by its subject, whatever thread it stands in.
            faults.AddRange(account.DraftHistory.Where(e => e is { Kind: "created", By: "api" }).GroupBy(e => MimeMessage.Parse(e.Raw).Subject, StringComparer.Ordinal)
                .Where(g => g.Count() > 1).Select(g => $"{g.Count()} drafts were made for one mail"));
        }

        // A message that dies is an error; the killed hosts' own complaints are not heard.
        faults.AddRange(system.Logs.Errors(run.Plan.Errors ? [Died] : []).Select(e => $"error in the log: {e.Category} {e.Id} {e.Text}"));
        faults.AddRange(await PrivacyAsync(run));
        return faults;
    }

    /// <summary>What Butler knows of a mail's labels is what the provider says, also where the history of the change was lost.</summary>
    private static async Task LabelsAsync(TestSystem system, SandboxAccount account, List<string> faults)
    {
        var rows = await system.ScalarAsync($"""
            SELECT array_agg(l.provider_message_id || ' ' || array_to_string(ARRAY(SELECT label FROM unnest(s.labels) AS label ORDER BY label COLLATE "C"), ','))
            FROM ledger l JOIN provider_users p ON p.id = l.provider_user_id JOIN mail_state s ON s.id = l.id WHERE p.address = '{account.Address}' AND s.deleted_at IS NULL
            """) as string[] ?? [];
        var labels = rows.Select(r => r.Split(' ', 2)).ToDictionary(r => r[0], r => r[1], StringComparer.Ordinal);
        foreach (var mail in account.Mails)
        {
            if (labels.TryGetValue(mail.Id, out var known) && known != string.Join(',', mail.LabelIds.Order(StringComparer.Ordinal)))
            {
                faults.Add($"{mail.Id} has the labels {string.Join(',', mail.LabelIds.Order(StringComparer.Ordinal))} at the provider and {known} here");
            }
        }
    }

    /// <summary>
    /// Private text where it must not be: none of it in what the hosts logged and in tables that hold ids only, no secret anywhere in the
    /// database.
    /// </summary>
    private static async Task<IEnumerable<string>> PrivacyAsync(FaultRun run)
    {
        var system = run.System;
        var text = system.PrivateText();
        var secrets = new PrivateText([], [.. system.State.Accounts.Select(a => a.RefreshToken), PostgresFixture.MasterKey]);
        List<string> found = [.. system.Logs.Lines.SelectMany(l => text.FindIn(l.Text).Concat(l.Text.Contains(AccessToken, StringComparison.Ordinal) ? ["an access token"] : []).Select(kind => $"{kind} in the log of {l.Category} {l.Id} ({l.Level})"))];
        foreach (var (table, rows) in await DatabaseDump.ReadAsync(system.ConnectionString))
        {
            found.AddRange(secrets.FindEncodedIn(rows).Concat(rows.Contains(AccessToken, StringComparison.Ordinal) ? ["an access token"] : []).Select(kind => $"{kind} in the table {table}"));
            if (run.Left is { } left && table is not "audit_events" && (rows.Contains(left.Id.ToString(), StringComparison.Ordinal) || rows.Contains(left.Address, StringComparison.Ordinal)))
            {
                found.Add($"something of an owner who left in the table {table}");
            }

            if (s_idsOnly.Contains(table))
            {
                found.AddRange(text.FindIn(rows).Select(kind => $"{kind} in the table {table}"));
            }
        }

        found.AddRange(text.FindIn(await run.MetricsAsync()).Select(kind => $"{kind} in the metrics"));
        return found.Distinct();
    }
}
