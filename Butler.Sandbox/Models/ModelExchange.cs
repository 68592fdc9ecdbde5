using System.Text;
using System.Text.Json.Nodes;

namespace Butler.Sandbox.Models;

/// <summary>Sends one answer, as the call's fault wants it.</summary>
internal sealed class ModelExchange(HttpContext http, ModelVendor vendor, string endpoint, string requestId, ModelFault? fault, TimeProvider clock, Action beforeCut)
{
    public HttpContext Http { get; } = http;

    public ModelVendor Vendor { get; } = vendor;

    public string Endpoint { get; } = endpoint;

    public ModelFault? Fault { get; } = fault;

    public long Created { get; } = clock.GetUtcNow().ToUnixTimeSeconds();

    /// <summary>Whether a vendor itself answers (<c>/v1</c>, <c>/openai…/v1</c>, <c>/anthropic…/v1</c>), not a compatible server.</summary>
    public bool IsOwn => Endpoint.StartsWith(Operations.OpenAI, StringComparison.Ordinal) || Endpoint.StartsWith(Operations.Anthropic, StringComparison.Ordinal);

    public async Task Send(JsonObject answer)
    {
        var bytes = Encoding.UTF8.GetBytes(Fault?.Kind == ModelFaultKind.InvalidBody ? "<html><body>upstream connect error</body></html>" : answer.ToJsonString(ModelServer.Json));
        var half = bytes.Length / 2;
        switch (Fault?.Kind)
        {
            case ModelFaultKind.Cut or ModelFaultKind.NoDone:
                await Write(bytes.AsMemory(0, half));
                Cut();
                return;
            case ModelFaultKind.SlowChunks:
                await Write(bytes.AsMemory(0, half));
                await Wait();
                await Write(bytes.AsMemory(half));
                return;
            case ModelFaultKind.StreamError:
                throw FaultErrors.Of(Fault with { Kind = ModelFaultKind.Overloaded }, Vendor)!;
            default:
                await Write(bytes);
                return;
        }
    }

    /// <summary>Server-sent events; OpenAI's end with <c>[DONE]</c>, Anthropic's with message_stop.</summary>
    public async Task Stream(IEnumerable<(string? Name, JsonObject Data)> events)
    {
        Http.Response.ContentType = "text/event-stream; charset=utf-8";
        Http.Response.Headers.CacheControl = "no-cache";
        var all = events.ToList();
        var stop = Fault?.Kind is ModelFaultKind.Cut or ModelFaultKind.NoDone or ModelFaultKind.StreamError or ModelFaultKind.InvalidBody ? Math.Max(1, all.Count / 2) : all.Count;
        foreach (var (name, data) in all.Take(stop))
        {
            await Event(name, data.ToJsonString(ModelServer.Json));
            if (Fault?.Kind == ModelFaultKind.SlowChunks)
            {
                await Wait();
            }
        }

        switch (Fault?.Kind)
        {
            case ModelFaultKind.Cut:
                Cut();
                return;
            case ModelFaultKind.NoDone:
                return;
            case ModelFaultKind.InvalidBody:
                await Event(all[stop - 1].Name, "{\"id\":");
                return;
            case ModelFaultKind.StreamError:
                var error = FaultErrors.Of(Fault with { Kind = ModelFaultKind.Overloaded }, Vendor)!;
                await Event("error", (Vendor == ModelVendor.OpenAI ? OpenAIWriter.Error(error) : AnthropicWriter.Error(error, requestId)).ToJsonString(ModelServer.Json));
                return;
        }

        if (Vendor == ModelVendor.OpenAI)
        {
            await Event(null, "[DONE]");
        }
    }

    private Task Event(string? name, string data) => Write(Encoding.UTF8.GetBytes(name is null ? $"data: {data}\n\n" : $"event: {name}\ndata: {data}\n\n"));

    private Task Wait() => Task.Delay(TimeSpan.FromSeconds(Fault!.Seconds), clock, Http.RequestAborted);

    private async Task Write(ReadOnlyMemory<byte> bytes) => await Http.Response.BodyWriter.WriteAsync(bytes, Http.RequestAborted);

    private void Cut()
    {
        beforeCut();
        Http.Abort();
    }
}
