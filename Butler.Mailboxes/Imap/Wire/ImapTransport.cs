using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Butler.Mailboxes.Imap.Wire;

/// <summary>The line to a server: socket, TLS, and a time limit on every wait, which closes the line when it passes.</summary>
internal sealed class ImapTransport : IAsyncDisposable
{
    private readonly ImapEndpoint _endpoint;
    private readonly ImapOptions _options;
    private readonly TimeProvider _time;
    private readonly Socket _socket;
    private readonly ITimer _readTimer;
    private readonly ITimer _writeTimer;
    private Stream _stream;
    private long _answerSince;
    private volatile bool _timedOut;
    private volatile bool _closed;

    private ImapTransport(ImapEndpoint endpoint, ImapOptions options, TimeProvider time, Socket socket)
    {
        (_endpoint, _options, _time, _socket) = (endpoint, options, time, socket);
        _stream = new NetworkStream(socket, ownsSocket: true);
        _readTimer = time.CreateTimer(static t => ((ImapTransport)t!).TimedOut(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _writeTimer = time.CreateTimer(static t => ((ImapTransport)t!).TimedOut(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        ReadLimit = options.ReadTimeout;
        Reader = new(_stream, options.Limits, ReadAsync);
    }

    public ImapReader Reader { get; private set; }

    /// <summary>How long one read may wait; IDLE makes it longer.</summary>
    public TimeSpan ReadLimit { get; set; }

    public bool IsSecure => _stream is SslStream;

    public static async Task<ImapTransport> ConnectAsync(ImapEndpoint endpoint, ImapOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using var limit = new CancellationTokenSource(options.ConnectTimeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await socket.ConnectAsync(endpoint.Host, endpoint.Port, both.Token);
            return new(endpoint, options, time, socket);
        }
        catch (Exception e)
        {
            socket.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            throw e switch
            {
                OperationCanceledException => ImapErrors.Make(ImapProblem.Timeout, "connect"),
                SocketException => ImapErrors.Make(ImapErrors.Of(e), "connect", inner: e),
                _ => e,
            };
        }
    }

    /// <summary>
    /// Goes over to TLS. What was received before is dropped with the old reader: it came in plain text, from anybody (RFC 9051
    /// section 6.2.1).
    /// </summary>
    public async Task SecureAsync(CancellationToken cancellationToken)
    {
        var certificateRefused = false;
        var ssl = new SslStream(_stream, leaveInnerStreamOpen: false);
        using var limit = new CancellationTokenSource(_options.TlsTimeout, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await ssl.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = _endpoint.Host,
                    RemoteCertificateValidationCallback = (_, certificate, chain, errors) => !(certificateRefused = !IsTrusted(certificate, chain, errors)),
                },
                both.Token);
        }
        catch (Exception e)
        {
            await ssl.DisposeAsync();
            cancellationToken.ThrowIfCancellationRequested();
            throw e switch
            {
                OperationCanceledException => ImapErrors.Make(ImapProblem.Timeout, "TLS"),
                AuthenticationException when certificateRefused => ImapErrors.Make(ImapProblem.Certificate),
                AuthenticationException or IOException => ImapErrors.Make(ImapProblem.Tls, inner: e),
                _ => e,
            };
        }

        _stream = ssl;
        Reader = new(_stream, _options.Limits, ReadAsync);
    }

    /// <summary>The next answer.</summary>
    public async ValueTask<ImapResponse> ReadAnswerAsync(CancellationToken cancellationToken)
    {
        _answerSince = 0;
        return await Reader.ReadAsync(cancellationToken) ?? throw ImapErrors.Make(_timedOut ? ImapProblem.Timeout : ImapProblem.Disconnected);
    }

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        _writeTimer.Change(_options.ReadTimeout, Timeout.InfiniteTimeSpan);
        using var cancelled = cancellationToken.UnsafeRegister(static t => ((ImapTransport)t!).Close(), this);
        try
        {
            await _stream.WriteAsync(bytes, CancellationToken.None);
            await _stream.FlushAsync(CancellationToken.None);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or SocketException or InvalidOperationException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw Broken(e);
        }
        finally
        {
            _writeTimer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Limits a read that is already under way, as after DONE.</summary>
    public void LimitPendingRead(TimeSpan limit)
    {
        ReadLimit = limit;
        _readTimer.Change(limit, Timeout.InfiniteTimeSpan);
    }

    public async ValueTask DisposeAsync()
    {
        Close();
        await _readTimer.DisposeAsync();
        await _writeTimer.DisposeAsync();
        await _stream.DisposeAsync();
    }

    private async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (_answerSince == 0)
        {
            // Waiting for an answer's first byte has ReadLimit alone.
        }
        else if (_time.GetElapsedTime(_answerSince) > _options.ResponseTimeout)
        {
            _timedOut = true;
            Close();
            throw ImapErrors.Make(ImapProblem.Timeout, "answer");
        }

        try
        {
            var reading = _stream.ReadAsync(buffer, CancellationToken.None);
            if (reading.IsCompletedSuccessfully)
            {
                return Arrived(reading.Result);
            }

            _readTimer.Change(ReadLimit, Timeout.InfiniteTimeSpan);
            await using var cancelled = cancellationToken.UnsafeRegister(static t => ((ImapTransport)t!).Close(), this);
            return Arrived(await reading);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or SocketException or InvalidOperationException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw Broken(e);
        }
        finally
        {
            _readTimer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    private int Arrived(int count)
    {
        if (_answerSince == 0)
        {
            _answerSince = _time.GetTimestamp();
        }

        return count;
    }

    private MailboxException Broken(Exception e) =>
        _timedOut ? ImapErrors.Make(ImapProblem.Timeout) : ImapErrors.Make(_closed ? ImapProblem.Disconnected : ImapErrors.Of(e), inner: e);

    private void TimedOut()
    {
        _timedOut = true;
        Close();
    }

    // Ends pending reads and writes; cancelling them by token would leave a TLS stream in no known state.
    private void Close()
    {
        _closed = true;
        _socket.Dispose();
    }

    private bool IsTrusted(X509Certificate? certificate, X509Chain? presented, SslPolicyErrors errors)
    {
        if (errors == SslPolicyErrors.None)
        {
            return true;
        }

        // A private root heals an unknown root, and nothing else: not a wrong name, not a date.
        if (errors != SslPolicyErrors.RemoteCertificateChainErrors || _options.ExtraRoots is not { Count: > 0 } roots || certificate is not X509Certificate2 leaf)
        {
            return false;
        }

        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(roots);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.ApplicationPolicy.Add(new System.Security.Cryptography.Oid("1.3.6.1.5.5.7.3.1"));
        foreach (var element in presented?.ChainElements ?? Enumerable.Empty<X509ChainElement>())
        {
            chain.ChainPolicy.ExtraStore.Add(element.Certificate);
        }

        return chain.Build(leaf);
    }
}
