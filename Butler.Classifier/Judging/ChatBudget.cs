using System.Diagnostics.Metrics;
using Butler.Data.Classifier;
using Butler.Intelligence.Chat;
using Npgsql;

namespace Butler.Classifier.Judging;

/// <summary>
/// The budgets of <c>Butler:Chat</c>. Looked at before each call; calls that are under way may pass them by a little.
/// </summary>
internal sealed class ChatBudget : IDisposable
{
    private readonly NpgsqlDataSource _source;
    private readonly ChatSettings _settings;
    private readonly Meter _meter = new("Butler.Chat");
    private double? _ratio;

    public ChatBudget(NpgsqlDataSource source, ChatPipeline pipeline)
    {
        (_source, _settings) = (source, pipeline.Settings);
        _meter.CreateObservableGauge<double>("llm_budget_used_ratio", () => _ratio is { } used ? [new(used, new KeyValuePair<string, object?>("scope", "day"))] : [], null, "Used share of the day's budget of everybody.");
    }

    /// <summary>How long the account's user has to wait; null: there is budget left.</summary>
    public async Task<TimeSpan?> WaitAsync(Guid account, CancellationToken cancellationToken)
    {
        if (_settings is { TokensPerUserAndDay: 0, TokensPerDay: 0, MoneyPerUserAndDay: 0, MoneyPerDay: 0 })
        {
            return null;
        }

        var used = await ChatUsage.TodayAsync(_source, account, cancellationToken);
        _ratio = Math.Max(Share(used.AllTokens, _settings.TokensPerDay), Share((double)used.AllCost, _settings.MoneyPerDay));
        return IsOver(used.UserTokens, _settings.TokensPerUserAndDay) || IsOver(used.AllTokens, _settings.TokensPerDay)
            || IsOver((double)used.UserCost, _settings.MoneyPerUserAndDay) || IsOver((double)used.AllCost, _settings.MoneyPerDay) ? used.LeftOfDay : null;
    }

    public void Dispose() => _meter.Dispose();

    private static bool IsOver(double used, double limit) => limit > 0 && used >= limit;

    private static double Share(double used, double limit) => limit > 0 ? used / limit : 0;
}
