using System.Globalization;
using System.Text.Json;

namespace Butler.Sandbox.Tests.Models;

/// <summary>POST /v1/messages (facts/llm-apis.md sections 5 and 6).</summary>
public sealed class AnthropicMessagesTests(ModelsFixture fixture) : IClassFixture<ModelsFixture>
{
    private readonly ModelsHost _host = fixture.Host.Reset();

    [Fact]
    public async Task Messages_StructuredRequest_AnswersByTheSchemaWithUsageAndHeaders()
    {
        using var response = await _host.AnthropicAsync(ModelsHost.MessageTriage());
        var answer = await _host.JsonAsync(Task.FromResult(response));

        Assert.Equal(("message", "assistant", "end_turn"), (answer.GetProperty("type").GetString(), answer.GetProperty("role").GetString(), answer.GetProperty("stop_reason").GetString()));
        Assert.Equal("needs_reply", JsonDocument.Parse(answer.GetProperty("content")[0].GetProperty("text").GetString()!).RootElement.GetProperty("category").GetString());
        Assert.True(answer.GetProperty("usage").GetProperty("input_tokens").GetInt32() > 10);
        Assert.StartsWith("req_", response.Headers.GetValues("request-id").Single(), StringComparison.Ordinal);
        Assert.InRange(int.Parse(response.Headers.GetValues("anthropic-ratelimit-requests-remaining").Single(), CultureInfo.InvariantCulture), 3_000, 3_499);
        foreach (var what in (string[])["requests", "tokens", "input-tokens", "output-tokens"])
        {
            var reset = response.Headers.GetValues($"anthropic-ratelimit-{what}-reset").Single();
            Assert.True(DateTimeOffset.TryParseExact(reset, "yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out _), reset);
        }

        Assert.EndsWith("000", response.Headers.GetValues("anthropic-ratelimit-tokens-remaining").Single(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Messages_Stream_IsTheDocumentedOrderOfEvents()
    {
        var whole = await _host.JsonAsync(_host.AnthropicAsync(ModelsHost.MessageTriage()));
        using var response = await _host.AnthropicAsync(ModelsHost.MessageTriage(more: ""","stream":true"""));
        var events = ModelsHost.Events(await response.Content.ReadAsStringAsync());

        Assert.All(events, e => Assert.Equal(e.Name, JsonDocument.Parse(e.Data).RootElement.GetProperty("type").GetString()));
        Assert.Equal(["message_start", "content_block_start", "ping", "content_block_delta", "content_block_stop", "message_delta", "message_stop"], events.Select(e => e.Name).Distinct());
        Assert.Equal(whole.GetProperty("content")[0].GetProperty("text").GetString(),
            string.Concat(events.Where(e => e.Name == "content_block_delta").Select(e => JsonDocument.Parse(e.Data).RootElement.GetProperty("delta").GetProperty("text").GetString())));
        var end = JsonDocument.Parse(events[^2].Data).RootElement;
        Assert.Equal("end_turn", end.GetProperty("delta").GetProperty("stop_reason").GetString());
        Assert.Equal(whole.GetProperty("usage").GetProperty("output_tokens").GetInt32(), end.GetProperty("usage").GetProperty("output_tokens").GetInt32());
    }

    [Fact]
    public async Task Messages_ToolChoice_UsesTheTool()
    {
        var answer = await _host.JsonAsync(_host.AnthropicAsync(ModelsHost.Message(more:
            $$""","tools":[{"name":"sort","input_schema":{{ModelsHost.Triage}}}],"tool_choice":{"type":"tool","name":"sort"}""")));

        Assert.Equal("tool_use", answer.GetProperty("stop_reason").GetString());
        Assert.Equal("needs_reply", answer.GetProperty("content")[0].GetProperty("input").GetProperty("category").GetString());
    }

    [Fact]
    public async Task Messages_FewTokens_EndsForMaxTokens()
    {
        var answer = await _host.JsonAsync(_host.AnthropicAsync(ModelsHost.MessageTriage().Replace("\"max_tokens\":500", "\"max_tokens\":3", StringComparison.Ordinal)));

        Assert.Equal("max_tokens", answer.GetProperty("stop_reason").GetString());
        Assert.Equal(3, answer.GetProperty("usage").GetProperty("output_tokens").GetInt32());
    }

    [Theory]
    [InlineData("""{"model":"claude-haiku-4-5","messages":[{"role":"user","content":"a"}]}""", 400, "max_tokens: Field required")]
    [InlineData("""{"model":"claude-haiku-4-5","max_tokens":0,"messages":[{"role":"user","content":"a"}]}""", 400, "max_tokens")]
    [InlineData("""{"max_tokens":5,"messages":[{"role":"user","content":"a"}]}""", 400, "model: Field required")]
    [InlineData("""{"model":"claude-0","max_tokens":5,"messages":[{"role":"user","content":"a"}]}""", 404, "model: claude-0")]
    [InlineData("""{"model":"claude-haiku-4-5","max_tokens":5,"messages":[{"role":"system","content":"a"},{"role":"user","content":"a"}]}""", 400, "top-level `system`")]
    [InlineData("""{"model":"claude-haiku-4-5","max_tokens":5,"messages":[{"role":"developer","content":"a"}]}""", 400, "messages.0.role")]
    [InlineData("""{"model":"claude-haiku-4-5","max_tokens":5,"messages":[{"role":"user","content":""}]}""", 400, "non-empty")]
    [InlineData("""{"model":"claude-haiku-4-5","max_tokens":5,"temperature":1.5,"messages":[{"role":"user","content":"a"}]}""", 400, "temperature")]
    [InlineData("""{"model":"claude-haiku-4-5","max_tokens":5,"response_format":{},"messages":[{"role":"user","content":"a"}]}""", 400, "Extra inputs")]
    [InlineData("""{"model":"claude-haiku-4-5","max_tokens":5,"messages":[{"role":"user","content":"a"}],"output_config":{"format":{"type":"json_schema","schema":{"type":"object","properties":{},"required":[]}}}}""", 400, "additionalProperties")]
    [InlineData("""{"model":"claude-haiku-4-5","max_tokens":5,"messages":[{"role":"user","content":"a"}],"output_config":{"format":{"type":"json_schema","schema":{"type":"number","minimum":0}}}}""", 400, "minimum")]
    public async Task Messages_BadRequest_IsRefusedInAnthropicsShape(string body, int status, string said)
    {
        using var response = await _host.AnthropicAsync(body);
        var error = await _host.JsonAsync(Task.FromResult(response), status);

        Assert.Equal("error", error.GetProperty("type").GetString());
        Assert.Equal(status == 404 ? "not_found_error" : "invalid_request_error", error.GetProperty("error").GetProperty("type").GetString());
        Assert.Contains(said, error.GetProperty("error").GetProperty("message").GetString()!, StringComparison.Ordinal);
        Assert.Equal(response.Headers.GetValues("request-id").Single(), error.GetProperty("request_id").GetString());
    }

    [Theory]
    [InlineData(null, "2023-06-01", 401)]
    [InlineData("wrong", "2023-06-01", 401)]
    [InlineData("k", null, 400)]
    [InlineData("k", "1999-01-01", 400)]
    public async Task Messages_WithoutKeyOrVersion_IsRefused(string? key, string? version, int status)
    {
        var error = await _host.JsonAsync(_host.AnthropicAsync(ModelsHost.Message(), key: key, version: version), status);

        Assert.Equal(status == 401 ? "authentication_error" : "invalid_request_error", error.GetProperty("error").GetProperty("type").GetString());
    }

    [Theory]
    [InlineData("""{"model":"claude-haiku-4-5","max_tokens":50,"temperature":0.3,"messages":[{"role":"user","content":"a"}]}""", 200, 400)]
    [InlineData("""{"model":"claude-haiku-4-5","max_tokens":50,"messages":[{"role":"system","content":"a"},{"role":"user","content":"a"}]}""", 400, 200)]
    [InlineData("""{"model":"claude-haiku-4-5","max_tokens":0,"messages":[{"role":"user","content":"a"}]}""", 400, 200)]
    [InlineData("""{"model":"claude-haiku-4-5","max_tokens":50,"speed":"fast","messages":[{"role":"user","content":"a"}]}""", 400, 200)]
    public async Task Messages_Versions_TakeWhatTheyKnow(string body, int in2023, int in2026)
    {
        await _host.JsonAsync(_host.AnthropicAsync(body), in2023);
        var answer = await _host.JsonAsync(_host.AnthropicAsync(body, version: "2026-10-21"), in2026);

        Assert.Equal(in2026 == 200, answer.TryGetProperty("stop_details", out _));
    }

    [Fact]
    public async Task Models_WithAnthropicsHeader_AnswersInAnthropicsShape()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/models");
        request.Headers.Add("x-api-key", "k");
        request.Headers.Add("anthropic-version", "2023-06-01");
        var list = await _host.JsonAsync(_host.Http.SendAsync(request));

        Assert.False(list.GetProperty("has_more").GetBoolean());
        Assert.Contains("claude-haiku-4-5", list.GetProperty("data").EnumerateArray().Select(m => m.GetProperty("id").GetString()));
    }
}
