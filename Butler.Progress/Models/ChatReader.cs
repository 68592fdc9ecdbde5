using System.Text.Json;
using Butler.Progress.Reads;
using Butler.ServiceDefaults.Access;
using Npgsql;

namespace Butler.Progress.Models;

/// <summary>What was used today (UTC).</summary>
public sealed record ChatUse(string? Provider, string? Model, long Calls, long Failed, long InputTokens, long OutputTokens, decimal Cost);

/// <summary>A chat provider over all processes that ask it; the worst of what they see.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Kind">openai, anthropic or compatible.</param>
/// <param name="Model">The model.</param>
/// <param name="Breaker">closed, half_open or open.</param>
/// <param name="Processes">How many Classifiers ask it.</param>
/// <param name="Open">In how many of them its breaker is not closed.</param>
/// <param name="NotBefore">When it may be asked again, where it may not now.</param>
/// <param name="Blocked">Why a person must do something.</param>
/// <param name="LastFault">The last fault that no answer has followed.</param>
/// <param name="LastAnswerAt">The last answer.</param>
public sealed record ChatProviderState(
    string Name, string Kind, string Model, string Breaker, int Processes, int Open, DateTimeOffset? NotBefore, string? Blocked, string? LastFault, DateTimeOffset? LastAnswerAt);

/// <summary>Budgets in force; 0: no limit.</summary>
public sealed record ChatBudgets(long TokensPerUserAndDay, long TokensPerDay, double MoneyPerUserAndDay, double MoneyPerDay);

/// <summary>
/// The body of <c>GET /api/v1/chat</c>. Providers, budgets and the split by provider are for admins; others see what is theirs. Mails that
/// wait for the next day, because a budget is used up, are among those that wait.
/// </summary>
public sealed record ChatBody(string Scope, string Status, long WaitingMails, long WaitingForBudget, ChatUse Today, IReadOnlyList<ChatUse>? ByProvider, ChatBudgets? Budgets, IReadOnlyList<ChatProviderState>? Providers);

/// <summary>Reads the state of the chat models and what was used of them.</summary>
internal sealed class ChatReader(VisibleData data)
{
    private const string Mine = "provider_user_id IN (SELECT id FROM provider_users WHERE app_user_id = $1)";

    public Task<ChatBody> ReadAsync(Caller caller, CancellationToken cancellationToken) => data.ReadAsync(connection => ReadAsync(connection, caller, cancellationToken), cancellationToken);

    /// <summary>Providers that wait for a person; row-level security shows them to admins only.</summary>
    public Task<List<string>> BlockedAsync(CancellationToken cancellationToken) => data.ReadAsync("SELECT provider FROM chat_alerts ORDER BY provider", [], async row =>
    {
        var names = new List<string>();
        while (await row.ReadAsync(cancellationToken))
        {
            names.Add(row.GetString(0));
        }

        return names;
    }, cancellationToken);

    private static async Task<ChatBody> ReadAsync(NpgsqlConnection connection, Caller caller, CancellationToken cancellationToken)
    {
        // Admins read everything (AccessRule); the statements differ only in the filter.
        var filter = caller.IsAdmin ? "$1::uuid IS NOT NULL" : Mine;
        var (status, waiting, budget) = ("off", 0L, 0L);

        // Who waits for the day's end was told so by the budget (ChatBudget): to the second, but for the moment between two readings of the clock.
        await EachAsync(connection, $"""
            SELECT butler_chat_health(), count(*), count(*) FILTER (WHERE abs(extract(epoch FROM not_before - ((now() AT TIME ZONE 'UTC')::date + 1)::timestamp AT TIME ZONE 'UTC')) < 30)
            FROM (SELECT NULLIF(not_before, '-infinity') AS not_before FROM open_judgings WHERE {filter}) waiting
            """, caller.UserId, row => (status, waiting, budget) = (row.GetString(0), row.GetInt64(1), row.GetInt64(2)), cancellationToken);
        var uses = new List<ChatUse>();
        await EachAsync(connection, $"""
            SELECT provider, model, sum(calls)::bigint, sum(failed)::bigint, sum(input_tokens)::bigint, sum(output_tokens)::bigint, sum(cost) FROM chat_usage
            WHERE day = (now() AT TIME ZONE 'UTC')::date AND {filter} GROUP BY provider, model ORDER BY provider, model
            """, caller.UserId,
            row => uses.Add(new(row.GetString(0), row.GetString(1), row.GetInt64(2), row.GetInt64(3), row.GetInt64(4), row.GetInt64(5), row.GetDecimal(6))), cancellationToken);
        var today = new ChatUse(null, null, uses.Sum(u => u.Calls), uses.Sum(u => u.Failed), uses.Sum(u => u.InputTokens), uses.Sum(u => u.OutputTokens), uses.Sum(u => u.Cost));
        if (!caller.IsAdmin)
        {
            return new("own", status, waiting, budget, today, null, null, null);
        }

        var providers = new List<ChatProviderState>();
        ChatBudgets? budgets = null;
        await EachAsync(connection, """
            SELECT name, min(kind), min(model), min(CASE breaker WHEN 'open' THEN 0 WHEN 'half_open' THEN 1 ELSE 2 END), count(*)::int, count(*) FILTER (WHERE breaker <> 'closed')::int,
              max(not_before) FILTER (WHERE not_before > now()), coalesce(max(blocked), (SELECT a.reason FROM chat_alerts a WHERE a.provider = p.name)), max(last_fault), max(last_answer_at), min(limits::text)
            FROM chat_providers p WHERE $1::uuid IS NOT NULL AND updated_at > now() - interval '1 minute' GROUP BY name ORDER BY min(rank), name
            """, caller.UserId, row =>
            {
                providers.Add(new(
                    row.GetString(0), row.GetString(1), row.GetString(2), row.GetInt32(3) switch { 0 => "open", 1 => "half_open", _ => "closed" }, row.GetInt32(4), row.GetInt32(5), Time(row, 6),
                    Text(row, 7), Text(row, 8), Time(row, 9)));
                budgets ??= Limits(row.GetString(10));
            }, cancellationToken);
        return new("all", status, waiting, budget, today, uses, budgets, providers);
    }

    private static ChatBudgets? Limits(string json)
    {
        using var document = JsonDocument.Parse(json);
        double Number(string name) => document.RootElement.TryGetProperty(name, out var value) && value.TryGetDouble(out var number) ? number : 0;
        return new((long)Number("tokens_per_user_and_day"), (long)Number("tokens_per_day"), Number("money_per_user_and_day"), Number("money_per_day"));
    }

    private static DateTimeOffset? Time(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetFieldValue<DateTimeOffset>(column);

    private static string? Text(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    private static async Task EachAsync(NpgsqlConnection connection, string sql, Guid user, Action<NpgsqlDataReader> row, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection) { Parameters = { new() { Value = user } } };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            row(reader);
        }
    }
}
