using System.Runtime.CompilerServices;
using Butler.Cli.Running;
using Butler.Progress.V1;
using Grpc.Core;
using Grpc.Net.Client;

namespace Butler.Cli.Watch;

/// <summary>
/// <c>butler.progress.v1.Progress/Watch</c> of one user, for as long as Butler runs: a stream that ends (the deployment limits how
/// long one lives) or breaks is opened again; the snapshot it begins with closes the gap.
/// </summary>
internal sealed class ProgressStream(RunningButler butler, Guid userId, TimeProvider time)
{
    private const int Tries = 20;
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);

    public async IAsyncEnumerable<SyncProgress> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var channel = GrpcChannel.ForAddress(butler.ProgressGrpc);
        var client = new Butler.Progress.V1.Progress.ProgressClient(channel);
        var headers = new Metadata { { "authorization", $"Bearer {butler.Token}" } };
        for (var failures = 0; ;)
        {
            using var call = client.Watch(new WatchRequest { UserId = userId.ToString() }, headers, cancellationToken: cancellationToken);
            while (true)
            {
                bool more;
                try
                {
                    more = await call.ResponseStream.MoveNext(cancellationToken);
                }
                catch (RpcException e) when (e.StatusCode == StatusCode.Cancelled && cancellationToken.IsCancellationRequested)
                {
                    yield break;
                }
                catch (RpcException e) when (e.StatusCode is StatusCode.Unavailable or StatusCode.Internal or StatusCode.ResourceExhausted)
                {
                    if (++failures == Tries)
                    {
                        throw new CliException($"{butler.ProgressGrpc.Authority} does not answer. {CliException.NotRunning}");
                    }

                    break;
                }
                catch (RpcException e)
                {
                    throw new CliException($"Butler answers {e.StatusCode}: {e.Status.Detail}");
                }

                if (!more)
                {
                    break;
                }

                failures = 0;
                yield return call.ResponseStream.Current;
            }

            await Task.Delay(s_pause, time, cancellationToken);
        }
    }
}
