using System.Buffers;
using System.Collections.Frozen;
using System.Text;

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
        "iletilen mesaj", "özgün ileti", "начало переадресованного", "пересланное сообщение", "переслане повідомлення", "оригінальне повідомлення", "転送メッセージ", "転送されたメッセージ", "オリジナルメッセージ", "原邮件", "转发的邮件", "转发邮件信息", "轉寄的郵件", "轉寄郵件", "原始信件", "원본 메시지", "전달된 메시지", "mensagem reencaminhada", "início da mensagem", "inicio del mensaje reenviado", "début du message", "inizio messaggio inoltrato", "begin doorgestuurd bericht", "początek przekazanej", "treść przekazanej", "välitetty viesti", "továbbított üzenet", "přeposlaná zpráva", "preposlaná správa", "mesaj original", "mesaj redirecționat", "αρχικό μήνυμα", "προωθημένο μήνυμα", "הודעה מקורית", "הודעה שהועברה", "الرسالة الأصلية", "missatge original", "pesan asli", "thư gốc",
    ];

    // Verbs (and what stands for them): at the end of an attribution line, or before a date or an address in it.
    private static readonly string[] Verbs =
    [
        "wrote", "writes", "said", "schrieb", "schreibt", "geschrieben", "a écrit", "a ecrit", "escribió", "escribio", "ha scritto", "scrive", "schreef", "volgende geschreven", "escreveu", "skrev", "skrev följande", "napisał(a)", "napisał", "napisała", "napisal(a)", "pisze", "kirjoitti", "написал", "написал(а)", "пишет", "písal", "napsal(a)", "napsal", "írta", "yazdı", "a scris", "写道", "寫道", "のメッセージ", "さんは書きました", "は書きました", "が書きました", "さんのメール", "님이 작성", "작성", "đã viết",
        "şunu yazdı", "şunları yazdı", "tarihinde yazdı", "писал", "писал(а)", "писала", "пише", "написав", "пишет:", "έγραψε", "va escriure", "menulis", "เขียนว่า", "כתב", "כתבה", "كتب", "napísal", "napísal(a)", "je napisao", "je napisao/la", "rašė", "rakstīja", "kirjutas", "skrifaði", "a scris următoarele", "bericht geschreven", "geschreven", "ha escrit", "escriveva", "ecrit", "hat geschrieben", "idatzi",
    ];

    private static readonly SearchValues<string> AnyVerb = SearchValues.Create(Verbs, StringComparison.OrdinalIgnoreCase);

    private static readonly string[] AttributionStarts =
    [
        "on ", "am ", "le ", "el ", "il ", "op ", "em ", "den ", "dnia ", "w dniu ", "mån", "tis", "ons", "tor", "fre", "lör", "sön", "man", "tirs", "tors", "lør", "søn", "pon", "wt", "śr", "czw", "pt", "sob", "niedz", "pe ", "ma ", "ti ", "ke ", "в ", "dne ", "em ",  "quoting ", "from ", "wiadomość napisana", "на ", "在 ", "vào ", "ons. ", "dnia",
    ];

    private static readonly FrozenSet<string> FromNames = Names("from", "von", "de", "da", "van", "od", "från", "fra", "lähettäjä", "от", "от кого", "expéditeur", "mittente", "remitente", "gönderen", "kimden", "feladó", "发件人", "寄件者", "差出人", "보낸 사람", "送信者", "發件人", "寄件人", "kimden", "відправник", "від", "από", "מאת", "من", "de la", "odosielateľ", "nadawca", "afsender", "avsändare", "avsender", "absender", "pengirim", "dari", "từ");
    private static readonly FrozenSet<string> OtherNames = Names(
        "sent", "date", "to", "cc", "subject", "gesendet", "datum", "an", "betreff", "kopie", "envoyé", "envoyé le", "à", "objet", "enviado", "enviado el", "enviada em", "enviado em", "fecha", "para", "asunto", "assunto", "data", "inviato", "a", "oggetto",
        "verzonden", "aan", "onderwerp", "wysłano", "do", "temat", "skickat", "till", "ämne", "sendt", "til", "emne", "dato", "lähetetty", "vastaanottaja", "aihe", "отправлено", "дата", "кому", "тема", "odesláno", "komu", "předmět", "reply-to", "发送时间", "收件人", "主题", "日時", "宛先", "件名", "tarih", "kime", "konu", "organization", "newsgroups", "送信日時", "送信日", "收件者", "寄件日期", "傳送日期", "日期", "主旨", "主題", "發送時間", "抄送", "副本", "보낸 날짜", "받는 사람", "제목", "날짜", "gönderilme tarihi", "gönderildi", "kime", "bilgi", "дата отправки", "копия", "кому:", "тема:", "надіслано", "ημερομηνία", "προς", "θέμα", "נשלח", "אל", "נושא", "تاريخ", "إلى", "الموضوع", "data wysłania", "do wiadomości", "dw", "odbiorca", "enviado:", "destinatario", "destinataire", "date d'envoi", "cci", "répondre à", "enviada", "cópia", "kopia", "kopi", "verzenddatum", "mottatt", "tilsendt", "trimis", "către", "subiect", "címzett", "tárgy", "elküldve", "predmet", "küldés", "tanggal", "kepada", "perihal");

    /// <summary>"-----Original Message-----" and its kin, or the long underscore of Outlook.</summary>
    public static bool IsHistoryLine(ReadOnlySpan<char> line)
    {
        if (line.Length is < 6 or > 200)
        {
            return false;
        }

        // Nearly all lines end here.
        var marked = line[0] is '-' or '_' or '=' or '*' or '#' or '~' || line[^1] == ':';
        if (!marked && line[0] is not ('b' or 'B'))
        {
            return false;
        }

        if (IsDashedAttribution(line))
        {
            return true;
        }

        var core = line.Trim("-_=*#>~ \t:");
        // Two or three characters are a word in Chinese and Japanese.
        if (core.Length < (core.Length > 0 && core[0] >= '\u1100' ? 3 : 6) || core.Length > 60 || (core.Length == line.Length && !line.StartsWith("Begin forwarded", StringComparison.OrdinalIgnoreCase)))
        {
            return core.StartsWith("Begin forwarded message", StringComparison.OrdinalIgnoreCase);
        }

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

    /// <summary>"From: … Sent: … To: … Subject: …" in the sender's language: From and two more, in any order, within six lines.</summary>
    public static bool IsHeaderBlock(TextLines lines, int index)
    {
        var from = HasName(lines[index], FromNames);
        if (!from && !HasName(lines[index], OtherNames))
        {
            return false;
        }

        var others = from ? 0 : 1;
        var filled = 1;
        for (var i = index + 1; i < lines.Count && filled < 7 && i < index + 12; i++)
        {
            if (lines.IsBlank(i))
            {
                continue;
            }

            filled++;
            from |= HasName(lines[i], FromNames);
            others += HasName(lines[i], OtherNames) ? 1 : 0;
        }

        return from && others >= 2;
    }

    /// <summary>A line of a date, a time and a name without any verb, as some programs write it ("2016-03-03 17:21 GMT+01:00 Some One").</summary>
    public static bool IsBareAttribution(ReadOnlySpan<char> line)
    {
        line = line.TrimEnd(": ");
        if (line.Length is < 22 or > 120 || line[4] != '-' || line[7] != '-' || line[10] != ' ' || line[13] != ':' || !char.IsAsciiDigit(line[0]) || !char.IsAsciiDigit(line[15]))
        {
            return false;
        }

        var rest = line[16..];
        rest = rest is [':', ..] && rest.Length > 3 ? rest[3..] : rest;
        return rest.StartsWith(" GMT", StringComparison.Ordinal) || rest.StartsWith(" UTC", StringComparison.Ordinal) || rest is [' ', '+' or '-', >= '0' and <= '9', ..];
    }

    /// <summary>A line that ends in a colon and names a time or an address: an attribution where a quote follows, in any language.</summary>
    public static bool MayIntroduce(ReadOnlySpan<char> line) => line is [.., ':' or '：'] && line.Length is > 12 and < 200 && (line.Contains('@') || HasClock(line));

    /// <summary>The number of lines of an attribution ("On …, Jane wrote:") that begins at a line, or 0.</summary>
    public static int AttributionLength(TextLines lines, int index, int most)
    {
        var first = lines[index].Trim();
        if (first.Length is < 3 or > MaxMarkerLine || first[0] == '>')
        {
            return 0;
        }

        if (EndsAttribution(first, first))
        {
            return 1;
        }

        // Wrapped lines: only where one of the next ends as one does, and the first looks like the beginning of one.
        if (!MayEndBelow(lines, index, most) || !HasWhen(first) || !(first.Contains('<') || (first.IndexOfAnyInRange('0', '9') >= 0 && StartsAttribution(first)) || HasVerb(first)))
        {
            return 0;
        }

        var joined = new StringBuilder().Append(first);
        for (var i = index + 1; i < lines.Count && i < index + most; i++)
        {
            var line = lines[i].Trim();
            if (line.IsEmpty || line[0] == '>' || joined.Length + line.Length > MaxMarkerLine)
            {
                break;
            }

            joined.Append(' ').Append(line);
            if (line[^1] is ':' or '：' or '*' or '_' && EndsAttribution(line, joined.ToString()))
            {
                return i - index + 1;
            }
        }

        return 0;
    }

    private static bool MayEndBelow(TextLines lines, int index, int most)
    {
        for (var i = index + 1; i < lines.Count && i < index + most; i++)
        {
            var line = lines[i].Trim();
            if (line.IsEmpty || line[0] == '>')
            {
                return false;
            }

            if (line[^1] is ':' or '：' or '*' or '_')
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Zoho's "---- On (date) (name) wrote ----".</summary>
    private static bool IsDashedAttribution(ReadOnlySpan<char> line) => line.StartsWith("---") && line.EndsWith("---") && HasWhen(line) && HasVerb(line);

    // Ends in "wrote:"; or holds a verb and ends in ':' after a time or an address; or is "(date, time) (name) <address>:".
    private static bool EndsAttribution(ReadOnlySpan<char> last, ReadOnlySpan<char> whole)
    {
        last = last.TrimEnd("*_ ");
        if (last is not [.., ':' or '：'] || !HasWhen(whole))
        {
            return false;
        }

        var core = last[..^1].TrimEnd(" \u00A0");
        foreach (var verb in Verbs)
        {
            if (core.EndsWith(verb, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return (HasVerb(whole) && (HasTime(whole) || whole.Contains('@'))) || (core is [.., '>'] && HasTime(whole));
    }

    private static bool HasVerb(ReadOnlySpan<char> line)
    {
        // One vectorised search first: nearly all lines end here.
        if (!line.ContainsAny(AnyVerb))
        {
            return false;
        }

        foreach (var verb in Verbs)
        {
            var at = line.IndexOf(verb, StringComparison.OrdinalIgnoreCase);
            if (at > 0 && !char.IsLetter(line[at - 1]) && (at + verb.Length == line.Length || !char.IsLetter(line[at + verb.Length])))
            {
                return true;
            }
        }

        return false;
    }

    private static bool HasTime(ReadOnlySpan<char> line)
    {
        for (var i = 1; i + 2 < line.Length; i++)
        {
            if (line[i] is ':' or '.' or 'h' && char.IsAsciiDigit(line[i - 1]) && char.IsAsciiDigit(line[i + 1]) && char.IsAsciiDigit(line[i + 2]))
            {
                return true;
            }
        }

        return false;
    }

    private static bool HasClock(ReadOnlySpan<char> line)
    {
        for (var i = 1; i + 2 < line.Length; i++)
        {
            if (line[i] == ':' && char.IsAsciiDigit(line[i - 1]) && char.IsAsciiDigit(line[i + 1]) && char.IsAsciiDigit(line[i + 2]))
            {
                return true;
            }
        }

        return false;
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

    // A date, a time or an address: what tells an attribution from a sentence that ends in "she wrote:".
    private static bool HasWhen(ReadOnlySpan<char> line) => line.IndexOfAnyInRange('0', '9') >= 0 || line.Contains('@') || line.Contains('<');

    private static bool HasName(ReadOnlySpan<char> text, FrozenSet<string> names)
    {
        var line = text.Trim("*_ \t|>");
        var colon = line[..Math.Min(line.Length, 30)].IndexOfAny(':', '：');
        return colon > 0 && names.GetAlternateLookup<ReadOnlySpan<char>>().Contains(line[..colon].Trim("* \t\u00A0"));
    }

    private static FrozenSet<string> Names(params string[] names) => names.ToFrozenSet(StringComparer.OrdinalIgnoreCase);
}
