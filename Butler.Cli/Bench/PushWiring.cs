namespace Butler.Cli.Bench;

/// <summary>The settings that let the sandbox's Pub/Sub push to Ingest, as the AppHost sets them (docs/live.md).</summary>
internal static class PushWiring
{
    public const string WebhookPath = "api/webhook/gmail";
    public const string Subscription = "projects/sandbox/subscriptions/butler";
    private const string Topic = "projects/sandbox/topics/gmail";
    private const string Audience = "https://butler.sandbox/push";
    private const string Account = "push@sandbox.iam.gserviceaccount.com";

    public static IEnumerable<KeyValuePair<string, string>> Sandbox(Uri webhook) =>
    [
        new("Sandbox__Push__Endpoint", webhook.ToString()), new("Sandbox__Push__Topic", Topic), new("Sandbox__Push__Subscription", Subscription),
        new("Sandbox__Push__Audience", Audience), new("Sandbox__Push__ServiceAccount", Account),
    ];

    public static IEnumerable<KeyValuePair<string, string>> Ingest(Uri sandbox) =>
    [
        new("Butler__Push__Topic", Topic), new("Butler__Push__Subscription", Subscription), new("Butler__Push__Audience", Audience),
        new("Butler__Push__ServiceAccount", Account), new("Butler__Push__CertificatesAddress", new Uri(sandbox, "oauth2/v3/certs").ToString()),
    ];
}
