using Butler.Data.Retention;
using Butler.Ingest.Schedules;
using Butler.ServiceDefaults;

namespace Butler.Ingest.Retention;

internal static class RetentionSetup
{
    public static void AddRetention(this IServiceCollection services)
    {
        services.AddValidatedOptions<RetentionOptions>(RetentionOptions.Section);
        services.AddSingleton<RetentionStore>();
        services.AddSingleton<RetentionMetrics>();
        services.AddSingleton<Expiry>();
        services.AddSingleton<PassedPartitions>();
        services.AddSingleton<TableRewrites>();
        services.AddSchedule<RetentionJob>(RetentionJob.Name, TimeSpan.FromDays(1), "Erases mail whose retention is over, and what changes of retention and erased accounts left in files.");
    }
}
