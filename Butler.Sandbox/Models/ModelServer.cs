using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Butler.Sandbox.Gmail;

namespace Butler.Sandbox.Models;

/// <summary>One way for every call: counted, struck by a fault, checked, answered.</summary>
internal sealed class ModelServer(ModelsOptions options, ModelFaults faults, ModelStats stats, ScriptedAnswers scripted, TimeProvider clock)
{
    /// <summary>As the vendors write it: letters of other alphabets are not escaped.</summary>
    public static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly System.Collections.Concurrent.ConcurrentDictionary<string, RateWindow> _limits = new(StringComparer.Ordinal);
    private long _ids;

    public async Task Run(HttpContext http, ModelVendor vendor, string endpoint, string operation)
    {
        var body = "";
        var isCounted = false;
        var requestId = (vendor == ModelVendor.OpenAI ? "req_" : "req_0") + Pieces.Id(Interlocked.Increment(ref _ids));
        stats.Enter(endpoint);
        try
        {
            body = await Body(http);
            Head(http, vendor, requestId);
            var fault = faults.Take(endpoint, operation, body);
            if (fault is not null)
            {
                stats.Fault(endpoint, fault.Kind);
            }

            switch (fault?.Kind)
            {
                case ModelFaultKind.Dead:
                    Count(0);
                    http.Abort();
                    return;
                case ModelFaultKind.Hang:
                    await GmailEndpoints.UntilClientLeaves(http);
                    Count(0);
                    return;
                case ModelFaultKind.Slow:
                    await Task.Delay(TimeSpan.FromSeconds(fault.Seconds), clock, http.RequestAborted);
                    break;
            }

            if (fault is not null && FaultErrors.Of(fault, vendor) is { } error)
            {
                if (fault.Kind == ModelFaultKind.RateLimitedByHeaders)
                {
                    Write(new(options.RequestsPerMinute, 0, TimeSpan.FromSeconds(fault.Seconds), options.TokensPerMinute, options.TokensPerMinute, TimeSpan.Zero, default), vendor, http.Response.Headers);
                }

                throw error;
            }

            var call = new ModelExchange(http, vendor, endpoint, requestId, fault, clock, () => Count(0));
            CheckKey(http, vendor, call.IsOwn);
            await Answer(call, operation, body);
        }
        catch (ModelError error) when (!http.Response.HasStarted)
        {
            await Fail(http, vendor, error, requestId);
        }
        catch (OperationCanceledException)
        {
            Count(0);
        }
        finally
        {
            Count(http.Response.StatusCode);
        }

        // Before the client can see the end of the answer, so that whoever has it finds the call counted: no answer has a Content-Length,
        // and its last chunk goes out after this method.
        void Count(int status)
        {
            if (!isCounted)
            {
                isCounted = true;
                stats.Leave(new(endpoint, operation, status, body, Seen(http)));
            }
        }
    }

    private async Task Answer(ModelExchange call, string operation, string body)
    {
        if (operation == Operations.Models)
        {
            Take(call, 0);
            await call.Send(call.Vendor == ModelVendor.OpenAI ? OpenAIWriter.Models(call.IsOwn, call.Created) : AnthropicWriter.Models());
            return;
        }

        using var document = Parse(body, call.Vendor);
        var root = document.RootElement;
        if (operation == Operations.Embeddings)
        {
            var (answer, tokens, inputs) = Embeddings.Answer(root, call.IsOwn);
            Take(call, tokens);
            if (call.Fault?.Kind == ModelFaultKind.EmptyChoices)
            {
                answer["data"] = new JsonArray();
            }
            else if (call.Fault?.Kind == ModelFaultKind.MissingUsage)
            {
                answer.Remove("usage");
            }

            stats.Answered(call.Endpoint, tokens, 0, inputs);
            await call.Send(answer);
            return;
        }

        var request = call.Vendor == ModelVendor.OpenAI ? OpenAIRequest.Read(root, call.IsOwn, options) : AnthropicRequest.Read(root, options, call.Http.Request.Headers["anthropic-version"].ToString());
        Take(call, request.InputTokens);
        var said = Say(call, request);
        stats.Answered(call.Endpoint, request.InputTokens, said.OutputTokens, 0);
        var id = Pieces.Id(Interlocked.Increment(ref _ids));
        if (request.Stream)
        {
            await call.Stream(call.Vendor == ModelVendor.OpenAI
                ? OpenAIWriter.Chunks(request, said, id, call.Created).Select(c => ((string?)null, c))
                : AnthropicWriter.Events(request, said, id).Select(e => ((string?)e.Name, e.Data)));
        }
        else
        {
            await call.Send(call.Vendor == ModelVendor.OpenAI ? OpenAIWriter.Answer(request, said, id, call.Created) : AnthropicWriter.Answer(request, said, id));
        }
    }

    private ModelAnswer Say(ModelExchange call, ModelRequest request)
    {
        var text = scripted.Take(call.Endpoint, request) ?? RuleModel.Answer(request);
        var tokens = TokenCount.Of(text);
        var answer = request.MaxTokens is { } most && tokens > most ? new ModelAnswer(TokenCount.Cut(text, most), EndReason.Length, most) : new ModelAnswer(text, EndReason.Stop, tokens);
        return FaultAnswers.Apply(call.Fault?.Kind, request, answer);
    }

    private void Take(ModelExchange call, int tokens)
    {
        var enough = _limits.GetOrAdd(call.Endpoint, _ => new RateWindow(options, clock)).TryTake(tokens, out var state);
        Write(state, call.Vendor, call.Http.Response.Headers);
        if (!enough)
        {
            throw FaultErrors.RateLimit(call.Vendor, Math.Max(1, state.Wait.TotalSeconds));
        }
    }

    private void Write(RateState state, ModelVendor vendor, IHeaderDictionary headers)
    {
        if (vendor == ModelVendor.OpenAI)
        {
            state.WriteOpenAI(headers);
        }
        else
        {
            state.WriteAnthropic(headers, clock.GetUtcNow());
        }
    }

    private void CheckKey(HttpContext http, ModelVendor vendor, bool own)
    {
        var header = http.Request.Headers.Authorization.ToString();
        var bearer = header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? header[7..].Trim() : "";
        if (vendor == ModelVendor.Anthropic)
        {
            var key = http.Request.Headers["x-api-key"].ToString() is { Length: > 0 } given ? given : bearer;
            if (key.Length == 0)
            {
                throw new ModelError(401, "authentication_error", "x-api-key header is required");
            }

            if (options.Key is { } wanted && wanted != key)
            {
                throw new ModelError(401, "authentication_error", "invalid x-api-key");
            }

            switch (http.Request.Headers["anthropic-version"].ToString())
            {
                case "":
                    throw ModelError.Bad("anthropic-version: header is required");
                case not (AnthropicRequest.Version2023 or AnthropicRequest.Version2026):
                    throw ModelError.Bad("anthropic-version: is not a valid version");
            }
        }
        else if (own && bearer.Length == 0)
        {
            throw new ModelError(401, "invalid_request_error", "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).");
        }
        else if (own && options.Key is { } wanted && wanted != bearer)
        {
            throw FaultErrors.InvalidKey;
        }
    }

    private void Head(HttpContext http, ModelVendor vendor, string requestId)
    {
        var headers = http.Response.Headers;
        headers["x-butler-sandbox"] = "models";
        if (vendor == ModelVendor.OpenAI)
        {
            headers["x-request-id"] = requestId;
            headers["openai-version"] = "2020-10-01";
            headers["openai-organization"] = "org-sandbox";
            headers["openai-processing-ms"] = "1";
        }
        else
        {
            headers["request-id"] = requestId;
            headers["anthropic-organization-id"] = "00000000-0000-4000-8000-000000000000";
        }

        http.Response.ContentType = "application/json";
    }

    private static async Task Fail(HttpContext http, ModelVendor vendor, ModelError error, string requestId)
    {
        http.Response.StatusCode = error.Status;
        if (error.RetryAfter is { } seconds)
        {
            http.Response.Headers.RetryAfter = Math.Max(1, Math.Ceiling(seconds)).ToString(CultureInfo.InvariantCulture);
        }

        await http.Response.WriteAsync((vendor == ModelVendor.OpenAI ? OpenAIWriter.Error(error) : AnthropicWriter.Error(error, requestId)).ToJsonString(Json), http.RequestAborted);
    }

    private static JsonDocument Parse(string body, ModelVendor vendor)
    {
        try
        {
            var document = JsonDocument.Parse(body);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
            {
                return document;
            }

            document.Dispose();
        }
        catch (JsonException)
        {
            // Answered below, as a body that is no object.
        }

        throw ModelError.Bad(vendor == ModelVendor.OpenAI
            ? "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON.)"
            : "The request body is not valid JSON");
    }

    private static async Task<string> Body(HttpContext http)
    {
        if (HttpMethods.IsGet(http.Request.Method))
        {
            return "";
        }

        using var reader = new StreamReader(http.Request.Body, Encoding.UTF8);
        var all = new StringBuilder();
        var buffer = ArrayPool<char>.Shared.Rent(16 * 1024);
        try
        {
            int read;
            while ((read = await reader.ReadAsync(buffer, http.RequestAborted)) > 0)
            {
                all.Append(buffer, 0, read);
                if (all.Length > ModelLimits.AnthropicBytes)
                {
                    throw new ModelError(413, "request_too_large", "Request exceeds the maximum size");
                }
            }
        }
        finally
        {
            ArrayPool<char>.Shared.Return(buffer);
        }

        return all.ToString();
    }

    private static Dictionary<string, string> Seen(HttpContext http) => http.Request.Headers
        .Where(h => !h.Key.Equals("Authorization", StringComparison.OrdinalIgnoreCase) && !h.Key.Equals("x-api-key", StringComparison.OrdinalIgnoreCase))
        .ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase);
}
