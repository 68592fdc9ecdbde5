using System.Reflection;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>A method, ready to be mapped.</summary>
internal sealed record ServiceMethod(IMethod Method, RequestDelegate Handler, IReadOnlyList<object> Metadata);

/// <summary>Makes a request handler of each method that the generated code binds.</summary>
internal sealed class ServiceMethods<TService>(ServiceSettings settings) : ServiceBinderBase
    where TService : class
{
    private static readonly ObjectFactory<TService> Create = ActivatorUtilities.CreateFactory<TService>([]);

    private readonly List<ServiceMethod> methods = [];

    public IReadOnlyList<ServiceMethod> Methods => methods;

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse>? handler)
    {
        var implementation = Find(method, typeof(TRequest), typeof(ServerCallContext));
        var run = implementation.CreateDelegate<Func<TService, TRequest, ServerCallContext, Task<TResponse>>>();
        Add(method, implementation, async (service, context) =>
        {
            var request = await context.ReadSingleAsync(method.RequestMarshaller);
            await context.WriteSingleAsync(await run(service, request, context), method.ResponseMarshaller);
        });
    }

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse>? handler)
    {
        var implementation = Find(method, typeof(TRequest), typeof(IServerStreamWriter<TResponse>), typeof(ServerCallContext));
        var run = implementation.CreateDelegate<Func<TService, TRequest, IServerStreamWriter<TResponse>, ServerCallContext, Task>>();
        Add(method, implementation, async (service, context) =>
        {
            var request = await context.ReadSingleAsync(method.RequestMarshaller);
            await run(service, request, new ResponseStreamWriter<TResponse>(context, method.ResponseMarshaller), context);
        });
    }

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ClientStreamingServerMethod<TRequest, TResponse>? handler)
    {
        var implementation = Find(method, typeof(IAsyncStreamReader<TRequest>), typeof(ServerCallContext));
        var run = implementation.CreateDelegate<Func<TService, IAsyncStreamReader<TRequest>, ServerCallContext, Task<TResponse>>>();
        Add(method, implementation, async (service, context) =>
        {
            var reader = new RequestStreamReader<TRequest>(context, method.RequestMarshaller);
            await context.WriteSingleAsync(await run(service, reader, context), method.ResponseMarshaller);
        });
    }

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse>? handler)
    {
        var implementation = Find(method, typeof(IAsyncStreamReader<TRequest>), typeof(IServerStreamWriter<TResponse>), typeof(ServerCallContext));
        var run = implementation.CreateDelegate<Func<TService, IAsyncStreamReader<TRequest>, IServerStreamWriter<TResponse>, ServerCallContext, Task>>();
        Add(method, implementation, (service, context) => run(
            service,
            new RequestStreamReader<TRequest>(context, method.RequestMarshaller),
            new ResponseStreamWriter<TResponse>(context, method.ResponseMarshaller),
            context));
    }

    private static MethodInfo Find(IMethod method, params Type[] parameters) =>
        typeof(TService).GetMethod(method.Name, BindingFlags.Public | BindingFlags.Instance, parameters)
        ?? throw new InvalidOperationException($"Could not find '{method.Name}' on {typeof(TService)}.");

    private void Add(IMethod method, MethodInfo implementation, Func<TService, HttpServerCallContext, Task> run)
    {
        // Authorization and other policies are read from these; a method's attributes come after its class's.
        object[] metadata =
        [
            .. typeof(TService).GetCustomAttributes(inherit: true),
            .. implementation.GetCustomAttributes(inherit: true),
            new GrpcMethodMetadata(typeof(TService), method),
        ];
        methods.Add(new(method, http => ServerCall.RunAsync(http, method, settings, context => RunAsync(http, context, run)), metadata));
    }

    private static async Task RunAsync(HttpContext http, HttpServerCallContext context, Func<TService, HttpServerCallContext, Task> run)
    {
        if (http.RequestServices.GetService<TService>() is { } registered)
        {
            await run(registered, context);
            return;
        }

        // A service that is not registered lives for one call.
        var service = Create(http.RequestServices, []);
        try
        {
            await run(service, context);
        }
        finally
        {
            switch (service)
            {
                case IAsyncDisposable disposable:
                    await disposable.DisposeAsync();
                    break;
                case IDisposable disposable:
                    disposable.Dispose();
                    break;
            }
        }
    }
}
