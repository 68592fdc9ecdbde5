using Butler.Sandbox.Control;
using Butler.Sandbox.Faults;
using Butler.Sandbox.Gmail;
using Butler.Sandbox.Load;
using Butler.Sandbox.Models;
using Butler.Sandbox.OAuth;
using Butler.Sandbox.Push;
using Butler.Sandbox.Quota;
using Butler.Sandbox.State;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Butler.Sandbox;

/// <summary>Builds the sandbox, for its own process and inside tests.</summary>
public static class SandboxApp
{
    /// <summary>
    /// A sandbox that is ready to start. Without an address in the configuration it listens on a free loopback port;
    /// after the start <c>app.Urls</c> names it. <see cref="SandboxState"/>, <see cref="SandboxFaults"/>,
    /// <see cref="SandboxStats"/>, <see cref="LateWork"/>, <see cref="ModelFaults"/>, <see cref="ModelStats"/> and <see cref="ScriptedAnswers"/> are services of the app.
    /// </summary>
    /// <param name="args">Command line; may hold configuration such as <c>--Sandbox:Secret=x</c>.</param>
    /// <param name="configure">Changes the options after they are read.</param>
    /// <param name="services">Replaces services, such as <see cref="TimeProvider"/>.</param>
    public static WebApplication Build(string[] args, Action<SandboxOptions>? configure = null, Action<IServiceCollection>? services = null)
    {
        var builder = WebApplication.CreateSlimBuilder(args);
        // Requests are logged with their query otherwise, and q holds addresses.
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        if (string.IsNullOrEmpty(builder.Configuration[WebHostDefaults.ServerUrlsKey]))
        {
            builder.WebHost.UseUrls("http://127.0.0.1:0");
        }

        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = Limits.RequestBytes;
            kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Protocols = HttpProtocols.Http1);
        });

        var options = new SandboxOptions();
        builder.Configuration.GetSection(SandboxOptions.Section).Bind(options);
        configure?.Invoke(options);
        AddSandbox(builder.Services, options);
        services?.Invoke(builder.Services);

        var app = builder.Build();
        app.Services.GetRequiredService<SandboxState>();
        app.MapGet("/health", () => Results.Text("Healthy"));
        app.MapOAuth();
        app.MapPubSub();
        app.MapGmail();
        app.MapModels();
        app.MapControl();
        return app;
    }

    private static void AddSandbox(IServiceCollection services, SandboxOptions options)
    {
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(options);
        services.AddSingleton(new NastyBehaviour(options.Faults));
        services.AddSingleton<SandboxFaults>();
        services.AddSingleton<SandboxStats>();
        services.AddSingleton<LateWork>();
        services.AddSingleton<MailFlow>();
        services.AddSingleton<PushKeys>();
        services.AddSingleton<ServiceAccount>();
        services.AddSingleton(s => new PubSub(options, s.GetRequiredService<PushKeys>(), s.GetRequiredService<SandboxFaults>(), s.GetRequiredService<NastyBehaviour>(),
            s.GetRequiredService<SandboxStats>(), s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILogger<PubSub>>()));
        services.AddHostedService(s => s.GetRequiredService<PubSub>());
        services.AddSingleton<ConsentCodes>();
        services.AddSingleton(s => new SandboxQuota(options.Quota, s.GetRequiredService<TimeProvider>()));
        services.AddSingleton<GmailApi>();
        services.AddSingleton(options.Models);
        services.AddSingleton<ModelFaults>();
        services.AddSingleton<ModelStats>();
        services.AddSingleton<ScriptedAnswers>();
        services.AddSingleton<ModelServer>();
        services.AddSingleton(s => DataFolder.Open(options, s.GetRequiredService<TimeProvider>()));
        services.AddSingleton(s => new Tokens(s.GetRequiredService<DataFolder>().Key, options.AccessTokenSeconds, s.GetRequiredService<TimeProvider>()));
        services.AddSingleton(s =>
        {
            var state = new SandboxState(options, s.GetRequiredService<Tokens>(), s.GetRequiredService<NastyBehaviour>(), s.GetRequiredService<TimeProvider>(), s.GetRequiredService<PubSub>().Changed);
            ActivatorUtilities.CreateInstance<AccountLoader>(s).Load(state);
            state.Restore();
            return state;
        });
    }
}
