using Microsoft.Extensions.Logging;

namespace Butler.Mailboxes.Imap.Wire;

/// <summary>What is logged: the command's words without anybody's data, and the answer's status and code.</summary>
internal static partial class ImapLog
{
    [LoggerMessage(3201, LogLevel.Debug, "IMAP > {Tag} {Command}")]
    public static partial void Sent(ILogger logger, string tag, string command);

    [LoggerMessage(3202, LogLevel.Debug, "IMAP < {Tag} {Status} {Code}")]
    public static partial void Answered(ILogger logger, string tag, ImapStatusKind status, string? code);

    [LoggerMessage(3203, LogLevel.Information, "IMAP: an answer was not understood and passed over: {Reason}")]
    public static partial void Unreadable(ILogger logger, string reason);

    [LoggerMessage(3204, LogLevel.Debug, "IMAP: connected, security {Security}, {Capabilities} capabilities")]
    public static partial void Connected(ILogger logger, ImapSecurity security, int capabilities);

    [LoggerMessage(3205, LogLevel.Debug, "IMAP: {Method} as ***")]
    public static partial void LoggingIn(ILogger logger, string method);
}
