using Butler.Shims.Tests.Grpc.V1;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;

namespace Butler.Shims.Tests.Grpc;

/// <summary>Our client; the same tests against our server and against Node's grpc-js (below).</summary>
public abstract class ClientTests(Uri address) : IDisposable
{
    private readonly GrpcChannel channel = GrpcChannel.ForAddress(address);

    private protected Echo.EchoClient Client => new(channel);

    public void Dispose() => channel.Dispose();

    protected async Task Unary_HeadersAndTrailers_RoundTripCore()
    {
        Metadata headers = [new("x-header", "v 1"), new("x-in-bin", [1, 2, 254])];
        using var call = Client.UnaryAsync(new() { Text = "héllo", ReplyBytes = 300_000 }, headers);
        Assert.Equal("v 1", (await call.ResponseHeadersAsync).GetValue("x-header"));
        var reply = await call;
        Assert.Equal("héllo", reply.Text);
        Assert.Equal(300_000, reply.Payload.Length);
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
        Assert.Equal("last", call.GetTrailers().GetValue("x-trailer"));
        Assert.Equal([0, 255, 10], call.GetTrailers().GetValueBytes("x-trailer-bin")!);
        Assert.Equal([1, 2, 254], call.GetTrailers().GetValueBytes("x-in-bin")!);
    }

    protected async Task Unary_EveryCode_ThrowsCore()
    {
        for (var code = 1; code <= 16; code++)
        {
            var error = await Assert.ThrowsAsync<RpcException>(async () =>
                await Client.UnaryAsync(new() { FailCode = code, FailMessage = "100% für 日本\n" }));
            Assert.Equal((StatusCode)code, error.StatusCode);
            Assert.Equal("100% für 日本\n", error.Status.Detail);
            Assert.Equal("last", error.Trailers.GetValue("x-trailer"));
        }
    }

    protected void Unary_Blocking_AnswersCore() => Assert.Equal("b", Client.Unary(new() { Text = "b" }).Text);

    protected async Task ServerStream_Messages_ArriveInOrderCore()
    {
        using var call = Client.ServerStream(new() { Text = "s", Count = 500, ReplyBytes = 1000 });
        var index = 0;
        await foreach (var reply in call.ResponseStream.ReadAllAsync())
        {
            Assert.Equal(index++, reply.Index);
        }

        Assert.Equal(500, index);
        Assert.False(await call.ResponseStream.MoveNext());
        Assert.Equal("last", call.GetTrailers().GetValue("x-trailer"));
    }

    protected async Task ServerStream_FailsInTheMiddle_ThrowsAfterMessagesCore()
    {
        using var call = Client.ServerStream(new() { Count = 3, FailCode = (int)StatusCode.DataLoss, FailMessage = "lost" });
        for (var index = 0; index < 3; index++)
        {
            Assert.True(await call.ResponseStream.MoveNext());
        }

        var error = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext());
        Assert.Equal((StatusCode.DataLoss, "lost"), (error.StatusCode, error.Status.Detail));
        Assert.Equal(StatusCode.DataLoss, call.GetStatus().StatusCode);
    }

    protected async Task ServerStream_Cancelled_ThrowsCancelledCore()
    {
        using var cancel = new CancellationTokenSource();
        using var call = Client.ServerStream(new() { Text = "endless", Count = -1 }, cancellationToken: cancel.Token);
        Assert.True(await call.ResponseStream.MoveNext());
        await cancel.CancelAsync();
        var error = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            while (await call.ResponseStream.MoveNext())
            {
            }
        });
        Assert.Equal(StatusCode.Cancelled, error.StatusCode);
    }

    protected async Task Unary_DeadlinePasses_ThrowsDeadlineExceededCore()
    {
        var deadline = TimeProvider.System.GetUtcNow().UtcDateTime.AddMilliseconds(150);
        var error = await Assert.ThrowsAsync<RpcException>(async () => await Client.UnaryAsync(new() { Text = "late", Wait = true }, deadline: deadline));
        Assert.Equal(StatusCode.DeadlineExceeded, error.StatusCode);
    }

    protected async Task Unary_DeadlineInThePast_ThrowsWithoutSendingCore()
    {
        var deadline = TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(-1);
        var error = await Assert.ThrowsAsync<RpcException>(async () => await Client.UnaryAsync(new(), deadline: deadline));
        Assert.Equal(StatusCode.DeadlineExceeded, error.StatusCode);
    }

    protected async Task ClientStream_Messages_AnsweredOnceCore()
    {
        using var call = Client.ClientStream();
        foreach (var text in new[] { "a", "b", "c" })
        {
            await call.RequestStream.WriteAsync(new() { Text = text });
        }

        await call.RequestStream.CompleteAsync();
        var reply = await call;
        Assert.Equal(("a,b,c", 3), (reply.Text, reply.Index));
    }

    protected async Task Duplex_PingPong_EachAnsweredBeforeTheNextCore()
    {
        using var call = Client.Duplex();
        for (var index = 0; index < 20; index++)
        {
            await call.RequestStream.WriteAsync(new() { Text = "t" + index });
            Assert.True(await call.ResponseStream.MoveNext());
            Assert.Equal(("t" + index, index), (call.ResponseStream.Current.Text, call.ResponseStream.Current.Index));
        }

        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext());
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    protected async Task Unary_ReplyAboveLimit_ThrowsResourceExhaustedCore()
    {
        using var small = GrpcChannel.ForAddress(address, new GrpcChannelOptions { MaxReceiveMessageSize = 1000 });
        var error = await Assert.ThrowsAsync<RpcException>(async () => await new Echo.EchoClient(small).UnaryAsync(new() { ReplyBytes = 1001 }));
        Assert.Equal(StatusCode.ResourceExhausted, error.StatusCode);
    }

    protected async Task Unary_RequestAboveSendLimit_ThrowsResourceExhaustedCore()
    {
        using var small = GrpcChannel.ForAddress(address, new GrpcChannelOptions { MaxSendMessageSize = 1000 });
        var request = new EchoRequest { Payload = ByteString.CopyFrom(new byte[1001]) };
        var error = await Assert.ThrowsAsync<RpcException>(async () => await new Echo.EchoClient(small).UnaryAsync(request));
        Assert.Equal((StatusCode.ResourceExhausted, "Sending message exceeds the maximum configured message size."), (error.StatusCode, error.Status.Detail));
    }

    protected async Task Dispose_InTheMiddle_EndsTheCallCore()
    {
        var call = Client.ServerStream(new() { Text = "dropped", Count = -1 });
        Assert.True(await call.ResponseStream.MoveNext());
        call.Dispose();
        Assert.Equal(StatusCode.Cancelled, call.GetStatus().StatusCode);
        await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext());
    }
}
