using Butler.Ingest;
using Butler.Services.Tests.Hosting;
using Microsoft.Extensions.Options;

namespace Butler.Services.Tests.Live;

/// <summary>Settings of the push that cannot work: Ingest refuses to start, and names the key and what is allowed.</summary>
public sealed class PushOptionsTests
{
    [Theory]
    [InlineData("Topic", "gmail", "Butler:Push:Topic: must be projects/PROJECT/topics/TOPIC.")]
    [InlineData("ServiceAccount", " ", "Butler:Push:ServiceAccount: must name the service account of the push subscription when Butler:Push:Audience is set.")]
    [InlineData("Topic", null, "Butler:Push:Topic: must be projects/PROJECT/topics/TOPIC when Butler:Push:Audience or Butler:Push:Pull:Subscription is set.")]
    [InlineData("CertificatesAddress", "http://keys.example.org/certs", "Butler:Push:CertificatesAddress: must be an absolute https address (http only on loopback).")]
    [InlineData("Skew", "00:11:00", "Butler:Push:Skew: ")]
    [InlineData("KeyRefresh", "02:00:00", "Butler:Push:KeyRefresh: ")]
    [InlineData("RefusalsPerMinute", "0", "Butler:Push:RefusalsPerMinute: ")]
    [InlineData("TrustedProxies:0", "10.0.0.0/99", "Butler:Push:TrustedProxies: '10.0.0.0/99' is no address or network.")]
    [InlineData("Pull:BaseAddress", "http://pubsub.example.org", "Butler:Push:Pull:BaseAddress: must be an absolute https address (http only on loopback).")]
    [InlineData("Pull:Subscription", "butler", "Butler:Push:Pull:Subscription: must be projects/PROJECT/subscriptions/SUBSCRIPTION.")]
    [InlineData("Pull:CredentialsFile", "/nowhere/key.json", "Butler:Push:Pull:CredentialsFile: must name a file that exists.")]
    [InlineData("Pull:MaxMessages", "1001", "Butler:Push:Pull:MaxMessages: must be 1 to 1000.")]
    public async Task Start_BadPushOption_IsRefusedWithTheKeyAndWhatIsAllowed(string key, string? value, string message)
    {
        await using var system = await TestSystem.StartAsync(_ => { }, new Dictionary<string, string?>(TestSystem.PushSettings));

        // After what the system itself sets.
        var refused = await Assert.ThrowsAsync<OptionsValidationException>(() => system.StartAsync(
            b =>
            {
                b.Configuration[$"Butler:Push:{key}"] = value;
                b.AddIngest();
            },
            TestSystem.MapPush));

        Assert.Contains(refused.Failures, f => f.StartsWith(message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Start_SeveralBadPushOptions_NamesAllAtOnce()
    {
        await using var system = await TestSystem.StartAsync(_ => { }, new Dictionary<string, string?>(TestSystem.PushSettings)
        {
            ["Butler:Push:ServiceAccount"] = "", ["Butler:Push:Topic"] = null, ["Butler:Push:Pull:MaxMessages"] = "0",
        });

        var refused = await Assert.ThrowsAsync<OptionsValidationException>(system.StartPushedIngestAsync);

        Assert.Equal(3, refused.Failures.Count());
    }
}
