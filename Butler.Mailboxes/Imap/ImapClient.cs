using System.Globalization;
using Butler.Mailboxes.Imap.Wire;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Butler.Mailboxes.Imap;

/// <summary>
/// One connection to an IMAP server (RFC 3501, 9051): typed commands, one after the other. Not thread-safe; a command that was
/// cancelled, or whose answers were not read to the end, ends the connection. Every failure is a <see cref="MailboxException"/>
/// with its <see cref="MailboxException.Problem"/>. Passwords, tokens, folder names and search words never reach the log.
/// </summary>
public sealed partial class ImapClient : IAsyncDisposable
{
    private readonly ImapTransport _transport;
    private readonly ImapEndpoint _endpoint;
    private readonly ImapOptions _options;
    private readonly ILogger _log;
    private readonly TimeProvider _time;
    private readonly List<string> _alerts = [];
    private ImapCapabilities _capabilities = new([]);
    private bool _capabilitiesKnown;
    private HashSet<string> _enabled = [];
    private ImapBox _box = new();
    private ImapProblem? _bye;
    private string? _byeCode;
    private int _busy;
    private int _lastTag;
    private int _unreadable;
    private bool _loggedIn;

    private ImapClient(ImapTransport transport, ImapEndpoint endpoint, ImapOptions options, TimeProvider time, ILogger log) =>
        (_transport, _endpoint, _options, _time, _log) = (transport, endpoint, options, time, log);

    // How an untagged answer is offered to the command under way: its name, the number before it, and what follows.
    private delegate void Untagged(string name, uint number, ref ImapTokens tokens);

    /// <summary>What the server can, as of now: it may say more after TLS and after the login.</summary>
    public ImapCapabilities Capabilities => _capabilities;

    /// <summary>Whether QRESYNC is on.</summary>
    public bool Qresync => _enabled.Contains("QRESYNC");

    /// <summary>Whether folder names are UTF-8 here.</summary>
    public bool Utf8Names => _enabled.Contains("UTF8=ACCEPT") || _enabled.Contains("IMAP4REV2");

    /// <summary>Whether the connection must not be used any more.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>Whether somebody is logged in.</summary>
    public bool IsLoggedIn => _loggedIn;

    /// <summary>The folder that is selected, if any.</summary>
    public ImapName? Selected { get; private set; }

    /// <summary>Whether the selected folder changed since <see cref="ForgetNews"/>: mail came or went, or flags changed.</summary>
    public bool HasNews => _box.News;

    /// <summary>The last HIGHESTMODSEQ of the selected folder that the server reported; store it only after a whole pass (RFC 7162 section 6).</summary>
    public ulong? HighestModSeq => _box.HighestModSeq;

    /// <summary>What the UIDs of the selected folder belong to; 0 when the server said nothing.</summary>
    public uint UidValidity => _box.UidValidity;

    /// <summary>How many mails the selected folder has, as last said.</summary>
    public uint Exists => _box.Exists;

    /// <summary>What the server wants the user to read ([ALERT]); it may be personal, so it is for the account's page and not for a log.</summary>
    public IReadOnlyList<string> Alerts => _alerts;

    /// <summary>Connects, reads the greeting, goes over to TLS and asks what the server can.</summary>
    /// <exception cref="MailboxException">With the <see cref="MailboxException.Problem"/>.</exception>
    public static async Task<ImapClient> ConnectAsync(ImapEndpoint endpoint, ImapOptions? options = null, TimeProvider? time = null, ILogger? log = null, CancellationToken cancellationToken = default)
    {
        options ??= new();
        if (endpoint.Security == ImapSecurity.None && !endpoint.IsLoopback)
        {
            throw ImapErrors.Make(ImapProblem.Insecure);
        }

        var transport = await ImapTransport.ConnectAsync(endpoint, options, time ?? TimeProvider.System, cancellationToken);
        var client = new ImapClient(transport, endpoint, options, time ?? TimeProvider.System, log ?? NullLogger.Instance);
        try
        {
            await client.GreetAsync(cancellationToken);
            return client;
        }
        catch
        {
            await transport.DisposeAsync();
            throw;
        }
    }

    /// <summary>Asks nothing and hears the news; shows that the connection lives.</summary>
    public Task NoopAsync(CancellationToken cancellationToken) => RunAsync(Command("NOOP"), null, cancellationToken);

    /// <summary>From here on <see cref="HasNews"/> speaks of later changes: call it before a pass over the folder begins.</summary>
    public void ForgetNews() => _box.News = false;

    /// <summary>UIDs that the server reported as gone (QRESYNC) since this was last called.</summary>
    public ImapUidSet TakeVanished()
    {
        var vanished = _box.Vanished;
        _box.Vanished = new();
        return vanished;
    }

    /// <summary>Says LOGOUT, if the connection is sound, and closes.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!IsBroken && _bye is null && Interlocked.CompareExchange(ref _busy, 1, 0) == 0)
        {
            using var limit = new CancellationTokenSource(_options.LogoutTimeout, _time);
            try
            {
                var command = Command("LOGOUT");
                ImapLog.Sent(_log, command.Tag, command.Log);
                await _transport.WriteAsync(command.Finish()[0].Bytes, limit.Token);
                for (var answers = 0; answers < 1000; answers++)
                {
                    // BYE is the answer here; some servers send it without end (Yandex).
                    if (Dispatch(await _transport.ReadAnswerAsync(limit.Token), null).Kind == AnswerKind.Tagged || _bye is not null)
                    {
                        break;
                    }
                }
            }
            catch (Exception e) when (e is MailboxException or OperationCanceledException)
            {
                // Closing says the same.
            }
        }

        IsBroken = true;
        await _transport.DisposeAsync();
    }

    private async Task GreetAsync(CancellationToken cancellationToken)
    {
        if (_endpoint.Security == ImapSecurity.Tls)
        {
            await _transport.SecureAsync(cancellationToken);
        }

        Answer greeting;
        try
        {
            greeting = Dispatch(await _transport.ReadAnswerAsync(cancellationToken), null);
        }
        catch (MailboxException e) when (e.Problem is ImapProblem.LimitExceeded or ImapProblem.Protocol)
        {
            throw ImapErrors.Make(ImapProblem.NotImap, inner: e);
        }

        if (greeting.Kind != AnswerKind.Status || greeting.Status is ImapStatusKind.No or ImapStatusKind.Bad)
        {
            throw _bye is { } bye ? ImapErrors.Make(bye, "greeting", _byeCode) : ImapErrors.Make(ImapProblem.NotImap);
        }

        ThrowIfBye();
        _loggedIn = greeting.Status == ImapStatusKind.Preauth;
        if (_endpoint.Security == ImapSecurity.StartTls)
        {
            await StartTlsAsync(cancellationToken);
        }

        if (!_capabilitiesKnown)
        {
            await AskCapabilitiesAsync(cancellationToken);
        }

        ImapLog.Connected(_log, _endpoint.Security, _capabilities.Names.Count);
    }

    private async Task StartTlsAsync(CancellationToken cancellationToken)
    {
        if (_loggedIn)
        {
            // RFC 9051 section 7.1.4: STARTTLS is forbidden after PREAUTH, so whoever sent it keeps the line in plain text.
            throw ImapErrors.Make(ImapProblem.Insecure, "PREAUTH");
        }

        if (!_capabilitiesKnown)
        {
            await AskCapabilitiesAsync(cancellationToken);
        }

        if (!_capabilities.StartTls)
        {
            throw ImapErrors.Make(ImapProblem.NoStartTls);
        }

        await RunAsync(Command("STARTTLS"), null, cancellationToken);
        await _transport.SecureAsync(cancellationToken);

        // All that was said in plain text counts for nothing.
        _capabilities = new([]);
        _capabilitiesKnown = false;
        _alerts.Clear();
    }

    private async Task AskCapabilitiesAsync(CancellationToken cancellationToken) => await RunAsync(Command("CAPABILITY"), null, cancellationToken);

    private ImapCommand Command(string name) => new("A" + (++_lastTag).ToString(CultureInfo.InvariantCulture), name, _capabilities, Utf8Names);
}
