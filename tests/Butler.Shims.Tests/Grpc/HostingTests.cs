using System.Security.Claims;
using System.Text.Encodings.Web;
using Butler.Shims.Tests.Grpc.V1;
using Butler.Testing;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Butler.Shims.Tests.Grpc;

/// <summary>What hangs on ASP.NET Core: health checks and authorization.</summary>
public sealed class HostingTests
{
    private static readonly string HealthProto = Path.Combine(Peers.Folder, "health.proto");

    [NodeFact]
    public async Task Check_AsNodeAsks_FollowsTheHealthChecks()
    {
        var healthy = true;
        await using var app = await EchoServer.StartAsync(
            builder =>
            {
                builder.Services.AddGrpc();
                builder.Services.AddGrpcHealthChecks(options => options.Services.Map("db", check => check.Name == "db"))
                    .AddCheck("db", () => healthy ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy())
                    .AddCheck("slow", () => HealthCheckResult.Degraded());
            },
            app => app.MapGrpcHealthChecksService());
        Assert.Equal((0, "SERVING"), await CheckAsync(app, ""));
        Assert.Equal((0, "SERVING"), await CheckAsync(app, "db"));
        Assert.Equal((5, null), await CheckAsync(app, "nobody"));
        healthy = false;
        Assert.Equal((0, "NOT_SERVING"), await CheckAsync(app, ""));
        Assert.Equal((0, "NOT_SERVING"), await CheckAsync(app, "db"));
        var watch = await NodeClientTests.CallAsync(
            HealthProto, EchoServer.AddressOf(app).Authority, "grpc.health.v1.Health", "Watch", new { request = new { service = "nobody" }, cancelAfter = 1 });
        Assert.Equal("SERVICE_UNKNOWN", (string?)watch["messages"]![0]!["status"]);
    }

    [Theory]
    [InlineData(null, StatusCode.Unauthenticated)]
    [InlineData("Bearer visitor", StatusCode.PermissionDenied)]
    [InlineData("Bearer owner", StatusCode.OK)]
    public async Task MapGrpcService_RequireAuthorization_MapsToStatus(string? token, StatusCode expected)
    {
        await using var app = await EchoServer.StartAsync(
            builder =>
            {
                builder.Services.AddGrpc();
                builder.Services.AddSingleton<EchoLog>();
                builder.Services.AddAuthentication("test").AddScheme<AuthenticationSchemeOptions, TokenHandler>("test", null);
                builder.Services.AddAuthorization();
            },
            app =>
            {
                app.UseAuthentication();
                app.UseAuthorization();
                app.MapGrpcService<WhoService>().RequireAuthorization(policy => policy.RequireUserName("owner"));
            });
        using var channel = GrpcChannel.ForAddress(EchoServer.AddressOf(app));
        Metadata headers = token is null ? [] : [new("authorization", token)];
        using var call = new Echo.EchoClient(channel).UnaryAsync(new(), headers);
        var code = StatusCode.OK;
        try
        {
            Assert.Equal("owner", (await call).Text);
        }
        catch (RpcException error)
        {
            code = error.StatusCode;
        }

        Assert.Equal(expected, code);
    }

    [Fact]
    public async Task Call_NobodyListens_ThrowsUnavailable()
    {
        var app = await EchoServer.StartAsync(_ => { }, _ => { });
        var address = EchoServer.AddressOf(app);
        await app.DisposeAsync();
        using var channel = GrpcChannel.ForAddress(address);
        var error = await Assert.ThrowsAsync<RpcException>(async () => await new Echo.EchoClient(channel).UnaryAsync(new()));
        Assert.Equal(StatusCode.Unavailable, error.StatusCode);
    }

    [Fact]
    public async Task MapGrpcService_WithoutAddGrpc_SaysWhatIsMissing()
    {
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => EchoServer.StartAsync(_ => { }, app => app.MapGrpcService<EchoService>()));
        Assert.Contains("AddGrpc", error.Message, StringComparison.Ordinal);
    }

    private static async Task<(int Code, string? Status)> CheckAsync(WebApplication app, string service)
    {
        var seen = await NodeClientTests.CallAsync(
            HealthProto, EchoServer.AddressOf(app).Authority, "grpc.health.v1.Health", "Check", new { request = new { service } });
        return ((int)seen["code"]!, seen["messages"]!.AsArray() is [{ } message] ? (string?)message["status"] : null);
    }

    private sealed class WhoService : Echo.EchoBase
    {
        public override Task<EchoReply> Unary(EchoRequest request, ServerCallContext context) =>
            Task.FromResult(new EchoReply { Text = context.GetHttpContext().User.Identity!.Name });
    }

    private sealed class TokenHandler(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
        : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
    {
        protected override Task<AuthenticateResult> HandleAuthenticateAsync()
        {
            var header = Request.Headers.Authorization.ToString();
            if (!header.StartsWith("Bearer ", StringComparison.Ordinal))
            {
                return Task.FromResult(AuthenticateResult.NoResult());
            }

            var identity = new ClaimsIdentity([new(ClaimTypes.Name, header["Bearer ".Length..])], Scheme.Name);
            return Task.FromResult(AuthenticateResult.Success(new(new ClaimsPrincipal(identity), Scheme.Name)));
        }
    }
}
