using System.Text.Json;
using System.Text.Json.Nodes;
using Butler.Testing;

namespace Butler.Shims.Tests.Grpc;

/// <summary>An independent client (grpc-js) on our server.</summary>
public sealed class NodeClientTests(EchoServer server) : IClassFixture<EchoServer>
{
    [NodeFact]
    public async Task Unary_HeadersAndTrailers_RoundTrip()
    {
        var seen = await CallAsync("Unary", new
        {
            request = new { text = "héllo", reply_bytes = 300_000 },
            metadata = new Dictionary<string, string> { ["x-header"] = "v 1" },
            binary = new Dictionary<string, string> { ["x-in-bin"] = "AQL+" },
        });
        Assert.Equal(0, (int)seen["code"]!);
        Assert.Equal("héllo", (string?)seen["messages"]![0]!["text"]);
        Assert.Equal(300_000, (int)seen["messages"]![0]!["payload"]!);
        Assert.Equal("v 1", (string?)seen["headers"]!["x-header"]);
        Assert.Equal("last", (string?)seen["trailers"]!["x-trailer"]);
        Assert.Equal("AP8K", (string?)seen["trailers"]!["x-trailer-bin"]);
        Assert.Equal("AQL+", (string?)seen["trailers"]!["x-in-bin"]);
    }

    [NodeTheory]
    [InlineData(3, "bad id")]
    [InlineData(5, "100% für 日本\n")]
    [InlineData(16, "")]
    public async Task Unary_Fails_StatusArrives(int code, string message)
    {
        var seen = await CallAsync("Unary", new { request = new { fail_code = code, fail_message = message } });
        Assert.Equal((code, message), ((int)seen["code"]!, (string?)seen["details"]));
        Assert.Equal("last", (string?)seen["trailers"]!["x-trailer"]);
    }

    [NodeFact]
    public async Task ServerStream_FailsInTheMiddle_MessagesThenStatus()
    {
        var seen = await CallAsync("ServerStream", new { request = new { count = 200, fail_code = 10, fail_message = "aborted" } });
        Assert.Equal(200, seen["messages"]!.AsArray().Count);
        Assert.Equal(Enumerable.Range(0, 200), seen["messages"]!.AsArray().Select(m => (int)m!["index"]!));
        Assert.Equal((10, "aborted"), ((int)seen["code"]!, (string?)seen["details"]));
    }

    [NodeFact]
    public async Task ServerStream_Cancelled_ReachesTheHandler()
    {
        var seen = await CallAsync("ServerStream", new { request = new { text = "node", count = -1 }, cancelAfter = 3 });
        Assert.Equal(1, (int)seen["code"]!);
        await server.Log.Cancelled("node").Task.WaitAsync(Peers.Patience);
    }

    [NodeFact]
    public async Task Unary_DeadlinePasses_DeadlineExceededAndHandlerTold()
    {
        // On a busy machine a short deadline may pass before the server has read the call: the response headers say that it has.
        var (seen, deadline) = (default(JsonNode), 150);
        do
        {
            seen = await CallAsync("Unary", new
            {
                request = new { text = "node-late", wait = true },
                metadata = new Dictionary<string, string> { ["x-header"] = "here" },
                deadline = deadline *= 2,
            });
            Assert.Equal(4, (int)seen["code"]!);
        }
        while (seen["headers"] is null && deadline < 20_000);
        await server.Log.Cancelled("node-late").Task.WaitAsync(Peers.Patience);
    }

    [NodeFact]
    public async Task Unary_RequestAboveLimit_ResourceExhausted()
    {
        var seen = await CallAsync("Unary", new { request = new { text = new string('x', 70_000) } });
        Assert.Equal(8, (int)seen["code"]!);
    }

    [NodeFact]
    public async Task Unary_GzipRequest_IsRead()
    {
        var seen = await CallAsync("Unary", new { request = new { text = new string('x', 10_000) }, gzip = true });
        Assert.Equal(0, (int)seen["code"]!);
        Assert.Equal(new string('x', 10_000), (string?)seen["messages"]![0]!["text"]);
    }

    [NodeFact]
    public async Task Unary_GzipBomb_ResourceExhausted()
    {
        // 70,000 equal letters pack to under 200 bytes; what they unpack to counts.
        var seen = await CallAsync("Unary", new { request = new { text = new string('x', 70_000) }, gzip = true });
        Assert.Equal(8, (int)seen["code"]!);
    }

    [NodeFact]
    public async Task ClientStreamAndDuplex_Messages_Answered()
    {
        var requests = new[] { new { text = "a" }, new { text = "b" } };
        var client = await CallAsync("ClientStream", new { requests });
        Assert.Equal("a,b", (string?)client["messages"]![0]!["text"]);
        var duplex = await CallAsync("Duplex", new { requests });
        Assert.Equal(["a", "b"], duplex["messages"]!.AsArray().Select(m => (string?)m!["text"]));
        Assert.Equal(0, (int)duplex["code"]!);
    }

    private Task<JsonNode> CallAsync(string method, object spec) =>
        CallAsync(Peers.TestProto, server.Authority, "butler.shims.test.Echo", method, spec);

    internal static async Task<JsonNode> CallAsync(string proto, string authority, string service, string method, object spec)
    {
        var call = JsonSerializer.SerializeToNode(spec)!.AsObject();
        call["service"] = service;
        call["method"] = method;
        return JsonNode.Parse(await Peers.RunAsync("client.cjs", proto, authority, call.ToJsonString()))!;
    }
}
