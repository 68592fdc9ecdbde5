namespace Butler.Intelligence.Tests.Triage;

public sealed class LocalTriageTests
{
    private static readonly MailFeatures Asking = new()
    {
        Subject = "Budget review",
        NewText = "Hi Mia,\n\nI finished the draft of the budget. Could you please review section two and tell me by Friday whether the numbers are right?\n\nThanks,\nTom",
        From = new MailPerson("Tom Becker", "tom.becker@northwind.example"),
        To = ["mia@contoso.example"],
        OwnerAddresses = ["mia@contoso.example"],
    };

    private static readonly MailFeatures Informing = Asking with
    {
        Subject = "Your order has shipped",
        NewText = "Your order #48291 has shipped and is on its way. Tracking will update within 24 hours. This is an automated message, no action is needed.",
        From = new MailPerson("Northbay Supply", "orders@northbay-supply.example"),
    };

    private static readonly MailFeatures Junk = Asking with
    {
        Subject = "CONGRATULATIONS!!! You have been selected",
        NewText = "Dear friend, you have won $4,500,000 in our lottery!!! Claim your prize now, click here http://win.example/claim and buy cheap viagra, 80% off. Act now, limited time offer! To be removed from our list click below.",
        From = new MailPerson("", "prize8812@winner-claims99.biz"),
    };

    [Fact]
    public void Judge_RequestToOwner_NeedsReply()
    {
        var verdict = LocalTriage.Judge(Asking);
        Assert.Equal(Category.NeedsReply, verdict.Category);
        Assert.Equal("needs_reply", verdict.Category.Name());
        Assert.InRange(verdict.Confidence, 0.5, 0.99);
    }

    [Fact]
    public void Judge_ShippingNotice_IsInformational() => Assert.Equal(Category.Informational, LocalTriage.Judge(Informing).Category);

    [Fact]
    public void Understand_PersonAsksAboutADelivery_IsNoMessageOfAProgram()
    {
        var asked = Asking with { Subject = "Question about the offer", NewText = "Hello,\n\nwould you send me the offer for the second floor, and can you confirm the delivery date?\n\nBest regards\nJonas" };
        Assert.DoesNotContain("automated", LocalTriage.Understand(asked).Tags);
        Assert.Contains("automated", LocalTriage.Understand(Informing).Tags);
    }

    [Fact]
    public void Judge_Lottery_IsSpam() => Assert.Equal(Category.Spam, LocalTriage.Judge(Junk).Category);

    [Theory]
    [InlineData("Frage zum Vertrag", "Hallo Mia,\n\nkönntest du mir bitte bis Freitag sagen, ob der Vertrag so in Ordnung ist? Ich brauche deine Rückmeldung.\n\nViele Grüße\nTom")]
    [InlineData("Question sur le contrat", "Bonjour Mia,\n\nPourriez-vous me dire avant vendredi si le contrat vous convient ? Merci de me confirmer.\n\nCordialement\nTom")]
    [InlineData("Pregunta sobre el contrato", "Hola Mia:\n\n¿Podrías decirme antes del viernes si el contrato está bien? Por favor, confírmame.\n\nSaludos\nTom")]
    public void Judge_RequestInOtherLanguage_NeedsReply(string subject, string text) =>
        Assert.Equal(Category.NeedsReply, LocalTriage.Judge(Asking with { Subject = subject, NewText = text }).Category);

    [Fact]
    public void Judge_AnsweredOrOwn_NeverNeedsReply()
    {
        Assert.Equal(Category.Informational, LocalTriage.Judge(Asking with { AnsweredInThread = true }).Category);
        Assert.Equal(Category.Informational, LocalTriage.Judge(Asking with { IsFromOwner = true }).Category);
        Assert.Equal(Category.Informational, LocalTriage.Judge(Asking with { IsAutoReply = true }).Category);
    }

    [Fact]
    public void Judge_Reasoning_HoldsNoWordsOfTheMail()
    {
        foreach (var mail in new[] { Asking, Informing, Junk })
        {
            var reasoning = LocalTriage.Judge(mail).Reasoning;
            Assert.NotEmpty(reasoning);
            Assert.DoesNotContain("Mia", reasoning, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("48291", reasoning, StringComparison.Ordinal);
            Assert.DoesNotContain("example", reasoning, StringComparison.Ordinal);
            Assert.InRange(reasoning.Length, 5, 300);
        }
    }

    [Fact]
    public void Judge_Features_AreTheReasonsWithTheirWeights()
    {
        foreach (var mail in new[] { Asking, Informing, Junk })
        {
            var verdict = LocalTriage.Judge(mail);
            Assert.InRange(verdict.Features.Count, 1, 6);
            Assert.Equal(verdict.Reasoning, string.Join("; ", verdict.Features.Take(3).Select(f => f.Name)));
            Assert.All(verdict.Features, f => Assert.True(f.Weight > 0));
            Assert.Equal(verdict.Features.OrderByDescending(f => f.Weight), verdict.Features);
        }
    }

    [Fact]
    public void Judge_FormOfTheMail_IsAReasonInWords()
    {
        string[] forged = ["hop:unknown", "hop:helo-ip", "id:none", "date:none", "to:none", "html:spliced", "url:ip", "body:html", "mailer:none", "hops:1", "reply:foreign", "<font", "font:big"];
        var plain = LocalTriage.Judge(Junk);
        var verdict = LocalTriage.Judge(Junk with { Shape = forged });
        Assert.Equal(Category.Spam, verdict.Category);
        Assert.Contains(verdict.Features, f => f.Name.EndsWith(", as in spam", StringComparison.Ordinal));
        Assert.DoesNotContain(plain.Features, f => f.Name.EndsWith(", as in spam", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("PayPal Service", "help@secure-login.example", true)]
    [InlineData("Netflix", "billing@foo.onmicrosoft.com", true)]
    [InlineData("Office 365", "no-reply@microsoft.com", false)]
    [InlineData("Office 365", "no-reply@mail.example", true)]
    [InlineData("American Express", "alerts@welcome.americanexpress.com", false)]
    [InlineData("Amazonas Reisen", "info@amazonas.example", false)]
    [InlineData("Anna Chase", "anna@example.org", false)]
    [InlineData("Banco Itaú", "aviso@itau.com.br", false)]
    [InlineData("MetɑMɑsk", "hello@wallet.example", true)]
    [InlineData("Disney+", "no-reply@mail.disneyplus.com", false)]
    public void BorrowsBrand_NameAndAddress_AreCompared(string name, string address, bool expected) =>
        Assert.Equal(expected, Text.SenderShape.BorrowsBrand(new MailPerson(name, address)));

    [Theory]
    [InlineData("Мiсrosoft Support", true)]
    [InlineData("𝗡𝘂𝘁𝗲𝗹𝗹𝗮", true)]
    [InlineData("Ꭰrοցеrіе", true)]
    [InlineData("Анна Petrova", false)]
    [InlineData("Μαρία Παπαδοπούλου", false)]
    [InlineData("Jürgen Größe-Ærø", false)]
    [InlineData("Əli Məmmədov", false)]
    [InlineData("Δt under 5 μm", false)]
    [InlineData("Tシャツ 田中", false)]
    [InlineData("plain", false)]
    public void In_WordsOfSeveralAlphabets_AreTold(string text, bool expected) => Assert.Equal(expected, Text.Disguise.In(text));

    [Theory]
    [InlineData("root@host", true)]
    [InlineData("anna@example.org", false)]
    [InlineData("Bailey", false)]
    [InlineData("", false)]
    public void HasNoDomain_Addresses_AreTold(string address, bool expected) => Assert.Equal(expected, Text.SenderShape.HasNoDomain(address));

    [Fact]
    public void Judge_DressOfPhishing_IsSpamWithItsReasons()
    {
        var mail = new MailFeatures
        {
            Subject = "mia@example.org: ihr Paket wartet",
            NewText = "Ihr Paket wartet auf Sie. Bitte bestätigen Sie Ihre Anschrift mit dem Knopf unten.",
            From = new("DΗL Paket", "service@paket"),
            To = ["mia@example.org"],
            OwnerAddresses = ["mia@example.org"],
        };
        var disguised = LocalTriage.Judge(mail with { Spf = "fail", Dkim = "none", Dmarc = "none", Shape = ["url:tld=shop"] });
        Assert.Equal(Category.Spam, disguised.Category);
        Assert.Contains(disguised.Features, f => f.Name.Contains("look like others", StringComparison.Ordinal));
        // The same words from the company itself, vouched for, are no spam.
        Assert.NotEqual(Category.Spam, LocalTriage.Judge(mail with { Subject = "Ihr Paket wartet", From = new("DHL Paket", "noreply@dhl.de"), Spf = "pass", Dkim = "pass", Dmarc = "pass" }).Category);
    }

    [Fact]
    public void Judge_NothingVouchesForTheSender_WeighsOutsideOfLists()
    {
        static double Weight(MailFeatures mail) => LocalTriage.Judge(mail).Features.Where(f => f.Name == "nothing shows who sent it").Sum(f => f.Weight);
        var mail = Junk with { Spf = "softfail", Dkim = "none" };
        Assert.Equal(1, Weight(mail), 3);
        Assert.Equal(0, Weight(mail with { Dkim = "pass" }));
        Assert.Equal(0, Weight(mail with { IsList = true }));
        Assert.Equal(0, Weight(Junk));
    }

    [Fact]
    public void Judge_EmptyMail_IsInformational() =>
        Assert.NotEqual(Category.NeedsReply, LocalTriage.Judge(new MailFeatures { Subject = "", NewText = "" }).Category);

    [Fact]
    public void Understand_Request_AnswersEverything()
    {
        var all = LocalTriage.Understand(Asking);
        Assert.Equal("en", all.Language);
        Assert.Contains("Could you please review", all.Summary, StringComparison.Ordinal);
        Assert.Equal(Intent.Request, all.Intent.Intent);
        Assert.StartsWith("Could you please review section two", all.Intent.KeySentence, StringComparison.Ordinal);
    }

    [Fact]
    public void Judge_ManyThreads_AnswersAlike()
    {
        var mails = new[] { Asking, Informing, Junk };
        var expected = mails.Select(LocalTriage.Judge).ToArray();
        Parallel.For(0, 600, i =>
        {
            var (wanted, got) = (expected[i % 3], LocalTriage.Judge(mails[i % 3]));
            Assert.Equal(wanted.Features, got.Features);
            Assert.Equal(wanted, got with { Features = wanted.Features });
        });
    }

    [Fact]
    public void Understand_HugeMail_StaysBounded()
    {
        var huge = Asking with { NewText = string.Concat(Enumerable.Repeat("Could you send 1,000 € by Friday? ", 300_000)) };
        var all = LocalTriage.Understand(huge);
        Assert.True(all.Summary.Length <= Summarizer.MaxLength);
    }
}
