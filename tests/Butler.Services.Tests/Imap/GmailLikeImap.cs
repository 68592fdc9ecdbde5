using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;

namespace Butler.Services.Tests.Imap;

/// <summary>
/// A small server that speaks IMAP as Gmail does: labels instead of folders, [Gmail]/All Mail, X-GM-EXT-1, login by XOAUTH2 only.
/// Reading and IDLE; Dovecot is the one for everything else.
/// </summary>
internal sealed partial class GmailLikeImap : IAsyncDisposable
{
    private const string AllMail = "[Gmail]/All Mail";

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly ConcurrentDictionary<TcpClient, bool> _clients = new();
    private readonly Lock _gate = new();
    private readonly List<Mail> _mails = [];
    private readonly Task _running;
    private TaskCompletionSource _news = New();

    public GmailLikeImap()
    {
        _listener.Start();
        _running = AcceptAsync();
    }

    public sealed record Mail(ulong Id, ulong Thread, string Labels, byte[] Raw);

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>The access token that opens the mailbox now.</summary>
    public string Token { get; set; } = "";

    /// <summary>Logins with another token.</summary>
    public int Refused { get; private set; }

    public void Deliver(params Mail[] mails)
    {
        TaskCompletionSource news;
        lock (_gate)
        {
            _mails.AddRange(mails);
            (news, _news) = (_news, New());
        }

        news.SetResult();
    }

    /// <summary>Ends every connection.</summary>
    public void Drop()
    {
        foreach (var client in _clients.Keys)
        {
            client.Close();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        Drop();
        await _running;
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task AcceptAsync()
    {
        var talks = new List<Task>();
        try
        {
            while (true)
            {
                talks.Add(TalkAsync(await _listener.AcceptTcpClientAsync(_end.Token)));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(talks);
        }
    }

    private async Task TalkAsync(TcpClient client)
    {
        _clients[client] = true;
        try
        {
            using var reader = new StreamReader(client.GetStream(), Encoding.Latin1);
            await using var writer = new StreamWriter(client.GetStream(), Encoding.Latin1) { NewLine = "\r\n", AutoFlush = true };
            await writer.WriteLineAsync("* OK Gimap ready [CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2 X-GM-EXT-1 ID IDLE]");
            while (await reader.ReadLineAsync(_end.Token) is { } line)
            {
                var parts = line.Split(' ', 3);
                if (!await AnswerAsync(reader, writer, parts[0], parts[1].ToUpperInvariant(), parts.Length > 2 ? parts[2] : ""))
                {
                    return;
                }
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The client went, or the test ends.
        }
        finally
        {
            _clients.TryRemove(client, out _);
            client.Dispose();
        }
    }

    private async Task<bool> AnswerAsync(StreamReader reader, StreamWriter writer, string tag, string command, string rest)
    {
        var mails = Mails();
        switch (command)
        {
            case "AUTHENTICATE":
                if (Encoding.UTF8.GetString(Convert.FromBase64String(rest.Split(' ')[1])).Contains($"auth=Bearer {Token}\u0001", StringComparison.Ordinal))
                {
                    break;
                }

                Refused++;
                await writer.WriteLineAsync("+ eyJzdGF0dXMiOiI0MDAifQ==");
                await reader.ReadLineAsync(_end.Token);
                await writer.WriteLineAsync($"{tag} NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)");
                return true;
            case "CAPABILITY":
                await writer.WriteLineAsync("* CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2 UNSELECT IDLE X-GM-EXT-1 UIDPLUS ENABLE MOVE CONDSTORE ESEARCH UTF8=ACCEPT SPECIAL-USE");
                break;
            case "ENABLE":
                await writer.WriteLineAsync("* ENABLED UTF8=ACCEPT");
                break;
            case "LIST":
                foreach (var folder in (string[])["(\\HasNoChildren) \"/\" \"INBOX\"", "(\\HasNoChildren) \"/\" \"Projects\"", $"(\\All \\HasNoChildren) \"/\" \"{AllMail}\"", "(\\HasNoChildren \\Sent) \"/\" \"[Gmail]/Sent Mail\""])
                {
                    await writer.WriteLineAsync("* LIST " + folder);
                }

                break;
            case "EXAMINE" or "SELECT":
                if (!rest.StartsWith($"\"{AllMail}\"", StringComparison.Ordinal) && !rest.StartsWith("INBOX", StringComparison.Ordinal) && !rest.StartsWith("\"INBOX\"", StringComparison.Ordinal))
                {
                    await writer.WriteLineAsync($"{tag} NO [NONEXISTENT] Unknown Mailbox (Failure)");
                    return true;
                }

                await writer.WriteLineAsync($"* {mails.Count} EXISTS\r\n* OK [UIDVALIDITY 11] .\r\n* OK [UIDNEXT {mails.Count + 1}] .\r\n* OK [HIGHESTMODSEQ {1000 + mails.Count}] .");
                break;
            case "IDLE":
                await writer.WriteLineAsync("+ idling");
                var done = reader.ReadLineAsync(_end.Token).AsTask();
                if (await Task.WhenAny(done, News()) != done)
                {
                    await writer.WriteLineAsync($"* {Mails().Count} EXISTS");
                }

                await done;
                break;
            case "UID" when rest.StartsWith("FETCH", StringComparison.Ordinal) && !rest.Contains("CHANGEDSINCE", StringComparison.Ordinal):
                foreach (var uid in Uids(rest.Split(' ')[1], mails.Count))
                {
                    await FetchAsync(writer, rest, uid, mails[uid - 1]);
                }

                break;
            case "UID" when rest.StartsWith("SEARCH", StringComparison.Ordinal):
                await writer.WriteLineAsync($"* ESEARCH (TAG \"{tag}\") UID ALL 1:{mails.Count}");
                break;
            case "LOGOUT":
                await writer.WriteLineAsync($"* BYE bye\r\n{tag} OK");
                return false;
        }

        await writer.WriteLineAsync($"{tag} OK {command} done");
        return true;
    }

    private static async Task FetchAsync(StreamWriter writer, string items, int uid, Mail mail)
    {
        var answer = new StringBuilder();
        answer.Append(CultureInfo.InvariantCulture, $"* {uid} FETCH (X-GM-THRID {mail.Thread} X-GM-MSGID {mail.Id} X-GM-LABELS ({mail.Labels}) UID {uid} RFC822.SIZE {mail.Raw.Length} MODSEQ ({1000 + uid}) INTERNALDATE \"20-Nov-2026 10:00:{uid:00} +0000\" FLAGS (\\Seen)");
        if (HeaderFields().Match(items) is { Success: true } fields)
        {
            var head = Encoding.Latin1.GetString(mail.Raw).Split("\r\n\r\n")[0] + "\r\n\r\n";
            answer.Append(CultureInfo.InvariantCulture, $" BODY[{fields.Groups[1].Value}] {{{head.Length}}}\r\n{head}");
        }

        if (items.Contains("BODY.PEEK[]", StringComparison.Ordinal))
        {
            answer.Append(CultureInfo.InvariantCulture, $" BODY[] {{{mail.Raw.Length}}}\r\n{Encoding.Latin1.GetString(mail.Raw)}");
        }

        await writer.WriteLineAsync(answer.Append(')').ToString());
    }

    private static IEnumerable<int> Uids(string set, int last)
    {
        foreach (var range in set.Split(','))
        {
            var ends = range.Split(':').Select(e => e == "*" ? last : (int)Math.Min(last, long.Parse(e, CultureInfo.InvariantCulture))).ToArray();
            for (var uid = ends[0]; uid >= 1 && uid <= ends[^1]; uid++)
            {
                yield return uid;
            }
        }
    }

    private List<Mail> Mails()
    {
        lock (_gate)
        {
            return [.. _mails];
        }
    }

    private Task News()
    {
        lock (_gate)
        {
            return _news.Task;
        }
    }

    [GeneratedRegex(@"BODY\.PEEK\[(HEADER\.FIELDS \([^)]*\))\]")]
    private static partial Regex HeaderFields();
}
