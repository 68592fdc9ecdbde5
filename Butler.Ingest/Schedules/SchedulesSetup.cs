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
        services.AddSchedule<Sweeper>("sweep", TimeSpan.FromMinutes(1), "Sends again what has open work and no message on its way.");
    }
}
