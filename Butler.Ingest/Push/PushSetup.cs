using Butler.ServiceDefaults;

namespace Butler.Ingest.Push;

internal static class PushSetup
{
    public static void AddPush(this IServiceCollection services)
    {
        services.AddValidatedOptions<PushOptions>(PushOptions.Section);
        services.AddHttpClient(nameof(GoogleKeys)).SetHandlerLifetime(Timeout.InfiniteTimeSpan);
        services.AddSingleton(s => ActivatorUtilities.CreateInstance<GoogleKeys>(s, s.GetRequiredService<IHttpClientFactory>().CreateClient(nameof(GoogleKeys))));
        services.AddSingleton<PushTokenVerifier>();
        services.AddSingleton<RefusalLimiter>();
        services.AddSingleton<PushIntake>();
        services.AddHttpClient(PullSubscriber.HttpClientName, client => client.Timeout = PullSubscriber.HttpTimeout);
        services.AddHostedService<PullSubscriber>();
    }
}
