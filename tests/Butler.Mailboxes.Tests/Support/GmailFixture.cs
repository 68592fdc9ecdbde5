using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Butler.Mailboxes.Tests.Support;

/// <summary>A mailbox over a scripted peer, registered as a service registers it.</summary>
internal sealed class GmailFixture : IAsyncDisposable
{
    public static readonly Guid AccountId = Guid.Parse("0197a000-0000-7000-8000-000000000001");

    public GmailFixture(Func<PeerRequest, PeerReply> script, TimeProvider? time = null, params (string Key, string Value)[] settings)
    {
        Peer = new ScriptedPeer(r => r.Target == "/token" && Token is { } token ? token(r) : script(r));
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Butler:Google:BaseAddress"] = Peer.Address.AbsoluteUri,
            ["Butler:Google:TokenAddress"] = new Uri(Peer.Address, "token").AbsoluteUri,
            ["Butler:Google:ClientId"] = "client",
            ["Butler:Google:ClientSecret"] = "secret",
            // Half of it without Redis, less two for live: batches of ten.
            ["Butler:Google:MaxConcurrentPerUser"] = "24",
        }).AddInMemoryCollection(settings.Select(s => KeyValuePair.Create(s.Key, (string?)s.Value))).Build();
        var services = new ServiceCollection().AddLogging();
        if (time is not null)
        {
            services.AddSingleton(time);
        }

        Services = services.AddMailboxes(configuration).BuildServiceProvider();
        Factory = Services.GetRequiredService<IMailboxFactory>();
        Mailbox = Factory.Open(Account);
    }

    public static MailboxAccount Account { get; } = new(AccountId, "gmail", "owner@example.com", """{"refresh_token":"1//refresh"}""");

    public ScriptedPeer Peer { get; }

    public ServiceProvider Services { get; }

    public IMailboxFactory Factory { get; }

    public IMailbox Mailbox { get; }

    public Func<PeerRequest, PeerReply>? Token { get; set; } = _ => new(200, """{"access_token":"ya29.token","expires_in":3599,"token_type":"Bearer"}""");

    public static FetchOptions Bulk { get; } = new(MailLane.Bulk, 4 << 20, TimeSpan.FromSeconds(5));

    public static string Error(int code, string reason, string message = "no") =>
        $$"""{"error":{"code":{{code}},"message":"{{message}}","errors":[{"domain":"usageLimits","reason":"{{reason}}","message":"{{message}}"}] } }""";

    public static string Message(string id, string raw, string labels = "\"INBOX\",\"UNREAD\"") =>
        $$"""{"id":"{{id}}","threadId":"t{{id}}","labelIds":[{{labels}}],"internalDate":"1431990098200","raw":"{{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(raw))}}"}""";

    /// <summary>A batch answer; a part is an inner HTTP answer.</summary>
    public static PeerReply Batch(params (int Index, int Status, string Body, string Headers)[] parts)
    {
        var text = new StringBuilder();
        foreach (var (index, status, body, headers) in parts)
        {
            text.Append(CultureInfo.InvariantCulture, $"--batch_X\r\nContent-Type: application/http\r\nContent-ID: <response-{index}>\r\n\r\nHTTP/1.1 {status} X\r\nContent-Type: application/json; charset=UTF-8\r\n{headers}\r\n{body}\r\n");
        }

        return new(200, text + "--batch_X--\r\n", "multipart/mixed; boundary=batch_X");
    }

    public async ValueTask DisposeAsync()
    {
        await Services.DisposeAsync();
        await Peer.DisposeAsync();
    }
}
