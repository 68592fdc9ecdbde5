using Grpc.Core;

namespace Grpc.Net.Client.Internal;

/// <summary>Lists the interceptors of call credentials, composites in order.</summary>
internal sealed class CredentialsCollector : CallCredentialsConfiguratorBase
{
    public List<AsyncAuthInterceptor> Interceptors { get; } = [];

    public override void SetCompositeCredentials(object? state, IReadOnlyList<CallCredentials> credentials)
    {
        foreach (var part in credentials)
        {
            part.InternalPopulateConfiguration(this, state);
        }
    }

    public override void SetAsyncAuthInterceptorCredentials(object? state, AsyncAuthInterceptor interceptor) => Interceptors.Add(interceptor);
}
