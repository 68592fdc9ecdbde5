using Butler.Mail;
using Butler.Services.Tests.Hosting;

namespace Butler.Services.Tests.Faults;

/// <summary>What must hold after any seed, whatever happened (DESIGN section 1).</summary>
internal static class Invariants
{
    /// <summary>Queries that count what must not be.</summary>
    private static readonly (string What, string Sql)[] s_never =
    [
        ("open mails", "SELECT count(*) FROM ledger WHERE state IN ('listed', 'stored')"),
        ("rows of ledger_open without an open mail", "SELECT count(*) FROM ledger_open"),
        ("mails that are done without a first verdict", "SELECT count(*) FROM ledger l WHERE state = 'done' AND NOT EXISTS (SELECT FROM verdicts v WHERE v.mail_id = l.id AND v.revision = 1)"),
        ("verdicts on mails that are not done", "SELECT count(*) FROM verdicts v JOIN ledger l ON l.id = v.mail_id WHERE l.state <> 'done'"),
        ("gaps in the revisions of verdicts", "SELECT count(*) FROM (SELECT FROM verdicts GROUP BY mail_id HAVING max(revision) <> count(*)) v"),
        ("stored mails without content", "SELECT count(*) FROM ledger l WHERE (state = 'done' OR reason = 'sent') AND (SELECT count(*) FROM emails e WHERE e.id = l.id) <> 1"),
        ("contents without a stored mail", "SELECT count(*) FROM emails e WHERE NOT EXISTS (SELECT FROM ledger l WHERE l.id = e.id AND (l.state = 'done' OR l.reason = 'sent'))"),
        ("contents without state", "SELECT count(*) FROM emails e WHERE NOT EXISTS (SELECT FROM mail_state s WHERE s.id = e.id)"),
        ("completed syncs whose counters are not the ledger's", """
            SELECT count(*) FROM sync_jobs j CROSS JOIN LATERAL (
              SELECT count(*) FILTER (WHERE state = 'done') d, count(*) FILTER (WHERE state IN ('skipped', 'gone')) s, count(*) FILTER (WHERE state = 'dead') f FROM ledger WHERE sync_id = j.id) l
            WHERE j.status = 'completed' AND (l.d <> j.processed OR l.s <> j.skipped OR l.f <> j.failed OR j.total <> l.d + l.s + l.f OR j.progress <> 100 OR NOT j.total_known)
            """),
        ("failed syncs that counted more than the ledger", """
            SELECT count(*) FROM sync_jobs j WHERE j.status = 'failed' AND j.processed + j.skipped + j.failed > (SELECT count(*) FROM ledger WHERE sync_id = j.id)
            """),
        ("failed syncs without words", "SELECT count(*) FROM sync_jobs WHERE status = 'failed' AND coalesce(error, '') = ''"),
        ("syncs that go on", "SELECT count(*) FROM sync_jobs WHERE status IN ('pending', 'in_progress')"),
        ("tasks that go on", "SELECT count(*) FROM tasks WHERE status IN ('pending', 'processing')"),
        ("slots with a message that is not there", "SELECT count(*) FROM slots WHERE state <> 'idle'"),
        ("dead mails without a dead letter", "SELECT count(*) FROM ledger l WHERE state = 'dead' AND NOT EXISTS (SELECT FROM failed_tasks f WHERE f.ledger_id = l.id)"),
        ("dead letters of messages", "SELECT count(*) FROM failed_tasks WHERE ledger_id IS NULL"),
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

        foreach (var account in system.State.Accounts)
        {
            var rows = (await system.ScalarAsync($"""
                SELECT array_agg(l.provider_message_id || ' ' || l.state) FROM ledger l JOIN provider_users p ON p.id = l.provider_user_id WHERE p.address = '{account.Address}'
                """) as string[] ?? []).Select(r => r.Split(' ')).ToList();
            var known = rows.ToDictionary(r => r[0], r => r[1], StringComparer.Ordinal);
            faults.AddRange(account.Mails.Where(m => !m.LabelIds.Contains("DRAFT") && !known.ContainsKey(m.Id)).Select(m => $"{m.Id} is at the provider and not in the ledger"));
            faults.AddRange(known.Where(k => k.Value == "gone" && account.Mails.Any(m => m.Id == k.Key)).Select(k => $"{k.Key} is gone in the ledger and at the provider"));
            faults.AddRange(known.Where(k => k.Value == "dead").Select(k => $"{k.Key} is dead although every fault passes"));
            var cursor = (ulong)await system.CountAsync($"SELECT coalesce(history_id, 0) FROM provider_users WHERE address = '{account.Address}'");
            if (cursor > account.HistoryId)
            {
                faults.Add("a cursor is ahead of the provider");
            }

            // Which mail a draft is for is told by its subject, whatever thread it stands in.
            faults.AddRange(account.DraftHistory.Where(e => e is { Kind: "created", By: "api" }).GroupBy(e => MimeMessage.Parse(e.Raw).Subject, StringComparer.Ordinal)
                .Where(g => g.Count() > 1).Select(g => $"{g.Count()} drafts were made for one mail"));
        }

        // A message that dies is an error; the killed hosts' own complaints are not heard.
        faults.AddRange(system.Logs.Errors([]).Select(e => $"error in the log: {e.Category} {e.Id} {e.Text}"));
        return faults;
    }

    /// <summary>Private text in what the hosts logged.</summary>
    public static IEnumerable<string> Privacy(TestSystem system)
    {
        var text = system.PrivateText();
        return system.Logs.Lines.SelectMany(l => text.FindIn(l.Text).Select(kind => $"{kind} in the log of {l.Category} {l.Id} ({l.Level})")).Distinct();
    }
}
