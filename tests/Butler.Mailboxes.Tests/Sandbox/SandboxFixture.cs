using System.Globalization;
using System.Text;
using Butler.Sandbox;
using Butler.Sandbox.Faults;
using Butler.Sandbox.State;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Butler.Mailboxes.Tests.Sandbox;

/// <summary>A sandbox of this process with one account, and Butler's mailbox on it.</summary>
internal sealed class SandboxFixture : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ServiceProvider _services;

    private SandboxFixture(WebApplication app, SandboxAccount account, (string Key, string Value)[] settings)
    {
        _app = app;
        SandboxAccount = account;
        var root = app.Urls.First().TrimEnd('/');
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Butler:Google:BaseAddress"] = root,
            ["Butler:Google:TokenAddress"] = root + "/token",
            ["Butler:Google:ClientId"] = "sandbox",
            // Half of it without Redis: what the sandbox allows.
            ["Butler:Google:MaxConcurrentPerUser"] = "20",
        }).AddInMemoryCollection(settings.Select(s => KeyValuePair.Create(s.Key, (string?)s.Value))).Build();
        _services = new ServiceCollection().AddLogging().AddMailboxes(configuration).BuildServiceProvider();
        Mailbox = _services.GetRequiredService<IMailboxFactory>().Open(
            new MailboxAccount(Guid.NewGuid(), "gmail", account.Address, $$"""{"refresh_token":"{{account.RefreshToken}}"}"""));
    }

    public SandboxAccount SandboxAccount { get; }

    public IMailbox Mailbox { get; }

    public SandboxFaults Faults => _app.Services.GetRequiredService<SandboxFaults>();

    public SandboxStats Stats => _app.Services.GetRequiredService<SandboxStats>();

    public static async Task<SandboxFixture> StartAsync(IEnumerable<byte[]> mails, Action<SandboxOptions>? configure = null, params (string Key, string Value)[] settings)
    {
        var app = SandboxApp.Build([], configure);
        await app.StartAsync();
        return new SandboxFixture(app, app.Services.GetRequiredService<SandboxState>().AddAccount("flow@sandbox.butler.test", mails), settings);
    }

    /// <summary>A mail of a day of 2026.</summary>
    public static byte[] Mail(int number, int size = 200) => Encoding.UTF8.GetBytes(string.Create(
        CultureInfo.InvariantCulture,
        $"From: Ann <ann@example.com>\r\nTo: flow@sandbox.butler.test\r\nSubject: Mail {number}\r\nMessage-ID: <{number}@example.com>\r\nDate: {new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).AddHours(number):r}\r\n\r\n{new string((char)('a' + (number % 26)), size)}\r\n"));

    /// <summary>All ids of a query, page by page.</summary>
    public async Task<List<MailId>> ListAsync(MailQuery query)
    {
        List<MailId> all = [];
        string? token = null;
        do
        {
            var page = await Mailbox.ListAsync(query, token, default);
            all.AddRange(page.Mails);
            token = page.NextPageToken;
        }
        while (token is not null);
        return all;
    }

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        await _app.DisposeAsync();
    }
}
