namespace Butler.Mailboxes.Imap;

/// <summary>What went wrong with a server, for the connection test's words and for what happens next.</summary>
public enum ImapProblem
{
    /// <summary>The host's name has no address.</summary>
    NameNotFound,

    /// <summary>Nobody listens on the port.</summary>
    Refused,

    /// <summary>No way to the host.</summary>
    Unreachable,

    /// <summary>No answer in time.</summary>
    Timeout,

    /// <summary>The certificate is not trusted, expired, or for another name.</summary>
    Certificate,

    /// <summary>TLS failed otherwise: usually the wrong port or security.</summary>
    Tls,

    /// <summary>STARTTLS is not offered.</summary>
    NoStartTls,

    /// <summary>No security was asked for and the server is not on this machine, or the server will not take passwords without it.</summary>
    Insecure,

    /// <summary>What answers does not speak IMAP.</summary>
    NotImap,

    /// <summary>User, password or token is refused.</summary>
    LoginRefused,

    /// <summary>None of the server's ways to log in is known here.</summary>
    NoLoginMethod,

    /// <summary>The account is used by too many connections already.</summary>
    TooManyConnections,

    /// <summary>The server asks for fewer commands.</summary>
    Throttled,

    /// <summary>The server says that it cannot now.</summary>
    Unavailable,

    /// <summary>The line ended.</summary>
    Disconnected,

    /// <summary>The answer was not understood.</summary>
    Protocol,

    /// <summary>An answer went over one of <see cref="ImapLimits"/>.</summary>
    LimitExceeded,

    /// <summary>The folder does not exist.</summary>
    NoSuchFolder,

    /// <summary>The server forbids this to the user.</summary>
    NotPermitted,

    /// <summary>The mailbox is full.</summary>
    OverQuota,

    /// <summary>The command was refused (NO or BAD) for another reason.</summary>
    CommandRefused,

    /// <summary>What was to be sent cannot be said in IMAP (a line break in a folder's name).</summary>
    NotSendable,
}

/// <summary>Problems in words.</summary>
public static class ImapProblems
{
    /// <summary>One sentence for the person who set the account up: what is wrong, and what to look at. Holds nothing of the server's answer.</summary>
    public static string Describe(ImapProblem problem) => problem switch
    {
        ImapProblem.NameNotFound => "The server's name was not found. Check the host's spelling.",
        ImapProblem.Refused => "The server refused the connection: nothing listens on this port. Check the port.",
        ImapProblem.Unreachable => "The server cannot be reached from here. Check the host and the network.",
        ImapProblem.Timeout => "The server did not answer in time. Check host and port; a firewall may drop the connection.",
        ImapProblem.Certificate => "The server's certificate is not trusted, has expired, or is for another name. Check that the host is the one that the provider names.",
        ImapProblem.Tls => "No secure connection came about. The port may expect the other kind of security: TLS is usual on 993, STARTTLS on 143.",
        ImapProblem.NoStartTls => "The server does not offer STARTTLS on this port. Use TLS, usually on port 993.",
        ImapProblem.Insecure => "The connection would be without encryption, which is only allowed to a server on this machine. Use TLS or STARTTLS.",
        ImapProblem.NotImap => "Something answers on this port, but not with IMAP. Check the port.",
        ImapProblem.LoginRefused => "The server refused the login. Check user and password; many providers want an app password.",
        ImapProblem.NoLoginMethod => "The server offers no way to log in that Butler knows with these credentials. It may want OAuth instead of a password, or the other way round.",
        ImapProblem.TooManyConnections => "The server says that the account has too many connections already. Close other mail programs or allow Butler fewer.",
        ImapProblem.Throttled => "The server asks Butler to slow down. It goes on by itself later.",
        ImapProblem.Unavailable => "The server is not available just now. It is tried again.",
        ImapProblem.Disconnected => "The server ended the connection. It is tried again.",
        ImapProblem.Protocol => "The server's answer was not understood.",
        ImapProblem.LimitExceeded => "The server's answer was larger than Butler allows.",
        ImapProblem.NoSuchFolder => "The folder does not exist.",
        ImapProblem.NotPermitted => "The server does not permit this to the user.",
        ImapProblem.OverQuota => "The mailbox is full.",
        ImapProblem.CommandRefused => "The server refused a command.",
        ImapProblem.NotSendable => "A name or value holds characters that IMAP cannot carry.",
        _ => "Unknown problem.",
    };

    /// <summary>What the problem means for the caller's retries.</summary>
    public static MailboxFault Fault(ImapProblem problem) => problem switch
    {
        ImapProblem.LoginRefused or ImapProblem.NoLoginMethod or ImapProblem.Insecure => MailboxFault.LoginRejected,
        ImapProblem.TooManyConnections or ImapProblem.Throttled => MailboxFault.Throttled,
        ImapProblem.NoSuchFolder => MailboxFault.NotFound,
        ImapProblem.NotPermitted => MailboxFault.ScopeMissing,
        ImapProblem.CommandRefused or ImapProblem.OverQuota or ImapProblem.NotSendable => MailboxFault.BadRequest,
        _ => MailboxFault.Unavailable,
    };
}
