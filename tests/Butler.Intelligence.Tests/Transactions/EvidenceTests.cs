using System.Globalization;
using Butler.Intelligence.Transactions;

namespace Butler.Intelligence.Tests.Transactions;

/// <summary>What a sum needs to be booked, and what keeps it in review (docs/transactions.md, "Evidence").</summary>
public class EvidenceTests
{
    private static readonly DateTimeOffset s_sent = new(2026, 11, 16, 9, 0, 0, TimeSpan.Zero);

    [Theory]
    // A denial beside the verb.
    [InlineData("A payment of £52.10 to Waterside Cafe did not complete. Your card ending 1100 has not been debited.")]
    [InlineData("Ditt köp på 245,00 kr hos ICA gick inte igenom. Kort **1122.")]
    [InlineData("Plata de 84,50 RON la KAUFLAND nu a reușit. Cardul *1122.")]
    [InlineData("Η πληρωμή 29,90 € στο ΣΚΛΑΒΕΝΙΤΗΣ δεν πραγματοποιήθηκε. Κάρτα *1122.")]
    // What may, shall or is to be.
    [InlineData("Dear Customer, Rs.450.00 would be debited from A/c XX1122 on 15/11/26 towards MUSICBOX mandate.")]
    [InlineData("Confirmez l'achat de 27,90 € chez BIOCOOP dans votre application, carte **1122.")]
    [InlineData("Entra en la app para autorizar la compra de 18,75 € en ZARA con tu tarjeta ***1122.")]
    [InlineData("Bitte geben Sie die Zahlung über 38,40 EUR an Stadtwerke Kiel von Konto **1122 frei.")]
    // A day ahead.
    [InlineData("On 20 November, £52.10 leaves your account ending 1100 for Waterside Gym.")]
    [InlineData("20 ноября спишем 1 240,00 ₽ с вашего счёта *1122.")]
    [InlineData("11月20日に3,280円を口座(末尾1122)から引き落とします。")]
    // A question.
    [InlineData("Did you spend £52.10 at WATERSIDE GYM on card ending 1100?")]
    [InlineData("Tell us if you did not make this payment of £52.10 at WATERSIDE GYM on card ending 1100.")]
    // A noun whose verb nobody knows.
    [InlineData("Your payment of $14.99 to STREAMBOX from card ending 9911 was frobnicated on Nov 14, 2026.")]
    // A noun alone.
    [InlineData("Payment of £75.00 to M HOLT.")]
    public void Read_NoEvidenceOfACompletedMovement_IsNotBooked(string text) =>
        Assert.DoesNotContain(TransactionReader.Read(new() { Text = text, Sent = s_sent }), l => l.IsBooked);

    [Theory]
    [InlineData("Sent Rs.450.00 from A/C *1122 to RAVI STORES on 11/11/26 Ref 631512345678. Not you? Call 1800112211", "450.00", MoneyDirection.Out)]
    [InlineData("A $29.00 overdraft fee was charged to your account ****071 because your available balance was not sufficient.", "29.00", MoneyDirection.Out)]
    [InlineData("Card payment £7.80 Tram & Co, card ending 1100, 14 Nov 2026", "7.80", MoneyDirection.Out)]
    [InlineData("Vaši platbu kartou ve výši 1 349,00 Kč jsme přijali. Karta *1122.", "1349.00", MoneyDirection.Out)]
    [InlineData("Na účet *1122 vám přišlo 28 000,00 Kč od STAVBA SRO.", "28000.00", MoneyDirection.In)]
    [InlineData("Visszautaltunk Önnek 4 590 Ft-ot a *1122 kártyára.", "4590", MoneyDirection.Refund)]
    [InlineData("We spent the summer. 1 GBP = 44.27 THB, so £94.87 was taken from your account ending 1100.", "94.87", MoneyDirection.Out)]
    public void Read_EvidenceOfACompletedMovement_IsBooked(string text, string amount, MoneyDirection direction)
    {
        var line = Assert.Single(TransactionReader.Read(new() { Text = text, Sent = s_sent }), l => l.IsBooked);
        Assert.Equal((decimal.Parse(amount, CultureInfo.InvariantCulture), direction), (line.Amount, line.Direction));
    }

    [Fact]
    public void Read_HeadlineThatTheTextPutsOff_IsNotBooked()
    {
        var mail = new MoneyMail { Subject = "Your order is confirmed - $399.99 debited", Text = "Your plan has been renewed and $399.99 will be taken from your account 7710 within 24 hrs.", Sent = s_sent };
        Assert.DoesNotContain(TransactionReader.Read(mail), l => l.IsBooked);
    }

    [Theory]
    [InlineData("Bonifico\nBeneficiario: Luca Neri\nImporto: 200,00 EUR\nConto: **1122\nData: 10/11/2026\nEseguito", MoneyDirection.Out)]
    [InlineData("Przelew zrealizowany.\nKwota: 300,00 PLN\nNadawca: Anna Nowak\nRachunek *1122\nData: 2026-11-10", MoneyDirection.In)]
    public void Read_TableThatNamesTheOtherSide_TellsTheWay(string text, MoneyDirection direction)
    {
        var line = Assert.Single(TransactionReader.Read(new() { Text = text, Sent = s_sent }));
        Assert.Equal(direction, line.Direction);
    }

    // Who sends to the owner's account pays the owner; to the owner's credit card, the owner pays.
    [Theory]
    [InlineData("$81.20 was sent to your debit card ending in 4471 on Nov 7, 2026.", true, true)]
    [InlineData("We've paid £64.10 into your bank account ending 2201.", true, true)]
    [InlineData("Wir haben heute 73,50 € auf Ihr Konto mit der Endung 4471 überwiesen.", true, true)]
    [InlineData("Bonjour, 58,00 € vous ont été envoyés sur votre compte se terminant par 881.", true, true)]
    [InlineData("Hemos cargado en tu cuenta ***9901 un recibo de 55,10 €.", false, true)]
    [InlineData("You paid $200.00 to your credit card account ending 7781.", false, true)]
    public void Read_SentToTheOwnersAccount_ComesIn(string text, bool comesIn, bool isBooked)
    {
        var line = Assert.Single(TransactionReader.Read(new() { Text = text, Sent = s_sent }));
        Assert.Equal((comesIn, isBooked), (line.Direction != MoneyDirection.Out, line.IsBooked));
    }

    [Fact]
    public void Read_SomebodyElsePaidTheOwner_ComesIn()
    {
        var line = Assert.Single(TransactionReader.Read(new() { Subject = "Invoice 77 was paid", Text = "Good news, you've been paid!\nNorth Pier Ltd paid £310.00 by bank transfer on 5 Nov 2026.", Sent = s_sent }));
        Assert.Equal((310m, MoneyDirection.In), (line.Amount, line.Direction));
    }

    [Fact]
    public void Read_BenefitBesideAHigherCharge_IsNotBooked() =>
        Assert.DoesNotContain(TransactionReader.Read(new() { Subject = "Your claim has been paid", Text = "We've paid a benefit of $61.00 into your bank account.\nAmount charged $140.00\nYou pay $79.00", Sent = s_sent }), l => l.IsBooked);

    [Fact]
    public void Read_PartsOfASumOnOneLine_BooksTheSum()
    {
        var line = Assert.Single(TransactionReader.Read(new() { Subject = "Quittance de loyer", Text = "Reçu de : Mme Petit\nla somme de 910,00 euros\nau titre du loyer\nDétail : loyer 850,00 € - charges 60,00 €\nDate du paiement : 03/11/2026", Sent = s_sent }));
        Assert.Equal((910m, "EUR", true), (line.Amount, line.Currency, line.IsBooked));
    }

    [Fact]
    public void Read_DepositThatWasPaid_IsNotBookedAsComingIn() =>
        Assert.DoesNotContain(TransactionReader.Read(new() { Subject = "Deposit received", Text = "Thank you, your deposit of £400.00 arrived today.\nDeposit paid £400.00\nBalance £900.00 due by 1 March 2027", Sent = s_sent }), l => l.IsBooked && l.Direction == MoneyDirection.In);

    [Fact]
    public void Read_FeeForAPaymentThatFailed_IsInReview()
    {
        var line = Assert.Single(TransactionReader.Read(new() { Subject = "Payment returned", Text = "A direct debit of £35.00 was declined and returned unpaid. A returned payment fee of £8.00 was deducted from your account ending 118.", Sent = s_sent }));
        Assert.Equal((8m, false), (line.Amount, line.IsBooked));
    }

    [Theory]
    [InlineData("Ihr Auftrag wurde ausgeführt.\nEmpfänger .......... Holz Meier KG\nBetrag ............. 1.240,00 EUR\nReferenz ........... 8812004", 1240, "EUR")]
    [InlineData("Your SIP instalment has been processed.\nTransaction type | SIP Purchase\nAmount debited (Rs.) | 7,500.00\nFolio 88120441", 7500, "INR")]
    public void Read_DotsOrBracketsBetweenLabelAndSum_FindsTheSum(string text, decimal amount, string currency)
    {
        var line = Assert.Single(TransactionReader.Read(new() { Text = text, Sent = s_sent }));
        Assert.Equal((amount, currency, MoneyDirection.Out), (line.Amount, line.Currency, line.Direction));
    }

    [Fact]
    public void Read_HiddenDigitsBehindDots_StayTheCards() =>
        Assert.Equal("4411", Assert.Single(TransactionReader.Read(new() { Text = "You paid £12.40 at Blue Fern with your card .... 4411 on 9 Nov 2026.", Sent = s_sent })).Account);

    [Theory]
    [InlineData("You have paid P850.00 via InstaPay on 10 Nov 2026. Ref. No. 88120441", "PHP")]
    [InlineData("Your account was debited P850.00 at a shop in Gaborone. Ref. No. 88120441", "BWP")]
    [InlineData("BPAY payment of $364.20 made from your account 882. Receipt N110733820", "AUD")]
    [InlineData("Dit kort xx1192 er brugt til et køb på 449,95 kr. den 06.11.2026.", "DKK")]
    [InlineData("Votre virement de 240,00 $ CA a été envoyé depuis votre compte 118.", "CAD")]
    public void Read_SharedSignWithOnePlacesWords_SettlesTheCurrency(string text, string currency) =>
        Assert.Equal(currency, Assert.Single(TransactionReader.Read(new() { Text = text, Sent = s_sent })).Currency);

    [Fact]
    public void Read_PartNumberThatBeginsWithP_IsNoSum() =>
        Assert.Empty(TransactionReader.Read(new() { Text = "The spare part P850.00 for your machine is in stock again.", Sent = s_sent }));

    [Fact]
    public void Read_TicketThatCanBeRefunded_BooksTheTotal()
    {
        var line = Assert.Single(TransactionReader.Read(new() { Subject = "Your receipt", Text = "Booking number TR8820K\nAdult, can be refunded £66.00\nMeal £4.00\nTotal £70.00\nPaid by card ending 4411", Sent = s_sent }));
        Assert.Equal((70m, MoneyDirection.Out), (line.Amount, line.Direction));
    }

    [Fact]
    public void Read_ReturnAndPurchaseInOneMail_BothAreInReview() =>
        Assert.Equal(2, TransactionReader.Read(new() { Text = "Your exchange has gone through.\nReturned: kettle - refunded £31.00 to Visa ending 2071\nBought: teapot - paid £44.50 with Visa ending 2071", Sent = s_sent }).Count(l => !l.IsBooked));

    [Fact]
    public void Read_GiftCardTakenOffTheTotal_BooksWhatWasCharged()
    {
        const string Text = "Order number 88120\nTax $3.40\nOrder Total $46.35\nGift card applied -$25.00\nCharged to Visa ending in 1180: $21.35";
        var line = Assert.Single(TransactionReader.Read(new() { Text = Text, Sent = s_sent }));
        Assert.Equal((21.35m, true, true), (line.Amount, line.IsBooked, line.IsChecked));
    }

    [Fact]
    public void Read_PriceOfOneOfSeveral_BooksTheTotal()
    {
        var line = Assert.Single(TransactionReader.Read(new() { Text = "You bought 10 shares of ACME at $45.12. Total cost $451.20. Account ending 2201.", Sent = s_sent }));
        Assert.Equal(451.20m, line.Amount);
    }

    [Fact]
    public void Read_ChargeBesideATotalThatWasNotCharged_IsNotBooked() =>
        Assert.DoesNotContain(TransactionReader.Read(new() { Text = "Thanks for tipping!\nTrip total $23.40\nVisa ending 1180 was charged $5.00", Sent = s_sent }), l => l.IsBooked);

    [Fact]
    public void Read_LabelInBrackets_DoesNotNameTheSum()
    {
        const string Text = "Vielen Dank für Ihre Bestellung!\n1 x Hose 39,99 €\n1 x Mütze 4,95 €\nVersand 3,95 €\nGesamtsumme (inkl. MwSt.) 48,89 €\nZahlungsart: PayPal";
        Assert.Equal(48.89m, Assert.Single(TransactionReader.Read(new() { Text = Text, Sent = s_sent })).Amount);
    }

    [Fact]
    public void Read_BasketLeftBehind_IsNotBooked() =>
        Assert.DoesNotContain(TransactionReader.Read(new() { Subject = "Did you forget something?", Text = "Wool coat £189.00\nYour basket total: £189.00\nComplete your order in the next 24 hours.", Sent = s_sent }), l => l.IsBooked);

    [Fact]
    public void Read_FrenchArticleBeforeADay_IsNoCurrency() =>
        Assert.DoesNotContain(TransactionReader.Read(new() { Text = "Un virement de 23,10 € a été effectué le 9 novembre 2026 sur votre compte **771.", Sent = s_sent }), l => l.Currency == "EGP");
}
