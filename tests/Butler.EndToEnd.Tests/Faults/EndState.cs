using Butler.EndToEnd.Tests.Running;

namespace Butler.EndToEnd.Tests.Faults;

/// <summary>What must be true after an import, whatever died on the way.</summary>
internal static class EndState
{
    /// <summary>Ends by itself: every import, every message, every reply.</summary>
    public static async Task WaitAsync(ButlerRun run, int accounts, TimeSpan patience)
    {
        await run.UntilAsync("all imports are over", $"SELECT count(*) = {accounts} AND bool_and(status NOT IN ('pending', 'in_progress')) FROM sync_jobs", patience);
        await run.UntilAsync("all messages are done and all replies are settled",
            "SELECT NOT EXISTS (SELECT FROM outbox) AND NOT EXISTS (SELECT FROM replies WHERE state IN ('intended', 'sending'))", patience);
    }

    public static async Task AssertAsync(ButlerRun run)
    {
        AssertNone(await run.ColumnAsync<string>("""
            SELECT format('%s %s: total %s processed %s skipped %s failed %s progress %s %s', id, status, total, processed, skipped, failed, progress, error) FROM sync_jobs
            WHERE status <> 'completed' OR progress <> 100 OR processed + skipped + failed <> total
            """));
        AssertNone(await run.ColumnAsync<string>("SELECT format('%s: %s', task, error) FROM failed_tasks"));
        AssertNone(await run.ColumnAsync<string>("SELECT format('%s %s: %s', id, state, reason) FROM ledger WHERE state NOT IN ('done', 'skipped')"));
        Assert.Equal(0, await run.ScalarAsync<long>("SELECT count(*) FROM ledger_open"));
        AssertNone(await run.ColumnAsync<string>("""
            SELECT format('%s: %s contents, %s verdicts', l.id, count(DISTINCT e.id), count(v.mail_id)) FROM ledger l
            LEFT JOIN emails e ON e.id = l.id LEFT JOIN verdicts v ON v.mail_id = l.id GROUP BY l.id, l.state
            HAVING count(DISTINCT e.id) <> 1 OR count(v.mail_id) <> CASE l.state WHEN 'done' THEN 1 ELSE 0 END
            """));

        using var sandbox = new SandboxControl(run);
        foreach (var account in await sandbox.AccountsAsync())
        {
            var drafts = await sandbox.DraftsAsync(account.Address);
            var row = $"FROM ledger l JOIN provider_users p ON p.id = l.provider_user_id WHERE p.address = '{account.Address}'";

            // What Gmail lists is in the ledger once. The sandbox counts drafts as messages; those that came after the listing are not its concern.
            Assert.Equal(account.Mails - drafts.Drafts.Count, await run.ScalarAsync<long>($"SELECT count(*) {row} AND l.reason IS DISTINCT FROM 'draft'"));
            Assert.Equal(await run.ScalarAsync<long>($"SELECT count(*) {row}"), await run.ScalarAsync<long>($"SELECT count(DISTINCT l.provider_message_id) {row}"));

            // One draft per mail that has one, and none beside these.
            var known = await run.ColumnAsync<string>($"SELECT r.draft_id FROM replies r JOIN provider_users p ON p.id = r.provider_user_id WHERE p.address = '{account.Address}' AND r.draft_id IS NOT NULL");
            Assert.Equal(known.Order(), drafts.History.Where(e => e.Kind == "created").Select(e => e.DraftId).Order());
            Assert.Equal(known.Count, known.Distinct().Count());
        }
    }

    private static void AssertNone(List<string> wrong) => Assert.True(wrong.Count == 0, $"{wrong.Count} wrong:\n{string.Join('\n', wrong.Take(20))}");
}
