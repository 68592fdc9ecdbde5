using System.Collections.Frozen;

namespace Butler.Mail;

/// <summary>The lines by which mail programs introduce history, in their languages. No regular expressions: input is hostile.</summary>
internal static class QuoteMarkers
{
    private const int MaxMarkerLine = 400;

    private static readonly string[] HistoryTitles =
    [
        "original message", "original appointment", "forwarded message", "begin forwarded message", "reply message", "reply above this line", "message transféré", "message d'origine", "message original", "message initial",
        "ursprüngliche nachricht", "urspr=c3=bcngliche nachricht", "originalnachricht", "original-nachricht", "weitergeleitete nachricht", "anfang der weitergeleiteten", "ursprunglig meddelande", "ursprungligt meddelande", "vidarebefordrat", "oprindelig meddelelse", "oprindelig besked", "videresendt", "opprinnelig melding",
        "mensaje original", "mensaje reenviado", "mensagem original", "mensagem encaminhada", "messaggio originale", "messaggio inoltrato", "oorspronkelijk bericht", "oorspronkelijke bericht", "doorgestuurd bericht", "wiadomość oryginalna", "oryginalna wiadomość", "oryginalna wiadomosc", "wiadomość przekazana", "původní zpráva", "alkuperäinen viesti", "исходное сообщение", "пересылаемое сообщение", "元のメッセージ", "原始邮件", "原始郵件", "eredeti üzenet", "orijinal mesaj",
    ];

    // Verbs (and what stands for them) at the end of an attribution line, and the words that begin one.
    private static readonly string[] AttributionEnds =
    [
        "wrote:", "writes:", "said:", "schrieb:", "schreibt:", "geschrieben:", "a écrit :", "a écrit:", "a écrit\u00A0:", "a ecrit :", "escribió:", "escribio:", "escribió :", "ha scritto:", "scrive:", "schreef:", "schreef het volgende:", "het volgende geschreven:", "escreveu:", "skrev:", "skrev följande:", "napisał(a):", "napisał:", "napisała:", "napisal(a):", "pisze:", "kirjoitti:", "написал:", "написал(а):", "пишет:", "písal:", "napsal(a):", "napsal:", "írta:", "yazdı:", "wrote :", "a scris:", "写道:", "写道：", "のメッセージ:", "님이 작성:", "viết:",
    ];

    private static readonly string[] AttributionStarts =
    [
        "on ", "am ", "le ", "el ", "il ", "op ", "em ", "den ", "dnia ", "w dniu ", "the ", "at ", "mån", "tis", "ons", "tor", "fre", "lör", "sön", "man", "tirs", "tors", "lør", "søn", "pon", "wt", "śr", "czw", "pt", "sob", "niedz", "pe ", "ma ", "ti ", "ke ", "to ", "la ", "su ", "в ", "dne ", "em ", "a ", "in ", "quoting ", "from ", "wiadomość napisana", "на ", "在 ", "vào ", "ons. ", "dnia",
    ];

    private static readonly FrozenSet<string> FromNames = Names("from", "von", "de", "da", "van", "od", "från", "fra", "lähettäjä", "от", "от кого", "expéditeur", "mittente", "remitente", "gönderen", "kimden", "feladó", "发件人", "寄件者", "差出人", "보낸 사람");
    private static readonly FrozenSet<string> OtherNames = Names(
        "sent", "date", "to", "cc", "subject", "gesendet", "datum", "an", "betreff", "kopie", "envoyé", "envoyé le", "à", "objet", "enviado", "enviado el", "enviada em", "enviado em", "fecha", "para", "asunto", "assunto", "data", "inviato", "a", "oggetto",
        "verzonden", "aan", "onderwerp", "wysłano", "do", "temat", "skickat", "till", "ämne", "sendt", "til", "emne", "dato", "lähetetty", "vastaanottaja", "aihe", "отправлено", "дата", "кому", "тема", "odesláno", "komu", "předmět", "reply-to", "发送时间", "收件人", "主题", "日時", "宛先", "件名", "tarih", "kime", "konu", "organization", "newsgroups");

    /// <summary>"-----Original Message-----" and its kin, or the long underscore of Outlook.</summary>
    public static bool IsHistoryLine(ReadOnlySpan<char> line)
    {
        if (line.Length is < 6 or > 200)
        {
            return false;
        }

        var core = line.Trim("-_=*#>~ \t:");
        if (core.Length < 6 || core.Length > 60 || (core.Length == line.Length && !line.StartsWith("Begin forwarded", StringComparison.OrdinalIgnoreCase)))
        {
            return core.StartsWith("Begin forwarded message", StringComparison.OrdinalIgnoreCase);
        }

        var marked = line[0] is '-' or '_' or '=' or '*' or '#' or '~' || line.EndsWith(":");
        if (!marked)
        {
            return false;
        }

        foreach (var title in HistoryTitles)
        {
            if (core.StartsWith(title, StringComparison.OrdinalIgnoreCase))
            {
                return line[0] is '-' or '_' or '=' or '#' or '~' || core.StartsWith("begin forwarded", StringComparison.OrdinalIgnoreCase) || core.Length == title.Length;
            }
        }

        return false;
    }

    /// <summary>"From: … Sent: … To: … Subject: …" in the sender's language: From and two more within six lines.</summary>
    public static bool IsHeaderBlock(string[] lines, int index)
    {
        if (!HasName(lines[index], FromNames))
        {
            return false;
        }

        var others = 0;
        var filled = 0;
        for (var i = index + 1; i < lines.Length && filled < 6 && i < index + 12; i++)
        {
            if (string.IsNullOrWhiteSpace(lines[i]))
            {
                continue;
            }

            filled++;
            others += HasName(lines[i], OtherNames) ? 1 : 0;
        }

        return others >= 2;
    }

    /// <summary>The number of lines of an attribution ("On …, Jane wrote:") that begins at a line, or 0.</summary>
    public static int AttributionLength(string[] lines, int index, int most)
    {
        var first = lines[index].AsSpan().Trim();
        if (first.Length is < 3 or > MaxMarkerLine || first[0] == '>')
        {
            return 0;
        }

        var ends = EndsAttribution(first);
        if (ends && HasWhen(first))
        {
            return 1;
        }

        if (!StartsAttribution(first) || !HasWhen(first))
        {
            return 0;
        }

        for (var i = index + 1; i < lines.Length && i < index + most; i++)
        {
            var line = lines[i].AsSpan().Trim();
            if (line.IsEmpty || line[0] == '>' || line.Length > MaxMarkerLine)
            {
                break;
            }

            if (EndsAttribution(line))
            {
                return i - index + 1;
            }
        }

        return 0;
    }

    private static bool StartsAttribution(ReadOnlySpan<char> line)
    {
        foreach (var start in AttributionStarts)
        {
            if (line.StartsWith(start, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return char.IsAsciiDigit(line[0]);
    }

    private static bool EndsAttribution(ReadOnlySpan<char> line)
    {
        line = line.TrimEnd("*_ ");
        foreach (var end in AttributionEnds)
        {
            if (line.EndsWith(end, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    // A date, a time or an address: what tells an attribution from a sentence that ends in "she wrote:".
    private static bool HasWhen(ReadOnlySpan<char> line) => line.IndexOfAnyInRange('0', '9') >= 0 || line.Contains('@') || line.Contains('<');

    private static bool HasName(string text, FrozenSet<string> names)
    {
        var line = text.AsSpan().Trim("*_ \t|>");
        var colon = line[..Math.Min(line.Length, 30)].IndexOfAny(':', '：');
        return colon > 0 && names.GetAlternateLookup<ReadOnlySpan<char>>().Contains(line[..colon].Trim("* \t\u00A0"));
    }

    private static FrozenSet<string> Names(params string[] names) => names.ToFrozenSet(StringComparer.OrdinalIgnoreCase);
}
