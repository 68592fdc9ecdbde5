using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Butler.Data;
using Butler.Data.Ingest;
using Butler.Messaging;
using Butler.Messaging.Contracts;
using Butler.Sandbox.Push;
using Butler.Services.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Butler.Services.Tests.Live;

/// <summary>The webhook over HTTP: what it takes, what it refuses, and that it answers only after the commit.</summary>
public sealed class WebhookTests(WebhookTests.Hosts hosts) : IClassFixture<WebhookTests.Hosts>
{
    private const string Known = "owner@sandbox.butler.test";

    public static TheoryData<string, HttpStatusCode> Malformed => new()
    {
        { "", HttpStatusCode.BadRequest },
        { "no json", HttpStatusCode.BadRequest },
        { "[]", HttpStatusCode.BadRequest },
        { "null", HttpStatusCode.BadRequest },
        { "{}", HttpStatusCode.BadRequest },
        { """{"message":null}""", HttpStatusCode.BadRequest },
        { """{"message":"text"}""", HttpStatusCode.BadRequest },
        { """{"message":{"messageId":"1"}}""", HttpStatusCode.BadRequest },
        { """{"message":{"messageId":"1","data":""}}""", HttpStatusCode.BadRequest },
        { """{"message":{"messageId":"1","data":"%%%"}}""", HttpStatusCode.BadRequest },
        { """{"message":{"messageId":"1","data":7}}""", HttpStatusCode.BadRequest },
        { Envelope("""{"emailAddress":"a@b.c","historyId":1}""", id: null), HttpStatusCode.BadRequest },
        { Envelope("""{"emailAddress":"a@b.c","historyId":1}""", id: "x y"), HttpStatusCode.BadRequest },
        { Envelope("""{"emailAddress":"a@b.c","historyId":1}""", id: new string('1', 200)), HttpStatusCode.BadRequest },
        { Envelope("not json"), HttpStatusCode.BadRequest },
        { Envelope("[1]"), HttpStatusCode.BadRequest },
        { Envelope("""{"historyId":1}"""), HttpStatusCode.BadRequest },
        { Envelope("""{"emailAddress":"no address","historyId":1}"""), HttpStatusCode.BadRequest },
        { Envelope("""{"emailAddress":"a@b@c","historyId":1}"""), HttpStatusCode.BadRequest },
        { Envelope("""{"emailAddress":["a@b.c"],"historyId":1}"""), HttpStatusCode.BadRequest },
        { Envelope("""{"emailAddress":"a@b.c"}"""), HttpStatusCode.BadRequest },
        { Envelope("""{"emailAddress":"a@b.c","historyId":-1}"""), HttpStatusCode.BadRequest },
        { Envelope("""{"emailAddress":"a@b.c","historyId":1.5}"""), HttpStatusCode.BadRequest },
        { Envelope("""{"emailAddress":"a@b.c","historyId":"1e9"}"""), HttpStatusCode.BadRequest },
        { Envelope("""{"emailAddress":"a@b.c","historyId":"99999999999999999999"}"""), HttpStatusCode.BadRequest },
        { Envelope("""{"emailAddress":"a@b.c","historyId":null}"""), HttpStatusCode.BadRequest },
        { Envelope("""{"emailAddress":"a@b.c","emailAddress":"d@e.f","historyId":1}"""), HttpStatusCode.BadRequest },
        { "{\"message\":" + new string('[', 50) + new string(']', 50) + "}", HttpStatusCode.BadRequest },
        { "{\"pad\":\"" + new string('x', 70_000) + "\"}", HttpStatusCode.RequestEntityTooLarge },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    public async Task Post_Malformed_IsRefusedAndRecordsNothing(string body, HttpStatusCode expected)
    {
        using var response = await hosts.PostAsync(body);

        Assert.Equal(expected, response.StatusCode);
        Assert.Equal(0, await hosts.System.CountAsync("SELECT count(*) FROM inbox WHERE message_id IN ('1', 'm')"));
    }

    [Theory]
    [InlineData("""{"emailAddress":"{0}","historyId":123}""", false)]
    [InlineData("""{"emailAddress":"{0}","historyId":"123"}""", false)]
    [InlineData("""{"emailAddress":"{0}","historyId":"123","pad":"??>>~~"}""", true)]
    public async Task Post_GoodNotification_204AfterItIsRecorded(string data, bool url)
    {
        var id = Guid.NewGuid().ToString("N");
        using var response = await hosts.PostAsync(Envelope(data.Replace("{0}", Known.ToUpperInvariant(), StringComparison.Ordinal), id, url));

        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.Equal(1, await hosts.System.CountAsync($"SELECT count(*) FROM inbox WHERE message_id = '{id}'"));
    }

    [Fact]
    public async Task Post_UnknownAddress_IsAcknowledged()
    {
        var id = Guid.NewGuid().ToString("N");
        using var response = await hosts.PostAsync(Envelope("""{"emailAddress":"nobody@example.org","historyId":1}""", id));
        using var again = await hosts.PostAsync(Envelope("""{"emailAddress":"nobody@example.org","historyId":1}""", id));

        Assert.Equal((HttpStatusCode.NoContent, HttpStatusCode.NoContent), (response.StatusCode, again.StatusCode));
    }

    [Fact]
    public async Task Post_TheDatabaseRefuses_NotAcknowledged()
    {
        await hosts.System.ExecuteAsync("ALTER TABLE inbox ADD CONSTRAINT refuse CHECK (message_id <> 'refuse-me')");
        using var response = await hosts.PostAsync(Envelope($$"""{"emailAddress":"{{Known}}","historyId":1}""", "refuse-me"));
        await hosts.System.ExecuteAsync("ALTER TABLE inbox DROP CONSTRAINT refuse");

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
    }

    [Fact]
    public async Task Post_OtherMediaType_415()
    {
        using var response = await hosts.PostAsync(Envelope("""{"emailAddress":"a@b.c","historyId":1}"""), type: "text/plain");
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, response.StatusCode);
    }

    [Fact]
    public async Task Post_TokensThatDoNotVerify_AreLimitedByTheProxysAddressAndGoodOnesAreNot()
    {
        var body = Envelope($$"""{"emailAddress":"{{Known}}","historyId":1}""", Guid.NewGuid().ToString("N"));
        HttpStatusCode[] refused = new HttpStatusCode[Hosts.Refusals];
        for (var i = 0; i < refused.Length; i++)
        {
            // What stands further left is the caller's own invention.
            using var one = await hosts.PostAsync(body, "a.b.c", from: $"198.51.100.{i}, 203.0.113.9");
            refused[i] = one.StatusCode;
        }

        using var limited = await hosts.PostAsync(body, "a.b.c", from: "203.0.113.9");
        using var other = await hosts.PostAsync(body, "a.b.c", from: "203.0.113.10");
        using var verified = await hosts.PostAsync(body, from: "203.0.113.9");

        Assert.All(refused, s => Assert.Equal(HttpStatusCode.Unauthorized, s));
        Assert.Equal(HttpStatusCode.TooManyRequests, limited.StatusCode);
        Assert.InRange(limited.Headers.RetryAfter!.Delta!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));
        Assert.Equal(HttpStatusCode.Unauthorized, other.StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, verified.StatusCode);
    }

    [Fact]
    public async Task Receive_SeveralForOneAccount_OneMessageStandsForThoseNobodyHasBegun()
    {
        await using var system = await TestSystem.StartAsync(_ => { });
        var account = Guid.CreateVersion7();
        await system.ExecuteAsync($"""
            INSERT INTO app_users (id, display_name, role) VALUES ('{account}', 'u', 'member');
            INSERT INTO provider_users (id, app_user_id, provider, address, services) VALUES ('{account}', '{account}', 'gmail', 'Owner@Example.org', '{'{'}gmail{'}'}');
            """);

        var first = await Receive("1", "owner@example.org");
        var same = await Receive("1", "owner@example.org");
        var second = await Receive("2", "OWNER@example.ORG");
        await system.ExecuteAsync("UPDATE outbox SET lease = id, due_at = now() + interval '1 minute'");
        var third = await Receive("3", "owner@example.org");
        var stranger = await Receive("4", "other@example.org");

        Assert.Equal((new PushReceipt(true, true, true), new PushReceipt(false, true, false), new PushReceipt(true, true, false)), (first, same, second));
        Assert.Equal((new PushReceipt(true, true, true), new PushReceipt(true, false, false)), (third, stranger));
        Assert.Equal(2, await system.CountAsync($"SELECT count(*) FROM outbox WHERE kind = 'MailboxChanged' AND body->>'provider_user_id' = '{account}' AND provider_user_id = '{account}' AND lane = 1"));

        // All at once: the second of an account is stood for by the first, the second of an id is the same.
        await system.ExecuteAsync("DELETE FROM outbox");
        var together = await ReceiveAll(("5", "other@example.org"), ("6", "Owner@example.org"), ("6", "owner@example.org"), ("7", "owner@example.org"), ("1", "owner@example.org"));
        Assert.Equal([new(true, false, false), new(true, true, true), new(false, true, false), new(true, true, false), new(false, true, false)], together);
        Assert.Equal(1, await system.CountAsync("SELECT count(*) FROM outbox"));

        async Task<PushReceipt> Receive(string id, string address) => Assert.Single(await ReceiveAll((id, address)));

        Task<PushReceipt[]> ReceiveAll(params (string Id, string Address)[] arrivals) => PushInbox.ReceiveAsync(
            system.DataSource, [.. arrivals.Select(a => new PushArrival(a.Id, a.Address, Guid.CreateVersion7()))],
            a => MessageBus.Pack(new MailboxChanged(a), Lane.Live, a, Guid.CreateVersion7()), default);
    }

    [Fact]
    public async Task Post_NotConfigured_404()
    {
        await using var system = await TestSystem.StartAsync(_ => { });
        await system.StartPushedIngestAsync();
        using var http = new HttpClient();
        using var content = new StringContent(Envelope("""{"emailAddress":"a@b.c","historyId":1}"""), Encoding.UTF8, "application/json");
        using var response = await http.PostAsync(system.PushEndpoint, content);

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    private static string Envelope(string data, string? id = "m", bool url = false)
    {
        var encoded = Convert.ToBase64String(Encoding.UTF8.GetBytes(data));
        var message = new JsonObject { ["data"] = url ? encoded.TrimEnd('=').Replace('+', '-').Replace('/', '_') : encoded };
        if (id is not null)
        {
            message["messageId"] = id;
        }

        return new JsonObject { ["message"] = message, ["subscription"] = "projects/sandbox/subscriptions/butler" }.ToJsonString();
    }

    /// <summary>One system for all: each test has message ids of its own.</summary>
    public sealed class Hosts : IAsyncLifetime
    {
        public const int Refusals = 40;

        private readonly HttpClient _http = new();

        public TestSystem System { get; private set; } = null!;

        async Task IAsyncLifetime.InitializeAsync()
        {
            var settings = TestSystem.PushSettings;
            settings["Butler:Push:RefusalsPerMinute"] = Refusals.ToString(CultureInfo.InvariantCulture);
            settings["Butler:Push:TrustedProxies:0"] = "127.0.0.0/8";
            System = await TestSystem.StartAsync(_ => { }, settings);
            System.State.AddAccount(Known);
            await System.StartPushedIngestAsync();
        }

        async Task IAsyncLifetime.DisposeAsync()
        {
            _http.Dispose();
            await System.DisposeAsync();
        }

        public async Task<HttpResponseMessage> PostAsync(string body, string? token = null, string? from = null, string type = "application/json")
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, System.PushEndpoint) { Content = new StringContent(body, Encoding.UTF8, type) };
            request.Headers.Authorization = new("Bearer", token ?? Token());
            if (from is not null)
            {
                request.Headers.Add("X-Forwarded-For", from);
            }

            return await _http.SendAsync(request);
        }

        private string Token()
        {
            var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
            return System.Sandbox.Services.GetRequiredService<PushKeys>().Sign(new Dictionary<string, object>
            {
                ["aud"] = "https://butler.test/push", ["email"] = "push@sandbox.iam.gserviceaccount.com", ["email_verified"] = true, ["iss"] = "https://accounts.google.com",
                ["iat"] = now, ["exp"] = now + 3_600, ["sub"] = "1",
            });
        }
    }
}
