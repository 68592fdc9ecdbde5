using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Butler.Mailboxes.Imap;
using Microsoft.Extensions.Logging;

namespace Butler.Mailboxes.Tests.Imap;

/// <summary>A server that plays a script per connection and checks every byte it gets.</summary>
internal sealed class ScriptedImap : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly Task _running;

    public ScriptedImap(Func<ScriptedPeer, Task> script)
    {
        _listener.Start();
        _running = Task.Run(() => RunAsync(script));
    }

    public ImapEndpoint Endpoint => new("localhost", ((IPEndPoint)_listener.LocalEndpoint).Port, ImapSecurity.None);

    /// <summary>Waits for the script's end; what it found wrong is thrown here.</summary>
    public Task DoneAsync() => _running.WaitAsync(Patience);

    public Task<ImapClient> ConnectAsync(ImapOptions? options = null, TimeProvider? time = null, ILogger? log = null) => ImapClient.ConnectAsync(Endpoint, options, time, log);

    /// <summary>A client that is logged in at a server with these capabilities; the script plays on from there (next tag: A2).</summary>
    public static async Task<(ScriptedImap Server, ImapClient Client)> LoggedInAsync(string capabilities, Func<ScriptedPeer, Task> script, ImapOptions? options = null, TimeProvider? time = null, ILogger? log = null)
    {
        var server = new ScriptedImap(async peer =>
        {
            await peer.SendAsync($"* PREAUTH [CAPABILITY IMAP4rev1 {capabilities}] hello\r\n");
            await script(peer);
        });
        var client = await server.ConnectAsync(options, time, log);
        await client.LoginAsync(new("u", "p"), default);
        return (server, client);
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        try
        {
            await _running.WaitAsync(Patience);
        }
        catch (Exception e) when (e is not Xunit.Sdk.XunitException)
        {
            // The client went, as it may.
        }
    }

    private async Task RunAsync(Func<ScriptedPeer, Task> script)
    {
        using var client = await _listener.AcceptTcpClientAsync(_end.Token);
        await script(new(client.GetStream(), _end.Token));
    }
}

/// <summary>The server's side of one connection.</summary>
internal sealed class ScriptedPeer(Stream stream, CancellationToken end)
{
    private Stream _stream = stream;

    public Task SendAsync(string text) => SendAsync(Encoding.Latin1.GetBytes(text));

    public async Task SendAsync(byte[] bytes)
    {
        await _stream.WriteAsync(bytes, end);
        await _stream.FlushAsync(end);
    }

    /// <summary>The next bytes must be these.</summary>
    public async Task ExpectAsync(string text)
    {
        var buffer = new byte[text.Length];
        var got = 0;
        while (got < buffer.Length)
        {
            var count = await _stream.ReadAsync(buffer.AsMemory(got), end);
            if (count == 0)
            {
                break;
            }

            got += count;
            if (!text.StartsWith(Encoding.Latin1.GetString(buffer, 0, got), StringComparison.Ordinal))
            {
                break;
            }
        }

        Assert.Equal(text, Encoding.Latin1.GetString(buffer, 0, got));
    }

    /// <summary>The next line, whatever it is, without its end.</summary>
    public async Task<string> LineAsync()
    {
        var line = new List<byte>();
        var one = new byte[1];
        while (await _stream.ReadAsync(one, end) == 1)
        {
            if (one[0] == (byte)'\n')
            {
                return Encoding.Latin1.GetString([.. line]).TrimEnd('\r');
            }

            line.Add(one[0]);
        }

        throw new IOException("The client closed.");
    }

    /// <summary>The client must close, saying nothing more.</summary>
    public async Task ExpectEndAsync()
    {
        var count = 0;
        try
        {
            count = await _stream.ReadAsync(new byte[1], end);
        }
        catch (IOException)
        {
            // Reset instead of closed: the same to us.
        }

        Assert.Equal(0, count);
    }

    /// <summary>Plays command and answer.</summary>
    public async Task PlayAsync(string command, string answer)
    {
        await ExpectAsync(command);
        await SendAsync(answer);
    }

    /// <summary>LOGOUT with any tag.</summary>
    public async Task LogoutAsync(string tag)
    {
        await ExpectAsync(tag + " LOGOUT\r\n");
        await SendAsync($"* BYE bye\r\n{tag} OK done\r\n");
    }

    /// <summary>Waits without an answer until the test ends.</summary>
    public Task HangAsync() => Task.Delay(Timeout.Infinite, end);

    public async Task StartTlsAsync(System.Security.Cryptography.X509Certificates.X509Certificate2 certificate)
    {
        var tls = new SslStream(_stream);
        await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = certificate }, end);
        _stream = tls;
    }
}
