using System.Collections.Concurrent;
using Butler.Shims.Tests.Grpc.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Butler.Shims.Tests.Grpc;

/// <summary>What the service saw of calls, by the request's text.</summary>
internal sealed class EchoLog
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource> cancelled = new();

    public TaskCompletionSource Cancelled(string text) => cancelled.GetOrAdd(text, _ => new(TaskCreationOptions.RunContinuationsAsynchronously));
}

/// <summary>Does the same as node/server.cjs, so that one set of tests runs on both.</summary>
internal sealed class EchoService(EchoLog log) : Echo.EchoBase
{
    public override async Task<EchoReply> Unary(EchoRequest request, ServerCallContext context)
    {
        await StartAsync(context);
        await FinishAsync(request, context);
        return Reply(request, 0);
    }

    public override async Task ServerStream(EchoRequest request, IServerStreamWriter<EchoReply> responseStream, ServerCallContext context)
    {
        await StartAsync(context);
        try
        {
            for (var index = 0; request.Count < 0 || index < request.Count; index++)
            {
                await responseStream.WriteAsync(Reply(request, index));
            }
        }
        catch (OperationCanceledException)
        {
            log.Cancelled(request.Text).TrySetResult();
            throw;
        }

        await FinishAsync(request, context);
    }

    public override async Task<EchoReply> ClientStream(IAsyncStreamReader<EchoRequest> requestStream, ServerCallContext context)
    {
        await StartAsync(context);
        var texts = new List<string>();
        await foreach (var request in requestStream.ReadAllAsync(context.CancellationToken))
        {
            texts.Add(request.Text);
        }

        AddTrailers(context);
        return new() { Text = string.Join(',', texts), Index = texts.Count };
    }

    public override async Task Duplex(IAsyncStreamReader<EchoRequest> requestStream, IServerStreamWriter<EchoReply> responseStream, ServerCallContext context)
    {
        await StartAsync(context);
        var index = 0;
        while (await requestStream.MoveNext())
        {
            await responseStream.WriteAsync(Reply(requestStream.Current, index++));
        }

        AddTrailers(context);
    }

    private static async Task StartAsync(ServerCallContext context)
    {
        if (context.RequestHeaders.GetValue("x-header") is { } given)
        {
            await context.WriteResponseHeadersAsync([new("x-header", given)]);
        }
    }

    private static void AddTrailers(ServerCallContext context)
    {
        context.ResponseTrailers.Add("x-trailer", "last");
        context.ResponseTrailers.Add("x-trailer-bin", [0, 255, 10]);
        if (context.RequestHeaders.GetValueBytes("x-in-bin") is { } bytes)
        {
            context.ResponseTrailers.Add("x-in-bin", bytes);
        }
    }

    private static EchoReply Reply(EchoRequest request, int index) => new()
    {
        Text = request.Text,
        Index = index,
        Payload = ByteString.CopyFrom(Enumerable.Repeat((byte)7, request.ReplyBytes).ToArray()),
    };

    private async Task FinishAsync(EchoRequest request, ServerCallContext context)
    {
        AddTrailers(context);
        if (request.Wait)
        {
            using var registration = context.CancellationToken.Register(() => log.Cancelled(request.Text).TrySetResult());
            await Task.Delay(Timeout.InfiniteTimeSpan, context.CancellationToken);
        }

        if (request.Crash)
        {
            throw new InvalidOperationException("private text");
        }

        if (request.FailCode != 0)
        {
            throw new RpcException(new Status((StatusCode)request.FailCode, request.FailMessage));
        }
    }
}
