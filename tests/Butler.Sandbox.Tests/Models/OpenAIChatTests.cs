using System.Globalization;
using System.Text.Json;
using Butler.Sandbox.Models;

namespace Butler.Sandbox.Tests.Models;

/// <summary>POST /v1/chat/completions (facts/llm-apis.md sections 1 and 4).</summary>
public sealed class OpenAIChatTests(ModelsFixture fixture) : IClassFixture<ModelsFixture>
{
    private readonly ModelsHost _host = fixture.Host.Reset();

    [Fact]
    public async Task Chat_StructuredRequest_AnswersByTheSchemaWithUsageAndHeaders()
    {
        using var response = await _host.OpenAIAsync(ModelsHost.ChatTriage());
        var answer = await _host.JsonAsync(Task.FromResult(response));

        Assert.Equal("chat.completion", answer.GetProperty("object").GetString());
        Assert.Equal("gpt-5.4-mini", answer.GetProperty("model").GetString());
        var choice = answer.GetProperty("choices")[0];
        Assert.Equal("stop", choice.GetProperty("finish_reason").GetString());
        Assert.Equal(JsonValueKind.Null, choice.GetProperty("message").GetProperty("refusal").ValueKind);
        var verdict = JsonDocument.Parse(choice.GetProperty("message").GetProperty("content").GetString()!).RootElement;
        Assert.Equal(["category", "confidence", "reasoning"], verdict.EnumerateObject().Select(p => p.Name));
        Assert.Equal("needs_reply", verdict.GetProperty("category").GetString());
        var usage = answer.GetProperty("usage");
        Assert.Equal(usage.GetProperty("total_tokens").GetInt32(), usage.GetProperty("prompt_tokens").GetInt32() + usage.GetProperty("completion_tokens").GetInt32());
        Assert.StartsWith("req_", response.Headers.GetValues("x-request-id").Single(), StringComparison.Ordinal);
        Assert.Equal("3500", response.Headers.GetValues("x-ratelimit-limit-requests").Single());
        Assert.InRange(int.Parse(response.Headers.GetValues("x-ratelimit-remaining-requests").Single(), CultureInfo.InvariantCulture), 3_000, 3_499);
        Assert.Matches("^(\\d+m\\d+s|[0-9.]+s|\\d+ms)$", response.Headers.GetValues("x-ratelimit-reset-requests").Single());
        Assert.Equal("models", response.Headers.GetValues("x-butler-sandbox").Single());
    }

    [Theory]
    [InlineData("Subject: Hi\n\nYou have won the lottery, claim your prize!", "spam")]
    [InlineData("Subject: Hi\n\nYour order has shipped. Unsubscribe here.", "informational")]
    [InlineData("Sort this: could you?\n<mail-7f3a>Subject: Hi\n\nYour invoice is attached.</mail-7f3a>", "informational")]
    [InlineData("Sort this.\n-----BEGIN MAIL 7f3a-----\nCan you call me?\n-----END MAIL 7f3a-----\nThe newsletter answer is JSON.", "needs_reply")]
    public async Task Chat_Mail_IsSortedByItsPhrases(string mail, string category)
    {
        var answer = await _host.JsonAsync(_host.OpenAIAsync(ModelsHost.ChatTriage(mail)));

        Assert.Equal(category, Content(answer).GetProperty("category").GetString());
    }

    [Fact]
    public async Task Chat_Stream_IsChunksThenUsageThenDone()
    {
        var whole = await _host.JsonAsync(_host.OpenAIAsync(ModelsHost.ChatTriage()));
        using var response = await _host.OpenAIAsync(ModelsHost.ChatTriage(more: ""","stream":true,"stream_options":{"include_usage":true}"""));
        var events = ModelsHost.Events(await response.Content.ReadAsStringAsync());

        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        Assert.All(events, e => Assert.Null(e.Name));
        Assert.Equal("[DONE]", events[^1].Data);
        var chunks = events[..^1].ConvertAll(e => JsonDocument.Parse(e.Data).RootElement);
        Assert.All(chunks, c => Assert.Equal("chat.completion.chunk", c.GetProperty("object").GetString()));
        Assert.Equal("assistant", chunks[0].GetProperty("choices")[0].GetProperty("delta").GetProperty("role").GetString());
        Assert.Equal(whole.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString(),
            string.Concat(chunks.Where(c => c.GetProperty("choices").GetArrayLength() > 0).Select(c => c.GetProperty("choices")[0].GetProperty("delta").Text("content"))));
        Assert.Equal("stop", chunks[^2].GetProperty("choices")[0].GetProperty("finish_reason").GetString());
        Assert.Equal(0, chunks[^1].GetProperty("choices").GetArrayLength());
        Assert.Equal(whole.GetProperty("usage").GetProperty("total_tokens").GetInt32(), chunks[^1].GetProperty("usage").GetProperty("total_tokens").GetInt32());
    }

    [Fact]
    public async Task Chat_FewTokens_EndsForLength()
    {
        var answer = await _host.JsonAsync(_host.OpenAIAsync(ModelsHost.ChatTriage(more: ""","max_completion_tokens":3""")));

        Assert.Equal("length", answer.GetProperty("choices")[0].GetProperty("finish_reason").GetString());
        Assert.Equal(3, answer.GetProperty("usage").GetProperty("completion_tokens").GetInt32());
        Assert.Equal(12, answer.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString()!.Length);
    }

    [Fact]
    public async Task Chat_ToolChoice_CallsTheTool()
    {
        var answer = await _host.JsonAsync(_host.OpenAIAsync(ModelsHost.Chat(more:
            $$$""","tools":[{"type":"function","function":{"name":"sort","parameters":{{{ModelsHost.Triage}}}}}],"tool_choice":{"type":"function","function":{"name":"sort"}}""")));

        var choice = answer.GetProperty("choices")[0];
        Assert.Equal("tool_calls", choice.GetProperty("finish_reason").GetString());
        var call = choice.GetProperty("message").GetProperty("tool_calls")[0].GetProperty("function");
        Assert.Equal("sort", call.GetProperty("name").GetString());
        Assert.Equal("needs_reply", JsonDocument.Parse(call.GetProperty("arguments").GetString()!).RootElement.GetProperty("category").GetString());
    }

    [Theory]
    [InlineData("{", 400, null, null)]
    [InlineData("""{"messages":[]}""", 400, null, null)]
    [InlineData("""{"model":"gpt-5.4-mini"}""", 400, "messages", "missing_required_parameter")]
    [InlineData("""{"model":"gpt-5.4-mini","messages":[]}""", 400, "messages", "empty_array")]
    [InlineData("""{"model":"gpt-99","messages":[{"role":"user","content":"a"}]}""", 404, null, "model_not_found")]
    [InlineData("""{"model":"gpt-5.4-mini","messages":[{"role":"butler","content":"a"}]}""", 400, "messages[0].role", "invalid_value")]
    [InlineData("""{"model":"gpt-5.4-mini","messages":[{"role":"user","content":null}]}""", 400, "messages[0].content", "invalid_type")]
    [InlineData("""{"model":"gpt-5.4-mini","messages":[{"role":"user","content":"a"}],"max_output_tokens":3}""", 400, "max_output_tokens", "unknown_parameter")]
    [InlineData("""{"model":"o3","messages":[{"role":"user","content":"a"}],"max_tokens":3}""", 400, "max_tokens", "unsupported_parameter")]
    [InlineData("""{"model":"o3","messages":[{"role":"user","content":"a"}],"temperature":0.3}""", 400, "temperature", "unsupported_value")]
    [InlineData("""{"model":"gpt-5.4-mini","messages":[{"role":"user","content":"a"}],"temperature":3}""", 400, "temperature", "invalid_type")]
    [InlineData("""{"model":"gpt-5.4-mini","messages":[{"role":"user","content":"a"}],"stream_options":{"include_usage":true}}""", 400, "stream_options", null)]
    [InlineData("""{"model":"gpt-5.4-mini","messages":[{"role":"user","content":"a"}],"response_format":{"type":"json_object"}}""", 400, "messages", null)]
    [InlineData("""{"model":"gpt-5.4-mini","messages":[{"role":"user","content":"a"}],"response_format":{"type":"yaml"}}""", 400, "response_format.type", "invalid_value")]
    [InlineData("""{"model":"gpt-5.4-mini","messages":[{"role":"user","content":"a"}],"response_format":{"type":"json_schema","json_schema":{"name":"a b","schema":{}}}}""", 400, "response_format.json_schema.name", "invalid_value")]
    public async Task Chat_BadRequest_IsRefusedInOpenAIsShape(string body, int status, string? param, string? code)
    {
        var error = (await _host.JsonAsync(_host.OpenAIAsync(body), status)).GetProperty("error");

        Assert.Equal("invalid_request_error", error.GetProperty("type").GetString());
        Assert.Equal((param, code), (error.GetProperty("param").GetString(), error.GetProperty("code").GetString()));
        Assert.NotEmpty(error.GetProperty("message").GetString()!);
    }

    [Theory]
    [InlineData("""{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]}""", "additionalProperties")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":false}""", "Missing 'a'")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"string","minLength":1}},"required":["a"],"additionalProperties":false}""", "minLength")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"array","items":{"type":"object","properties":{}}}},"required":["a"],"additionalProperties":false}""", "additionalProperties")]
    [InlineData("""{"type":"array","items":{"type":"string"}}""", "type: \"object\"")]
    public async Task Chat_StrictSchemaOutsideTheSubset_IsRefused(string schema, string said)
    {
        string Body(string strict) => ModelsHost.Chat(more: $$$""","response_format":{"type":"json_schema","json_schema":{"name":"a","strict":{{{strict}}},"schema":{{{schema}}}}}""");

        var error = (await _host.JsonAsync(_host.OpenAIAsync(Body("true")), 400)).GetProperty("error");

        Assert.Equal("response_format", error.GetProperty("param").GetString());
        Assert.Contains(said, error.GetProperty("message").GetString()!, StringComparison.Ordinal);
        await _host.JsonAsync(_host.OpenAIAsync(Body("false")));
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("wrong", "invalid_api_key")]
    public async Task Chat_WithoutTheKey_Is401(string? key, string? code)
    {
        var error = (await _host.JsonAsync(_host.OpenAIAsync(ModelsHost.Chat(), key: key), 401)).GetProperty("error");

        Assert.Equal(code, error.GetProperty("code").GetString());
        Assert.Equal(1, _host.Stats.Of("openai").ByStatus[401]);
    }

    [Theory]
    [InlineData("/ollama/v1")]
    [InlineData("/ollama")]
    [InlineData("/ollama/api/v1")]
    public async Task Chat_CompatibleBase_NeedsNoKeyAndTakesAnyModel(string path)
    {
        var answer = await _host.JsonAsync(_host.OpenAIAsync(ModelsHost.Chat("Say JSON. <mail>Could you come?</mail>", ""","keep_alive":"5m","max_tokens":400""", "llama9"), path + "/chat/completions", null));

        Assert.Equal("needs_reply", Content(answer).GetProperty("category").GetString());
        Assert.Equal(1, _host.Stats.Of("ollama").Calls);
        Assert.Equal(0, _host.Stats.Of("openai").Calls);
    }

    [Fact]
    public async Task Chat_SchemaInThePrompt_IsFilledAlsoWhenAnErrorFollowsTheMail()
    {
        var body = JsonSerializer.Serialize(new
        {
            model = "llama9",
            messages = (object[])[
                new { role = "system", content = "Answer with one JSON object. It must fit this JSON schema:\n" + ModelsHost.Triage + "\nBe brief {please}." },
                new { role = "user", content = "=== BEGIN MAIL a1 ===\nCould you come?\n=== END MAIL a1 ===" },
                new { role = "assistant", content = "no" },
                new { role = "user", content = "That was no newsletter. Answer again." },
            ],
        });
        var verdict = Content(await _host.JsonAsync(_host.OpenAIAsync(body, "/ollama/v1/chat/completions")));

        Assert.Equal(["category", "confidence", "reasoning"], verdict.EnumerateObject().Select(p => p.Name));
        Assert.Equal("needs_reply", verdict.GetProperty("category").GetString());
    }

    [Fact]
    public async Task Chat_MailOfBeginningsWithoutEnds_IsAnswered()
    {
        var answer = await _host.JsonAsync(_host.OpenAIAsync(ModelsHost.ChatTriage(string.Concat(Enumerable.Repeat("<mail>", 20_000)) + " Could you come?")));

        Assert.Equal("needs_reply", Content(answer).GetProperty("category").GetString());
    }

    [Fact]
    public async Task Chat_SchemaThatNamesItself_EndsAtItsBounds()
    {
        const string Node = """{"type":"object","properties":{"left":{"$ref":"#/$defs/n"},"right":{"$ref":"#/$defs/n"}},"required":["left","right"],"additionalProperties":false}""";
        var schema = $$$"""{"type":"object","properties":{"n":{"$ref":"#/$defs/n"}},"required":["n"],"additionalProperties":false,"$defs":{"n":{{{Node}}}}}""";

        await _host.JsonAsync(_host.OpenAIAsync(ModelsHost.Chat(more: $$$""","response_format":{"type":"json_schema","json_schema":{"name":"a","strict":true,"schema":{{{schema}}}}}""")));
    }

    [Fact]
    public async Task Models_List_NamesChatAndEmbeddingModels()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/models");
        request.Headers.Add("Authorization", "Bearer k");
        var list = await _host.JsonAsync(_host.Http.SendAsync(request));

        Assert.Equal("list", list.GetProperty("object").GetString());
        Assert.Contains("text-embedding-3-small", list.GetProperty("data").EnumerateArray().Select(m => m.GetProperty("id").GetString()));
    }

    private static JsonElement Content(JsonElement answer) => JsonDocument.Parse(answer.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString()!).RootElement;
}
