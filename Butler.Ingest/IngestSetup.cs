using Butler.Data;
using Butler.Data.Ingest;
using Butler.Ingest.Accounts;
using Butler.Ingest.Audits;
using Butler.Ingest.Files;
using Butler.Ingest.Imap;
using Butler.Ingest.Import;
using Butler.Ingest.Keys;
using Butler.Ingest.Retention;
using Butler.Ingest.Schedules;
using Butler.Ingest.Sync;
using Butler.Mailboxes;
using Butler.Mailboxes.Imap.Accounts;
using Butler.Messaging;
using Butler.Messaging.Contracts;
using Butler.ServiceDefaults;
using Butler.ServiceDefaults.Access;
using Butler.ServiceDefaults.Documents;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Butler.Ingest;

internal static class IngestSetup
{
    public static void AddIngest(this WebApplicationBuilder builder)
    {
        builder.AddRedisClient("redis");
        builder.AddButlerData(migrate: true);
        builder.AddMessaging();
        builder.Services.AddSingleton<IImapState, ImapState>();
        builder.Services.AddMailboxes(builder.Configuration);
        builder.AddButlerOpenApi("Butler Ingest");
        builder.AddButlerAuthentication(FindCallerAsync);
        builder.Services.AddSingleton<TransactionProbe>(_ => () => Database.InTransaction);

        builder.Services.AddValidatedOptions<ImportOptions>(ImportOptions.Section);
        builder.Services.AddValidatedOptions<AccountOptions>(AccountOptions.Section);
        builder.Services.TryAddSingleton<IFaultPoints, NoFaultPoints>();
        builder.Services.AddSingleton<ByteBudget>();
        builder.Services.AddSingleton<AccountStore>();
        builder.Services.AddSingleton<SyncMetrics>();
        builder.Services.AddSingleton<SyncStore>();
        builder.Services.AddSingleton<PeopleStore>();
        builder.Services.AddSingleton<ConnectStates>();
        builder.Services.AddSingleton<AccountEraser>();
        builder.Services.AddValidatedOptions<KeyOptions>(KeyOptions.Section);
        builder.Services.AddHostedService<KeyRotator>();
        builder.Services.AddHttpClient<SandboxAccounts>();
        builder.Services.AddHostedService<FirstUser>();
        builder.Services.AddHostedService<SandboxConnector>();
        builder.Services.AddHostedService<AccountWatcher>();
        builder.Services.AddValidatedOptions<ImapWaitOptions>(ImapWaitOptions.Section);
        builder.Services.AddSingleton<ImapHealth>();
        builder.Services.AddSingleton<ImapAccountStore>();
        builder.Services.AddSingleton<ImapAccountCommands>();
        builder.Services.AddHostedService<ImapWaiter>();
        builder.Services.AddLive();
        builder.Services.AddSchedules();
        builder.Services.AddRetention();
        builder.Services.AddFiles();
        builder.Services.AddValidatedOptions<AuditOptions>(AuditOptions.Section);
        builder.Services.AddSingleton<AuditStore>();
        builder.AddHandlers(Queues.Ingest)
            .Handle<ConnectAccount, ConnectAccountHandler>()
            .Handle<ConnectImap, ConnectImapHandler>()
            .Handle<DisconnectAccount, DisconnectAccountHandler>()
            .Handle<LoginRefused, LoginRefusedHandler>()
            .Handle<ChangeRetention, ChangeRetentionHandler>()
            .Handle<KeepTransactions, KeepTransactionsHandler>()
            .Handle<StartImport, StartImportHandler>()
            .Handle<CancelImport, CancelImportHandler>()
            .Handle<ListMailbox, ListMailboxHandler>()
            .Handle<AuditMailbox, AuditMailboxHandler>()
            .Handle<FetchMails, FetchMailsHandler>()
            .HandleLive();
    }

    private static async ValueTask<Caller?> FindCallerAsync(IServiceProvider services, string kind, byte[] hash, CancellationToken cancellationToken) =>
        await services.GetRequiredService<TokenStore>().FindAsync(kind, hash, cancellationToken) is { } owner ? new(owner.UserId, owner.Role, owner.FamilyId) : null;
}
