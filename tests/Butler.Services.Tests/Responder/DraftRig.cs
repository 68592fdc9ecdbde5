using System.Globalization;
using System.Text;
using Butler.Data;
using Butler.Data.Classifier;
using Butler.Data.Ingest;
using Butler.Ingest.Import;
using Butler.Mailboxes;
using Butler.Messaging;
using Butler.Messaging.Contracts;
using Butler.Responder;
using Butler.Responder.Drafts;
using Butler.Sandbox;
using Butler.Sandbox.Faults;
using Butler.Sandbox.State;
using Butler.Services.Tests.Hosting;
using Butler.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using StackExchange.Redis;

namespace Butler.Services.Tests.Responder;

/// <summary>
/// A sandbox account, a database and any number of responders whose handlers the test calls itself: a process that died is one that
/// is not called again, and time passes by moving <c>send_before</c> into the past.
/// </summary>
internal sealed class DraftRig : IAsyncDisposable
{
    public const string Owner = "olivia@sandbox.butler.test";
    public const string Question = "Hi Olivia,\r\n\r\nI hope you are well. Could you please tell me when the report will be ready?\r\n\r\nBest,\r\nAnna\r\n";

    private static readonly byte[] s_key = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];
    private readonly List<WebApplication> _responders = [];
    private readonly WebApplication _sandbox;
    private readonly string _connection;
    private readonly string _redis;
    private int _mails;

    private DraftRig(WebApplication sandbox, string connection, string redis)
    {
        (_sandbox, _connection, _redis) = (sandbox, connection, redis);
        DataSource = NpgsqlDataSource.Create(connection);
        Mailbox = sandbox.Services.GetRequiredService<SandboxState>().AddAccount(Owner);
    }

    public NpgsqlDataSource DataSource { get; }

    public SandboxAccount Mailbox { get; }

    public SandboxFaults Faults => _sandbox.Services.GetRequiredService<SandboxFaults>();

    public Guid Account { get; } = Guid.CreateVersion7();

    public Guid AppUser { get; } = Guid.CreateVersion7();

    /// <summary>Drafts that the API ever created: the figure that must never be above one per mail.</summary>
    public int Creates => Mailbox.DraftHistory.Count(e => e is { Kind: "created", By: "api" });

    public static async Task<DraftRig> StartAsync(Action<SandboxOptions>? configure = null)
    {
        var sandbox = SandboxApp.Build([], configure);
        await sandbox.StartAsync();
        var rig = new DraftRig(sandbox, await PostgresFixture.CreateDatabaseAsync(), await RedisFixture.ConnectionAsync());
        using var sealer = new MasterKeyCipher(s_key);
        await rig.ExecuteAsync("INSERT INTO app_users (id, display_name, role) VALUES ($1, 'Olivia', 'admin')", rig.AppUser);
        await rig.ExecuteAsync(
            "INSERT INTO provider_users (id, app_user_id, provider, address, display_name, services, credentials) VALUES ($1, $2, 'gmail', $3, 'Olivia Owner', '{gmail}', $4)",
            rig.Account, rig.AppUser, Owner, sealer.Seal(rig.Account, $$"""{"refresh_token":"{{rig.Mailbox.RefreshToken}}"}"""));
        return rig;
    }

    /// <summary>A mail that arrives, is stored and judged, as Ingest and Classifier would have done it.</summary>
    public async Task<RigMail> DeliverAsync(
        string body = Question, string subject = "Report", string from = "Anna Schmidt <anna@example.org>", string category = "needs_reply", TimeSpan age = default, string headers = "",
        string? inReplyTo = null, bool messageId = true)
    {
        var number = Interlocked.Increment(ref _mails);
        var (id, date) = (Guid.CreateVersion7(), DateTimeOffset.FromUnixTimeMilliseconds(TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()) - age);
        var raw = Encoding.UTF8.GetBytes(
            $"From: {from}\r\nTo: {Owner}\r\nSubject: {subject}\r\nDate: {date.ToString("ddd, dd MMM yyyy HH:mm:ss +0000", CultureInfo.InvariantCulture)}\r\n"
            + (messageId ? $"Message-ID: <mail{number}@example.org>\r\n" : "") + (inReplyTo is null ? "" : $"In-Reply-To: <{inReplyTo}>\r\nReferences: <{inReplyTo}>\r\n")
            + $"{headers}MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{body}");
        var mail = Mailbox.Deliver(raw, date: date);
        await StoreAsync(id, mail, raw, date, category);
        return new(id, mail.Id, mail.ThreadId, $"mail{number}@example.org");
    }

    /// <summary>The owner answers a mail from another program.</summary>
    public SandboxMail Answer(RigMail mail) => Mailbox.Deliver(
        Encoding.UTF8.GetBytes($"From: Olivia <{Owner}>\r\nTo: anna@example.org\r\nSubject: Re: Report\r\nMessage-ID: <answer{mail.Id:N}@example.org>\r\nIn-Reply-To: <{mail.MessageId}>\r\nReferences: <{mail.MessageId}>\r\n\r\nTomorrow.\r\n"),
        date: TimeProvider.System.GetUtcNow());

    /// <summary>Bytes of a draft in a mail's thread, as the owner would write it.</summary>
    public static byte[] OwnersDraft(RigMail mail, string text = "My own words.") => Encoding.UTF8.GetBytes(
        $"From: {Owner}\r\nTo: anna@example.org\r\nSubject: Re: Report\r\nIn-Reply-To: <{mail.MessageId}>\r\nReferences: <{mail.MessageId}>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n");

    /// <summary>One process: its handler is called by the test, its queue is not running.</summary>
    public WebApplication Responder(IFaultPoints? faults = null, TimeProvider? time = null, Func<DelegatingHandler>? wire = null, params (string Key, string Value)[] settings)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["ConnectionStrings:butler"] = _connection,
            ["ConnectionStrings:redis"] = _redis,
            ["Butler:MasterKey"] = Convert.ToBase64String(s_key),
            ["Butler:Google:BaseAddress"] = TestSystem.Address(_sandbox),
            ["Butler:Google:TokenAddress"] = TestSystem.Address(_sandbox) + "token",
            ["Butler:Google:ClientId"] = "test",
            ["Butler:Google:ClientSecret"] = "test",
            // The limiter's waits are not what is tested here: a fast machine makes more calls a second than a user may.
            ["Butler:Google:UserUnitsPerMinute"] = "600000",
            ["Butler:Messaging:LivePoll"] = "00:00:00.02",
        }.Concat(settings.Select(s => KeyValuePair.Create(s.Key, (string?)s.Value))));
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(faults ?? new NoFaultPoints());
        if (time is not null)
        {
            builder.Services.AddSingleton(time);
        }

        builder.WebHost.UseSetting("urls", "http://127.0.0.1:0");
        Butler.ServiceDefaults.ServiceDefaultsExtensions.AddServiceDefaults(builder);
        if (wire is not null)
        {
            // Before the responder's own: it stands between the client and the gate.
            builder.Services.AddHttpClient(MailboxServiceCollectionExtensions.HttpClientName).AddHttpMessageHandler(wire);
        }

        builder.AddResponder();
        var app = builder.Build();
        lock (_responders)
        {
            _responders.Add(app);
        }

        return app;
    }

    /// <summary>One delivery of DraftReply.</summary>
    public async Task<Outcome> HandleAsync(WebApplication responder, RigMail mail, Guid? task = null, bool replace = false, int failures = 0)
    {
        await using var scope = responder.Services.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<DraftReplyHandler>().HandleAsync(
            new DraftReply(mail.Id, Account, task, replace), new(Guid.CreateVersion7(), Guid.CreateVersion7(), 1 + failures, failures, () => Task.CompletedTask), CancellationToken.None);
    }

    /// <summary>Delivers again and again, with all waiting times over, until the handler says that it is done.</summary>
    public async Task<int> DriveAsync(WebApplication responder, RigMail mail, bool replace = false, int most = 12)
    {
        Outcome? last = null;
        for (var i = 1; i <= most; i++)
        {
            try
            {
                last = await HandleAsync(responder, mail, replace: replace);
                if (last.Kind is OutcomeKind.Done)
                {
                    return i;
                }
            }
            catch (CrashException)
            {
                // The process died; the message comes again.
            }

            await SettleAsync(mail);
        }

        throw new InvalidOperationException($"The reply did not end within {most} deliveries: {await StateAsync(mail)}, {last?.Kind} {last?.Delay} {last?.Reason}");
    }

    /// <summary>Everything that Gmail does late is done, and the waiting time of a sending is over.</summary>
    public async Task SettleAsync(RigMail mail)
    {
        await _sandbox.Services.GetRequiredService<LateWork>().WhenDone();
        await ExecuteAsync("UPDATE replies SET send_before = now() - interval '1 hour' WHERE mail_id = $1", mail.Id);
    }

    /// <summary>Forgets what the shared limiter has noted about the account: its wait is over.</summary>
    public async Task ForgetPenaltyAsync()
    {
        using var redis = await ConnectionMultiplexer.ConnectAsync(_redis);
        foreach (var key in redis.GetServer(redis.GetEndPoints()[0]).Keys(redis.GetDatabase().Database, pattern: $"*{Account:N}*"))
        {
            await redis.GetDatabase().KeyDeleteAsync(key);
        }
    }

    public async Task<string> StateAsync(RigMail mail) =>
        await ScalarAsync("SELECT concat_ws(' ', state, reason) FROM replies WHERE mail_id = $1", mail.Id) as string ?? "none";

    public async Task<object?> ScalarAsync(string sql, params object[] values)
    {
        await using var command = DataSource.CreateCommand(sql);
        command.Parameters.AddRange(values.Select(v => new NpgsqlParameter { Value = v }).ToArray());
        return await command.ExecuteScalarAsync();
    }

    public async Task ExecuteAsync(string sql, params object[] values) => await ScalarAsync(sql, values);

    public async ValueTask DisposeAsync()
    {
        foreach (var responder in _responders)
        {
            await responder.DisposeAsync();
        }

        await _sandbox.DisposeAsync();
        await DataSource.DisposeAsync();
    }

    private async Task StoreAsync(Guid id, SandboxMail mail, byte[] raw, DateTimeOffset date, string category)
    {
        await ExecuteAsync(
            "INSERT INTO ledger (id, provider_user_id, provider_message_id, state, lane, rank, correlation_id) VALUES ($1, $2, $3, 'done', 1, 0, $1)", id, Account, mail.Id);
        var stored = MailReader.Read(id, new(Account, Owner), new FetchedMail(mail.Id, FetchStatus.Ok) { ThreadId = mail.ThreadId, Labels = ["INBOX"], ReceivedAt = date, Raw = raw });
        await using var connection = await DataSource.OpenConnectionAsync();
        await MailWriter.WriteAsync(connection, [stored], date, CancellationToken.None);
        await VerdictWriter.WriteFirstAsync(connection, [new(id, Account, category, 0.9f, "test", "", "test", 0, [])], date, CancellationToken.None);
    }
}

/// <summary>A mail in the rig.</summary>
internal sealed record RigMail(Guid Id, string ProviderId, string ThreadId, string MessageId);

/// <summary>The process dies here.</summary>
internal sealed class CrashException(string point) : Exception($"died at {point}");

/// <summary>Fault points that do what the test says.</summary>
internal sealed class Points(Func<string, Task> reach) : IFaultPoints
{
    public Task ReachAsync(string name) => reach(name);

    /// <summary>Dies the first time it comes to a point.</summary>
    public static Points CrashOnceAt(string point)
    {
        var left = 1;
        return new(name => name == point && Interlocked.Decrement(ref left) >= 0 ? throw new CrashException(name) : Task.CompletedTask);
    }
}

/// <summary>A clock that runs as usual, from another point.</summary>
internal sealed class ShiftedTime : TimeProvider
{
    private long _shift;

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + TimeSpan.FromTicks(Volatile.Read(ref _shift));

    public override long GetTimestamp() => System.GetTimestamp() + (long)(TimeSpan.FromTicks(Volatile.Read(ref _shift)).TotalSeconds * TimestampFrequency);

    public void Advance(TimeSpan by) => Interlocked.Add(ref _shift, by.Ticks);
}
