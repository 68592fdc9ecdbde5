using Butler.Shims.Tests.Grpc.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Butler.Shims.Tests.Grpc;

/// <summary>Our client on our server.</summary>
public sealed class ClientToServerTests(EchoServer server) : ClientTests(server.Address), IClassFixture<EchoServer>
{
    [Fact]
    public Task Unary_HeadersAndTrailers_RoundTrip() => Unary_HeadersAndTrailers_RoundTripCore();

    [Fact]
    public Task Unary_EveryCode_Throws() => Unary_EveryCode_ThrowsCore();

    [Fact]
    public void Unary_Blocking_Answers() => Unary_Blocking_AnswersCore();

    [Fact]
    public Task ServerStream_Messages_ArriveInOrder() => ServerStream_Messages_ArriveInOrderCore();

    [Fact]
    public Task ServerStream_FailsInTheMiddle_ThrowsAfterMessages() => ServerStream_FailsInTheMiddle_ThrowsAfterMessagesCore();

    [Fact]
    public Task ServerStream_Cancelled_ThrowsCancelled() => ServerStream_Cancelled_ThrowsCancelledCore();

    [Fact]
    public Task Unary_DeadlinePasses_ThrowsDeadlineExceeded() => Unary_DeadlinePasses_ThrowsDeadlineExceededCore();

    [Fact]
    public Task Unary_DeadlineInThePast_ThrowsWithoutSending() => Unary_DeadlineInThePast_ThrowsWithoutSendingCore();

    [Fact]
    public Task ClientStream_Messages_AnsweredOnce() => ClientStream_Messages_AnsweredOnceCore();

    [Fact]
    public Task Duplex_PingPong_EachAnsweredBeforeTheNext() => Duplex_PingPong_EachAnsweredBeforeTheNextCore();

    [Fact]
    public Task Unary_ReplyAboveLimit_ThrowsResourceExhausted() => Unary_ReplyAboveLimit_ThrowsResourceExhaustedCore();

    [Fact]
    public Task Unary_RequestAboveSendLimit_ThrowsResourceExhausted() => Unary_RequestAboveSendLimit_ThrowsResourceExhaustedCore();

    [Fact]
    public Task Dispose_InTheMiddle_EndsTheCall() => Dispose_InTheMiddle_EndsTheCallCore();

    [Fact]
    public async Task ServerStream_Cancelled_ReachesTheHandler()
    {
        using (var call = Client.ServerStream(new() { Text = "told", Count = -1 }))
        {
            Assert.True(await call.ResponseStream.MoveNext());
        }

        await server.Log.Cancelled("told").Task.WaitAsync(Peers.Patience);
    }

    [Fact]
    public async Task Unary_RequestAboveServersLimit_ThrowsResourceExhausted()
    {
        var request = new EchoRequest { Payload = ByteString.CopyFrom(new byte[64 * 1024]) };
        var error = await Assert.ThrowsAsync<RpcException>(async () => await Client.UnaryAsync(request));
        Assert.Equal((StatusCode.ResourceExhausted, "Received message exceeds the maximum configured message size."), (error.StatusCode, error.Status.Detail));
    }

    [Fact]
    public async Task Unary_ReplyAboveServersLimit_ThrowsResourceExhausted()
    {
        var error = await Assert.ThrowsAsync<RpcException>(async () => await Client.UnaryAsync(new() { ReplyBytes = 8 * 1024 * 1024 }));
        Assert.Equal((StatusCode.ResourceExhausted, "Sending message exceeds the maximum configured message size."), (error.StatusCode, error.Status.Detail));
    }

    [Fact]
    public async Task Unary_HandlerCrashes_ThrowsUnknownWithoutItsText()
    {
        var error = await Assert.ThrowsAsync<RpcException>(async () => await Client.UnaryAsync(new() { Crash = true }));
        Assert.Equal((StatusCode.Unknown, "Exception was thrown by handler."), (error.StatusCode, error.Status.Detail));
    }
}
