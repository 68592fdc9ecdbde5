using System.Net;
using System.Text.Json;
using Butler.Sandbox.Models;

namespace Butler.Sandbox.Tests.Models;

/// <summary>Every fault, at both vendors, as a client sees it on the wire.</summary>
public sealed class ModelFaultTests(ModelsFixture fixture) : IClassFixture<ModelsFixture>
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private readonly Clock _clock = fixture.Clock;
    private readonly ModelsHost _host = fixture.Host.Reset();

    [Theory]
    [InlineData(ModelVendor.OpenAI, ModelFaultKind.RateLimited, 429, "requests", "rate_limit_exceeded", "7")]
    [InlineData(ModelVendor.OpenAI, ModelFaultKind.RateLimitedBare, 429, "requests", "rate_limit_exceeded", null)]
    [InlineData(ModelVendor.OpenAI, ModelFaultKind.OutOfCredit, 429, "insufficient_quota", "insufficient_quota", null)]
    [InlineData(ModelVendor.OpenAI, ModelFaultKind.SpendCap, 429, "insufficient_quota", "insufficient_quota", null)]
    [InlineData(ModelVendor.OpenAI, ModelFaultKind.ServerError, 500, "server_error", null, null)]
    [InlineData(ModelVendor.OpenAI, ModelFaultKind.Unavailable, 503, "server_error", null, null)]
    [InlineData(ModelVendor.OpenAI, ModelFaultKind.Overloaded, 503, "server_error", null, null)]
    [InlineData(ModelVendor.OpenAI, ModelFaultKind.GatewayTimeout, 504, "server_error", null, null)]
    [InlineData(ModelVendor.OpenAI, ModelFaultKind.Unauthorized, 401, "invalid_request_error", "invalid_api_key", null)]
    [InlineData(ModelVendor.OpenAI, ModelFaultKind.Forbidden, 403, "request_forbidden", "unsupported_country_region_territory", null)]
    [InlineData(ModelVendor.OpenAI, ModelFaultKind.ModelNotFound, 404, "invalid_request_error", "model_not_found", null)]
    [InlineData(ModelVendor.OpenAI, ModelFaultKind.ContextTooLong, 400, "invalid_request_error", "context_length_exceeded", null)]
    [InlineData(ModelVendor.OpenAI, ModelFaultKind.NoTemperature, 400, "invalid_request_error", "unsupported_value", null)]
    [InlineData(ModelVendor.Anthropic, ModelFaultKind.RateLimited, 429, "rate_limit_error", null, "7")]
    [InlineData(ModelVendor.Anthropic, ModelFaultKind.RateLimitedBare, 429, "rate_limit_error", null, null)]
    [InlineData(ModelVendor.Anthropic, ModelFaultKind.OutOfCredit, 402, "billing_error", null, null)]
    [InlineData(ModelVendor.Anthropic, ModelFaultKind.SpendCap, 429, "rate_limit_error", "enforced_spend_limit_reached", null)]
    [InlineData(ModelVendor.Anthropic, ModelFaultKind.ServerError, 500, "api_error", null, null)]
    [InlineData(ModelVendor.Anthropic, ModelFaultKind.Unavailable, 503, "api_error", null, null)]
    [InlineData(ModelVendor.Anthropic, ModelFaultKind.Overloaded, 529, "overloaded_error", null, null)]
    [InlineData(ModelVendor.Anthropic, ModelFaultKind.GatewayTimeout, 504, "timeout_error", null, null)]
    [InlineData(ModelVendor.Anthropic, ModelFaultKind.Unauthorized, 401, "authentication_error", null, null)]
    [InlineData(ModelVendor.Anthropic, ModelFaultKind.Forbidden, 403, "permission_error", null, null)]
    [InlineData(ModelVendor.Anthropic, ModelFaultKind.ModelNotFound, 404, "not_found_error", null, null)]
    [InlineData(ModelVendor.Anthropic, ModelFaultKind.ContextTooLong, 400, "invalid_request_error", null, null)]
    [InlineData(ModelVendor.Anthropic, ModelFaultKind.NoTemperature, 400, "invalid_request_error", null, null)]
    public async Task Fault_AnError_HasTheVendorsStatusTypeAndRetryAfter(ModelVendor vendor, ModelFaultKind kind, int status, string type, string? code, string? retryAfter)
    {
        _host.Faults.Set(new("*", kind, Count: 1, Seconds: 6.2));

        using var response = await _host.SendAsync(vendor);
        var error = (await _host.JsonAsync(Task.FromResult(response), status)).GetProperty("error");

        Assert.Equal(type, error.GetProperty("type").GetString());
        Assert.Equal(code, vendor == ModelVendor.OpenAI ? error.GetProperty("code").GetString() : error.Member("details")?.Text("error_code"));
        Assert.Equal(retryAfter, response.Headers.TryGetValues("Retry-After", out var values) ? values.Single() : null);
        await _host.JsonAsync(_host.SendAsync(vendor));
    }

    [Theory]
    [InlineData(ModelVendor.OpenAI, ModelFaultKind.Prose, "stop")]
    [InlineData(ModelVendor.OpenAI, ModelFaultKind.Fenced, "stop")]
    [InlineData(ModelVendor.OpenAI, ModelFaultKind.WrongShape, "stop")]
    [InlineData(ModelVendor.OpenAI, ModelFaultKind.BrokenJson, "stop")]
    [InlineData(ModelVendor.OpenAI, ModelFaultKind.CutOff, "length")]
    [InlineData(ModelVendor.OpenAI, ModelFaultKind.ContentFilter, "content_filter")]
    [InlineData(ModelVendor.Anthropic, ModelFaultKind.Prose, "end_turn")]
    [InlineData(ModelVendor.Anthropic, ModelFaultKind.Fenced, "end_turn")]
    [InlineData(ModelVendor.Anthropic, ModelFaultKind.WrongShape, "end_turn")]
    [InlineData(ModelVendor.Anthropic, ModelFaultKind.BrokenJson, "end_turn")]
    [InlineData(ModelVendor.Anthropic, ModelFaultKind.CutOff, "max_tokens")]
    [InlineData(ModelVendor.Anthropic, ModelFaultKind.ContentFilter, "refusal")]
    public async Task Fault_OfTheText_Is200WithTextThatIsNotTheVerdict(ModelVendor vendor, ModelFaultKind kind, string reason)
    {
        _host.Faults.Set(new("*", kind));

        var answer = await _host.JsonAsync(_host.SendAsync(vendor));
        var (text, why) = vendor == ModelVendor.OpenAI
            ? (answer.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString()!, answer.GetProperty("choices")[0].GetProperty("finish_reason").GetString())
            : (answer.GetProperty("content")[0].GetProperty("text").GetString()!, answer.GetProperty("stop_reason").GetString());

        Assert.Equal(reason, why);
        Assert.False(IsVerdict(text), text);
    }

    [Fact]
    public async Task Fault_RateLimitedByHeaders_SaysWhenInEachVendorsHeadersAlone()
    {
        _host.Faults.Set(new("*", ModelFaultKind.RateLimitedByHeaders, Seconds: 90));
        using var openAI = await _host.SendAsync(ModelVendor.OpenAI);
        using var anthropic = await _host.SendAsync(ModelVendor.Anthropic);

        Assert.All([openAI, anthropic], r => Assert.Equal((HttpStatusCode.TooManyRequests, false), (r.StatusCode, r.Headers.Contains("Retry-After"))));
        Assert.Equal(("0", "1m30s"), (openAI.Headers.GetValues("x-ratelimit-remaining-requests").Single(), openAI.Headers.GetValues("x-ratelimit-reset-requests").Single()));
        Assert.Equal("0", anthropic.Headers.GetValues("anthropic-ratelimit-requests-remaining").Single());
        Assert.Equal(_clock.GetUtcNow().AddSeconds(90).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture), anthropic.Headers.GetValues("anthropic-ratelimit-requests-reset").Single());
    }

    [Fact]
    public async Task Fault_Refusal_HasBothVendorsForms()
    {
        _host.Faults.Set(new("*", ModelFaultKind.Refusal));

        var message = (await _host.JsonAsync(_host.SendAsync(ModelVendor.OpenAI))).GetProperty("choices")[0].GetProperty("message");
        Assert.Equal(JsonValueKind.Null, message.GetProperty("content").ValueKind);
        Assert.NotEmpty(message.GetProperty("refusal").GetString()!);
        Assert.Equal("refusal", (await _host.JsonAsync(_host.SendAsync(ModelVendor.Anthropic))).GetProperty("stop_reason").GetString());
    }

    [Fact]
    public async Task Fault_MissingMembers_AreLeftOut()
    {
        _host.Faults.Set(new("*", ModelFaultKind.EmptyChoices, Count: 2));
        Assert.Equal(0, (await _host.JsonAsync(_host.SendAsync(ModelVendor.OpenAI))).GetProperty("choices").GetArrayLength());
        Assert.Equal(0, (await _host.JsonAsync(_host.SendAsync(ModelVendor.Anthropic))).GetProperty("content").GetArrayLength());

        _host.Faults.Set(new("*", ModelFaultKind.MissingUsage, Count: 2));
        Assert.False((await _host.JsonAsync(_host.SendAsync(ModelVendor.OpenAI))).TryGetProperty("usage", out _));
        Assert.False((await _host.JsonAsync(_host.SendAsync(ModelVendor.Anthropic))).TryGetProperty("usage", out _));

        _host.Faults.Set(new("*", ModelFaultKind.InvalidBody, Count: 1));
        using var response = await _host.SendAsync(ModelVendor.OpenAI);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.ThrowsAny<JsonException>(() => JsonDocument.Parse(response.Content.ReadAsStringAsync().GetAwaiter().GetResult()));
    }

    [Theory]
    [InlineData(ModelVendor.OpenAI)]
    [InlineData(ModelVendor.Anthropic)]
    public async Task Fault_Dead_ResetsTheConnection(ModelVendor vendor)
    {
        _host.Faults.Set(new("*", ModelFaultKind.Dead, Count: 1));

        await Assert.ThrowsAsync<HttpRequestException>(() => _host.SendAsync(vendor));

        Assert.Equal(1, _host.Stats.Of(vendor == ModelVendor.OpenAI ? "openai" : "anthropic").ByStatus[0]);
    }

    [Theory]
    [InlineData(ModelVendor.OpenAI)]
    [InlineData(ModelVendor.Anthropic)]
    public async Task Fault_CutAndHang_EndInTheMiddleOrNever(ModelVendor vendor)
    {
        _host.Faults.Set(new("*", ModelFaultKind.Cut, Count: 1));
        await AssertCutAsync(_host.SendAsync(vendor));

        _host.Faults.Set(new("*", ModelFaultKind.Hang, Count: 1));
        var sent = _host.SendAsync(vendor);
        var endpoint = vendor == ModelVendor.OpenAI ? "openai" : "anthropic";
        await UntilAsync(() => _host.Stats.Of(endpoint).Faults.GetValueOrDefault("Hang") > 0);
        Assert.False(sent.IsCompleted);
        _host.Http.CancelPendingRequests();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sent);
        await UntilAsync(() => _host.Stats.Of(endpoint).Open == 0);
    }

    [Theory]
    [InlineData(ModelVendor.OpenAI)]
    [InlineData(ModelVendor.Anthropic)]
    public async Task Fault_SlowAndSlowChunks_WaitForTheClock(ModelVendor vendor)
    {
        _host.Faults.Set(new("*", ModelFaultKind.Slow, Count: 1, Seconds: 40));
        var slow = _host.SendAsync(vendor);
        await UntilAsync(() => _clock.Waiting > 0);
        Assert.False(slow.IsCompleted);
        await PassAsync(slow, 40);
        await _host.JsonAsync(slow);

        _host.Faults.Set(new("*", ModelFaultKind.SlowChunks, Count: 1, Seconds: 5));
        using var response = await _host.SendAsync(vendor).WaitAsync(s_patience);
        var body = response.Content.ReadAsStringAsync();
        Assert.False(body.IsCompleted);
        await PassAsync(body, 5);
        using var whole = JsonDocument.Parse(await body);
        Assert.Equal(JsonValueKind.Object, whole.RootElement.ValueKind);
    }

    [Theory]
    [InlineData(ModelFaultKind.NoDone)]
    [InlineData(ModelFaultKind.StreamError)]
    [InlineData(ModelFaultKind.Cut)]
    [InlineData(ModelFaultKind.InvalidBody)]
    public async Task Fault_OfAStream_NeverEndsAsAWholeOne(ModelFaultKind kind)
    {
        foreach (var vendor in Enum.GetValues<ModelVendor>())
        {
            _host.Faults.Set(new("*", kind, Count: 1));
            var sent = _host.SendAsync(vendor, ModelsHost.ChatTriage(more: ""","stream":true"""), ModelsHost.MessageTriage(more: ""","stream":true"""));
            if (kind == ModelFaultKind.Cut)
            {
                await AssertCutAsync(sent);
                continue;
            }

            using var response = await sent;
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            var events = ModelsHost.Events(await response.Content.ReadAsStringAsync());
            Assert.DoesNotContain(events, e => e.Data == "[DONE]" || e.Name == "message_stop" || e.Data.Contains("\"stop\"", StringComparison.Ordinal));
            Assert.True(events.Count > 3);
            Assert.Equal(kind == ModelFaultKind.StreamError ? "error" : events[^1].Name, events[^1].Name);
        }
    }

    [Fact]
    public async Task Fault_CountSkipLastsMarkerAndEndpoint_StrikeOnlyWhatTheyName()
    {
        _host.Faults.Set(new("anthropic", ModelFaultKind.ServerError));
        _host.Faults.Set(new("openai", ModelFaultKind.ServerError, Marker: "Berlin"));
        _host.Faults.Set(new("openai", ModelFaultKind.Overloaded, Skip: 1, Count: 2));
        _host.Faults.Set(new("openai-2", ModelFaultKind.Dead, Lasts: 3_600));

        Assert.Equal([200, 500, 503, 503, 200], await Statuses("a", "Berlin", "a", "a", "a"));
        await Assert.ThrowsAsync<HttpRequestException>(() => _host.OpenAIAsync(ModelsHost.Chat(), "/openai-2/v1/chat/completions"));
        await _host.JsonAsync(_host.AnthropicAsync(ModelsHost.Message()), 500);
        _clock.Move(TimeSpan.FromHours(1));
        await _host.JsonAsync(_host.OpenAIAsync(ModelsHost.Chat(), "/openai-2/v1/chat/completions"));

        async Task<List<int>> Statuses(params string[] mails)
        {
            var all = new List<int>();
            foreach (var mail in mails)
            {
                using var response = await _host.OpenAIAsync(ModelsHost.Chat(mail));
                all.Add((int)response.StatusCode);
            }

            return all;
        }
    }

    [Fact]
    public async Task Fault_WithAProbability_StrikesTheSameCallsForTheSameSeed()
    {
        await using var one = await ModelsHost.StartAsync(clock: _clock);
        await using var other = await ModelsHost.StartAsync(clock: _clock);
        await using var third = await ModelsHost.StartAsync(o => o.Seed = 7, _clock);
        var first = await Struck(one);

        Assert.Equal(first, await Struck(other));
        Assert.NotEqual(first, await Struck(third));
        Assert.InRange(first.Count(s => s), 5, 35);

        static async Task<List<bool>> Struck(ModelsHost host)
        {
            host.Faults.Set(new("openai", ModelFaultKind.ServerError, Probability: 0.5));
            var all = new List<bool>();
            for (var i = 0; i < 40; i++)
            {
                using var response = await host.OpenAIAsync(ModelsHost.Chat());
                all.Add(response.StatusCode == HttpStatusCode.InternalServerError);
            }

            return all;
        }
    }

    [Fact]
    public async Task Limits_Enforced_AnswerWith429UntilTheBucketFills()
    {
        await using var host = await ModelsHost.StartAsync(o =>
        {
            o.Enforced = true;
            o.RequestsPerMinute = 2;
        }, _clock);
        await host.JsonAsync(host.OpenAIAsync(ModelsHost.Chat()));
        await host.JsonAsync(host.OpenAIAsync(ModelsHost.Chat()));
        using var refused = await host.OpenAIAsync(ModelsHost.Chat());

        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.Equal("30", refused.Headers.GetValues("Retry-After").Single());
        Assert.Equal("1m0s", refused.Headers.GetValues("x-ratelimit-reset-requests").Single());
        _clock.Move(TimeSpan.FromSeconds(30));
        await host.JsonAsync(host.OpenAIAsync(ModelsHost.Chat()));
    }

    // A reset may overtake what was sent before it: then not even the headers arrive.
    private static async Task AssertCutAsync(Task<HttpResponseMessage> sent)
    {
        var error = await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            using var response = await sent;
            await response.Content.ReadAsStringAsync();
        });
        Assert.True(error is HttpRequestException or IOException, error.GetType().Name);
    }

    private static bool IsVerdict(string text)
    {
        try
        {
            return JsonDocument.Parse(text).RootElement.TryGetProperty("confidence", out _);
        }
        catch (JsonException)
        {
            return false;
        }
    }

    // Again and again: an alarm that is set after the clock moved waits for the next move.
    private Task PassAsync(Task task, double seconds) => UntilAsync(() =>
    {
        _clock.Move(TimeSpan.FromSeconds(seconds));
        return task.IsCompleted;
    });

    private static async Task UntilAsync(Func<bool> holds)
    {
        using var limit = new CancellationTokenSource(s_patience);
        while (!holds())
        {
            limit.Token.ThrowIfCancellationRequested();
            await Task.Delay(5, limit.Token);
        }
    }
}
