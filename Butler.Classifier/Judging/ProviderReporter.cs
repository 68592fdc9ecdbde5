using System.Text.Json;
using Butler.Data;
using Butler.Data.Classifier;
using Butler.Intelligence.Chat;
using Butler.Messaging;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Butler.Classifier.Judging;

/// <summary>Writes what this process sees of the providers, for the page; tells admins, once, of one that waits for a person.</summary>
internal sealed partial class ProviderReporter(Database database, ChatPipeline pipeline, ILogger<ProviderReporter> logger) : BackgroundService
{
    private static readonly TimeSpan s_every = TimeSpan.FromSeconds(10);
    private readonly Guid _instance = Guid.CreateVersion7();
    private readonly Signal _changed = new(isSet: true); // The first report is due at once.

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!pipeline.Settings.IsOn)
        {
            return;
        }

        pipeline.Changed += _changed.Set;
        try
        {
            while (!stoppingToken.IsCancellationRequested)
            {
                await _changed.WaitAsync(s_every, stoppingToken);
                try
                {
                    await ReportAsync(stoppingToken);
                }
                catch (Exception e) when (Faults.IsOurs(e))
                {
                    LogPostponed(e.GetType().Name);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The end.
        }
        finally
        {
            pipeline.Changed -= _changed.Set;
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        if (pipeline.Settings.IsOn)
        {
            try
            {
                await database.TransactAsync(c => ChatProviders.ForgetAsync(c, _instance, cancellationToken), cancellationToken);
            }
            catch (Exception e) when (Faults.IsOurs(e) || e is OperationCanceledException)
            {
                // The next report of another forgets this one in five minutes.
            }
        }
    }

    internal async Task ReportAsync(CancellationToken cancellationToken)
    {
        var providers = pipeline.Providers;
        await database.TransactAsync(c => ChatProviders.WriteAsync(c, _instance, [.. providers.Select(Row)], Limits(pipeline.Settings), cancellationToken), cancellationToken);
        foreach (var provider in providers)
        {
            if (provider.Blocked is { } blocked
                && await database.TransactAsync(c => ChatProviders.AlertAsync(c, provider.Name, blocked.Name(), Tell(provider.Name, blocked), cancellationToken), cancellationToken))
            {
                LogBlocked(provider.Name, blocked.Name());
            }
        }

        await database.TransactAsync(
            c => ChatProviders.ClearAsync(c, [.. providers.Where(p => p is { Blocked: null, LastFault: null, LastAnswer: not null }).Select(p => p.Name)], [.. providers.Select(p => p.Name)], cancellationToken),
            cancellationToken);
    }

    private static ProviderRow Row(ProviderStatus p) =>
        new(p.Name, p.Kind, p.Model, ChatMetrics.Name(p.Breaker), p.NotBefore, p.Blocked?.Name(), p.LastFault?.Name(), p.LastAnswer);

    private static string Limits(ChatSettings s) => JsonSerializer.Serialize(
        new BudgetLimits(s.TokensPerUserAndDay, s.TokensPerDay, s.MoneyPerUserAndDay, s.MoneyPerDay), VerdictRecordJson.Default.BudgetLimits);

    private static string Tell(string provider, ChatFault fault) => fault switch
    {
        ChatFault.OutOfCredit => $"The chat provider {provider} is out of credit or at its spend limit. Mail is judged by the next provider, or by the local model, until that is changed there.",
        ChatFault.UnknownModel => $"The chat provider {provider} does not know its model. Check Butler:Chat:Providers.",
        _ => $"The chat provider {provider} refuses its key. Check Butler:Chat:Providers.",
    };

    [LoggerMessage(3221, LogLevel.Information, "The report of chat providers waits: {Reason}")]
    private partial void LogPostponed(string reason);

    [LoggerMessage(3222, LogLevel.Warning, "Chat provider {Provider} waits for a person: {Reason}")]
    private partial void LogBlocked(string provider, string reason);
}

/// <summary>Degraded while a provider waits for a person, or none can be asked: mail goes on being judged locally.</summary>
internal sealed class ChatHealth(ChatPipeline pipeline) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var providers = pipeline.Providers;
        return Task.FromResult(providers.Any(p => p.Blocked is not null) || (providers.Count > 0 && providers.All(p => p.Breaker != BreakerState.Closed)) ? HealthCheckResult.Degraded() : HealthCheckResult.Healthy());
    }
}
