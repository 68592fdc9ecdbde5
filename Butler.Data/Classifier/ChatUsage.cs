using Npgsql;
using NpgsqlTypes;

namespace Butler.Data.Classifier;

/// <summary>What one call used.</summary>
public sealed record UsedCall(string Provider, string Model, bool Failed, long InputTokens, long OutputTokens, decimal Cost);

/// <summary>What a day has used so far.</summary>
/// <param name="UserTokens">Tokens of the account's user.</param>
/// <param name="UserCost">Cost of the account's user.</param>
/// <param name="AllTokens">Tokens of everybody.</param>
/// <param name="AllCost">Cost of everybody.</param>
/// <param name="LeftOfDay">How long the day (UTC) still lasts.</param>
public sealed record DayUsage(long UserTokens, decimal UserCost, long AllTokens, decimal AllCost, TimeSpan LeftOfDay);

/// <summary>The one writer of <c>chat_usage</c>.</summary>
public static class ChatUsage
{
    private const string Today = "(now() AT TIME ZONE 'UTC')::date";

    /// <summary>Adds calls to today's sums. Nothing for an account that is gone.</summary>
    public static async Task AddAsync(NpgsqlConnection connection, Guid providerUserId, IEnumerable<UsedCall> calls, CancellationToken cancellationToken)
    {
        // Sorted by the key: two that add to the same rows in another order would wait for each other.
        foreach (var group in calls.GroupBy(c => (c.Provider, c.Model)).OrderBy(g => g.Key.Provider, StringComparer.Ordinal).ThenBy(g => g.Key.Model, StringComparer.Ordinal))
        {
            await using var command = new NpgsqlCommand($"""
                INSERT INTO chat_usage AS u (day, provider_user_id, app_user_id, provider, model, calls, failed, input_tokens, output_tokens, cost)
                SELECT {Today}, p.id, p.app_user_id, $2, $3, $4, $5, $6, $7, $8 FROM provider_users p WHERE p.id = $1
                ON CONFLICT (day, provider_user_id, provider, model) DO UPDATE SET calls = u.calls + EXCLUDED.calls, failed = u.failed + EXCLUDED.failed,
                  input_tokens = u.input_tokens + EXCLUDED.input_tokens, output_tokens = u.output_tokens + EXCLUDED.output_tokens, cost = u.cost + EXCLUDED.cost
                """, connection)
            {
                Parameters =
                {
                    new() { Value = providerUserId }, new() { Value = group.Key.Provider }, new() { Value = group.Key.Model }, new() { Value = group.LongCount() },
                    new() { Value = group.LongCount(c => c.Failed) }, new() { Value = group.Sum(c => c.InputTokens) }, new() { Value = group.Sum(c => c.OutputTokens) },
                    new() { Value = group.Sum(c => c.Cost) },
                },
            };
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    /// <summary>What today has used so far, of the account's user and of everybody.</summary>
    public static async Task<DayUsage> TodayAsync(NpgsqlDataSource source, Guid? providerUserId, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        await using var command = source.CreateCommand($"""
            SELECT coalesce(sum(input_tokens + output_tokens) FILTER (WHERE app_user_id = p.owner), 0)::bigint, coalesce(sum(cost) FILTER (WHERE app_user_id = p.owner), 0),
              coalesce(sum(input_tokens + output_tokens), 0)::bigint, coalesce(sum(cost), 0), ({Today} + 1)::timestamp AT TIME ZONE 'UTC' - now()
            FROM chat_usage, (SELECT (SELECT app_user_id FROM provider_users WHERE id = $1) AS owner) p WHERE day = {Today}
            """);
        command.Parameters.Add(new() { Value = (object?)providerUserId ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid });
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        return new(row.GetInt64(0), row.GetDecimal(1), row.GetInt64(2), row.GetDecimal(3), row.GetTimeSpan(4));
    }
}
