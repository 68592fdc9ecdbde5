using Butler.Data;
using Butler.Ingest.Push;
using Butler.Ingest.Schedules;
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
        services.AddSingleton<Questions>();
        services.AddSingleton<WatchMetrics>();
        services.AddHostedService(s => s.GetRequiredService<WatchMetrics>());
        services.AddSingleton<WatchKeeper>();
        services.AddAccountSchedule(
            "history", TimeSpan.FromMinutes(30), "Reads each account's changes: catches what notifications missed.", [nameof(SyncHistory), nameof(MailboxChanged)],
            (account, correlation) => MessageBus.Pack(new SyncHistory(account, "schedule"), Lane.Live, account, correlation));
        services.AddAccountSchedule(
            "watch-renewal", TimeSpan.FromDays(1), "Renews each account's notifications when six days have passed; a missed renewal heals.", [nameof(RenewWatch)],
            (account, correlation) => MessageBus.Pack(new RenewWatch(account), Lane.Live, account, correlation));
        services.AddSchedule<PushIdCleaner>("push-ids", TimeSpan.FromDays(1), "Forgets the ids of notifications that cannot come again.");
    }

    public static HandlerBuilder HandleLive(this HandlerBuilder handlers) => handlers
        .Handle<MailboxChanged, MailboxChangedHandler>()
        .Handle<SyncHistory, SyncHistoryHandler>()
        .Handle<RepairGap, RepairGapHandler>()
        .Handle<CheckLabels, CheckLabelsHandler>()
        .Handle<CheckMissing, CheckMissingHandler>()
        .Handle<RenewWatch, RenewWatchHandler>();
}
