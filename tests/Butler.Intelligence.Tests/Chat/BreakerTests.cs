using Butler.Intelligence.Chat;
using Butler.Sandbox.Models;

namespace Butler.Intelligence.Tests.Chat;

/// <summary>One circuit breaker per provider: three in a row, half-open probe, longer each time.</summary>
public sealed class BreakerTests
{
    [Fact]
    public async Task Breaker_ThreeFailuresInARow_OpensAndProbesOnce()
    {
        await using var bed = await ChatBed.StartAsync(["openai", "anthropic"]);
        bed.Fail("openai", ModelFaultKind.ServerError);
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal("anthropic", (await bed.AskAsync()).Judgement!.Provider);
        }

        Assert.Equal(3, bed.Figures("openai").Calls);
        Assert.Equal(BreakerState.Open, bed.Provider("openai").Breaker);
        Assert.Equal(BreakerState.Closed, bed.Provider("anthropic").Breaker);
        Assert.Equal(bed.Time.GetUtcNow() + bed.Pipeline.Settings.Break, bed.Provider("openai").NotBefore);

        // The probe fails: open again, twice as long.
        bed.Time.Advance(bed.Pipeline.Settings.Break);
        await bed.AskAsync();
        await bed.AskAsync();
        Assert.Equal(4, bed.Figures("openai").Calls);
        Assert.Equal(bed.Time.GetUtcNow() + (2 * bed.Pipeline.Settings.Break), bed.Provider("openai").NotBefore);

        // The probe succeeds: closed.
        bed.Heal();
        bed.Time.Advance(2 * bed.Pipeline.Settings.Break);
        Assert.Equal("openai", (await bed.AskAsync()).Judgement!.Provider);
        Assert.Equal(BreakerState.Closed, bed.Provider("openai").Breaker);
        Assert.Null(bed.Provider("openai").NotBefore);
        Assert.Null(bed.Provider("openai").LastFault);
    }

    [Fact]
    public async Task Breaker_AnAnswerInBetween_BeginsToCountAnew()
    {
        await using var bed = await ChatBed.StartAsync(["openai", "anthropic"]);
        for (var i = 0; i < 4; i++)
        {
            bed.Fail("openai", ModelFaultKind.ServerError, count: 2);
            await bed.AskAsync();
            await bed.AskAsync();
            Assert.Equal("openai", (await bed.AskAsync()).Judgement!.Provider);
        }

        Assert.Equal(BreakerState.Closed, bed.Provider("openai").Breaker);
        Assert.Equal(12, bed.Figures("openai").Calls);
    }

    [Theory]
    [InlineData(ModelFaultKind.Refusal)]
    [InlineData(ModelFaultKind.Prose)]
    [InlineData(ModelFaultKind.CutOff)]
    [InlineData(ModelFaultKind.ContextTooLong)]
    public async Task Breaker_AMailThatProvokesTheModel_DoesNotOpenIt(ModelFaultKind kind)
    {
        await using var bed = await ChatBed.StartAsync(["openai", "anthropic"]);
        bed.Fail("openai", kind, marker: ChatBed.Secret);
        for (var i = 0; i < 6; i++)
        {
            await bed.AskAsync();
        }

        Assert.Equal(BreakerState.Closed, bed.Provider("openai").Breaker);
        Assert.Equal("openai", (await bed.AskAsync(mail: ChatBed.Mail with { NewText = "Could you call me?" })).Judgement!.Provider);
    }

    [Fact]
    public async Task Breaker_BothDeadForAnHour_FewProbesAndBackWithinTheLongestBreak()
    {
        await using var bed = await ChatBed.StartAsync(["openai", "anthropic"]);
        bed.Fail("openai", ModelFaultKind.Dead);
        bed.Fail("anthropic", ModelFaultKind.Overloaded);
        var step = TimeSpan.FromSeconds(10);
        for (var at = TimeSpan.Zero; at < TimeSpan.FromHours(1); at += step)
        {
            Assert.NotNull((await bed.AskAsync()).None);
            bed.Time.Advance(step);
        }

        // Three to open, then probes after 30, 60, 120, 240 s and every five minutes.
        Assert.InRange(bed.Figures("openai").Calls, 10, 20);
        Assert.InRange(bed.Figures("anthropic").Calls, 10, 20);

        bed.Heal();
        var waited = TimeSpan.Zero;
        while ((await bed.AskAsync()).Judgement is null)
        {
            waited += step;
            bed.Time.Advance(step);
            Assert.True(waited <= bed.Pipeline.Settings.MaxBreak, "A provider that returned was not found.");
        }
    }

    [Fact]
    public async Task Breaker_OfAnotherInstance_IsItsOwn()
    {
        await using var bed = await ChatBed.StartAsync(["openai"], s => s.Providers.Add(new()
        {
            Kind = "openai", Name = "second", Model = s.Providers[0].Model, Key = "other", BaseAddress = s.Providers[0].BaseAddress!.Replace("/openai", "/second", StringComparison.Ordinal),
        }));
        bed.Fail("openai", ModelFaultKind.ServerError);
        for (var i = 0; i < 4; i++)
        {
            Assert.Equal("second", (await bed.AskAsync()).Judgement!.Provider);
        }

        Assert.Equal(BreakerState.Open, bed.Provider("openai").Breaker);
        Assert.Equal(BreakerState.Closed, bed.Provider("second").Breaker);
    }
}
