namespace Butler.Mail;

/// <summary>What a mail program says about an element by its class or id.</summary>
internal enum HtmlRole : byte
{
    None,

    /// <summary>Its content is history.</summary>
    Quote,

    /// <summary>Gmail's container: history, but for answers between its block quotes.</summary>
    GmailQuote,

    /// <summary>It and all that follows is history.</summary>
    Rest,

    /// <summary>Its content is the sender's signature.</summary>
    Signature,
}

/// <summary>The classes, ids and names by which mail programs mark history and signatures in what they write.</summary>
internal static class HtmlRoles
{
    private static readonly string[] Quotes =
    [
        // Gmail's attribution; Yahoo; Proton; Tuta; Zoho; Thunderbird's attribution and forwarded mail; Outlook for Mac; new Outlook for phones.
        "gmail_attr", "yahoo_quoted", "yahoo-quoted", "protonmail_quote", "tutanota_quote", "zmail_extra", "moz-cite-prefix", "moz-forward-container", "moz-email-headers-table", "olk_src_body_section", "mail-editor-reference-message-container", "ms-outlook-mobile-reference-message",
        // Android, Front, Spark, Mailspring and Nylas, mail.ru, Yandex, NetEase, QQ, Roundcube, SOGo, Zimbra's data-marker, GMX and web.de, Mailbird, eM Client.
        "mail_android_quote", "front-blockquote", "spark_quote", "messagereplysection", "mailspring-quote", "nylas-quote", "mail-quote-collapse", "isreplycontent", "isforwardcontent", "reply-intro", "__quoted_text__", "quote-header", "mailbird-quote", "appendonsend_quote", "oriencontent", "quoted-message",
    ];

    private static readonly string[] Gmail = ["gmail_quote", "gmail_quote_container"];

    // Outlook on the web and its kin; Zimbra; old Hotmail.
    private static readonly string[] Rests = ["appendonsend", "divrplyfwdmsg", "stopspelling", "outlookmessageheader", "zwchr", "__divider__", "divtaglinequote"];

    private static readonly string[] Signatures =
    [
        "gmail_signature", "gmail_signature_prefix", "moz-signature", "protonmail_signature_block", "tutanota_signature", "applemailsignature", "signature", "ms-outlook-mobile-signature", "composer_signature", "mail_android_signature", "_rc_sig", "messagesignaturesection", "email-signature", "emailsignature", "yahoo-signature", "ymail_signature", "mobile-signature", "__sig_pre__", "__sig_post__",
    ];

    private static readonly HtmlNameTable Names = new([.. Quotes, .. Gmail, .. Rests, .. Signatures]);

    /// <summary>The role of a class, id or name; of several classes the first that has one.</summary>
    public static HtmlRole Of(ReadOnlySpan<char> names)
    {
        while (true)
        {
            names = names.TrimStart(" \t\r\n\f");
            if (names.IsEmpty)
            {
                return HtmlRole.None;
            }

            var end = names.IndexOfAny(' ', '\t', '\n');
            var name = end < 0 ? names : names[..end];
            if (Find(name) is var role and not HtmlRole.None)
            {
                return role;
            }

            names = end < 0 ? [] : names[end..];
        }
    }

    private static HtmlRole Find(ReadOnlySpan<char> name)
    {
        // Outlook on the web writes "x_" before what others wrote, Hotmail wrote "ecx".
        while (name.StartsWith("x_", StringComparison.Ordinal))
        {
            name = name[2..];
        }

        name = name.StartsWith("ecx", StringComparison.Ordinal) ? name[3..] : name;
        if (name.StartsWith("ydp", StringComparison.Ordinal))
        {
            // Yahoo writes a number of its own before the name.
            return name.EndsWith("yahoo_quoted", StringComparison.OrdinalIgnoreCase) ? HtmlRole.Quote : name.EndsWith("signature", StringComparison.OrdinalIgnoreCase) ? HtmlRole.Signature : HtmlRole.None;
        }

        var found = Names.Find(HtmlName.Key(name)) - 1;
        if (found < 0)
        {
            return HtmlRole.None;
        }

        return found < Quotes.Length ? HtmlRole.Quote
            : found < Quotes.Length + Gmail.Length ? HtmlRole.GmailQuote
            : found < Quotes.Length + Gmail.Length + Rests.Length ? HtmlRole.Rest : HtmlRole.Signature;
    }
}
