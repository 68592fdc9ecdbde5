using System.Globalization;
using System.Text;
using Butler.Mailboxes.Imap.Wire;

namespace Butler.Mailboxes.Imap;

// Logging in, and what is switched on afterwards.
public sealed partial class ImapClient
{
    private static readonly string[] s_wanted = ["IMAP4rev2", "CONDSTORE", "QRESYNC", "UTF8=ACCEPT"];

    /// <summary>
    /// Logs in by the best method that both sides have, then asks what the server can now and switches on what helps
    /// (QRESYNC, CONDSTORE, IMAP4rev2, UTF-8 names). After a PREAUTH greeting only the latter.
    /// </summary>
    /// <exception cref="MailboxException">With <see cref="ImapProblem.LoginRefused"/>, <see cref="ImapProblem.TooManyConnections"/> and others.</exception>
    public async Task LoginAsync(ImapLogin login, CancellationToken cancellationToken)
    {
        if (!_loggedIn)
        {
            _capabilitiesKnown = false;
            await AuthenticateAsync(login, cancellationToken);
            _loggedIn = true;
            if (!_capabilitiesKnown)
            {
                await AskCapabilitiesAsync(cancellationToken);
            }
        }

        if (_capabilities.Id)
        {
            // Some Chinese providers serve nobody who does not say who they are.
            await TryAsync(Command("ID").Word("(\"name\" \"Butler\")"), cancellationToken);
        }

        if (_capabilities.Enable)
        {
            var wanted = s_wanted.Where(_capabilities.Has).ToArray();
            if (wanted.Length > 0)
            {
                await TryAsync(Command("ENABLE").Word(string.Join(' ', wanted)), cancellationToken);
            }
        }
    }

    private async Task AuthenticateAsync(ImapLogin login, CancellationToken cancellationToken)
    {
        if (login.User.Length == 0 || login.User.Contains('\0', StringComparison.Ordinal) || login.Secret.Contains('\0', StringComparison.Ordinal) || login.User.Contains('\u0001', StringComparison.Ordinal))
        {
            throw ImapErrors.Make(ImapProblem.LoginRefused, "empty or with NUL");
        }

        if (login.IsToken)
        {
            if (_capabilities.Auth("OAUTHBEARER"))
            {
                await SaslAsync("OAUTHBEARER", string.Create(CultureInfo.InvariantCulture, $"n,a={SaslName(login.User)},\u0001host={_endpoint.Host}\u0001port={_endpoint.Port}\u0001auth=Bearer {login.Secret}\u0001\u0001"), "AQ==", cancellationToken);
            }
            else if (_capabilities.Auth("XOAUTH2"))
            {
                await SaslAsync("XOAUTH2", $"user={login.User}\u0001auth=Bearer {login.Secret}\u0001\u0001", "", cancellationToken);
            }
            else
            {
                throw ImapErrors.Make(ImapProblem.NoLoginMethod, "token");
            }
        }
        else if (_capabilities.Auth("PLAIN"))
        {
            await SaslAsync("PLAIN", $"\0{login.User}\0{login.Secret}", "*", cancellationToken);
        }
        else if (!_capabilities.LoginDisabled)
        {
            ImapLog.LoggingIn(_log, "LOGIN");
            await RunAsync(Command("LOGIN").Text(login.User).Text(login.Secret), null, cancellationToken, login: true);
        }
        else
        {
            throw ImapErrors.Make(_transport.IsSecure ? ImapProblem.NoLoginMethod : ImapProblem.Insecure, "password");
        }
    }

    /// <summary>AUTHENTICATE (RFC 3501 section 6.2.2), with the first answer in the command where the server takes it (RFC 4959).</summary>
    /// <param name="mechanism">The SASL mechanism.</param>
    /// <param name="message">The client's one message.</param>
    /// <param name="afterFailure">What ends the exchange when the server answers the message with an error challenge (RFC 7628 section 3.2.3).</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    private async Task SaslAsync(string mechanism, string message, string afterFailure, CancellationToken cancellationToken)
    {
        ImapLog.LoggingIn(_log, mechanism);
        var encoded = Convert.ToBase64String(Encoding.UTF8.GetBytes(message));
        var command = Command("AUTHENTICATE").Word(mechanism);
        var first = _capabilities.SaslIr;
        if (first)
        {
            command.Hidden(encoded);
        }

        await RunAsync(command, null, cancellationToken, login: true, answerChallenge: count =>
            Encoding.ASCII.GetBytes((count == 0 && !first ? encoded : afterFailure) + "\r\n"));
    }

    // RFC 5801 section 4: comma and equals sign in a GS2 name.
    private static string SaslName(string user) => user.Replace("=", "=3D", StringComparison.Ordinal).Replace(",", "=2C", StringComparison.Ordinal);

    /// <summary>Runs a command whose refusal is no loss.</summary>
    private async Task<bool> TryAsync(ImapCommand command, CancellationToken cancellationToken)
    {
        try
        {
            await RunAsync(command, null, cancellationToken);
            return true;
        }
        catch (MailboxException) when (!IsBroken)
        {
            return false;
        }
    }
}
