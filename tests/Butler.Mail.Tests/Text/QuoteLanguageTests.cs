namespace Butler.Mail.Tests.Text;

/// <summary>The newest text by language and by mail program, each with history below it.</summary>
public sealed class QuoteLanguageTests
{
    [Theory]
    [InlineData("en", "On Tue, Feb 3, 2026 at 10:11 AM Jane Doe <j@x.org> wrote:", "Sent from my iPhone")]
    [InlineData("de", "Am Di., 3. Feb. 2026 um 10:11 Uhr schrieb Jane Doe <j@x.org>:", "Von meinem iPhone gesendet")]
    [InlineData("fr", "Le mar. 3 févr. 2026 à 10:11, Jane Doe <j@x.org> a écrit :", "Envoyé de mon iPhone")]
    [InlineData("es", "El mar, 3 feb 2026 a las 10:11, Jane Doe (<j@x.org>) escribió:", "Enviado desde mi iPhone")]
    [InlineData("it", "Il giorno mar 3 feb 2026 alle ore 10:11 Jane Doe <j@x.org> ha scritto:", "Inviato da iPhone")]
    [InlineData("pt", "Em ter., 3 de fev. de 2026 às 10:11, Jane Doe <j@x.org> escreveu:", "Enviado do meu iPhone")]
    [InlineData("nl", "Op di 3 feb 2026 om 10:11 schreef Jane Doe <j@x.org>:", "Verstuurd vanaf mijn iPhone")]
    [InlineData("pl", "wt., 3 lut 2026 o 10:11 Jane Doe <j@x.org> napisał(a):", "Wysłane z iPhone'a")]
    [InlineData("sv", "Den tis 3 feb. 2026 kl 10:11 skrev Jane Doe <j@x.org>:", "Skickat från min iPhone")]
    [InlineData("da", "Den tir. 3. feb. 2026 kl. 10.11 skrev Jane Doe <j@x.org>:", "Sendt fra min iPhone")]
    [InlineData("no", "tir. 3. feb. 2026 kl. 10:11 skrev Jane Doe <j@x.org>:", "Sendt fra min iPhone")]
    [InlineData("fi", "ti 3. helmik. 2026 klo 10.11 Jane Doe (j@x.org) kirjoitti:", "Lähetetty iPhonesta")]
    [InlineData("ru", "вт, 3 февр. 2026 г. в 10:11, Jane Doe <j@x.org>:", "Отправлено с iPhone")]
    [InlineData("uk", "вт, 3 лют. 2026 р. о 10:11 Jane Doe <j@x.org> пише:", "Надіслано з iPhone")]
    [InlineData("cs", "út 3. 2. 2026 v 10:11 odesílatel Jane Doe <j@x.org> napsal:", "Odesláno z iPhonu")]
    [InlineData("hu", "Jane Doe <j@x.org> ezt írta (időpont: 2026. febr. 3., K, 10:11):", "Az iPhone készülékemről küldve")]
    [InlineData("tr", "Jane Doe <j@x.org>, 3 Şub 2026 Sal, 10:11 tarihinde şunu yazdı:", "iPhone'umdan gönderildi")]
    [InlineData("ja", "2026年2月3日(火) 10:11 Jane Doe <j@x.org>:", "iPhoneから送信")]
    [InlineData("zh", "Jane Doe <j@x.org> 于2026年2月3日周二 10:11写道：", "发自我的iPhone")]
    [InlineData("zh-TW", "Jane Doe <j@x.org> 於 2026年2月3日 週二 上午10:11寫道：", "從我的 iPhone 傳送")]
    [InlineData("ko", "2026년 2월 3일 (화) 오전 10:11, Jane Doe <j@x.org>님이 작성:", "나의 iPhone에서 보냄")]
    [InlineData("el", "Στις Τρί 3 Φεβ 2026 στις 10:11 π.μ., ο/η Jane Doe <j@x.org> έγραψε:", "Στάλθηκε από το iPhone μου")]
    [InlineData("vi", "Vào Th 3, 3 thg 2, 2026 lúc 10:11 Jane Doe <j@x.org> đã viết:", "Được gửi từ iPhone của tôi")]
    public void Plain_AttributionAndDeviceLine_AreSplitOff(string language, string attribution, string device)
    {
        var text = MailText.FromPlain($"Text ({language}).\n\n{device}\n\n{attribution}\n\n> old\n> words\n");
        Assert.Equal(($"Text ({language}).", device), (text.NewText, text.Signature));
        Assert.Equal("", MailText.FromPlain($"Text.\n\n{attribution}\n\nold without marks\n").NewText.Replace("Text.", ""));
    }

    [Theory]
    [InlineData("From: a@b.c\nSent: x\nTo: y\nSubject: z")]
    [InlineData("Von: a@b.c\nGesendet: x\nAn: y\nBetreff: z")]
    [InlineData("De : a@b.c\nEnvoyé : x\nÀ : y\nObjet : z")]
    [InlineData("De: a@b.c\nEnviado el: x\nPara: y\nAsunto: z")]
    [InlineData("Da: a@b.c\nInviato: x\nA: y\nOggetto: z")]
    [InlineData("De: a@b.c\nEnviada em: x\nPara: y\nAssunto: z")]
    [InlineData("Van: a@b.c\nVerzonden: x\nAan: y\nOnderwerp: z")]
    [InlineData("Od: a@b.c\nWysłano: x\nDo: y\nTemat: z")]
    [InlineData("Från: a@b.c\nSkickat: x\nTill: y\nÄmne: z")]
    [InlineData("Fra: a@b.c\nSendt: x\nTil: y\nEmne: z")]
    [InlineData("От: a@b.c\nОтправлено: x\nКому: y\nТема: z")]
    [InlineData("差出人: a@b.c\n送信日時: x\n宛先: y\n件名: z")]
    [InlineData("发件人: a@b.c\n发送时间: x\n收件人: y\n主题: z")]
    [InlineData("寄件者: a@b.c\n寄件日期: x\n收件者: y\n主旨: z")]
    [InlineData("Kimden: a@b.c\nGönderildi: x\nKime: y\nKonu: z")]
    [InlineData("보낸 사람: a@b.c\n보낸 날짜: x\n받는 사람: y\n제목: z")]
    [InlineData("-----Oryginalna wiadomość-----")]
    [InlineData("---------- Пересылаемое сообщение ---------")]
    [InlineData("-----Mensaje original-----")]
    [InlineData("------------------ 原始邮件 ------------------")]
    [InlineData("----- 転送メッセージ -----")]
    public void Plain_HeaderBlocksAndTitles_AreSplitOff(string header) => Assert.Equal("Text.", MailText.FromPlain($"Text.\n\n{header}\n\nold\n").NewText);

    [Theory]
    [InlineData("This email and any attachments are confidential and intended solely for the addressee.")]
    [InlineData("CONFIDENTIALITY NOTICE: the contents are privileged.")]
    [InlineData("Diese E-Mail enthält vertrauliche und/oder rechtlich geschützte Informationen.")]
    [InlineData("Ce message et toutes les pièces jointes sont confidentiels.")]
    [InlineData("Este mensaje y sus archivos adjuntos son confidenciales.")]
    [InlineData("Questo messaggio e i suoi allegati sono confidenziali e riservati.")]
    [InlineData("Esta mensagem pode conter informação confidencial.")]
    [InlineData("Dit bericht is vertrouwelijk en uitsluitend bestemd voor de geadresseerde.")]
    [InlineData("Niniejsza wiadomość zawiera informacje poufne.")]
    [InlineData("Detta meddelande är konfidentiellt och endast avsett för mottagaren.")]
    [InlineData("Denne e-mail er fortrolig og kun beregnet til modtageren.")]
    [InlineData("Это сообщение содержит конфиденциальную информацию для адресата.")]
    [InlineData("本メールには機密情報が含まれている場合がありますので、受信者以外の方は破棄してください。")]
    [InlineData("本邮件及其附件含有保密信息，仅限于发送给上面地址中列出的个人或群组，禁止任何其他人使用。")]
    [InlineData("Bu e-posta ve ekleri gizli bilgiler içerebilir.")]
    public void Plain_Disclaimer_IsTheSignatures(string disclaimer)
    {
        var text = MailText.FromPlain($"Please send the file.\n\n{disclaimer}\nIf not for you, delete it.\n");
        Assert.Equal("Please send the file.", text.NewText);
        Assert.StartsWith(disclaimer, text.Signature);
    }

    [Theory]
    [InlineData("This email is about the confidential project. Can you come?")]
    [InlineData("Come on Monday.\n\nThis message holds figures of the partnership. Please treat it as confidential.")]
    [InlineData("Sent by courier yesterday.")]
    [InlineData("The disclaimer we wrote is fine.")]
    [InlineData("It works.\n\nDisclaimer: I own shares of the maker.")]
    [InlineData("从我的角度来看，可以发送。")]
    public void Plain_WhatOnlyLooksLikeIt_IsKept(string text) => Assert.Equal(text, MailText.FromPlain(text).NewText);

    [Theory]
    [InlineData("gmail", "<div dir=ltr>New</div><br><div class='gmail_quote gmail_quote_container'><div dir=ltr class=gmail_attr>On x wrote:<br></div><blockquote class=gmail_quote>old</blockquote></div>")]
    [InlineData("gmail, unknown language", "<div>New</div><div class=gmail_quote><div class=gmail_attr>Zzz 3/2/26 qqq</div><blockquote class=gmail_quote>old</blockquote></div>")]
    [InlineData("gmail forward", "New<div class=gmail_quote><div class=gmail_attr>---------- Forwarded message ---------<br>From: a</div><br>old<blockquote class=gmail_quote>older</blockquote>old</div>")]
    [InlineData("gmail signature", "New<div><br clear=all></div><span class=gmail_signature_prefix>-- </span><br><div class=gmail_signature>Joe<br>Boss</div>")]
    [InlineData("outlook web", "<div>New</div><div id=appendonsend></div><hr tabindex=-1><div id=divRplyFwdMsg><b>Qui:</b> a<br><b>Quand:</b> b</div><div>old</div>")]
    [InlineData("outlook quoted by outlook", "<div>New</div><hr><div id=x_divRplyFwdMsg>x</div><div>old</div>")]
    [InlineData("outlook 2016", "<div class=WordSection1><p class=MsoNormal>New<o:p></o:p></p><div><div style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0in 0in 0in'><p><b>Qui:</b> a</p></div></div><p>old</p></div>")]
    [InlineData("outlook 2010", "<p>New</p><div style='border:none;border-top:solid #B5C4DF 1.0pt;padding:3.0pt 0cm 0cm 0cm'><p>x</p></div><p>old</p>")]
    [InlineData("outlook for mac", "<div>New</div><span id=OLK_SRC_BODY_SECTION><div>x</div>old</span>")]
    [InlineData("outlook mobile", "<div>New</div><div id=ms-outlook-mobile-signature>Get Outlook</div><div id=mail-editor-reference-message-container>old</div>")]
    [InlineData("hotmail", "<div>New</div><hr id=stopSpelling>Date: x<br>old")]
    [InlineData("apple", "<div>New</div><div><br><blockquote type=cite><div>Op zz wrote:</div>old</blockquote></div>")]
    [InlineData("apple attribution", "<div>New</div><div>Zz 3 Qq 2026, 10:11, A &lt;a@b.c&gt; zz:<br><blockquote type=cite>old</blockquote></div>")]
    [InlineData("apple signature", "New<div id=AppleMailSignature>Joe</div>")]
    [InlineData("yahoo", "<div>New</div><div id=yahoo_quoted_123 class=yahoo_quoted><div>x</div>old</div>")]
    [InlineData("yahoo prefixed", "<div>New</div><div class='ydp1a2bsignature'>Joe</div><div id=ydp3cyahoo_quoted class=ydp3cyahoo_quoted>old</div>")]
    [InlineData("thunderbird", "New<div class=moz-cite-prefix>Am zz:<br></div><blockquote type=cite>old</blockquote><div class=moz-signature>-- <br>Joe</div>")]
    [InlineData("thunderbird forward", "New<div class=moz-forward-container><br>-------- zz --------<table class=moz-email-headers-table><tr><th>Zz:<td>a</table>old</div>")]
    [InlineData("proton", "<div>New</div><div class='protonmail_signature_block'>x</div><div class=protonmail_quote>zz<blockquote class=protonmail_quote type=cite>old</blockquote></div>")]
    [InlineData("tuta", "New<div class=tutanota_quote>old</div>")]
    [InlineData("zoho", "<div>New</div><div class=zmail_extra>old</div>")]
    [InlineData("spark", "<div>New</div><div name=messageSignatureSection>Joe</div><div name=messageReplySection>old</div>")]
    [InlineData("zimbra", "<div>New</div><hr id=zwchr data-marker=__DIVIDER__><div data-marker=__HEADERS__>x</div><div data-marker=__QUOTED_TEXT__>old</div>")]
    [InlineData("plain blockquote", "<p>New</p><blockquote><p>old</p></blockquote>")]
    public void Html_ByMailProgram_OnlyTheNewestIsNew(string program, string html)
    {
        var text = MailText.FromHtmlText(html);
        Assert.Equal((program, "New"), (program, text.NewText));
        Assert.Equal(html.Contains("old"), text.QuotedText.Contains("old"));
        Assert.Equal(html.Contains("Joe"), text.Signature.Contains("Joe"));
    }

    [Theory]
    [InlineData("Cook  Diane H.", "Diane H. Cook", true)]
    [InlineData("Jane Doe", "jane", true)]
    [InlineData("Jane Doe", "-Jane", true)]
    [InlineData("Jane Doe", "Jane Doe - 713-853-1587", true)]
    [InlineData("Jane Doe", "Thanks, Jane", true)]
    [InlineData("Jane Doe", "Thanks. JD", true)]
    [InlineData("Adam L. \"Duncan\" Beberg", "- Adam L. \"Duncan\" Beberg", true)]
    // A bounce's report, and a receipt, are not signed there.
    [InlineData("Mail Delivery System", "The mail system", false)]
    [InlineData("Joe Recipient", "Recipient <Joe_Recipient@example.com> with subject \"First draft of the report\"", false)]
    [InlineData("Jane Doe", "Jane will come?", false)]
    public void Plain_SendersNameAtTheEnd_IsASignature(string sender, string line, bool signs)
    {
        var text = MailText.FromPlain($"It is done.\n\n{line}\n", sender);
        Assert.Equal(signs, text.Signature.Length > 0);
        Assert.StartsWith("It is done.", text.NewText);
    }

    [Fact]
    public void Html_GmailAnswersBetweenQuotes_AreNew()
    {
        var text = MailText.FromHtmlText("<div>Top</div><div class=gmail_quote><div class=gmail_attr>On x wrote:</div><blockquote class=gmail_quote>one?</blockquote><div>Yes.</div><blockquote class=gmail_quote>two?</blockquote><div>No.</div></div>");
        Assert.Equal("Top\nYes.\nNo.", text.NewText.Replace("\n\n", "\n"));
        Assert.Contains("> one?", text.QuotedText);
    }

    [Fact]
    public void Html_TextBelowTheSignature_IsNew()
    {
        var text = MailText.FromHtmlText("<div>One</div><div class=gmail_signature>Joe</div><div>Two</div>");
        Assert.Equal(("One\nTwo", "Joe"), (text.NewText.Replace("\n\n", "\n"), text.Signature));
    }
}
