using System.CommandLine;
using Butler.Cli.Running;

namespace Butler.Cli.Audit;

/// <summary>An audit as Ingest tells it.</summary>
internal sealed record AuditAnswer(
    Guid AuditId, Guid AccountId, string Status, bool Repair, DateTimeOffset? RangeFrom, long AtProvider, long Missing, long Dead, long Repaired, IReadOnlyList<string>? MissingEmailIds, string? Words,
    string? Error);

internal sealed record AuditsAnswer(IReadOnlyList<AuditAnswer> Audits);

internal sealed record AccountAnswer(Guid AccountId, string Address);

internal sealed record AccountsAnswer(IReadOnlyList<AccountAnswer> Accounts);

/// <summary>
/// <c>./butler audit</c>: has Ingest compare Gmail's listing with the ledger, and says the result in words. It writes nothing itself;
/// <c>--repair</c> is Ingest's work too. Ends with 2 when mail is missing and was not repaired.
/// </summary>
internal static class AuditCommand
{
    private const int ShownIds = 20;
    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(500);

    public static Command Create()
    {
        var user = new Option<Guid?>("--user") { Description = "Whose accounts (default: your own)." };
        var account = new Option<Guid?>("--account") { Description = "One account by its id." };
        var months = new Option<int?>("--months") { Description = "How far back, 1 to 240 (default: all that was imported)." };
        var repair = new Option<bool>("--repair") { Description = "Record what is missing, so that it is read, and try dead letters again." };
        var command = new Command("audit", "Compares the mail at Gmail with what Butler recorded, and says what differs.") { user, account, months, repair };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var client = new ButlerClient(CommandTree.Running(parsed));
            var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
            var started = await client.PostAsync<AuditsAnswer>(
                client.Butler.Ingest, "api/v1/audits",
                new { User = parsed.GetValue(user), Account = parsed.GetValue(account), Months = parsed.GetValue(months), Repair = parsed.GetValue(repair) }, cancellationToken);
            var names = await NamesAsync(client, parsed.GetValue(user), cancellationToken);
            var code = 0;
            foreach (var audit in started.Audits)
            {
                var ended = await UntilEndAsync(client, audit, error, cancellationToken);
                foreach (var line in Lines(ended, names.GetValueOrDefault(audit.AccountId) ?? audit.AccountId.ToString()))
                {
                    await output.WriteLineAsync(line);
                }

                code = Math.Max(code, ended.Status != "completed" ? 1 : ended.Missing > ended.Repaired ? 2 : 0);
            }

            return code;
        });
        return command;
    }

    internal static IEnumerable<string> Lines(AuditAnswer audit, string name)
    {
        yield return $"{name}{(audit.RangeFrom is { } from ? $", since {from.UtcDateTime:yyyy-MM-dd}" : "")}: {audit.Words ?? audit.Error ?? "The audit did not end."}";
        var missing = audit.MissingEmailIds ?? [];
        foreach (var id in missing.Take(ShownIds))
        {
            yield return $"  {(audit.Repaired > 0 ? "was missing" : "missing")}  {id}";
        }

        if (audit.Missing > ShownIds)
        {
            yield return $"  and {audit.Missing - Math.Min(ShownIds, missing.Count)} more";
        }

        if (audit.Missing > audit.Repaired)
        {
            yield return "  ./butler audit --repair records them, and they are read at once.";
        }
    }

    private static async Task<AuditAnswer> UntilEndAsync(ButlerClient client, AuditAnswer audit, TextWriter error, CancellationToken cancellationToken)
    {
        var said = false;
        while (audit.Status == "running")
        {
            if (!said)
            {
                await error.WriteLineAsync("Listing the mail at Gmail …");
                said = true;
            }

            await Task.Delay(s_poll, TimeProvider.System, cancellationToken);
            audit = await client.GetAsync<AuditAnswer>(client.Butler.Ingest, $"api/v1/audits/{audit.AuditId}", cancellationToken);
        }

        return audit;
    }

    private static async Task<Dictionary<Guid, string>> NamesAsync(ButlerClient client, Guid? user, CancellationToken cancellationToken)
    {
        try
        {
            var id = user ?? (await client.GetAsync<Me>(client.Butler.Ingest, "api/v1/me", cancellationToken)).UserId;
            return (await client.GetAsync<AccountsAnswer>(client.Butler.Progress, $"api/v1/email-sync/status/{id}", cancellationToken)).Accounts.ToDictionary(a => a.AccountId, a => a.Address);
        }
        catch (CliException)
        {
            // Addresses are for comfort: without Progress the accounts' ids must do.
            return [];
        }
    }
}
