using Butler.Ingest.Accounts;
using Butler.Testing;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Butler.Services.Tests.Access;

/// <summary>Butler.Ingest as its own Program starts it, on a free port.</summary>
internal sealed class IngestHost(string database, string redis, IReadOnlyDictionary<string, string>? settings = null) : WebApplicationFactory<AccountStore>
{
    public Uri Start()
    {
        UseKestrel(0);
        StartServer();
        return new Uri(Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
    }

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        builder.UseEnvironment(Environments.Production);
        builder.UseSetting("ConnectionStrings:butler", database);
        builder.UseSetting("ConnectionStrings:redis", redis);
        builder.UseSetting("Butler:MasterKey", PostgresFixture.MasterKey);
        builder.UseSetting("Butler:Google:ClientId", "test");
        builder.UseSetting("Butler:Google:ClientSecret", "test");
        builder.UseSetting("Butler:Messaging:DelayScale", "0.01");
        builder.UseSetting("Butler:Messaging:LivePoll", "00:00:00.05");
        // Nobody listens there unless a test says otherwise: what a command sets off must not leave this machine.
        builder.UseSetting("Butler:Google:BaseAddress", "http://127.0.0.1:9");
        builder.UseSetting("Butler:Google:TokenAddress", "http://127.0.0.1:9/token");
        foreach (var (key, value) in settings ?? new Dictionary<string, string>())
        {
            builder.UseSetting(key, value);
        }
    }
}
