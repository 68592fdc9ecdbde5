using Butler.Data;
using Butler.Data.Ingest;
using Butler.Mailboxes;
using Butler.Progress.Commands;
using Butler.Progress.Connect;
using Butler.Progress.Health;
using Butler.Progress.Imap;
using Butler.Progress.Models;
using Butler.Progress.Pages;
using Butler.Progress.People;
using Butler.Progress.Reads;
using Butler.Progress.Search;
using Butler.Progress.SignIn;
using Butler.Progress.Streams;
using Butler.Progress.Tags;
using Butler.Progress.Transactions;
using Butler.ServiceDefaults;
using Butler.ServiceDefaults.Access;
using Butler.ServiceDefaults.Errors;
using Microsoft.Extensions.FileProviders;

namespace Butler.Progress;

/// <summary>The registrations and endpoints of this service.</summary>
internal static class ProgressSetup
{
    public const string RedisConnection = "redis";

    public static void AddProgressData(this WebApplicationBuilder builder)
    {
        builder.AddButlerData();
        builder.Services.AddHealthChecks().AddCheck<SchemaCheck>("schema");
        if (!string.IsNullOrEmpty(builder.Configuration.GetConnectionString(RedisConnection)))
        {
            builder.AddRedisClient(RedisConnection);
        }

        builder.Services.AddSingleton<TransactionProbe>(_ => () => Database.InTransaction);
        builder.Services.AddHttpContextAccessor();
        builder.Services.AddSingleton<ReaderSource>();
        builder.Services.AddSingleton<VisibleData>();
        builder.Services.AddSingleton<SyncReader>();
        builder.Services.AddSingleton<ReadGuard>();
        builder.Services.AddSingleton<PeopleReader>();
        builder.Services.AddSingleton<PeopleStore>();
        builder.Services.AddSingleton<PeopleViews>();
        builder.Services.AddSingleton<ConnectStates>();
        builder.Services.AddSingleton<ImapReader>();
        builder.Services.AddSingleton<ChatReader>();
        builder.Services.AddGoogleConnect(builder.Configuration);
        builder.Services.AddSingleton<MailReader>();
        builder.Services.AddSingleton<TaskReader>();
        builder.Services.AddSingleton<StatsReader>();
        builder.Services.AddSingleton<LedgerReader>();
        builder.AddSearch();
        builder.AddTransactions();
        builder.Services.AddSingleton<TagReader>();
    }

    public static void AddProgressAccess(this WebApplicationBuilder builder) =>
        builder.AddButlerAuthentication(
            async (services, kind, hash, cancellationToken) =>
                await services.GetRequiredService<TokenStore>().FindAsync(kind, hash, cancellationToken) is { } owner ? new Caller(owner.UserId, owner.Role, owner.FamilyId) : null,
            sessions: true);

    public static void AddProgressStreams(this WebApplicationBuilder builder)
    {
        builder.Services.AddValidatedOptions<ProgressOptions>(ProgressOptions.Section);
        builder.Services.AddSingleton<FinishEstimator>();
        builder.Services.AddSingleton<SyncBodies>();
        builder.Services.AddSingleton<ProgressHub>();
        builder.Services.AddHostedService(services => services.GetRequiredService<ProgressHub>());
        builder.Services.AddSingleton<StreamRights>();
        builder.Services.AddHostedService(services => services.GetRequiredService<StreamRights>());
        builder.Services.AddHostedService<RedisHints>();
        builder.Services.AddGrpc(options =>
        {
            options.MaxReceiveMessageSize = 64 * 1024;
            // An unknown address is a 404 of the API, not an UNIMPLEMENTED that also catches GETs.
            options.IgnoreUnknownServices = true;
        });
    }

    public static void AddProgressPages(this WebApplicationBuilder builder)
    {
        builder.Services.AddRazorComponents();
        builder.Services.AddSingleton<IErrorPage, PageErrors>();
    }

    public static void MapStreams(this WebApplication app)
    {
        app.MapGrpcService<ProgressGrpc>();
        app.MapEvents();
    }

    public static void MapReads(this WebApplication app)
    {
        app.MapEmailSync();
        app.MapTaskStatus();
        app.MapMails();
        app.MapSearch();
        app.MapTransactions();
        app.MapFailures();
        app.MapLedger();
        app.MapHealth();
    }

    public static void MapPages(this WebApplication app)
    {
        app.MapSignIn();
        app.MapViews();
        app.MapTransactionPages();
        app.MapCommands();
        app.MapPeople();
        app.MapConnect();
        app.MapImap();
        app.MapModels();
        app.MapTags();
    }

    /// <summary>Style, script and icons lie inside the assembly, so that they are there however the service is started.</summary>
    public static void UsePageAssets(this WebApplication app) =>
        StaticFileExtensions.UseStaticFiles(app, new StaticFileOptions
        {
            FileProvider = new EmbeddedFileProvider(typeof(ProgressSetup).Assembly, "Butler.Progress.wwwroot"),
            RequestPath = "/assets",
            OnPrepareResponse = file => file.Context.Response.Headers.CacheControl = "public, max-age=300",
        });
}
