using Butler.Data.Ingest;
using Butler.Ingest.Schedules;
using Butler.Mailboxes.Files;

namespace Butler.Ingest.Files;

internal static class FilesSetup
{
    public static void AddFiles(this IServiceCollection services)
    {
        services.AddSingleton<FileTables>();
        services.AddSingleton<IFileIndex, FileIndex>();
        services.AddSingleton<FileAccounts>();
        services.AddHostedService<FileConnector>();
        services.AddSchedule<SpoolCleaner>(SpoolCleaner.Name, TimeSpan.FromHours(6), "Erases what was taken out of archives, once all of it is read or its account is gone.");
    }
}
