namespace Butler.Mail.Files;

/// <summary>What a file is.</summary>
internal enum FileKind
{
    Unknown,
    Empty,
    Mbox,
    Mail,
    Gzip,
    Zip,
    Tar,
    OutlookMsg,
}

/// <summary>Tells a file's kind from its first bytes.</summary>
internal static class FileKinds
{
    /// <summary>How many bytes <see cref="Detect"/> wants to see.</summary>
    public const int Window = 16 * 1024;

    private static readonly string[] MailFields = ["From", "To", "Subject", "Date", "Message-ID", "Received", "Return-Path", "MIME-Version", "Content-Type", "Delivered-To", "Cc", "Reply-To", "Sender", "X-Gmail-Labels", "DKIM-Signature"];

    public static FileKind Detect(ReadOnlyMemory<byte> head)
    {
        var span = head.Span;
        if (span.IsEmpty)
        {
            return FileKind.Empty;
        }

        if (span.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B]))
        {
            return FileKind.Gzip;
        }

        if (span.StartsWith("PK\u0003\u0004"u8) || span.StartsWith("PK\u0005\u0006"u8))
        {
            return FileKind.Zip;
        }

        if (span.StartsWith((ReadOnlySpan<byte>)[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]))
        {
            // Word and Excel files begin alike; a .msg has storages of this name in its directory (MS-OXMSG 2.2).
            return span.IndexOf("_\0_\0n\0a\0m\0e\0i\0d\0_\0"u8) >= 0 || span.IndexOf("_\0_\0s\0u\0b\0s\0t\0g\0"u8) >= 0 ? FileKind.OutlookMsg : FileKind.Unknown;
        }

        if (span.Length >= 262 && span.Slice(257, 5).SequenceEqual("ustar"u8))
        {
            return FileKind.Tar;
        }

        var text = span.StartsWith("\uFEFF"u8) ? span[3..] : span;
        text = text.TrimStart("\r\n \t"u8);
        if (text.StartsWith("From "u8))
        {
            return FileKind.Mbox;
        }

        var headers = MimeMessage.Parse(head).Headers;
        return headers.Count > 0 && Array.Exists(MailFields, headers.Contains) ? FileKind.Mail : FileKind.Unknown;
    }
}
