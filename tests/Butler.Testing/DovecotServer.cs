using System.Diagnostics;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Butler.Testing;

/// <summary>
/// A real Dovecot for one test class (a fixture): loopback ports, a scratch folder, any user with the password "secret", Maildirs
/// that tests deliver into. Stops with the test process.
/// </summary>
public sealed class DovecotServer : IDisposable
{
    private const int PortTries = 20;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    // Made at first use: a fixture is also made for tests that are skipped.
    private readonly Lazy<DovecotFiles> _lazy = new(() => DovecotFiles.Create(
        DovecotFiles.Find() ?? throw new InvalidOperationException("dovecot was not found; run the tests with ./butler test, which sees to it (BUTLER_DOVECOT)."), Servers.Scratch("dovecot")));

    private Process? _process;
    private string _settings = "";
    private int _delivered;

    /// <summary>The port of IMAP with STARTTLS.</summary>
    public int Port { get; private set; }

    /// <summary>The port of IMAP with TLS.</summary>
    public int TlsPort { get; private set; }

    /// <summary>Its self-signed certificate, for "localhost".</summary>
    public X509Certificate2 Certificate => Files.Certificate;

    private DovecotFiles Files => _lazy.Value;

    /// <summary>Starts it; again on the same ports after <see cref="Stop"/>.</summary>
    /// <param name="settings">Further lines of configuration.</param>
    public async Task StartAsync(string settings = "")
    {
        if (_process is { HasExited: false } && settings == _settings)
        {
            return;
        }

        Stop();
        _settings = settings;
        var fixedPorts = Port != 0;
        for (var tries = 1; ; tries++)
        {
            (Port, TlsPort) = fixedPorts ? (Port, TlsPort) : (Servers.FreePort(), Servers.FreePort());
            var command = Files.Command(Port, TlsPort, settings);
            _process = Servers.Start(command[0], command[1..], Files.Account);
            if (await AnswersAsync())
            {
                return;
            }

            if (tries >= PortTries)
            {
                throw new InvalidOperationException($"Dovecot did not start: {(File.Exists(Files.LogFile) ? File.ReadAllText(Files.LogFile) : "no log")}");
            }
        }
    }

    /// <summary>Stops it, and with it all its connections.</summary>
    public void Stop()
    {
        if (_process is { HasExited: false })
        {
            Servers.Run("/bin/kill", "-TERM", $"{_process.Id}");
            if (!_process.WaitForExit(30_000))
            {
                _process.Kill(entireProcessTree: true);
                _process.WaitForExit();
            }
        }
    }

    /// <summary>Ends it and its connections at once, in the middle of whatever they do.</summary>
    public void Crash()
    {
        if (_process is { HasExited: false })
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
        }
    }

    /// <summary>Delivers mails into a user's folder ("" is INBOX).</summary>
    public void Deliver(string user, IEnumerable<byte[]> mails, string folder = "")
    {
        var all = mails.ToList();
        Files.Deliver(user, all, folder, Interlocked.Add(ref _delivered, all.Count) - all.Count + 1);
    }

    /// <summary>A user's Maildir.</summary>
    public string Maildir(string user) => Files.Maildir(user);

    /// <summary>Makes a mail of a number and a size.</summary>
    public static byte[] Mail(int number, int bytes = 500)
    {
        var text = new StringBuilder($"From: Sender {number} <sender{number}@example.com>\r\nTo: bob@example.com\r\nSubject: Mail {number}\r\nMessage-ID: <m{number}@example.com>\r\nDate: Sat, 21 Nov 2026 10:00:00 +0000\r\n\r\n");
        while (text.Length < bytes)
        {
            text.Append("Line ").Append(text.Length).Append(" of the mail, which says nothing in particular.\r\n");
        }

        return Encoding.ASCII.GetBytes(text.ToString());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Stop();
        if (_lazy.IsValueCreated)
        {
            Files.Dispose();
        }
    }

    // A greeting from both ports: another program may have taken one of them.
    private async Task<bool> AnswersAsync()
    {
        var deadline = Stopwatch.StartNew();
        while (!_process!.HasExited && deadline.Elapsed < s_patience)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync("127.0.0.1", Port);
                var buffer = new byte[64];
                using var limit = new CancellationTokenSource(s_patience);
                var got = await client.GetStream().ReadAsync(buffer, limit.Token);
                if (got > 4 && Encoding.ASCII.GetString(buffer, 0, got).StartsWith("* OK", StringComparison.Ordinal))
                {
                    return true;
                }
            }
            catch (Exception e) when (e is SocketException or IOException or OperationCanceledException)
            {
                // Not yet.
            }

            await Task.Delay(50);
        }

        return false;
    }
}

/// <summary>A test that needs a Dovecot: skipped with a reason where there is none, except in CI, where that is a failure.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class DovecotFactAttribute : Xunit.FactAttribute
{
    /// <summary>Skips where there is no Dovecot.</summary>
    public DovecotFactAttribute()
    {
        if (DovecotFiles.Find() is null && Environment.GetEnvironmentVariable("CI") != "true")
        {
            Skip = "needs dovecot-imapd, installed or unpacked (./butler test fetches it; BUTLER_DOVECOT names the folder)";
        }
    }
}
