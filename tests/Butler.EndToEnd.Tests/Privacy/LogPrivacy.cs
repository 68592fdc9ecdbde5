using System.Buffers;
using Butler.EndToEnd.Tests.Running;

namespace Butler.EndToEnd.Tests.Privacy;

/// <summary>Looks for what must not be in a log: mail, addresses, tokens (STYLE 20).</summary>
internal static class LogPrivacy
{
    /// <summary>Shorter pieces of mail may be there by chance.</summary>
    private const int ShortestPiece = 16;
    private const int LongestPiece = 60;
    private const int LinesPerMail = 6;

    /// <summary>Fails when the logs of all services, PostgreSQL and Redis hold anything of the run's own data, or one of <paramref name="secrets"/>.</summary>
    /// <returns>How many pieces were looked for, and in how many characters.</returns>
    public static async Task<(int Pieces, int Length)> AssertCleanAsync(ButlerRun run, params IEnumerable<string> secrets)
    {
        var pieces = new HashSet<string>(secrets, StringComparer.Ordinal) { run.Token };
        foreach (var password in run.Variables.Where(v => v.Key.StartsWith("ConnectionStrings__", StringComparison.Ordinal)).SelectMany(v => v.Value.Split([';', ','])))
        {
            if (password.Split('=', 2) is [var key, { Length: > 0 } value] && key.Equals("password", StringComparison.OrdinalIgnoreCase))
            {
                pieces.Add(value);
            }
        }

        using (var sandbox = new SandboxControl(run))
        {
            foreach (var account in await sandbox.AccountsAsync())
            {
                pieces.Add(account.Address);
                pieces.Add(account.RefreshToken);
            }

            pieces.Add(sandbox.Secret);
        }

        pieces.Add((await File.ReadAllTextAsync(Path.Combine(run.Folder, "master.key"))).Trim());
        pieces.UnionWith(await run.ColumnAsync<string>("SELECT DISTINCT from_address FROM emails WHERE from_address LIKE '%_@_%._%'"));
        pieces.UnionWith(await run.ColumnAsync<string>("SELECT DISTINCT unnest(to_addresses) FROM emails"));
        foreach (var text in await run.ColumnAsync<string>("""
            SELECT subject FROM emails UNION SELECT new_text FROM emails UNION SELECT quoted_text FROM emails UNION SELECT generated_reply FROM replies UNION SELECT summary FROM verdicts
            """))
        {
            pieces.UnionWith(text.Split('\n', StringSplitOptions.TrimEntries).Where(IsTelling).Take(LinesPerMail).Select(l => l[..Math.Min(l.Length, LongestPiece)]));
        }

        // An empty address, or one without a host, would be everywhere.
        pieces.RemoveWhere(p => p.Length < 6);
        var log = await run.LogAsync();
        var all = SearchValues.Create([.. pieces], StringComparison.OrdinalIgnoreCase);
        var at = log.AsSpan().IndexOfAny(all);
        Assert.True(at < 0, at < 0 ? "" : $"The log holds data: …{log[Math.Max(0, at - 300)..Math.Min(log.Length, at + 200)]}…");
        return (pieces.Count, log.Length);
    }

    // A sentence, no ruler of dashes and no single word.
    private static bool IsTelling(string line) => line.Length >= ShortestPiece && line.Contains(' ', StringComparison.Ordinal) && line.Count(char.IsLetter) > line.Length / 2;
}
