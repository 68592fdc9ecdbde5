using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Butler.Services.Tests.Imap;

/// <summary>What happens to a piece of what the server says.</summary>
internal enum ProxyAct
{
    Forward,

    /// <summary>Both sides are cut off; the piece is lost.</summary>
    Drop,

    /// <summary>Nothing comes any more, and the line stays open.</summary>
    Hang,
}

/// <summary>Stands between Butler and a server, and decides about every piece the server sends.</summary>
internal sealed class TcpProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _ended = new();
    private readonly Func<byte[], ValueTask<ProxyAct>> _decide;
    private readonly int _target;
    private readonly Task _accepting;
    private CancellationTokenSource _cut = new();

    public TcpProxy(int target, Func<byte[], ValueTask<ProxyAct>> decide)
    {
        (_target, _decide) = (target, decide);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Cuts every nth answer with a mail in it.</summary>
    public static Func<byte[], ValueTask<ProxyAct>> DropEvery(int mails)
    {
        var (count, gate) = (0, new Lock());
        return piece =>
        {
            lock (gate)
            {
                var before = count;
                count += Occurrences(piece, "BODY[] {");
                return ValueTask.FromResult(before / mails < count / mails ? ProxyAct.Drop : ProxyAct.Forward);
            }
        };
    }

    public static int Occurrences(byte[] piece, string word)
    {
        var (text, count) = (Encoding.Latin1.GetString(piece), 0);
        for (var at = 0; (at = text.IndexOf(word, at, StringComparison.Ordinal)) >= 0; at += word.Length)
        {
            count++;
        }

        return count;
    }

    /// <summary>Whether new connections end at once.</summary>
    public bool Closed { get; set; }

    /// <summary>Ends all connections there are; new ones are taken.</summary>
    public async Task CutAsync()
    {
        using var old = Interlocked.Exchange(ref _cut, new());
        await old.CancelAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        _listener.Stop();
        await _accepting;
        _ended.Dispose();
        _cut.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = ServeAsync(await _listener.AcceptTcpClientAsync(_ended.Token));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(TcpClient near)
    {
        using (near)
        using (var far = new TcpClient())
        {
            try
            {
                if (Closed)
                {
                    return;
                }

                await far.ConnectAsync(IPAddress.Loopback, _target, _ended.Token);
                var cut = Task.Delay(Timeout.Infinite, _cut.Token);
                await Task.WhenAny(cut, PumpAsync(near.GetStream(), far.GetStream(), _ => ValueTask.FromResult(ProxyAct.Forward)), PumpAsync(far.GetStream(), near.GetStream(), _decide));
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException)
            {
                // The server is down: so is this.
            }
        }
    }

    private async Task PumpAsync(NetworkStream from, NetworkStream to, Func<byte[], ValueTask<ProxyAct>> decide)
    {
        var buffer = new byte[16 * 1024];
        var hanging = false;
        try
        {
            while (await from.ReadAsync(buffer, _ended.Token) is > 0 and var count)
            {
                var piece = buffer[..count];
                switch (hanging ? ProxyAct.Hang : await decide(piece))
                {
                    case ProxyAct.Forward:
                        await to.WriteAsync(piece, _ended.Token);
                        break;
                    case ProxyAct.Drop:
                        return;
                    default:
                        hanging = true;
                        break;
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ObjectDisposedException)
        {
            // One side is gone.
        }
    }
}
