using System.Net.Sockets;
using System.Security.Authentication;

namespace Butler.Mailboxes.Imap.Wire;

/// <summary>Makes the one exception of this client. The server's free text is never part of it: it may hold an address.</summary>
internal static class ImapErrors
{
    public static MailboxException Make(ImapProblem problem, string? what = null, string? code = null, Exception? inner = null, bool outcomeUnknown = false) =>
        new(ImapProblems.Fault(problem), $"IMAP: {problem}{(what is null ? "" : $", {what}")}{(code is null ? "" : $" [{code}]")}", inner)
        {
            Problem = problem,
            Reason = code,
            OutcomeUnknown = outcomeUnknown,
            Scope = problem == ImapProblem.TooManyConnections ? QuotaScope.Concurrency : null,
        };

    /// <summary>A tagged NO or BAD, or a BYE, as a problem: by its code (RFC 5530), else by words that servers are known to use.</summary>
    public static ImapProblem Of(ImapStatusKind kind, string? code, ReadOnlySpan<byte> text, bool login)
    {
        switch (code)
        {
            case "AUTHENTICATIONFAILED" or "AUTHORIZATIONFAILED" or "EXPIRED" or "PRIVACYREQUIRED" or "WEBALERT" or "CONTACTADMIN" when login:
                return code == "PRIVACYREQUIRED" ? ImapProblem.Insecure : ImapProblem.LoginRefused;
            case "LIMIT":
                return ImapProblem.TooManyConnections;
            case "THROTTLED" or "OVERQUOTA" when login:
                return ImapProblem.Throttled;
            case "THROTTLED":
                return ImapProblem.Throttled;
            case "OVERQUOTA":
                return ImapProblem.OverQuota;
            case "UNAVAILABLE" or "INUSE" or "SERVERBUG" or "CORRUPTION":
                return Busy(text) ?? ImapProblem.Unavailable;
            case "NONEXISTENT" or "TRYCREATE":
                return ImapProblem.NoSuchFolder;
            case "NOPERM" or "CANNOT":
                return ImapProblem.NotPermitted;
        }

        if (Busy(text) is { } busy)
        {
            return busy;
        }

        if (!login && kind == ImapStatusKind.No && (Has(text, "doesn't exist"u8) || Has(text, "does not exist"u8) || Has(text, "unknown mailbox"u8)))
        {
            // Dovecot and others, without a code.
            return ImapProblem.NoSuchFolder;
        }

        // A plain NO to a login is a refusal; a BAD is about the command's form.
        return kind == ImapStatusKind.Bye ? ImapProblem.Disconnected
            : login && kind == ImapStatusKind.No ? ImapProblem.LoginRefused
            : ImapProblem.CommandRefused;
    }

    /// <summary>A failure of socket or TLS as a problem.</summary>
    public static ImapProblem Of(Exception error) => error switch
    {
        AuthenticationException => ImapProblem.Tls,
        SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain or SocketError.NoRecovery } => ImapProblem.NameNotFound,
        SocketException { SocketErrorCode: SocketError.ConnectionRefused } => ImapProblem.Refused,
        SocketException { SocketErrorCode: SocketError.HostUnreachable or SocketError.NetworkUnreachable or SocketError.NetworkDown or SocketError.HostDown or SocketError.AddressNotAvailable } => ImapProblem.Unreachable,
        SocketException { SocketErrorCode: SocketError.TimedOut } => ImapProblem.Timeout,
        IOException { InnerException: SocketException inner } => Of(inner),
        _ => ImapProblem.Disconnected,
    };

    // Gmail: "Too many simultaneous connections. (Failure)"; Dovecot: "Maximum number of connections from user+IP exceeded";
    // Exchange: "Too many connections"; Yahoo: "[LIMIT]" or "Rate limit hit"; Gmail also "Account exceeded command or bandwidth limits".
    private static ImapProblem? Busy(ReadOnlySpan<byte> text)
    {
        if (Has(text, "too many simultaneous"u8) || Has(text, "too many connections"u8) || Has(text, "maximum number of connections"u8) || Has(text, "connection limit"u8))
        {
            return ImapProblem.TooManyConnections;
        }

        return Has(text, "rate limit"u8) || Has(text, "bandwidth limit"u8) || Has(text, "throttled"u8) || Has(text, "too many login"u8) || Has(text, "try again later"u8)
            ? ImapProblem.Throttled
            : null;
    }

    private static bool Has(ReadOnlySpan<byte> text, ReadOnlySpan<byte> word)
    {
        for (var i = 0; i + word.Length <= text.Length; i++)
        {
            if (System.Text.Ascii.EqualsIgnoreCase(text.Slice(i, word.Length), word))
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>The five status answers (RFC 3501 section 7.1).</summary>
internal enum ImapStatusKind
{
    Ok,
    No,
    Bad,
    Bye,
    Preauth,
}
