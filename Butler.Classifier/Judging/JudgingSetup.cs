using Butler.Data;
using Butler.Intelligence.Chat;
using Butler.ServiceDefaults;

namespace Butler.Classifier.Judging;

internal static class JudgingSetup
{
    /// <summary>Chat providers and what asks them. Without providers all of it stands still.</summary>
    public static void AddJudging(this WebApplicationBuilder builder)
    {
        builder.Services.AddValidatedOptions<ChatSettings>(ChatSettings.Section);
        builder.Services.AddValidatedOptions<JudgingOptions>(JudgingOptions.Section);
        builder.Services.AddSingleton<ChatKeyReader>(_ => provider => Secrets.Read($"the key of {ChatSettings.Section}:Providers:{provider.DisplayName}", provider.Key, provider.KeyFile, provider.KeyVault));
        builder.Services.AddSingleton<TransactionProbe>(_ => () => Database.InTransaction);
        builder.Services.AddChatPipeline();
        builder.Services.AddSingleton<JudgingRules>();
        builder.Services.AddSingleton<JudgingMetrics>();
        builder.Services.AddSingleton<AnswerCache>();
        builder.Services.AddSingleton<ChatBudget>();
        builder.Services.AddHealthChecks().AddCheck<ChatHealth>("chat");
        builder.Services.AddHostedService<JudgingFeed>();
        builder.Services.AddHostedService<ProviderReporter>();
    }
}
