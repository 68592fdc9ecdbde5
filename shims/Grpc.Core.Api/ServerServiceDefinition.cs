namespace Grpc.Core;

/// <summary>The methods of a service instance, by full name. Kept for generated code; MapGrpcService does not use it.</summary>
public class ServerServiceDefinition
{
    private readonly IReadOnlyList<Action<ServiceBinderBase>> additions;

    private ServerServiceDefinition(IReadOnlyList<Action<ServiceBinderBase>> additions) => this.additions = additions;

    public static Builder CreateBuilder() => new();

    internal void BindService(ServiceBinderBase serviceBinder)
    {
        foreach (var addition in additions)
        {
            addition(serviceBinder);
        }
    }

    /// <summary>Collects the methods.</summary>
    public class Builder
    {
        private readonly HashSet<string> names = new(StringComparer.Ordinal);
        private readonly List<Action<ServiceBinderBase>> additions = [];

        public Builder AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse> handler)
            where TRequest : class
            where TResponse : class => Add(method, binder => binder.AddMethod(method, handler));

        public Builder AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ClientStreamingServerMethod<TRequest, TResponse> handler)
            where TRequest : class
            where TResponse : class => Add(method, binder => binder.AddMethod(method, handler));

        public Builder AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse> handler)
            where TRequest : class
            where TResponse : class => Add(method, binder => binder.AddMethod(method, handler));

        public Builder AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse> handler)
            where TRequest : class
            where TResponse : class => Add(method, binder => binder.AddMethod(method, handler));

        public ServerServiceDefinition Build() => new([.. additions]);

        private Builder Add(IMethod method, Action<ServiceBinderBase> addition)
        {
            if (!names.Add(method.FullName))
            {
                throw new ArgumentException($"An item with the same key has already been added. Key: {method.FullName}");
            }

            additions.Add(addition);
            return this;
        }
    }
}
