using System.Collections.Concurrent;
using System.Text;
using Butler.Mailboxes.Imap;
using Microsoft.Extensions.Logging;

namespace Butler.Mailboxes.Tests.Imap;

public class LoginTests
{
    private const string Password = "geheim-7461\"\\pü";
    private const string User = "bob@example.com";

    [Fact]
    public async Task Login_Plain_IsOneCommandWithSaslIr()
    {
        var message = Convert.ToBase64String(Encoding.UTF8.GetBytes($"\0{User}\0{Password}"));
        await PlayAsync("AUTH=PLAIN AUTH=LOGIN SASL-IR", new(User, Password), async peer =>
            await peer.PlayAsync($"A1 AUTHENTICATE PLAIN {message}\r\n", "A1 OK [CAPABILITY IMAP4rev1] in\r\n"));
    }

    [Fact]
    public async Task Login_PlainWithoutSaslIr_WaitsForTheChallenge()
    {
        var message = Convert.ToBase64String(Encoding.UTF8.GetBytes($"\0{User}\0{Password}"));
        await PlayAsync("AUTH=PLAIN", new(User, Password), async peer =>
        {
            await peer.PlayAsync("A1 AUTHENTICATE PLAIN\r\n", "+ \r\n");
            await peer.PlayAsync(message + "\r\n", "A1 OK in\r\n");
            await peer.PlayAsync("A2 CAPABILITY\r\n", "* CAPABILITY IMAP4rev1\r\nA2 OK\r\n");
        });
    }

    [Fact]
    public async Task Login_PasswordWith8BitAndQuotes_IsALiteral()
    {
        var bytes = Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(Password));
        await PlayAsync("", new("a\"b\\c", Password), async peer =>
        {
            await peer.PlayAsync($"A1 LOGIN \"a\\\"b\\\\c\" {{{bytes.Length}}}\r\n", "+ go\r\n");
            await peer.PlayAsync(bytes + "\r\n", "A1 OK [CAPABILITY IMAP4rev1] in\r\n");
        });
        await PlayAsync("LITERAL+", new("x\r\nA9 DELETE INBOX", Password), peer =>
            peer.PlayAsync($"A1 LOGIN {{18+}}\r\nx\r\nA9 DELETE INBOX {{{bytes.Length}+}}\r\n{bytes}\r\n", "A1 OK [CAPABILITY IMAP4rev1] in\r\n"));
    }

    [Fact]
    public async Task Login_Xoauth2_AnswersTheErrorChallengeAndIsRefused()
    {
        var message = Convert.ToBase64String(Encoding.UTF8.GetBytes($"user={User}\u0001auth=Bearer ya29.token\u0001\u0001"));
        var e = await Assert.ThrowsAsync<MailboxException>(() => PlayAsync("AUTH=XOAUTH2 SASL-IR", new(User, "ya29.token", IsToken: true), async peer =>
        {
            await peer.PlayAsync($"A1 AUTHENTICATE XOAUTH2 {message}\r\n", "+ eyJzdGF0dXMiOiI0MDAifQ==\r\n");
            await peer.PlayAsync("\r\n", "A1 NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)\r\n");
        }));
        Assert.Equal(ImapProblem.LoginRefused, e.Problem);
        Assert.Equal("AUTHENTICATIONFAILED", e.Reason);
    }

    [Fact]
    public async Task Login_OauthBearer_AnswersTheErrorChallenge()
    {
        var e = await Assert.ThrowsAsync<MailboxException>(() => PlayAsync("AUTH=OAUTHBEARER AUTH=XOAUTH2", new("a,b=c", "tok", IsToken: true), async peer =>
        {
            await peer.PlayAsync("A1 AUTHENTICATE OAUTHBEARER\r\n", "+ \r\n");
            var line = await peer.LineAsync();
            Assert.StartsWith("n,a=a=2Cb=3Dc,\u0001host=localhost\u0001port=", Encoding.UTF8.GetString(Convert.FromBase64String(line)), StringComparison.Ordinal);
            Assert.EndsWith("\u0001auth=Bearer tok\u0001\u0001", Encoding.UTF8.GetString(Convert.FromBase64String(line)), StringComparison.Ordinal);
            await peer.SendAsync("+ eyJ9\r\n");
            await peer.PlayAsync("AQ==\r\n", "A1 NO no\r\n");
        }));
        Assert.Equal(ImapProblem.LoginRefused, e.Problem);
    }

    [Theory]
    [InlineData("A1 NO [AUTHENTICATIONFAILED] no", ImapProblem.LoginRefused)]
    [InlineData("A1 NO [ALERT] Application-specific password required", ImapProblem.LoginRefused)]
    [InlineData("A1 NO [ALERT] Too many simultaneous connections. (Failure)", ImapProblem.TooManyConnections)]
    [InlineData("A1 NO [LIMIT] Rate limit hit", ImapProblem.TooManyConnections)]
    [InlineData("A1 NO [UNAVAILABLE] Temporary failure", ImapProblem.Unavailable)]
    [InlineData("A1 NO [THROTTLED] slow", ImapProblem.Throttled)]
    [InlineData("A1 NO [OVERQUOTA] Account exceeded command or bandwidth limits", ImapProblem.Throttled)]
    [InlineData("A1 NO [PRIVACYREQUIRED] TLS please", ImapProblem.Insecure)]
    [InlineData("* BYE [ALERT] Maximum number of connections from user+IP exceeded", ImapProblem.TooManyConnections)]
    public async Task Login_Refusals_AreTold(string answer, ImapProblem expected)
    {
        var e = await Assert.ThrowsAsync<MailboxException>(() => PlayAsync("", new(User, "p"), peer => peer.PlayAsync($"A1 LOGIN \"{User}\" \"p\"\r\n", answer + "\r\n")));
        Assert.Equal(expected, e.Problem);
    }

    [Fact]
    public async Task Login_Disabled_SendsNothing()
    {
        var e = await Assert.ThrowsAsync<MailboxException>(() => PlayAsync("LOGINDISABLED", new(User, "p"), peer => peer.LogoutAsync("A1")));
        Assert.Equal(ImapProblem.Insecure, e.Problem);
    }

    [Theory]
    [InlineData("AUTH=PLAIN SASL-IR")]
    [InlineData("AUTH=PLAIN")]
    [InlineData("")]
    public async Task Login_LogAndExceptions_HoldNoSecretAndNoName(string capabilities)
    {
        var log = new ListLogger();
        var e = await Assert.ThrowsAsync<MailboxException>(() => PlayAsync(capabilities, new(User, Password), async peer =>
        {
            // Whatever it is: refused, with the user's name and all in the text.
            for (var line = await peer.LineAsync(); ; line = await peer.LineAsync())
            {
                var waits = line.EndsWith('}') || line == "A1 AUTHENTICATE PLAIN";
                await peer.SendAsync(waits ? "+ go\r\n" : $"A1 NO [AUTHENTICATIONFAILED] bad password {Password} for {User}\r\n");
                if (!waits)
                {
                    return;
                }
            }
        }, log));

        var secrets = new[] { Password, "geheim", User, "bob", Convert.ToBase64String(Encoding.UTF8.GetBytes($"\0{User}\0{Password}")), Convert.ToBase64String(Encoding.UTF8.GetBytes(Password)) };
        Assert.NotEmpty(log.Lines);
        Assert.Contains(log.Lines, l => l.Contains("IMAP >", StringComparison.Ordinal));
        Assert.All(secrets, s => Assert.DoesNotContain(s, string.Join('\n', log.Lines), StringComparison.Ordinal));
        Assert.All(secrets, s => Assert.DoesNotContain(s, e.ToString(), StringComparison.Ordinal));
        Assert.DoesNotContain("geheim", new ImapLogin(User, Password).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Login_AfterIt_SwitchesOnWhatHelps()
    {
        await using var server = new ScriptedImap(async peer =>
        {
            await peer.SendAsync("* PREAUTH [CAPABILITY IMAP4rev1 IMAP4rev2 ENABLE CONDSTORE QRESYNC UTF8=ACCEPT ID] hello\r\n");
            await peer.PlayAsync("A1 ID (\"name\" \"Butler\")\r\n", "* ID NIL\r\nA1 OK\r\n");
            await peer.PlayAsync("A2 ENABLE IMAP4rev2 CONDSTORE QRESYNC UTF8=ACCEPT\r\n", "* ENABLED IMAP4rev2 QRESYNC\r\nA2 OK\r\n");
            await peer.PlayAsync("A3 SELECT \"" + Encoding.Latin1.GetString("Entwürfe"u8) + "\" (CONDSTORE)\r\n", "* 0 EXISTS\r\nA3 OK [READ-WRITE]\r\n");
            await peer.LogoutAsync("A4");
        });
        await using (var client = await server.ConnectAsync())
        {
            await client.LoginAsync(new(User, "p"), default);
            Assert.True(client.Qresync);
            Assert.True(client.Utf8Names);
            await client.SelectAsync(ImapName.FromKey("Entwürfe", client.Utf8Names), false, null, default);
        }

        await server.DoneAsync();
    }

    private static async Task PlayAsync(string capabilities, ImapLogin login, Func<ScriptedPeer, Task> script, ILogger? log = null)
    {
        await using var server = new ScriptedImap(async peer =>
        {
            await peer.SendAsync($"* OK [CAPABILITY IMAP4rev1 {capabilities}] hello\r\n");
            await script(peer);
        });
        await using (var client = await server.ConnectAsync(log: log))
        {
            await client.LoginAsync(login, default);
        }

        await server.DoneAsync();
    }

    private sealed class ListLogger : ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = new();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Enqueue($"{formatter(state, exception)} {exception}");
    }
}
