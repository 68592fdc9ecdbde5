using Butler.Ingest.Failures;
using Butler.Ingest.Import;
using Butler.ServiceDefaults;

namespace Butler.Ingest.Schedules;

/// <summary>The schedules of Ingest. A feature adds its own with AddSchedule or AddAccountSchedule.</summary>
internal static class SchedulesSetup
{
    public static void AddSchedules(this IServiceCollection services)
    {
        services.AddValidatedOptions<ScheduleOptions>(ScheduleOptions.Section);
        services.AddSingleton<ScheduleMetrics>();
        services.AddSingleton<ScheduleStore>();
        services.AddScoped<AccountScheduleJob>();
        services.AddHostedService<ScheduleRunner>();
        services.AddSingleton<QueueGauges>();
        services.AddSingleton<FailedTaskStore>();
        services.AddSchedule<Sweeper>("sweep", TimeSpan.FromMinutes(1), "Sends again what has open work and no message on its way.");
        services.AddSchedule<RetryFailedJob>("retry-failed", TimeSpan.FromHours(1), "Tries failed tasks again, each at most five times.");
        services.AddSchedule<SettleFailedJob>("settle-failed", TimeSpan.FromMinutes(5), "Closes failed tasks whose retry went well.");
        services.AddSchedule<GaugeJob>("gauges", TimeSpan.FromMinutes(5), "Measures the queue and the quota for the metrics.");
    }
}
