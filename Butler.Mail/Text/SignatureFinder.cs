using System.Buffers;
using System.Collections.Frozen;

namespace Butler.Mail;

/// <summary>Finds the signature in what is not quoted.</summary>
internal static class SignatureFinder
{
    private const int MaxLines = 15;
    private const int MaxLineLength = 200;

    // The lines of a sign-off are short and few.
    private const int MaxSignOffLine = 70;
    private const int MaxSignOffLines = 8;

    // A number, a title or an address behind the name.
    private const int MaxBehindName = 40;

    // How far into a paragraph its confidentiality is looked for.
    private const int DisclaimerWindow = 500;

    private static readonly string[] Closings =
    [
        "best", "best regards", "best wishes", "kind regards", "kindest regards", "warm regards", "with kind regards", "with best regards", "regards", "many thanks", "thanks", "thank you", "thanks again", "thanks in advance", "thank you in advance", "thanks a lot", "thx", "cheers", "sincerely", "sincerely yours", "yours sincerely", "yours truly", "yours faithfully", "take care", "all the best", "respectfully", "cordially", "love",
        "mit freundlichen grüßen", "mit freundlichen grüssen", "mit freundlichem gruß", "freundliche grüße", "freundliche grüsse", "viele grüße", "viele grüsse", "liebe grüße", "beste grüße", "schöne grüße", "herzliche grüße", "grüße", "gruß", "lg", "mfg", "vg", "danke", "vielen dank",
        "cordialement", "bien cordialement", "bien à vous", "amicalement", "sincères salutations", "salutations", "merci", "merci d'avance", "bonne journée", "à bientôt",
        "saludos", "un saludo", "saludos cordiales", "atentamente", "un cordial saludo", "gracias", "muchas gracias", "un abrazo", "cordiali saluti", "distinti saluti", "saluti", "un saluto", "grazie", "a presto",
        "met vriendelijke groet", "met vriendelijke groeten", "vriendelijke groeten", "groeten", "groetjes", "mvg", "bedankt", "atenciosamente", "cumprimentos", "com os melhores cumprimentos", "obrigado", "obrigada", "abraços", "abraço", "med vänliga hälsningar", "med vänlig hälsning", "vänliga hälsningar", "hälsningar", "mvh", "tack", "med venlig hilsen", "venlig hilsen", "hilsen", "med vennlig hilsen", "vennlig hilsen", "tak", "z poważaniem", "pozdrawiam", "pozdrowienia", "serdecznie pozdrawiam", "dziękuję", "с уважением", "спасибо", "ystävällisin terveisin", "terveisin", "s pozdravem",
        "с наилучшими пожеланиями", "с уважением и наилучшими пожеланиями", "всего доброго", "благодарю", "з повагою", "дякую", "saygılarımla", "saygılar", "iyi çalışmalar", "sevgiler", "teşekkürler", "teşekkür ederim", "よろしくお願いします", "よろしくお願いいたします", "よろしくお願い致します", "宜しくお願い致します", "敬具", "以上", "此致", "此致敬礼", "祝好", "顺祝商祺", "谢谢", "謝謝", "敬祝", "감사합니다", "üdvözlettel", "köszönöm", "s úctou", "děkuji", "cu stimă", "cu respect", "mulțumesc", "με εκτίμηση", "ευχαριστώ", "med hilsen", "mange tak", "takk", "på forhånd tak", "bästa hälsningar", "hartelijke groet", "hartelijke groeten", "met hartelijke groeten", "bien amicalement", "bonne soirée", "bonne réception", "je vous remercie", "un caro saluto", "cari saluti", "buona giornata", "buon lavoro", "quedo a la espera", "reciba un cordial saludo", "um abraço", "melhores cumprimentos", "obrigado pela atenção", "mit besten grüßen", "mit herzlichen grüßen", "mit vielen grüßen", "einen schönen tag", "schönes wochenende", "pozdrawiam serdecznie", "z wyrazami szacunku", "pozdr",
    ];

    private static readonly SearchValues<char> NameEnds = SearchValues.Create("0123456789:?(,;@<\t");
    private static readonly SearchValues<char> SenderBreaks = SearchValues.Create(" ,._-\"'()@<>");
    private static readonly FrozenSet<string> ClosingSet = Closings.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    private static readonly string[] DeviceLines =
    [
        "sent from my", "sent from ", "sent via", "sent with ", "sent by ", "sent on my", "sent using", "from my iphone", "from my android", "get outlook for", "get [outlook for", "yahoo mail: search", "von meinem iphone", "von meinem ipad", "von meinem", "gesendet von", "gesendet mit", "gesendet über", "diese nachricht wurde von meinem", "outlook für android", "outlook für ios", "holen sie sich outlook", "hol dir outlook",
        "envoyé de mon", "envoyé depuis", "envoyé à partir", "envoye de mon", "envoyé avec", "télécharger outlook", "obtenez outlook", "enviado desde", "enviado do meu", "enviado de mi", "enviado via", "enviado por", "enviado a partir", "obtener outlook", "obter o outlook", "obtenha o outlook", "inviato da", "inviato dal", "inviato con", "ottieni outlook", "scarica outlook",
        "verstuurd vanaf", "verstuurd met", "verzonden vanaf", "verzonden met", "verzonden via", "outlook voor", "skickat från", "skickad från", "skickat med", "hämta outlook", "sendt fra", "sendt med", "hent outlook", "få outlook", "wysłane z", "wysłano z", "wysłane przy", "pobierz outlook", "pobierz program outlook", "lähetetty", "hanki outlook", "отправлено с", "отправлено из", "послано с", "скачать outlook", "надіслано з", "odesláno z", "odoslané z", "získať outlook", "küldve", "trimis de pe", "στάλθηκε από", "şuradan gönderildi", "iphone'umdan gönderildi", "android için outlook", "ios için outlook",
        "发自我的", "發自我的", "发送自", "獲取 outlook", "获取 outlook", "iphoneから送信", "ipadから送信", "androidから送信", "私のiphone", "outlook for ios を入手", "나의 iphone", "내 iphone", "발신", "dikirim dari", "được gửi từ", "נשלח מה", "أرسلت من", "مرسل من",
    ];

    // What stands at the end of such a line in languages that put the verb last.
    private static readonly string[] DeviceEnds = ["gesendet", "から送信", "gönderildi", "에서 보냄", "으로 보냄", " küldve", " from mobile", "via mobile"];

    // The first words of what companies put below every mail, and one of the words that make it that.
    private static readonly string[] DisclaimerTitles =
    [
        "confidentiality notice", "confidentiality note", "disclaimer", "legal disclaimer", "legal notice", "privileged/confidential", "haftungsausschluss", "vertraulichkeitshinweis", "avis de confidentialité", "clause de confidentialité", "aviso legal", "aviso de confidencialidad", "aviso de confidencialidade", "avviso di riservatezza", "informativa sulla riservatezza", "vertrouwelijkheidsclausule", "klauzula poufności", "sekretessmeddelande", "fortrolighedserklæring", "конфиденциальность", "уведомление о конфиденциальности", "gizlilik bildirimi", "yasal uyarı", "免责声明", "保密声明", "機密保持",
    ];

    private static readonly string[] DisclaimerStarts =
    [
        "this e-mail", "this email", "this message", "this communication", "the information contained in this", "the information in this e", "the information transmitted", "the contents of this", "the content of this", "if you are not the intended", "if you have received this",
        "diese e-mail", "diese mail", "diese nachricht", "die in dieser", "der inhalt dieser", "ce message", "ce courriel", "ce courrier", "cet e-mail", "les informations contenues", "este mensaje", "este correo", "la información contenida", "questo messaggio", "questa e-mail", "le informazioni contenute", "ai sensi del", "esta mensagem", "este e-mail", "este email", "as informações contidas", "dit bericht", "deze e-mail", "de informatie in dit", "de inhoud van dit", "ta wiadomość", "niniejsza wiadomość", "informacje zawarte", "treść tej wiadomości",
        "detta meddelande", "detta e-post", "det här meddelandet", "denne e-mail", "denne mail", "denne e-posten", "denne meddelelse", "это сообщение", "настоящее сообщение", "информация, содержащаяся", "данное сообщение", "このメール", "本メール", "本电子邮件", "本邮件", "此邮件", "此電子郵件", "bu e-posta", "bu mesaj", "bu ileti", "tento e-mail", "tato zpráva", "tämä viesti", "ezen üzenet",
    ];

    private static readonly SearchValues<string> Confidential = SearchValues.Create(
    [
        "is confidential", "are confidential", "be confidential", "confidential and", "confidential or", "confidential information", "confidential, ", "confidential/", "privileged", "intended recipient", "intended solely", "intended only", "intended for the", "vertraulich", "confidentiel", "confidencial", "confidenzial", "riservat", "vertrouwelijk", "poufn", "konfidentiel", "fortrolig", "konfidensiell", "sekretess", "konfidentiell", "конфиденциальн", "機密", "秘密", "保密", "机密", "gizli", "důvěrn", "luottamuksel", "bizalmas",
    ], StringComparison.OrdinalIgnoreCase);

    public static void Mark(TextLines lines, string? sender, Func<int, bool> isQuoted, Action<int, int> mark)
    {
        var end = lines.Count;
        while (end > 0 && (isQuoted(end - 1) || lines.IsBlank(end - 1)))
        {
            end--;
        }

        var seen = 0;
        for (var i = end - 1; i >= 0 && seen <= MaxLines; i--)
        {
            if (isQuoted(i))
            {
                continue;
            }

            var line = lines[i];
            if (line.IsWhiteSpace())
            {
                continue;
            }

            if (IsDisclaimer(line.Trim()) && HasTextBefore(lines, i))
            {
                mark(i, end);
                end = i;
                seen = 0;
                continue;
            }

            seen++;
            if (IsDelimiter(line) || IsDeviceLine(line.Trim()))
            {
                // Something must have been said before it, or after it nothing but the signature.
                mark(i, end);
                end = i;
                // A row of device lines may be long; what a delimiter stands above may not.
                seen = IsDeviceLine(line.Trim()) ? 0 : seen;
            }
            else if (line.Length > MaxLineLength)
            {
                break;
            }
        }

        var signOff = FindSignOff(lines, end, sender, isQuoted);
        if (signOff >= 0)
        {
            mark(signOff, end);
        }
    }

    // "Best regards," and what follows it, or the sender's own name and what follows it.
    private static int FindSignOff(TextLines lines, int end, string? sender, Func<int, bool> isQuoted)
    {
        // A signature may stand below the history, with the sign-off above it.
        while (end > 0 && (isQuoted(end - 1) || lines.IsBlank(end - 1)))
        {
            end--;
        }

        var found = -1;
        var below = 0;
        for (var i = end - 1; i >= 0 && below < MaxSignOffLines; i--)
        {
            var line = lines[i].Trim();
            if (line.IsEmpty)
            {
                continue;
            }

            if (isQuoted(i) || line.Length > MaxSignOffLine)
            {
                break;
            }

            if (below > 0 && ClosingSet.GetAlternateLookup<ReadOnlySpan<char>>().Contains(line.TrimEnd(",.!;: -")))
            {
                return HasTextBefore(lines, i) ? i : found;
            }

            if ((IsSender(line, sender) || IsSignedClosing(line, sender, mayBeInitials: below == 0)) && HasTextBefore(lines, i))
            {
                found = i;
            }

            below++;
        }

        return found;
    }

    private static bool HasTextBefore(TextLines lines, int index)
    {
        for (var i = index - 1; i >= 0; i--)
        {
            if (!lines.IsBlank(i))
            {
                return true;
            }
        }

        return false;
    }

    // The sender's name as people sign: "Frank", "-Kim", "//Jef", "Diane H. Cook", "Barry Tycholiz - 713-853-1587".
    private static bool IsSender(ReadOnlySpan<char> line, string? sender)
    {
        line = line.Trim("-–—/*_~ ,.!");
        var cut = line.IndexOfAny(NameEnds);
        var dash = line.IndexOf(" - ");
        cut = cut < 0 || (dash >= 0 && dash < cut) ? dash : cut;
        var isWhole = cut < 0 || line[cut] == ',';
        var whole = line.Length;
        line = (cut < 0 ? line : line[..cut]).TrimEnd();
        if (sender is null || line.Length is < 2 or > 40 || (cut >= 0 && whole - cut > MaxBehindName))
        {
            return false;
        }

        var (known, others, words, small) = (0, 0, 0, 0);
        foreach (var range in line.SplitAny(" ."))
        {
            var word = line[range].Trim('"');
            if (word.IsEmpty)
            {
                continue;
            }

            words++;
            small += char.IsLower(word[0]) ? 1 : 0;
            if (word.Length > 1 && IsNamed(word, sender))
            {
                known++;
            }
            else if (!char.IsUpper(word[0]))
            {
                return false;
            }
            else
            {
                others += word.Length > 1 ? 1 : 0;
            }
        }

        // A name of the sender's and initials; or, of two words, one that is known.
        // "The mail system" is what the Mail Delivery System writes about, "jeff" is how Jeff signs.
        return known > 0 && (words == 1 || small == 0) && words <= 4 && (others == 0 || (others == 1 && isWhole && (known > 1 || words <= 3)));
    }

    private static bool IsNamed(ReadOnlySpan<char> word, string sender)
    {
        foreach (var range in sender.AsSpan().SplitAny(SenderBreaks))
        {
            if (word.Equals(sender.AsSpan(range), StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    // "Thanks, David Poston", "Thanks. BT": all on one line.
    private static bool IsSignedClosing(ReadOnlySpan<char> line, string? sender, bool mayBeInitials)
    {
        var end = line.IndexOfAny(",.!");
        if (end < 2 || line.Length > 50 || !ClosingSet.GetAlternateLookup<ReadOnlySpan<char>>().Contains(line[..end]))
        {
            return false;
        }

        var name = line[(end + 1)..].Trim(" ,.!");
        return IsSender(name, sender) || (mayBeInitials && name.Length is 1 or 2 or 3 && name.IndexOfAnyExceptInRange('A', 'Z') < 0);
    }

    // "-- " (RFC 3676 section 4.3), also without its space or with more dashes.
    private static bool IsDelimiter(ReadOnlySpan<char> line)
    {
        var trimmed = line.Trim();
        return trimmed is "--" or "—" or "___" or "ᐧ" || (trimmed.Length is >= 2 and < 60 && trimmed.IndexOfAnyExcept('-') < 0 && trimmed.Length != 3) || (trimmed.Length is >= 2 and < 60 && trimmed.IndexOfAnyExcept('_') < 0);
    }

    private static bool IsDisclaimer(ReadOnlySpan<char> line)
    {
        line = line.TrimStart("*_-=# ");
        foreach (var title in DisclaimerTitles)
        {
            if (line.StartsWith(title, StringComparison.OrdinalIgnoreCase))
            {
                // "Disclaimer: I own shares of it" is the writer's.
                return line.Length < title.Length + 4 || (!char.IsLetter(line[title.Length]) && line[title.Length..].ContainsAny(Confidential));
            }
        }

        if (line.Length < 30 || !line[..Math.Min(line.Length, DisclaimerWindow)].ContainsAny(Confidential))
        {
            return false;
        }

        foreach (var start in DisclaimerStarts)
        {
            if (line.StartsWith(start, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsDeviceLine(ReadOnlySpan<char> line)
    {
        var isBracketed = line is ['<' or '(' or '[', ..];
        line = line.Trim("<>()[]*_~");
        if (line is ['从' or '從', ..] && line.Length < 40 && (line.EndsWith("发送") || line.EndsWith("傳送")))
        {
            return true;
        }

        // "Sent from my desk, is much easier" is a sentence; "Sent from my cell, please excuse typos" is not.
        if (line.Length is < 4 or > 100 || (line.StartsWith("sent ", StringComparison.OrdinalIgnoreCase) && line.IndexOf(", ") is var comma and >= 0 && !IsExcuse(line[(comma + 2)..])))
        {
            return false;
        }

        foreach (var end in DeviceEnds)
        {
            if (line.Length < 60 && line.EndsWith(end, StringComparison.OrdinalIgnoreCase) && (end != "gesendet" || line.StartsWith("von ", StringComparison.OrdinalIgnoreCase)))
            {
                return true;
            }
        }

        foreach (var start in DeviceLines)
        {
            if (line.StartsWith(start, StringComparison.OrdinalIgnoreCase))
            {
                // "Sent by courier" is news, "<<sent by galaxy>>" is not.
                return start != "sent by " || isBracketed;
            }
        }

        return false;
    }

    private static bool IsExcuse(ReadOnlySpan<char> text) => text.StartsWith("please", StringComparison.OrdinalIgnoreCase) || text.StartsWith("excuse", StringComparison.OrdinalIgnoreCase) || text.StartsWith("sorry", StringComparison.OrdinalIgnoreCase) || text.StartsWith("pls", StringComparison.OrdinalIgnoreCase);
}
