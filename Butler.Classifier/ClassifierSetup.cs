using Butler.Classifier.Judging;
using Butler.Classifier.Search;
using Butler.Classifier.Tags;
using Butler.Classifier.Transactions;
using Butler.Classifier.Triage;
using Butler.Data;
using Butler.Messaging;
using Butler.Messaging.Contracts;
using Butler.ServiceDefaults;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Butler.Classifier;

internal static class ClassifierSetup
{
    public static void AddClassifier(this WebApplicationBuilder builder)
    {
        builder.AddRedisClient("redis");
        builder.AddButlerData();
        builder.Services.AddHostedService<ModelWarmUp>(); // Before the messages: hosted services start in this order.
        builder.AddMessaging();
        builder.Services.TryAddSingleton<IFaultPoints, NoFaultPoints>();
        builder.Services.AddSingleton<ClassifierMetrics>();
        builder.Services.AddSingleton<StageTimes>();
        builder.Services.AddValidatedOptions<TriageOptions>(TriageOptions.Section);
        builder.Services.AddSingleton<OwnTagCache>();
        builder.AddJudging();
        builder.AddSearchIndex();
        builder.AddHandlers(Queues.Classifier)
            .HandleIndex<IndexMails, IndexMailsHandler>()
            .HandleModel<EmbedMails, EmbedMailsHandler>()
            .Handle<TriageMails, TriageMailsHandler>()
            .Handle<ProcessMail, ProcessMailHandler>()
            .Handle<TagMails, TagMailsHandler>()
            .Handle<ReviewTransaction, ReviewTransactionHandler>()
            .HandleModel<JudgeMail, JudgeMailHandler>();
    }
}
