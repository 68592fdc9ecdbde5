using Butler.Data;
using Butler.Ingest.Imap;
using Butler.Mailboxes;
using Butler.Mailboxes.Imap.Accounts;
using Butler.Messaging;
using Butler.Messaging.Contracts;
using Butler.Responder.Drafts;
using Butler.ServiceDefaults;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Butler.Responder;

internal static class ResponderSetup
{
    public static void AddResponder(this WebApplicationBuilder builder)
    {
        builder.AddRedisClient("redis");
        builder.AddButlerData();
        builder.Services.AddHostedService<DraftWarmUp>(); // Before the messages: hosted services start in this order.
        builder.AddMessaging();
        builder.Services.AddSingleton<IDraftGate, AppendGate>();
        builder.Services.AddSingleton<IImapState, ImapState>();
        builder.Services.AddMailboxes(builder.Configuration);
        builder.Services.AddHttpClient(MailboxServiceCollectionExtensions.HttpClientName).AddHttpMessageHandler(() => new SendGate());
        builder.Services.AddSingleton<TransactionProbe>(_ => () => Database.InTransaction);

        builder.Services.AddValidatedOptions<ResponderOptions>(ResponderOptions.Section);
        builder.Services.TryAddSingleton<IFaultPoints, NoFaultPoints>();
        builder.Services.AddSingleton<MailStore>();
        builder.Services.AddSingleton<DraftComposer>();
        builder.Services.AddSingleton<DraftSender>();
        builder.Services.AddSingleton<DraftFinder>();
        builder.Services.AddSingleton<DraftReconciler>();
        builder.Services.AddSingleton<DraftReplacer>();
        builder.Services.AddHostedService<Sweeper>();
        builder.AddHandlers(Queues.Responder).Handle<DraftReply, DraftReplyHandler>();
    }
}
