using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Butler.Testing;

namespace Butler.Cli.Bench.Imap;

/// <summary>A Dovecot of the benchmark's own, with mails in it.</summary>
internal sealed class ImapBenchServer : IAsyncDisposable
{
    public const string Password = "secret";

    private static readonly TimeSpan s_startTime = TimeSpan.FromSeconds(60);

    private readonly string _folder;
    private readonly DovecotFiles _files;
    private readonly TimeProvider _time;
    private Child? _child;

    private ImapBenchServer(string folder, DovecotFiles files, TimeProvider time) => (_folder, _files, _time) = (folder, files, time);

    /// <summary>The port of IMAP with TLS.</summary>
    public int TlsPort { get; private set; }

    public X509Certificate2 Certificate => _files.Certificate;

    public string CertificateFile => Path.Combine(_folder, "cert.pem");

    public static ImapBenchServer Create(string folder, TimeProvider time)
    {
        var root = DovecotFiles.Find() ?? throw new CliException("Dovecot was not found; run this as ./butler bench imap, which sees to it, or set BUTLER_DOVECOT to the folder where its package is unpacked.");
        Directory.CreateDirectory(folder);
        return new(folder, DovecotFiles.Create(root, folder), time);
    }

    public void Deliver(string user, IEnumerable<byte[]> mails, int first = 1) => _files.Deliver(user, mails, first: first);

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var port = Binaries.FreePort();
        TlsPort = Binaries.FreePort();
        var command = _files.Command(port, TlsPort, "mail_max_userip_connections = 20");
        if (_files.Account is { } account)
        {
            command = ["setpriv", "--reuid", account, "--regid", DovecotFiles.GroupOf(account), "--clear-groups", .. command];
        }

        _child = Child.Start("dovecot", Path.Combine(_folder, "dovecot.out"), command, []);
        var started = _time.GetTimestamp();
        while (true)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync("127.0.0.1", TlsPort, cancellationToken);
                return;
            }
            catch (SocketException) when (!_child.HasExited && _time.GetElapsedTime(started) < s_startTime)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), _time, cancellationToken);
            }
            catch (SocketException)
            {
                throw new CliException($"Dovecot did not start:\n{_child.LastLines(5)}\n{(File.Exists(_files.LogFile) ? string.Join('\n', File.ReadLines(_files.LogFile).TakeLast(5)) : "")}");
            }
        }
    }

    /// <summary>CPU seconds of the server and its processes so far.</summary>
    public double CpuSeconds => _child is { HasExited: false } child ? ProcessTable.CpuSeconds(child.Pid) : 0;

    public async ValueTask DisposeAsync()
    {
        if (_child is not null)
        {
            await _child.StopAsync(TimeSpan.FromSeconds(10));
            _child.Dispose();
        }

        _files.Dispose();
    }
}
