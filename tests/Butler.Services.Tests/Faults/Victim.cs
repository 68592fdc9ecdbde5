using Butler.Data;
using Butler.Intelligence.Chat;
using Butler.Mailboxes;
using Butler.Services.Tests.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Butler.Services.Tests.Faults;

/// <summary>A service as it runs in a fault run, and where it is to die.</summary>
/// <param name="Queue">Its queue.</param>
/// <param name="Add">Its registrations.</param>
/// <param name="Map">Its endpoints.</param>
internal sealed record ServiceKind(string Queue, Action<WebApplicationBuilder> Add, Action<WebApplication> Map);

/// <summary>Where a host dies: the n-th time that it comes to this point, or to any.</summary>
internal sealed record Death(string? Point, int Times)
{
    public override string ToString() => $"{Point ?? "any point"} no. {Times}";
}

/// <summary>
/// One host that can be cut off between any two lines (MECHANICS 16): from then on its database role may not log in and its connections are
/// terminated, its HTTP calls and fault points never return; only then is it torn down, so that no finally block saves it.
/// </summary>
internal sealed class Victim : IFaultPoints
{
    private readonly TaskCompletionSource _tornDown = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _dying = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TestSystem _system;
    private readonly PointBook _book;
    private readonly string _role;
    private readonly Death? _death;
    private WebApplication? _app;
    private int _reached;
    private volatile bool _dead;

    // Whoever waits for a start would wait for ever; its transactions are the same as later ones.
    private volatile bool _up;

    private Victim(TestSystem system, ServiceKind kind, PointBook book, string role, Death? death) =>
        (_system, Kind, _book, _role, _death) = (system, kind, book, role, death);

    public ServiceKind Kind { get; }

    /// <summary>Whether it dies where a run only comes at its end.</summary>
    public bool DiesLate => _death?.Point is { } point && (point.StartsWith("process:", StringComparison.Ordinal) || point.StartsWith("judge:", StringComparison.Ordinal) || point.EndsWith("PUT", StringComparison.Ordinal));

    /// <summary>Where it listens.</summary>
    public Uri Address => new(TestSystem.Address(_app!));

    /// <summary>From now on it lives.</summary>
    public bool Immortal { get; set; }

    /// <summary>Completes when the host has come to where it dies.</summary>
    public Task Dying => _dying.Task;

    /// <summary>Where it died.</summary>
    public string DiedAt { get; private set; } = "";

    /// <summary>Draft requests that have not come back yet.</summary>
    public int Posting => _posting;

    private int _posting;

    public static async Task<Victim> StartAsync(TestSystem system, ServiceKind kind, PointBook book, string role, Death? death)
    {
        var victim = new Victim(system, kind, book, role, death);
        await system.ExecuteAsync($"CREATE ROLE {role} SUPERUSER LOGIN");
        var connection = new NpgsqlConnectionStringBuilder(system.ConnectionString) { Username = role, MaxPoolSize = 20 }.ToString();
        victim._app = await system.StartAsync(
            builder =>
            {
                builder.Configuration["ConnectionStrings:butler"] = connection;
                builder.Logging.ClearProviders();
                builder.Logging.AddProvider(system.Logs.While(() => !victim._dead));
                builder.Services.AddSingleton<IFaultPoints>(victim);
                builder.Services.AddHttpClient(MailboxServiceCollectionExtensions.HttpClientName).AddHttpMessageHandler(() => new Wire(victim));
                builder.Services.AddHttpClient(ChatPipeline.HttpClientName).AddHttpMessageHandler(() => new Wire(victim));
                kind.Add(builder);
            },
            kind.Map);
        victim._up = true;
        return victim;
    }

    public async Task ReachAsync(string name)
    {
        if (_dead)
        {
            await _tornDown.Task;
        }

        // The n-th of all, or the n-th of this name.
        if (_up && !Immortal && _death is { } death && (death.Point is null || death.Point == name) && Interlocked.Increment(ref _reached) == death.Times)
        {
            _dead = true;
            DiedAt = name;
            _book.Died(name);
            _dying.TrySetResult();
            await _tornDown.Task;
        }

        _book.Passed(name);
    }

    /// <summary>Ends the host as kill -9 would; its memory and its half-done work are gone when this returns.</summary>
    public async Task KillAsync()
    {
        _dead = true;
        await _system.ExecuteAsync($"ALTER ROLE {_role} NOLOGIN");
        await _system.ExecuteAsync($"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{_role}'");
        await _system.UntilAsync($"SELECT count(*) = 0 FROM pg_stat_activity WHERE usename = '{_role}'", TimeSpan.FromSeconds(30), "a killed host's connections are gone");
    }

    /// <summary>Removes what is left of a killed host. Nobody waits for it: the process would be gone.</summary>
    public async Task TearDownAsync()
    {
        _tornDown.TrySetException(new HostDiedException());
        _ = _tornDown.Task.Exception;
        _system.Release(_app!);
        try
        {
            await _app!.StopAsync(new CancellationToken(canceled: true));
        }
        catch (OperationCanceledException)
        {
            // It was told not to wait.
        }

        await _app!.DisposeAsync();
    }

    private sealed class Wire(Victim victim) : DelegatingHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var isDraft = request.Method != HttpMethod.Get && request.RequestUri!.AbsolutePath.Contains("/drafts", StringComparison.Ordinal);
            await victim.ReachAsync("http: before call");
            if (isDraft)
            {
                Interlocked.Increment(ref victim._posting);
            }

            try
            {
                var response = await base.SendAsync(request, cancellationToken);
                await victim.ReachAsync("http: after call");
                return response;
            }
            finally
            {
                if (isDraft)
                {
                    Interlocked.Decrement(ref victim._posting);
                }
            }
        }
    }
}

/// <summary>What a killed host's code gets when it is torn down at last.</summary>
internal sealed class HostDiedException() : Exception("this host was killed");
