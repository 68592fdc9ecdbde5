namespace Butler.Mail;

/// <summary>The form of a mail's header fields.</summary>
internal static class HeaderShape
{
    private const int MaxPattern = 14;

    // What the sender's program sets. What the receiver's servers add says who the receiver is, not what the mail is.
    private static readonly string[] s_senderFields =
    [
        "X-MimeOLE", "X-MSMail-Priority", "X-Priority", "Importance", "Priority", "Thread-Index", "Thread-Topic", "In-Reply-To", "References", "User-Agent",
        "Organization", "Errors-To", "Return-Receipt-To", "Disposition-Notification-To", "MIME-Version", "Sender", "Cc", "Comments", "Content-Disposition",
        "Content-Language", "Content-Class", "DKIM-Signature", "DomainKey-Signature", "List-Id", "List-Unsubscribe", "List-Unsubscribe-Post", "List-Help", "List-Post", "Precedence", "Feedback-ID",
        "X-Originating-IP", "X-Sender", "X-PHP-Script", "X-PHP-Originating-Script", "X-Authentication-Warning", "X-Loop", "X-BeenThere", "Mail-Followup-To", "Auto-Submitted",
        "X-Abuse", "X-Report-Abuse", "X-Complaints-To", "X-Campaign", "X-Job", "X-MIMETrack", "X-Accept-Language", "X-Face", "X-URL", "X-EM-Version", "X-EM-Registration", "X-Encoding",
        "Content-Transfer-Encoding", "ARC-Seal", "X-Mailman-Version", "X-Message-Info", "X-Library", "X-x", "X-SMTPExp-Version", "X-MS-Has-Attach", "X-MS-Exchange-Organization-SCL", "X-Mailer-Version",
        "X-Bulkmail", "X-List-Host", "X-IMN", "X-No-Archive", "X-Precedence-Ref", "X-Operating-System", "X-Home-Page", "X-Image-URL", "Reply-By", "X-Message-Flag", "Bcc",
        "List-Owner", "List-Subscribe", "Mailing-List", "X-Info", "X-SG-EID", "X-Mailgun-Sid", "X-MC-User", "X-Mandrill-User", "X-SES-Outgoing", "X-CSA-Complaints",
    ];

    public static void Read(MimeMessage message, ShapeWords words)
    {
        var headers = message.Headers;
        foreach (var field in s_senderFields)
        {
            if (headers.Contains(field))
            {
                words.Add("has:", field);
            }
        }

        People(message, words);
        Subject(message, words);
        Program(headers, words);
        Identity(message, words);
        Date(headers, words);
        HopShape.Read(message, words);
    }

    private static void People(MimeMessage message, ShapeWords words)
    {
        var from = message.From;
        words.Add("from:none", from is null);
        words.Add("to:none", message.To.Count == 0);
        words.Add("to:many", message.To.Count + message.Cc.Count > 5);
        if (from is not { } sender)
        {
            return;
        }

        words.Add("from:quoted", sender.Name is null && message.Headers.Get("From") is { } raw && raw.Contains('"'));
        words.Add("from:nameless", string.IsNullOrEmpty(sender.Name));
        words.Add("from:name=address", sender.Name is { } name && name.Contains('@'));
        words.Add("from:name=local", sender.Name is { Length: > 0 } same && same.Equals(sender.LocalPart, StringComparison.OrdinalIgnoreCase));
        words.Add("from=to", message.To.Any(t => sender.IsSameMailbox(t.Address)));
        words.Add("to:name=local", message.To.Any(t => t.Name is { Length: > 0 } n && n.Equals(t.LocalPart, StringComparison.OrdinalIgnoreCase)));
        words.Add("to:nameless", message.To.Count > 0 && message.To.All(t => string.IsNullOrEmpty(t.Name)));
        words.Add("from:digits", sender.LocalPart.Count(char.IsAsciiDigit) > 2);
        var domain = sender.Domain;
        words.Add("from@", Domains.Base(domain));
        words.Add("from:tld=", domain.AsSpan(domain.LastIndexOf('.') + 1));
        if (message.ReplyTo is [var reply, ..])
        {
            words.Add(Domains.Same(reply.Domain, domain) ? "reply:own" : "reply:foreign");
        }

        if (message.Headers.Get("Return-Path") is { Length: > 0 } path)
        {
            var bounce = path.AsSpan().Trim("<> \t");
            var at = bounce.LastIndexOf('@');
            words.Add(at < 0 ? "bounce:none" : Domains.Same(bounce[(at + 1)..], domain) ? "bounce:own" : "bounce:foreign");
        }
    }

    private static void Subject(MimeMessage message, ShapeWords words)
    {
        var subject = message.Subject.AsSpan().Trim();
        words.Add("subject:none", subject.IsEmpty);
        var raw = message.Headers.GetRaw("Subject") is { } bytes ? bytes.Span : [];
        words.Add("subject:b", raw.IndexOf("?B?"u8) >= 0 || raw.IndexOf("?b?"u8) >= 0);
        words.Add("subject:q", raw.IndexOf("?Q?"u8) >= 0 || raw.IndexOf("?q?"u8) >= 0);
        words.Add("subject:8bit", raw.IndexOfAnyExceptInRange((byte)0, (byte)127) >= 0);
        words.Add("subject:gap", subject.IndexOf("      ") >= 0);
        words.Add("subject:answer-to-nothing", SubjectPrefix.IsReply(message.Subject) && !message.Headers.Contains("In-Reply-To") && !message.Headers.Contains("References"));
        words.Add("subject:$", subject.Contains('$'));
        words.Add("subject:!", subject.Contains('!'));
        words.Add("subject:?", subject.Contains('?'));
        words.Add("subject:%", subject.Contains('%'));
        words.Add("subject:tag", subject.IndexOf('[') is >= 0 and < 6);
        words.Add("subject:dots", subject.IndexOf("...") >= 0);
        int upper = 0, letters = 0;
        foreach (var c in subject)
        {
            upper += char.IsUpper(c) ? 1 : 0;
            letters += char.IsLetter(c) ? 1 : 0;
        }

        words.Add("subject:loud", letters > 5 && upper * 10 > letters * 7);
        words.Add("subject:lower", letters > 5 && upper == 0);
        words.Add("subject:tail", subject.LastIndexOf(' ') is > 0 and var space && Looks.Random(subject[(space + 1)..]));
    }

    private static void Program(HeaderList headers, ShapeWords words)
    {
        var mailer = headers.Get("X-Mailer") ?? headers.Get("User-Agent");
        if (mailer is null)
        {
            words.Add("mailer:none");
            return;
        }

        // "Microsoft Outlook Express 6.00.2600.0000" is "microsoft.outlook.express": versions only date a mail.
        var end = mailer.AsSpan().IndexOfAnyInRange('0', '9');
        var name = (end < 0 ? mailer : mailer.AsSpan(0, end)).Trim(" ,;([/v!");
        words.Add("mailer:", name);
        words.Add("mailer:odd", name.IsEmpty || Looks.Random(name));
    }

    private static void Identity(MimeMessage message, ShapeWords words)
    {
        var id = message.Headers.Get("Message-ID") is { } value ? value.AsSpan().Trim() : [];
        if (id.IsEmpty)
        {
            words.Add("id:none");
            return;
        }

        words.Add("id:bare", id[0] != '<' || id[^1] != '>');
        id = id.Trim("<>");
        var at = id.LastIndexOf('@');
        if (at < 0)
        {
            words.Add("id:no-host");
            return;
        }

        var host = id[(at + 1)..];
        words.Add("id:host-no-dot", !host.Contains('.'));
        words.Add("id:host-ip", host.Length > 0 && char.IsAsciiDigit(host[^1]));
        words.Add("id@", Domains.Base(host));
        words.Add(Domains.Same(host, message.From?.Domain) ? "id:own" : "id:foreign");
        words.Add("id:", Pattern(id[..at]));
    }

    /// <summary>Runs of digits, capitals and small letters as one sign each: "00a1$1@" is "9a9$9". Programs are known by it.</summary>
    private static string Pattern(ReadOnlySpan<char> text)
    {
        Span<char> pattern = stackalloc char[MaxPattern];
        var length = 0;
        foreach (var c in text)
        {
            var sign = char.IsAsciiDigit(c) ? '9' : char.IsAsciiLetterUpper(c) ? 'x' : char.IsAsciiLetterLower(c) ? 'a' : c == '$' ? '=' : c;
            if (length > 0 && pattern[length - 1] == sign)
            {
                continue;
            }

            if (length == MaxPattern)
            {
                break;
            }

            pattern[length++] = sign;
        }

        return new string(pattern[..length]);
    }

    private static void Date(HeaderList headers, ShapeWords words)
    {
        var date = headers.Get("Date")?.Trim();
        if (date is null)
        {
            words.Add("date:none");
            return;
        }

        words.Add("date:no-weekday", date.Length > 0 && char.IsAsciiDigit(date[0]));
        var zone = date.AsSpan().IndexOfAny('+', '-');
        words.Add("date:no-offset", zone < 0);
        words.Add("date:named-zone", date.Contains('('));
        words.Add("date:zulu", zone >= 0 && date.AsSpan(zone).StartsWith("-0000") || date.EndsWith("GMT", StringComparison.Ordinal));
        words.Add("date:odd-zone", zone >= 0 && (date.Length < zone + 5 || date[zone + 1] > '1' || date.AsSpan(zone + 3, 2) is not ("00" or "30" or "45")));
    }
}
