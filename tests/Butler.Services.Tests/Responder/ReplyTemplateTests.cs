using System.Text;
using Butler.Intelligence;
using Butler.Mail;
using Butler.Responder.Drafts;
using Butler.Responder.Templates;

namespace Butler.Services.Tests.Responder;

/// <summary>The local reply templates.</summary>
public sealed class ReplyTemplateTests
{
    [Theory]
    [InlineData("en", "question", "When will the report be ready? I have not got it from you yet.", "Hi Anna,", "[… your answer …]")]
    [InlineData("de", "question", "Guten Tag Frau Owner, wann wird der Bericht fertig? Ich habe ihn noch nicht von Ihnen bekommen.", "Guten Tag Anna Schmidt,", "[… Ihre Antwort …]")]
    [InlineData("fr", "question", "Bonjour, quand est-ce que le rapport sera prêt ? Je ne l'ai pas encore reçu de vous.", "Bonjour Anna Schmidt,", "[… votre réponse …]")]
    [InlineData("es", "question", "Buenos días, ¿cuándo estará listo el informe? Todavía no lo he recibido de usted.", "Hola, Anna Schmidt:", "[… su respuesta …]")]
    public void Write_MailInALanguage_AnswersInIt(string language, string intent, string text, string greeting, string blank)
    {
        var written = ReplyTemplate.Write(Mail(text, language: LanguageGuess.Of(text)));
        Assert.Equal(language, written.Language);
        Assert.Equal(intent, written.Intent);
        Assert.StartsWith(greeting + "\n\n", written.Text, StringComparison.Ordinal);
        Assert.Contains(blank, written.Text, StringComparison.Ordinal);
        Assert.EndsWith("\nOlivia Owner", written.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("it")]
    [InlineData("ja")]
    [InlineData("und")]
    public void Write_OtherLanguage_FallsBackToEnglish(string language) =>
        Assert.Equal("en", ReplyTemplate.Write(Mail("xyzzy", language: language)).Language);

    [Theory]
    [InlineData("de", "Hallo Olivia, kannst du mir sagen, wann wir uns treffen? Danke dir", "Hallo Anna,")]
    [InlineData("de", "Sehr geehrte Frau Owner, können Sie mir sagen, wann du kommst?", "Guten Tag Anna Schmidt,")]
    [InlineData("fr", "Salut, peux-tu me dire quand tu viens ?", "Bonjour Anna,")]
    [InlineData("es", "Hola, ¿puedes decirme cuándo vienes?", "Hola, Anna:")]
    public void Write_SenderSpeaksAsToAFriend_AnswersLikewise(string language, string text, string greeting) =>
        Assert.StartsWith(greeting, ReplyTemplate.Write(Mail(text, language: language)).Text, StringComparison.Ordinal);

    public static TheoryData<string, string> AllKinds()
    {
        var data = new TheoryData<string, string>();
        foreach (var phrases in Phrases.All)
        {
            foreach (var intent in Enum.GetNames<Intent>())
            {
                data.Add(phrases.Code, intent);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(AllKinds))]
    public void Write_EveryLanguageAndIntent_HasABlankAndInventsNothing(string language, string intent)
    {
        var phrases = Phrases.For(language);
        foreach (var key in new[] { null, "Is it so?" })
        {
            foreach (var text in new[] { "", "du tu tú", "Sie vous usted" })
            {
                var written = ReplyTemplate.Write(phrases, Enum.Parse<Intent>(intent), key, "Anna Schmidt", "Olivia Owner", text).Text;
                Assert.Single(written.Split('\n'), l => l.StartsWith("[…", StringComparison.Ordinal) && l.EndsWith("…]", StringComparison.Ordinal));
                Assert.Equal(key is not null, written.Contains("\n\n> Is it so?\n\n", StringComparison.Ordinal));
                Assert.DoesNotContain(written, c => char.IsDigit(c) || c is '@' or '/' or '{' or '}' or '\r');
                Assert.DoesNotContain("\n\n\n", written, StringComparison.Ordinal);
            }
        }
    }

    [Theory]
    [InlineData("Anna Schmidt", "Anna Schmidt", "Anna")]
    [InlineData("Schmidt, Anna", "Anna Schmidt", "Anna")]
    [InlineData("\"Anna Schmidt\"", "Anna Schmidt", "Anna")]
    [InlineData("Anna Schmidt (Sales)", "Anna Schmidt", "Anna")]
    [InlineData("Dr. Anna Schmidt", "Dr. Anna Schmidt", "Dr. Anna Schmidt")]
    [InlineData("J. Smith", "J. Smith", "J. Smith")]
    [InlineData("Zoë O'Brien-Łukasz", "Zoë O'Brien-Łukasz", "Zoë")]
    [InlineData("李明", "李明", "李明")]
    public void PersonName_Person_IsGreeted(string given, string full, string first) => Assert.Equal(new PersonName(full, first), PersonName.Of(given));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("anna@example.org")]
    [InlineData("ACME Support")]
    [InlineData("Win 1000 now")]
    [InlineData("Click http://evil.example")]
    [InlineData("Dear customer your account is closed")]
    [InlineData("Muster GmbH")]
    [InlineData("<b>x</b>")]
    public void PersonName_NoPerson_IsNotGreeted(string? given) => Assert.Null(PersonName.Of(given));

    [Fact]
    public void Write_HostileMail_AddsNoLineAndNoHeader()
    {
        var mail = Mail("Could you please tell me\u2028when\u0085it is ready?", subject: "Hello\r\nBcc: victim@example.org") with { FromName = "Anna\r\nBcc: victim@example.org" };
        var raw = new DraftComposer(TimeProvider.System).Compose(mail, ReplyTemplate.Write(mail).Text).Raw;
        var message = MimeMessage.Parse(raw);
        Assert.Empty(message.Bcc);
        Assert.Equal("anna@example.org", Assert.Single(message.To).Address);
    }

    [Theory]
    [InlineData("en", "On 20 November 2026, Anna Schmidt <anna@example.org> wrote:")]
    [InlineData("de", "Am 20. November 2026 schrieb Anna Schmidt <anna@example.org>:")]
    [InlineData("fr", "Le 20 novembre 2026, Anna Schmidt <anna@example.org> a écrit :")]
    [InlineData("es", "El 20 de noviembre de 2026, Anna Schmidt <anna@example.org> escribió:")]
    public void Compose_OriginalBelow_IsRecognisedAsQuotation(string language, string introduction)
    {
        var mail = Mail("First line\n\nThird line", language: language) with { QuotedText = "> older" };
        var text = MailText.Read(MimeMessage.Parse(new DraftComposer(TimeProvider.System).Compose(mail, "My answer.").Raw));
        Assert.Equal("My answer.", text.NewText.Trim());
        Assert.StartsWith(introduction + "\n> First line\n>\n> Third line\n>\n>> older", text.QuotedText.Trim(), StringComparison.Ordinal);
    }

    [Fact]
    public void Compose_LongOriginal_IsCut()
    {
        var mail = Mail(string.Join('\n', Enumerable.Repeat("A line of a very long mail.", 5_000)));
        Assert.True(new DraftComposer(TimeProvider.System).Compose(mail, "x").Raw.Length < 20_000);
        var oneLine = Mail(new string('x', 500_000));
        Assert.True(new DraftComposer(TimeProvider.System).Compose(oneLine, "x").Raw.Length < 5_000);
    }

    [Theory]
    [InlineData("Re: AW: Report", "Re: Report")]
    [InlineData("Report", "Re: Report")]
    [InlineData("Größe", "Re: Größe")]
    public void Compose_Subject_HasRePrefixOnce(string subject, string expected) =>
        Assert.Equal(expected, MimeMessage.Parse(new DraftComposer(TimeProvider.System).Compose(Mail("x", subject: subject), "y").Raw).Subject);

    [Fact]
    public void DraftHash_RewrittenHeadersAndEncoding_SameHash()
    {
        var raw = new DraftComposer(TimeProvider.System).Compose(Mail("Wann kommt der Bericht über Größen?", language: "de"), "Grüße,\nich weiß es nicht.");
        var message = MimeMessage.Parse(raw.Raw);
        var again = Encoding.UTF8.GetBytes(
            $"Message-ID: <other@mail.gmail.com>\r\nDate: Sat, 21 Nov 2026 10:00:00 +0000\r\nSubject: Re: Report\r\nFrom: {DraftRig.Owner}\r\nTo: \"Anna\" <Anna@example.org>\r\nMIME-Version: 1.0\r\n"
            + "Content-Type: text/plain; charset=\"UTF-8\"\r\nContent-Transfer-Encoding: base64\r\n\r\n"
            + Convert.ToBase64String(Encoding.UTF8.GetBytes(message.Body.DecodeText()), Base64FormattingOptions.InsertLineBreaks));
        Assert.Equal(raw.ContentHash, DraftHash.Of(again));
    }

    [Theory]
    [InlineData("ich weiß", "ich weiss")]
    [InlineData("To: \"Anna", "Cc: eve@example.org\r\nTo: \"Anna")]
    [InlineData("Subject: Re: Report", "Subject: Re: Bericht")]
    public void DraftHash_OwnersEdit_OtherHash(string from, string to)
    {
        const string Draft = "Subject: Re: Report\r\nTo: \"Anna\" <anna@example.org>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nGrüße, ich weiß es nicht.\r\n";
        Assert.NotEqual(DraftHash.Of(Encoding.UTF8.GetBytes(Draft)), DraftHash.Of(Encoding.UTF8.GetBytes(Draft.Replace(from, to, StringComparison.Ordinal))));
    }

    [Fact]
    public void Recipients_ReplyToNamesTheOwner_FromIsTaken()
    {
        var mail = Mail("x") with { ReplyTo = [DraftRig.Owner, "not an address", "a b@example.org"] };
        Assert.Equal("anna@example.org", Assert.Single(Recipients.Of(mail)).Address);
        Assert.Equal("other@example.org", Assert.Single(Recipients.Of(mail with { ReplyTo = ["other@example.org", "OTHER@example.org"] })).Address);
        Assert.Empty(Recipients.Of(mail with { FromAddress = "undisclosed" }));
    }

    private static DueMail Mail(string text, string language = "en", string subject = "Report") => new()
    {
        Id = Guid.Empty,
        Account = new(Guid.Empty, "Olivia Owner", DraftRig.Owner, "active", true, null),
        ProviderMessageId = "m",
        ThreadId = "t",
        MessageId = "m1@example.org",
        SentAt = new DateTimeOffset(2026, 11, 20, 9, 0, 0, TimeSpan.Zero),
        ReceivedAt = new DateTimeOffset(2026, 11, 20, 9, 0, 1, TimeSpan.Zero),
        FromName = "Anna Schmidt",
        FromAddress = "anna@example.org",
        Subject = subject,
        NewText = text,
        Language = language,
        Category = "needs_reply",
    };
}
