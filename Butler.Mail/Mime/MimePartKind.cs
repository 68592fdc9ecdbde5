namespace Butler.Mail;

/// <summary>What a part is for its reader.</summary>
public enum MimePartKind
{
    /// <summary>None of the others: a document, an archive, a program.</summary>
    File,

    /// <summary>Plain text, and text of types that are shown as such.</summary>
    Text,

    /// <summary>HTML.</summary>
    Html,

    /// <summary>A container of parts.</summary>
    Multipart,

    /// <summary>A message within the message (message/rfc822, message/global).</summary>
    Message,

    /// <summary>One piece of a message that was cut up (message/partial, RFC 2046 section 5.2.2). Never joined.</summary>
    PartialMessage,

    /// <summary>A pointer to a body elsewhere (message/external-body). Never fetched.</summary>
    ExternalBody,

    /// <summary>Delivery report fields (message/delivery-status, RFC 3464), or read receipts (RFC 8098), or feedback (RFC 5965).</summary>
    Report,

    /// <summary>Only header fields: of the message that a report is about (text/rfc822-headers), or protected ones.</summary>
    HeadersOnly,

    /// <summary>A calendar part: an invitation or its answer (text/calendar, RFC 5546).</summary>
    Calendar,

    /// <summary>Outlook's TNEF container (winmail.dat). It is told, not opened.</summary>
    Tnef,

    /// <summary>A detached signature: S/MIME or OpenPGP.</summary>
    Signature,

    /// <summary>An encrypted body: S/MIME or OpenPGP. It stays closed.</summary>
    Encrypted,

    /// <summary>An S/MIME message that is signed in one piece (application/pkcs7-mime, smime-type=signed-data). It is told, not opened.</summary>
    OpaqueSigned,

    /// <summary>Keys and the like that serve a protocol: OpenPGP keys, version parts.</summary>
    Protocol,

    /// <summary>A picture.</summary>
    Image,

    /// <summary>Sound.</summary>
    Audio,

    /// <summary>A film.</summary>
    Video,
}

/// <summary>Tells kinds by type, and by file name where senders name no type.</summary>
internal static class MimePartKinds
{
    public static MimePartKind Of(MimePart part)
    {
        var type = part.ContentType;
        if (part.IsMultipart && (part.FirstChild is not null || part.RawBody.IsEmpty))
        {
            return MimePartKind.Multipart;
        }

        return type.Type switch
        {
            // A multipart whose boundary never occurs is text (RFC 7103 section 7.6 leaves it open; programs show it).
            "multipart" => MimePartKind.Text,
            "text" => OfText(type.Subtype),
            "message" => OfMessage(type.Subtype),
            "image" => MimePartKind.Image,
            "audio" => MimePartKind.Audio,
            "video" => MimePartKind.Video,
            "application" => OfApplication(part, type),
            _ => MimePartKind.File,
        };
    }

    private static MimePartKind OfText(string subtype) => subtype switch
    {
        "html" => MimePartKind.Html,
        "calendar" or "x-vcalendar" => MimePartKind.Calendar,
        "rfc822-headers" => MimePartKind.HeadersOnly,
        "vcard" or "x-vcard" or "directory" or "css" or "csv" or "xml" => MimePartKind.File,
        _ => MimePartKind.Text,
    };

    private static MimePartKind OfMessage(string subtype) => subtype switch
    {
        "rfc822" or "global" => MimePartKind.Message,
        "partial" => MimePartKind.PartialMessage,
        "external-body" => MimePartKind.ExternalBody,
        "delivery-status" or "disposition-notification" or "feedback-report" or "global-delivery-status" or "global-disposition-notification" => MimePartKind.Report,
        "global-headers" => MimePartKind.HeadersOnly,
        _ => MimePartKind.File,
    };

    private static MimePartKind OfApplication(MimePart part, ContentType type)
    {
        switch (type.Subtype)
        {
            case "ms-tnef" or "vnd.ms-tnef":
                return MimePartKind.Tnef;
            case "ics":
                return MimePartKind.Calendar;
            case "pgp-signature" or "pkcs7-signature" or "x-pkcs7-signature":
                return MimePartKind.Signature;
            case "pkcs7-mime" or "x-pkcs7-mime":
                return "signed-data".Equals(type.Parameters["smime-type"], StringComparison.OrdinalIgnoreCase) ? MimePartKind.OpaqueSigned : MimePartKind.Encrypted;
            case "pgp-encrypted" or "pgp-keys":
                return MimePartKind.Protocol;
        }

        // Gateways rename winmail.dat's type; some senders name no type for signatures and invitations.
        var name = part.FileName;
        return name is null ? MimePartKind.File
            : name.Equals("winmail.dat", StringComparison.OrdinalIgnoreCase) || name.Equals("win.dat", StringComparison.OrdinalIgnoreCase) ? MimePartKind.Tnef
            : type.Subtype != "octet-stream" ? MimePartKind.File
            : name.EndsWith(".ics", StringComparison.OrdinalIgnoreCase) ? MimePartKind.Calendar
            : name.Equals("smime.p7s", StringComparison.OrdinalIgnoreCase) ? MimePartKind.Signature
            : name.Equals("smime.p7m", StringComparison.OrdinalIgnoreCase) ? MimePartKind.Encrypted
            : name.Equals("encrypted.asc", StringComparison.OrdinalIgnoreCase) ? MimePartKind.Encrypted
            : MimePartKind.File;
    }
}
