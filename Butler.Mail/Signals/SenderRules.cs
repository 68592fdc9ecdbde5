namespace Butler.Mail;

/// <summary>Rules over headers that tell people from machines.</summary>
internal static class SenderRules
{
    private static readonly string[] MailerHeaders = ["Feedback-ID", "X-Campaign", "X-CampaignId", "X-Campaign-Id", "X-Mailchimp-Campaign", "X-MC-User", "X-Mailgun-Tag", "X-SG-EID", "X-Report-Abuse-To", "X-CSA-Complaints", "List-Post", "X-Mailman-Version", "Mailing-List", "X-Mailing-List"];
    private static readonly string[] AutoReplyHeaders = ["X-Autoreply", "X-Autorespond", "X-Autoresponder", "X-Auto-Response", "X-AutoReply-From"];

    private static readonly string[] AutoReplySubjects =
    [
        "automatic reply", "auto reply", "autoreply", "auto:", "auto-reply", "out of office", "out of the office", "automatische antwort", "abwesenheitsnotiz", "abwesend:", "réponse automatique", "absence du bureau", "respuesta automática", "fuera de la oficina", "risposta automatica", "automatisch antwoord", "autosvar", "resposta automática", "odpowiedź automatyczna", "automatisk svar",
        "undelivered mail", "undeliverable", "delivery status notification", "mail delivery failed", "returned mail", "failure notice", "delivery failure", "unzustellbar",
    ];

    private static readonly string[] NoReplyNames =
    [
        "noreply", "no-reply", "no_reply", "no.reply", "donotreply", "do-not-reply", "do_not_reply", "do.not.reply", "dontreply", "nepasrepondre", "ne-pas-repondre", "no-responder", "noresponder", "nicht-antworten", "nichtantworten", "non-rispondere", "nao-responda", "mailer-daemon", "mailerdaemon", "postmaster", "bounce", "bounces", "notification-noreply", "unattended",
    ];

    public static bool HasMailerHeader(HeaderList headers) => Array.Exists(MailerHeaders, headers.Contains);

    public static bool IsAutoReply(MimeMessage message, string? auto, string? precedence, string subject)
    {
        var headers = message.Headers;
        if (auto is not null and not "no" and not "auto-generated" || precedence is "auto_reply" || Array.Exists(AutoReplyHeaders, headers.Contains))
        {
            return true;
        }

        return message.Body.ContentType.Is("multipart", "report") || Array.Exists(AutoReplySubjects, s => subject.StartsWith(s, StringComparison.OrdinalIgnoreCase));
    }

    public static bool IsNoReply(string localPart)
    {
        var name = localPart.AsSpan();
        foreach (var candidate in NoReplyNames)
        {
            var at = name.IndexOf(candidate, StringComparison.OrdinalIgnoreCase);
            if (at < 0)
            {
                continue;
            }

            // "bounce" counts as a word of its own only; "noreply" anywhere.
            if (candidate.Contains("reply", StringComparison.Ordinal) || (at == 0 && (name.Length == candidate.Length || !char.IsAsciiLetter(name[candidate.Length]))))
            {
                return true;
            }
        }

        return false;
    }

    public static bool HasCalendar(MimePart root)
    {
        var open = new Stack<MimePart>();
        open.Push(root);
        while (open.TryPop(out var part))
        {
            if (part.ContentType.Is("text", "calendar") || part.ContentType.Is("application", "ics"))
            {
                return true;
            }

            foreach (var child in part.Parts)
            {
                open.Push(child);
            }
        }

        return false;
    }
}
