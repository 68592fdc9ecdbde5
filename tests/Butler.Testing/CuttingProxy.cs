using System.Net;
using System.Net.Sockets;

namespace Butler.Testing;

/// <summary>
/// Stands between a client and a server without TLS and cuts the connection in the middle of the answer to every so many-th command
/// that contains a word.
/// </summary>
public sealed class CuttingProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly int _port;
    private readonly byte[] _word;
    private readonly int _every;
    private readonly Task _running;
    private int _seen;

    /// <summary>Starts it.</summary>
    /// <param name="port">The server's port on this machine.</param>
    /// <param name="word">What is counted in what the client sends, such as "UID FETCH".</param>
    /// <param name="every">Every how many.</param>
    public CuttingProxy(int port, string word, int every)
    {
        (_port, _word, _every) = (port, System.Text.Encoding.ASCII.GetBytes(word), every);
        _listener.Start();
        _running = AcceptAsync();
    }

    /// <summary>Where it listens.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>How often it has cut.</summary>
    public int Cuts { get; private set; }

    /// <summary>How many of the counted commands went through it.</summary>
    public int Seen => Volatile.Read(ref _seen);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        await _running;
    }

    private async Task AcceptAsync()
    {
        var lines = new List<Task>();
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_end.Token);
                lines.Add(RelayAsync(client));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(lines);
        }
    }

    private async Task RelayAsync(TcpClient client)
    {
        using var held = client;
        using var server = new TcpClient();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(_end.Token);
        var allowance = new Allowance();
        try
        {
            await server.ConnectAsync("127.0.0.1", _port, stop.Token);
            var up = UpAsync(client.GetStream(), server.GetStream(), allowance, stop.Token);
            var down = DownAsync(server.GetStream(), client.GetStream(), allowance, stop.Token);
            await Task.WhenAny(up, down);
            await stop.CancelAsync();
            await Task.WhenAll(up, down);
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // One side went: so does the other.
        }
    }

    private async Task UpAsync(NetworkStream from, NetworkStream to, Allowance allowance, CancellationToken cancellationToken)
    {
        var buffer = new byte[16 * 1024];
        for (int count; (count = await from.ReadAsync(buffer, cancellationToken)) > 0;)
        {
            for (int at = 0, found; (found = buffer.AsSpan(at, count - at).IndexOf(_word)) >= 0; at += found + _word.Length)
            {
                if (Interlocked.Increment(ref _seen) % _every == 0)
                {
                    // Not at once: a part of the answer is what a client must cope with.
                    Interlocked.CompareExchange(ref allowance.Left, 3000, long.MaxValue);
                }
            }

            await to.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
        }
    }

    private async Task DownAsync(NetworkStream from, NetworkStream to, Allowance allowance, CancellationToken cancellationToken)
    {
        var buffer = new byte[16 * 1024];
        for (int count; (count = await from.ReadAsync(buffer, cancellationToken)) > 0;)
        {
            var left = Interlocked.Read(ref allowance.Left);
            if (left == long.MaxValue)
            {
                await to.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
                continue;
            }

            await to.WriteAsync(buffer.AsMemory(0, (int)Math.Min(left, count)), cancellationToken);
            if (Interlocked.Add(ref allowance.Left, -count) <= 0)
            {
                Cuts++;
                return;
            }
        }
    }

    private sealed class Allowance
    {
        public long Left = long.MaxValue;
    }
}
