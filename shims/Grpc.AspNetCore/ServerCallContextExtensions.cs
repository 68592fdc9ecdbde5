using Microsoft.AspNetCore.Http;

namespace Grpc.Core;

/// <summary>From the call to its HTTP request.</summary>
public static class ServerCallContextExtensions
{
    internal const string HttpContextKey = "__HttpContext";

    /// <exception cref="InvalidOperationException">The context is not of an ASP.NET Core call and its UserState holds none.</exception>
    public static HttpContext GetHttpContext(this ServerCallContext serverCallContext)
    {
        ArgumentNullException.ThrowIfNull(serverCallContext);
        return serverCallContext.UserState.TryGetValue(HttpContextKey, out var found) && found is HttpContext http
            ? http
            : throw new InvalidOperationException("Could not get HttpContext from ServerCallContext. HttpContext can only be accessed when gRPC services are hosted by ASP.NET Core.");
    }
}
