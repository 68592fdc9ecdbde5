using System.Net.Http.Headers;
using Butler.Services.Tests.Progress;
using Butler.Testing;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Butler.Services.Tests.Access;

/// <summary>Progress and Ingest as their own Program starts them, on one database with an owner, their family, a stranger and an admin.</summary>
public sealed class WalkBed : IAsyncLifetime
{
    /// <summary>Stands in the owner's name, address, subject and text: in no answer to a stranger.</summary>
    public const string Marker = "zebra7731";

    private readonly ProgressService _progress = new();
    private readonly Dictionary<Guid, string> _bearers = [];
    private readonly Dictionary<Guid, string> _sessions = [];
    private IngestHost _ingest = null!;

    public Guid Owner => _progress.Owner;

    public Guid Account => _progress.Account;

    public Guid Mail { get; private set; }

    public Guid Transaction { get; } = Guid.CreateVersion7();

    public Guid Sync { get; private set; }

    internal ProgressService Data => _progress;

    internal IReadOnlyDictionary<string, (Uri Address, EndpointDataSource Endpoints)> Services { get; private set; } = null!;

    internal Uri GrpcAddress => new(_progress.Channel.Target.Contains("://", StringComparison.Ordinal) ? _progress.Channel.Target : "http://" + _progress.Channel.Target);

    internal T IngestService<T>() where T : notnull => _ingest.Services.GetRequiredService<T>();

    public async Task InitializeAsync()
    {
        await _progress.InitializeAsync();
        await _progress.ExecuteAsync("UPDATE app_users SET display_name = $2 WHERE id = $1", Owner, Marker);
        await _progress.ExecuteAsync("UPDATE provider_users SET address = $2, display_name = $3 WHERE id = $1", Account, Marker + "@example.org", Marker);
        Mail = await _progress.AddMailAsync($"About {Marker}", DateTimeOffset.UnixEpoch.AddYears(50), text: $"Can {Marker} come?", emailId: "walk-1");
        await _progress.ExecuteAsync("""
            INSERT INTO transactions (id, mail_id, line, provider_user_id, state, amount, currency, direction, source, happened_on, day_said, merchant, account_tail, reference, checked, doubts, tags, spans)
            VALUES ($1, $2, 1, $3, 'booked', 12.5, 'EUR', 'out', 'alert', '2026-01-01', true, $4, '1234', '', false, '{}', '{}', '{}')
            """, Transaction, Mail, Account, Marker);
        Sync = await _progress.AddSyncAsync("completed");
        _ingest = new IngestHost(_progress.ConnectionString, await RedisFixture.ConnectionAsync());
        Services = new Dictionary<string, (Uri, EndpointDataSource)>
        {
            ["progress"] = (_progress.Http, _progress.Services.GetRequiredService<EndpointDataSource>()),
            ["ingest"] = (_ingest.Start(), _ingest.Services.GetRequiredService<EndpointDataSource>()),
        };
    }

    public async Task DisposeAsync()
    {
        await _ingest.DisposeAsync();
        await _progress.DisposeAsync();
    }

    internal Guid? Person(Asker asker) => asker switch
    {
        Asker.None => null,
        Asker.Owner => _progress.Owner,
        Asker.Other => _progress.Stranger,
        Asker.Family => _progress.Spouse,
        _ => _progress.Admin,
    };

    /// <summary>A family of somebody's own, who is not yet in one; removed again when the caller's call is done.</summary>
    internal async Task<Guid> NewFamilyAsync(Guid owner)
    {
        var id = Guid.CreateVersion7();
        await _progress.ExecuteAsync("INSERT INTO families (id, name, owner_user_id) VALUES ($1, 'New', $2)", id, owner);
        await _progress.ExecuteAsync("UPDATE app_users SET family_id = $2 WHERE id = $1", owner, id);
        return id;
    }

    /// <summary>A person of their own, for a call that uses one up.</summary>
    internal async Task<Guid> NewPersonAsync(string role = "member")
    {
        var id = Guid.CreateVersion7();
        await _progress.ExecuteAsync("INSERT INTO app_users (id, display_name, role) VALUES ($1, 'New', $2)", id, role);
        return id;
    }

    internal async Task ShowAsync(HttpRequestMessage request, Asker asker, Pass pass, Uri service)
    {
        if (pass == Pass.Session && request.Method != HttpMethod.Get)
        {
            request.Headers.Add("Origin", service.GetLeftPart(UriPartial.Authority));
        }

        if (Person(asker) is not { } person)
        {
            return;
        }

        if (pass == Pass.Bearer)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await SecretAsync(_bearers, person, () => _progress.Tokens.CreateBearerAsync(person, "walk", CancellationToken.None)));
            return;
        }

        var session = await SessionAsync(person);
        request.Headers.Add("Cookie", "butler_session=" + session);
        if (request.Content is FormUrlEncodedContent form)
        {
            request.Content = new StringContent(
                await form.ReadAsStringAsync() + "&_token=" + Uri.EscapeDataString(TokenOf(session)), System.Text.Encoding.UTF8, "application/x-www-form-urlencoded");
        }
    }

    internal Task<string> SessionAsync(Guid person) =>
        SecretAsync(_sessions, person, async () =>
            (await _progress.Tokens.ExchangeLinkAsync(await _progress.Tokens.CreateLinkAsync(person, CancellationToken.None), CancellationToken.None))!);

    /// <summary>A sign-out ends a session: the next request opens another.</summary>
    internal void Forget(Guid person) => _sessions.Remove(person);

    private static string TokenOf(string session)
    {
        var context = new Microsoft.AspNetCore.Http.DefaultHttpContext();
        context.Request.Headers.Cookie = "butler_session=" + session;
        return Butler.Progress.Commands.SessionToken.Of(context);
    }

    private static async Task<string> SecretAsync(Dictionary<Guid, string> known, Guid person, Func<Task<string>> make)
    {
        if (!known.TryGetValue(person, out var secret))
        {
            known[person] = secret = await make();
        }

        return secret;
    }
}
