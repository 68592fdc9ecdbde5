using Butler.Ingest.Push;
using Butler.Ingest.Watch;
using Butler.Messaging;
using Butler.Messaging.Contracts;
using Butler.ServiceDefaults;

namespace Butler.Ingest.Sync;

internal static class LiveSetup
{
    /// <summary>Everything that keeps accounts in step after their import.</summary>
    public static void AddLive(this IServiceCollection services)
    {
        services.AddPush();
        services.AddValidatedOptions<SyncOptions>(SyncOptions.Section);
        services.AddSingleton<HistoryCursor>();
        services.AddSingleton<HistoryReader>();
        services.AddSingleton<WatchMetrics>();
        services.AddHostedService(s => s.GetRequiredService<WatchMetrics>());
        services.AddSingleton<WatchKeeper>();
    }

    public static HandlerBuilder HandleLive(this HandlerBuilder handlers) => handlers
        .Handle<MailboxChanged, MailboxChangedHandler>()
        .Handle<SyncHistory, SyncHistoryHandler>()
        .Handle<RepairGap, RepairGapHandler>()
        .Handle<CheckMissing, CheckMissingHandler>()
        .Handle<RenewWatch, RenewWatchHandler>();
}
