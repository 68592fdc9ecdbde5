using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Butler.Mailboxes.Tests.Support;

/// <summary>What arrived: the bytes as they were, and their parts.</summary>
internal sealed record PeerRequest(string Method, string Target, string Head, byte[] Body)
{
    public string Text => Encoding.UTF8.GetString(Body);
}

/// <summary>What to do: answer, answer in pieces, reset, or say nothing.</summary>
internal sealed record PeerReply(int Status, string Body, string ContentType = "application/json; charset=UTF-8", string Headers = "")
{
    /// <summary>Cut the connection after this many body bytes (Content-Length names all).</summary>
    public int? CutAfter { get; init; }

    /// <summary>Reset the connection without an answer.</summary>
    public bool Reset { get; init; }

    /// <summary>Never answer.</summary>
    public bool Hang { get; init; }

    /// <summary>Write the body in pieces of this size.</summary>
    public int Piece { get; init; } = int.MaxValue;
}

/// <summary>An HTTP/1.1 peer on loopback that answers from a script and keeps each request's exact bytes.</summary>
internal sealed class ScriptedPeer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<PeerRequest, PeerReply> _script;
    private readonly Task _accepting;
    private int _disposed;

    public ScriptedPeer(Func<PeerRequest, PeerReply> script)
    {
        _script = script;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public ConcurrentQueue<PeerRequest> Requests { get; } = new();

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/");

    /// <summary>The requests that are not token requests.</summary>
    public IReadOnlyList<PeerRequest> Calls => [.. Requests.Where(r => r.Target != "/token")];

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            await _stop.CancelAsync();
            _listener.Stop();
            await _accepting;
            _stop.Dispose();
        }
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                _ = ServeAsync(client);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // stopped
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        try
        {
            using (client)
            {
                var stream = client.GetStream();
                while (await ReadAsync(stream) is { } request)
                {
                    Requests.Enqueue(request);
                    var reply = _script(request);
                    if (reply.Hang)
                    {
                        await Task.Delay(Timeout.Infinite, _stop.Token);
                    }

                    if (reply.Reset)
                    {
                        client.Client.LingerState = new LingerOption(true, 0);
                        return;
                    }

                    var body = Encoding.UTF8.GetBytes(reply.Body);
                    await stream.WriteAsync(Encoding.ASCII.GetBytes(
                        $"HTTP/1.1 {reply.Status} X\r\nContent-Type: {reply.ContentType}\r\nContent-Length: {body.Length}\r\n{reply.Headers}\r\n"), _stop.Token);
                    var length = Math.Min(body.Length, reply.CutAfter ?? body.Length);
                    for (var at = 0; at < length;)
                    {
                        var piece = Math.Min(reply.Piece, length - at);
                        await stream.WriteAsync(body.AsMemory(at, piece), _stop.Token);
                        at += piece;
                    }

                    if (reply.CutAfter is not null)
                    {
                        return;
                    }
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or SocketException or ObjectDisposedException)
        {
            // the other side or the test has gone
        }
    }

    private async Task<PeerRequest?> ReadAsync(NetworkStream stream)
    {
        using var head = new MemoryStream();
        var one = new byte[1];
        while (!Ends(head))
        {
            if (await stream.ReadAsync(one, _stop.Token) == 0)
            {
                return null;
            }

            head.WriteByte(one[0]);
        }

        var text = Encoding.ASCII.GetString(head.ToArray());
        var lines = text.Split("\r\n");
        var first = lines[0].Split(' ');
        var length = lines.FirstOrDefault(l => l.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase)) is { } line
            ? int.Parse(line[15..], System.Globalization.CultureInfo.InvariantCulture) : 0;
        var body = new byte[length];
        await stream.ReadExactlyAsync(body, _stop.Token);
        return new(first[0], first[1], text, body);
    }

    private static bool Ends(MemoryStream head) =>
        head.Length >= 4 && head.GetBuffer().AsSpan((int)head.Length - 4, 4).SequenceEqual("\r\n\r\n"u8);
}
