using Butler.Intelligence.Chat;
using Butler.Intelligence.Chat.Judging;
using Butler.Sandbox.Models;

namespace Butler.Intelligence.Tests.Chat;

/// <summary>The primary fails in every way there is; the next provider answers (issue 5).</summary>
public sealed class FallbackTests
{
    [Theory]
    [InlineData(ModelFaultKind.Dead, "unreachable")]
    [InlineData(ModelFaultKind.Cut, "unreachable")]
    [InlineData(ModelFaultKind.ServerError, "server_error")]
    [InlineData(ModelFaultKind.Unavailable, "overloaded")]
    [InlineData(ModelFaultKind.Overloaded, "overloaded")]
    [InlineData(ModelFaultKind.GatewayTimeout, "server_error")]
    [InlineData(ModelFaultKind.RateLimited, "rate_limit")]
    [InlineData(ModelFaultKind.RateLimitedBare, "rate_limit")]
    [InlineData(ModelFaultKind.OutOfCredit, "out_of_credit")]
    [InlineData(ModelFaultKind.SpendCap, "out_of_credit")]
    [InlineData(ModelFaultKind.Unauthorized, "unauthorized")]
    [InlineData(ModelFaultKind.Forbidden, "unauthorized")]
    [InlineData(ModelFaultKind.ModelNotFound, "unknown_model")]
    [InlineData(ModelFaultKind.ContextTooLong, "bad_request")]
    [InlineData(ModelFaultKind.Refusal, "refusal")]
    [InlineData(ModelFaultKind.ContentFilter, "refusal")]
    [InlineData(ModelFaultKind.CutOff, "cut")]
    [InlineData(ModelFaultKind.Prose, "invalid_json")]
    [InlineData(ModelFaultKind.Fenced, "invalid_json")]
    [InlineData(ModelFaultKind.WrongShape, "invalid_json")]
    [InlineData(ModelFaultKind.BrokenJson, "invalid_json")]
    [InlineData(ModelFaultKind.InvalidBody, "server_error")]
    [InlineData(ModelFaultKind.EmptyChoices, null)]
    public async Task Ask_PrimaryFails_NextProviderAnswers(ModelFaultKind kind, string? reason)
    {
        foreach (var order in (string[][])[["openai", "anthropic"], ["anthropic", "openai"]])
        {
            await using var bed = await ChatBed.StartAsync(order);
            bed.Fail(order[0], kind);
            var fellBack = new List<(string From, string Reason)>();
            using var listener = Metrics.Listen("llm_fallback_total", tags => fellBack.Add((tags["from"], tags["reason"])), bed);

            var (judgement, none, calls) = await bed.AskAsync();

            Assert.Null(none);
            Assert.Equal(order[1], judgement!.Provider);
            Assert.Equal("needs_reply", judgement.Answer.Category);
            Assert.Equal(order[0], calls[0].Provider);
            Assert.Null(calls[^1].Fault);
            Assert.Contains(fellBack, f => f.From == order[0] && (reason is null || f.Reason == reason));
        }
    }

    [Fact]
    public async Task Ask_PrimarySlow_TimeoutAndNext()
    {
        await using var bed = await ChatBed.StartAsync(["openai", "anthropic"], s => s.Timeout = TimeSpan.FromSeconds(1.5));
        await bed.AskAsync(); // Whatever is slow about a first call.
        bed.Fail("openai", ModelFaultKind.Hang);

        var (judgement, _, calls) = await bed.AskAsync();

        Assert.Equal("anthropic", judgement!.Provider);
        Assert.Equal("openai", calls[0].Provider);
        Assert.Equal(ChatFault.Timeout, calls[0].Fault);
    }

    [Theory]
    [InlineData("openai")]
    [InlineData("anthropic")]
    [InlineData("compatible")]
    public async Task Ask_AnswerDoesNotFitOnce_IsSentBackWithTheErrorNamed(string kind)
    {
        await using var bed = await ChatBed.StartAsync([kind]);
        bed.Say(kind, """{"category":"important","confidence":0.5,"reason":"r","summary":"s","tags":[]}""");

        var (judgement, _, calls) = await bed.AskAsync();

        Assert.Equal(kind, judgement!.Provider);
        Assert.Equal(2, calls.Count);
        Assert.Equal(calls.Sum(c => c.InputTokens), bed.Figures(kind).InputTokens);
        Assert.Contains("category must be needs_reply, informational or spam", bed.Calls[^1].Body, StringComparison.Ordinal);
        Assert.Contains("important", bed.Calls[^1].Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ask_EverybodyRefuses_SaysThatItIsTheRequest()
    {
        await using var bed = await ChatBed.StartAsync(["openai", "anthropic"]);
        bed.Fail("openai", ModelFaultKind.Refusal);
        bed.Fail("anthropic", ModelFaultKind.Refusal);

        var (_, none, calls) = await bed.AskAsync();

        Assert.True(none!.IsOfRequest);
        Assert.False(none.NobodyAsked);
        Assert.Equal(2, calls.Count);
        Assert.True(calls.All(c => c.Cost > 0));
        Assert.DoesNotContain("sorry", none.ToString(), StringComparison.OrdinalIgnoreCase);
        Assert.All(bed.Pipeline.Providers, p => Assert.Equal(BreakerState.Closed, p.Breaker));
    }

    [Fact]
    public async Task Ask_OutOfCredit_IsAskedOnceAndThenLeftAloneUntilItsTime()
    {
        await using var bed = await ChatBed.StartAsync(["openai", "anthropic"]);
        bed.Fail("openai", ModelFaultKind.OutOfCredit);
        var changes = 0;
        bed.Pipeline.Changed += () => changes++;

        for (var i = 0; i < 4; i++)
        {
            Assert.Equal("anthropic", (await bed.AskAsync()).Judgement!.Provider);
        }

        Assert.Equal(1, bed.Figures("openai").Calls);
        Assert.Equal(ChatFault.OutOfCredit, bed.Provider("openai").Blocked);
        Assert.Equal(1, changes);

        bed.Heal();
        bed.Time.Advance(bed.Pipeline.Settings.BlockedFor);
        Assert.Equal("openai", (await bed.AskAsync()).Judgement!.Provider);
        Assert.Null(bed.Provider("openai").Blocked);
        Assert.Equal(2, changes);
    }

    [Fact]
    public async Task Ask_ShortRateLimitAndTheCallerCanWait_NextIsNotAsked()
    {
        await using var bed = await ChatBed.StartAsync(["openai", "anthropic"]);
        bed.Fail("openai", ModelFaultKind.RateLimited, seconds: 5);

        var (_, none, _) = await bed.AskAsync(canWait: true);
        Assert.Equal(bed.Time.GetUtcNow() + TimeSpan.FromSeconds(5), none!.RetryAt);
        Assert.Equal(0, bed.Figures("anthropic").Calls);

        // The second time it goes on, without asking again before the time that was named.
        Assert.Equal("anthropic", (await bed.AskAsync()).Judgement!.Provider);
        Assert.Equal(1, bed.Figures("openai").Calls);

        bed.Heal();
        bed.Time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal("openai", (await bed.AskAsync()).Judgement!.Provider);
    }

    [Fact]
    public async Task Ask_LongRateLimit_GoesOnAtOnce()
    {
        await using var bed = await ChatBed.StartAsync(["anthropic", "openai"]);
        bed.Fail("anthropic", ModelFaultKind.RateLimited, seconds: 300);

        Assert.Equal("openai", (await bed.AskAsync(canWait: true)).Judgement!.Provider);
        Assert.Equal(bed.Time.GetUtcNow() + TimeSpan.FromSeconds(300), bed.Provider("anthropic").NotBefore);
    }

    [Theory]
    [InlineData("openai")]
    [InlineData("anthropic")]
    public async Task Ask_AnswerSaysNothingIsLeft_IsNotAskedBeforeTheReset(string kind)
    {
        await using var bed = await ChatBed.StartAsync([kind, "compatible"], models: m => m.RequestsPerMinute = 1);

        Assert.Equal(kind, (await bed.AskAsync()).Judgement!.Provider);
        Assert.NotNull(bed.Provider(kind).NotBefore);
        Assert.Equal("compatible", (await bed.AskAsync()).Judgement!.Provider);
        Assert.Equal(1, bed.Figures(kind).Calls);
    }

    [Fact]
    public async Task Ask_NoProviderIsThere_SaysWhenToComeAgain()
    {
        await using var bed = await ChatBed.StartAsync(["openai", "anthropic"]);
        bed.Fail("openai", ModelFaultKind.OutOfCredit);
        bed.Fail("anthropic", ModelFaultKind.RateLimited, seconds: 90);

        await bed.AskAsync();
        var (_, none, calls) = await bed.AskAsync();

        Assert.True(none!.NobodyAsked);
        Assert.Empty(calls);
        Assert.Equal(bed.Time.GetUtcNow() + TimeSpan.FromSeconds(90), none.RetryAt);
        Assert.Equal(TimeSpan.FromSeconds(90), bed.Pipeline.Wait);
    }

    [Fact]
    public void Read_WhatAModelMaySay_IsDataOfClosedSets()
    {
        static string? Error(string text) => TriageAnswer.Read(text).Error;
        var (answer, error) = TriageAnswer.Read("""
            {"category":"needs_reply","confidence":1,"reason":"line\nbreak  and\u0000control","summary":"SUM","tags":["finance","finance","administrator",null,"travel"]}
            """.Replace("SUM", new string('x', 2_000), StringComparison.Ordinal));

        Assert.Null(error);
        Assert.Equal("line break and control", answer!.Reason);
        Assert.Equal(Summarizer.MaxLength, answer.Summary.Length);
        Assert.Equal(["finance", "travel"], answer.Tags);
        Assert.Equal(0.99, answer.Confidence);
        Assert.DoesNotContain("break", answer.ToString(), StringComparison.Ordinal);
        Assert.NotNull(Error("""{"category":"spam","confidence":0.5,"reason":"\ud800","summary":"","tags":[]}""")); // Half a character: no text that PostgreSQL would take.
        Assert.NotNull(Error("Sure! Here it is."));
        Assert.NotNull(Error("null"));
        Assert.NotNull(Error("[]"));
        Assert.NotNull(Error("""{"category":"needs_reply","confidence":"high","reason":"","summary":"","tags":[]}"""));
        Assert.NotNull(Error("""{"category":"needs_reply","confidence":7,"reason":"","summary":"","tags":[]}"""));
        Assert.NotNull(Error("""{"category":"needs_reply","confidence":0.7,"reason":null,"summary":"","tags":[]}"""));
        Assert.NotNull(Error("""{"category":"needs_reply","confidence":0.7,"reason":"","summary":"","tags":[],"delete":true}"""));
        Assert.NotNull(Error("""{"category":"needs_reply","confidence":0.7}"""));
        Assert.NotNull(Error(new string(' ', 100_000)));
        Assert.Null(Error("```json\n{\"category\":\"spam\",\"confidence\":0.7,\"reason\":\"\",\"summary\":\"\",\"tags\":[]}\n```"));
    }
}
