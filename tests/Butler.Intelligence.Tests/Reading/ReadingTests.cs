namespace Butler.Intelligence.Tests.Reading;

public sealed class ReadingTests
{
    [Theory]
    [InlineData("The report is ready and I will send it to you when we have the numbers.", "en")]
    [InlineData("Ich habe den Bericht fertig und schicke ihn dir, wenn wir die Zahlen haben.", "de")]
    [InlineData("Le rapport est prêt et je vous l'envoie dès que nous avons les chiffres.", "fr")]
    [InlineData("El informe está listo y se lo envío cuando tengamos los números para usted.", "es")]
    [InlineData("Il rapporto è pronto e lo mando quando abbiamo i numeri per la riunione.", "it")]
    [InlineData("Het rapport is klaar en ik stuur het naar je als we de cijfers hebben.", "nl")]
    [InlineData("O relatório está pronto e envio para você quando temos os números.", "pt")]
    [InlineData("Rapporten är klar och jag skickar den till dig när vi har siffrorna.", "sv")]
    [InlineData("Raport jest gotowy i wyślę go, jak będą liczby, bo to się nie zmieni.", "pl")]
    [InlineData("Отчёт готов, и я пришлю его вам.", "ru")]
    [InlineData("報告書ができましたのでお送りします。", "ja")]
    [InlineData("4417 8892 XK-12", "und")]
    [InlineData("", "und")]
    public void LanguageGuess_Text_GivesItsCode(string text, string expected) => Assert.Equal(expected, LanguageGuess.Of(text));

    [Fact]
    public void Summarize_RequestWithDateAndAmount_CarriesAll()
    {
        const string Text = "Hello Robin,\n\nI hope you had a good week. We talked about many things at the fair. Please pay the deposit of $450 by Friday so that we can order the oak.\n\nBest regards\nAnn";
        var summary = Summarizer.Summarize("Deposit", Text);
        Assert.Contains("$450 by Friday", summary, StringComparison.Ordinal);
        Assert.True(summary.Length <= Summarizer.MaxLength);
    }

    [Fact]
    public void Summarize_SumFarBehind_IsShown()
    {
        var text = "Thank you for travelling with us this evening. We hope to see you again soon. " + string.Concat(Enumerable.Repeat("the way through the town and back ", 8)) + "came to $19.52 with the tip for the driver";
        var summary = Summarizer.Summarize("Your trip", text);
        Assert.Contains("$19.52", summary, StringComparison.Ordinal);
        Assert.True(summary.Length <= Summarizer.MaxLength);
    }

    [Fact]
    public void Summarize_NoText_GivesSubject()
    {
        Assert.Equal("Lunch?", Summarizer.Summarize("Lunch?", ""));
        Assert.Equal("", Summarizer.Summarize("", ""));
    }

    [Fact]
    public void Summarize_SurrogatesAtTheCut_StayWhole()
    {
        var summary = Summarizer.Summarize("", string.Concat(Enumerable.Repeat("a😀", 400)) + " b c d.");
        Assert.DoesNotContain('\uFFFD', System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(summary)));
    }

    [Theory]
    [InlineData("Invitation to our wedding", "We would love to have you with us. Please let us know by May.", Intent.Invitation)]
    [InlineData("Moving our meeting", "Could we meet on Thursday at three instead?", Intent.Meeting)]
    [InlineData("Broken lamp", "The lamp arrived broken and I am very disappointed. I want a refund.", Intent.Complaint)]
    [InlineData("Thank you!", "The table is lovely. We use it every day.", Intent.Thanks)]
    [InlineData("The files", "Could you please send me the files of last year?", Intent.Request)]
    [InlineData("Opening hours", "When do you open on Sundays?", Intent.Question)]
    [InlineData("Your parcel", "It was put on the porch.", Intent.Other)]
    public void IntentGuess_Mail_GivesIntent(string subject, string text, Intent expected) =>
        Assert.Equal(expected, IntentGuess.Of(subject, text).Intent);

    [Fact]
    public void IntentGuess_NothingAsked_HasNoKeySentence() =>
        Assert.Null(IntentGuess.Of("Your parcel", "The parcel was put on the porch this morning.").KeySentence);

    [Fact]
    public void Tag_Receipt_IsTaggedFromTheClosedSet()
    {
        var tags = Tagger.Tag(new MailFeatures { Subject = "Receipt for your order", NewText = "Thank you for your order. Subtotal $20.00, grand total $24.00." });
        Assert.Contains("receipt", tags);
        Assert.All(tags, t => Assert.Contains(t, Tagger.All));
        Assert.True(tags.Count <= Tagger.MaxTags);
    }

    [Fact]
    public void Tag_CalendarPart_IsCalendar() =>
        Assert.Equal("calendar", Tagger.Tag(new MailFeatures { Subject = "Lunch", NewText = "See you.", HasCalendar = true })[0]);
}
