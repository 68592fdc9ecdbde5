using Butler.ServiceDefaults.Access;
using Butler.ServiceDefaults.Errors;

namespace Butler.Ingest.Admin;

/// <summary>Endpoints for admins only, under <c>/api/v1/admin</c>.</summary>
internal static class AdminGroup
{
    public static RouteGroupBuilder MapAdmin(this WebApplication app, string path) =>
        app.MapGroup("/api/v1/admin" + path).WithTags("admin").AddEndpointFilter(async (context, next) =>
            Caller.Of(context.HttpContext).IsAdmin ? await next(context) : throw new ApiException(ApiErrorCodes.Forbidden, "Only admins may do this."));
}
