using Butler.Testing;

namespace Butler.Shims.Tests.Grpc;

/// <summary>Our client on an independent server.</summary>
public sealed class ClientToNodeTests(NodeEchoServer server) : ClientTests(server.Address), IClassFixture<NodeEchoServer>
{
    [NodeFact]
    public Task Unary_HeadersAndTrailers_RoundTrip() => Unary_HeadersAndTrailers_RoundTripCore();

    [NodeFact]
    public Task Unary_EveryCode_Throws() => Unary_EveryCode_ThrowsCore();

    [NodeFact]
    public void Unary_Blocking_Answers() => Unary_Blocking_AnswersCore();

    [NodeFact]
    public Task ServerStream_Messages_ArriveInOrder() => ServerStream_Messages_ArriveInOrderCore();

    [NodeFact]
    public Task ServerStream_FailsInTheMiddle_ThrowsAfterMessages() => ServerStream_FailsInTheMiddle_ThrowsAfterMessagesCore();

    [NodeFact]
    public Task ServerStream_Cancelled_ThrowsCancelled() => ServerStream_Cancelled_ThrowsCancelledCore();

    [NodeFact]
    public Task Unary_DeadlinePasses_ThrowsDeadlineExceeded() => Unary_DeadlinePasses_ThrowsDeadlineExceededCore();

    [NodeFact]
    public Task Unary_DeadlineInThePast_ThrowsWithoutSending() => Unary_DeadlineInThePast_ThrowsWithoutSendingCore();

    [NodeFact]
    public Task ClientStream_Messages_AnsweredOnce() => ClientStream_Messages_AnsweredOnceCore();

    [NodeFact]
    public Task Duplex_PingPong_EachAnsweredBeforeTheNext() => Duplex_PingPong_EachAnsweredBeforeTheNextCore();

    [NodeFact]
    public Task Unary_ReplyAboveLimit_ThrowsResourceExhausted() => Unary_ReplyAboveLimit_ThrowsResourceExhaustedCore();

    [NodeFact]
    public Task Unary_RequestAboveSendLimit_ThrowsResourceExhausted() => Unary_RequestAboveSendLimit_ThrowsResourceExhaustedCore();

    [NodeFact]
    public Task Dispose_InTheMiddle_EndsTheCall() => Dispose_InTheMiddle_EndsTheCallCore();
}
