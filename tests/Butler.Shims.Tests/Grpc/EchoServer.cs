using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Butler.Shims.Tests.Grpc;

/// <summary>A Kestrel server with cleartext HTTP/2 on a free loopback port.</summary>
public sealed class EchoServer : IAsyncLifetime
{
    private WebApplication? app;

    public Uri Address { get; private set; } = null!;

    public string Authority => Address.Authority;

    internal EchoLog Log { get; } = new();

    internal static async Task<WebApplication> StartAsync(Action<WebApplicationBuilder> add, Action<WebApplication> map, HttpProtocols protocols = HttpProtocols.Http2)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.Protocols = protocols));
        add(builder);
        var app = builder.Build();
        map(app);
        await app.StartAsync();
        return app;
    }

    internal static Uri AddressOf(WebApplication app) =>
        new(app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.Single());

    async Task IAsyncLifetime.InitializeAsync()
    {
        app = await StartAsync(
            builder =>
            {
                builder.Services.AddSingleton(Log);
                builder.Services.AddGrpc(options => options.MaxReceiveMessageSize = 64 * 1024)
                    .AddServiceOptions<EchoService>(options => options.MaxSendMessageSize = 8 * 1024 * 1024);
            },
            app => app.MapGrpcService<EchoService>());
        Address = AddressOf(app);
    }

    async Task IAsyncLifetime.DisposeAsync()
    {
        if (app is not null)
        {
            await app.DisposeAsync();
        }
    }
}
