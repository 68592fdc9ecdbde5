using System.Globalization;
using System.Text;
using Butler.Intelligence.Transactions;

namespace Butler.Intelligence.Tests.Transactions;

public class TransactionReaderTests
{
    [Theory]
    [InlineData("Your card ending 4821 was charged $1,250.00 at BEST TOOLS on 15 Jan 2026.", "1250.00", "USD", MoneyDirection.Out)]
    [InlineData("Rs. 1,23,456.00 has been debited from A/c XX1234 on 02-03-26 to ACME via UPI (Ref 512345678901). Avl Bal Rs. 9,876.54", "123456.00", "INR", MoneyDirection.Out)]
    [InlineData("INR 500 credited to your A/c XX1234 on 02-03-26. Avl Bal INR 1,500", "500", "INR", MoneyDirection.In)]
    [InlineData("Kartenzahlung\nKonto *1832\nBÄCKEREI: -7,85 EUR\nNeuer Saldo: 991,84 EUR", "7.85", "EUR", MoneyDirection.Out)]
    [InlineData("Částka: -85,00 CZK na účtu 123456, odchozí úhrada", "85.00", "CZK", MoneyDirection.Out)]
    [InlineData("Se realizó un cargo de $ 1,000.00 M.N. a su tarjeta ****1234 en TIENDA", "1000.00", "MXN", MoneyDirection.Out)]
    [InlineData("カードのご利用がありました。\nご利用金額：１，２３４円\nカード ****1234", "1234", "JPY", MoneyDirection.Out)]
    [InlineData("您尾号1234的储蓄卡5月3日支出人民币100.00元，余额2,345.00元。", "100.00", "CNY", MoneyDirection.Out)]
    [InlineData("Refund of £25.00 from SHOP LTD to your card ending 1234", "25.00", "GBP", MoneyDirection.Refund)]
    [InlineData("Dear Customer, KWD 1.250 was debited from your account 12**34", "1.250", "KWD", MoneyDirection.Out)]
    [InlineData("مبلغ 1,500,000 ریال واریز به حساب شما انجام شد. مانده: 2,500,000 ریال", "1500000", "IRR", MoneyDirection.In)]
    public void Read_Notice_BooksSumCurrencyAndDirection(string text, string amount, string currency, MoneyDirection direction)
    {
        var line = Assert.Single(TransactionReader.Read(new() { Text = text }));
        Assert.Equal(Doubt.None, line.Doubt);
        Assert.Equal((decimal.Parse(amount, CultureInfo.InvariantCulture), currency, direction), (line.Amount, line.Currency, line.Direction));
    }

    [Theory]
    [InlineData("123456 is your OTP for a payment of Rs. 500.00 at SHOP. Do not share it with anyone.")]
    [InlineData("Your transaction of USD 75.50 at SHOP on card XX1234 was declined due to insufficient funds.")]
    [InlineData("Save $20 on your next order! Limited time offer, shop now. Up to $100 off.")]
    [InlineData("Your credit card payment of INR 10,000 is due by 25-08-2026.")]
    [InlineData("You have received a payment request of Rs. 500 from someone. Approve or decline in the app.")]
    [InlineData("Your account XX1234 has an available balance of INR 15,000.50.")]
    [InlineData("Reminder: invoice 4711 over 1.250,00 EUR is still unpaid. Please pay by 30.11.2026.")]
    [InlineData("He paid $50 for the tickets and said that the hotel would be $200. See you tomorrow!")]
    [InlineData("USD 100 will be debited from your account XX1234 on 5 March.")]
    public void Read_NothingMoved_BooksNothing(string text) =>
        Assert.DoesNotContain(TransactionReader.Read(new() { Text = text }), l => l.IsBooked);

    [Fact]
    public void Read_SharedSignWithoutCountry_IsReviewed()
    {
        var line = Assert.Single(TransactionReader.Read(new() { Text = "Du har betalat 129 kr till BUTIK med kort ****1234. Ref 99887766. Om du har frågor så kan du skriva till oss och vi hjälper dig här. Tack och hälsningar från din bank." }));
        Assert.Equal("SEK", line.Currency);
        var unsure = TransactionReader.Read(new() { Text = "Purchase of 129 kr at BUTIK with card ****1234. Ref 99887766" });
        Assert.All(unsure, l => Assert.True(l.Doubt.HasFlag(Doubt.Currency)));
    }

    [Fact]
    public void Read_Receipt_TakesTheTotalAndChecksIt()
    {
        const string Text = """
            Thank you for your order
            Order number: 11-07016-73964
            Widget £7.41
            Subtotal £7.41
            Shipping £2.00
            VAT £1.48
            Total charged to card x-1629 £10.89
            """;
        var line = Assert.Single(TransactionReader.Read(new() { Subject = "Your order is confirmed", Text = Text, FromName = "Shop Ltd" }));
        Assert.True(line.IsBooked);
        Assert.True(line.IsChecked);
        Assert.Equal((10.89m, "GBP", MoneyDirection.Out, "11-07016-73964"), (line.Amount, line.Currency, line.Direction, line.Reference));
    }

    // The card's tail before the currency was booked as the sum: 4417 GBP.
    [Fact]
    public void Read_CardTailBeforeTheCurrency_IsNoSum()
    {
        const string Text = "Thank you for your order OT-58213.\n\n  4 x oak board 27 mm, 2.4 m      GBP 312.00\n  1 x delivery                    GBP  35.00\n  Total paid by card ending 4417  GBP 347.00\n\nOakfield Timber, 9 Mill Lane";
        var line = Assert.Single(TransactionReader.Read(new() { Subject = "Your receipt", Text = Text, FromName = "Oakfield Timber" }));
        Assert.Equal((347m, "GBP", MoneyDirection.Out, "4417", true), (line.Amount, line.Currency, line.Direction, line.Account, line.IsBooked));
    }

    [Fact]
    public void Read_Fields_SpansPointAtTheCharacters()
    {
        const string Text = "Dear Customer,\nRs.1,250.50 has been debited from your A/c XX4321 to ACME STORES on 15-01-2026. UPI Ref no 512345678901.";
        var line = Assert.Single(TransactionReader.Read(new() { Text = Text }));
        string At(string field) => Text.Substring(line.Spans[field].Offset, line.Spans[field].Length);
        Assert.Equal("1,250.50", At("amount"));
        Assert.Equal("Rs.", At("currency"));
        Assert.Equal("ACME STORES", At("merchant"));
        Assert.Equal("15-01-2026", At("date"));
        Assert.Equal("512345678901", At("reference"));
        Assert.Equal(("4321", new DateOnly(2026, 1, 15)), (line.Account, line.Date));
    }

    [Fact]
    public void Read_MarkupOrder_IsBookedAndSettlesTheText()
    {
        MarkupPurchase order = new("Order", "49.90", "CAD", "Maple Shop", "MS-1234", "2026-03-01", "OrderProcessing");
        var alone = Assert.Single(TransactionReader.Read(new() { Text = "See your order online.", Markup = [order] }));
        Assert.Equal((49.90m, "CAD", TransactionSource.Markup, true), (alone.Amount, alone.Currency, alone.Source, alone.IsBooked));
        var both = Assert.Single(TransactionReader.Read(new() { Subject = "Order confirmation", Text = "Order number MS-1234\nTotal: $49.90", Markup = [order] }));
        Assert.Equal(("CAD", true), (both.Currency, both.IsBooked));
        Assert.Empty(TransactionReader.Read(new() { Text = "See your order online.", Markup = [order with { Status = "OrderCancelled" }] }));
    }

    [Fact]
    public void Read_AnyCharacters_NeverThrowsAndSpansStayInside()
    {
        var random = new Random(7);
        string[] pieces = ["$", "1,234.56", "Rs.", "debited", " ", "\n", "XX12", "A/c", "\uD835\uDDCC", "\uD83D", "٫", "1.2.3", "-", "+", "€", "total", "paid", "ref", ":", "ریال", "円", "http://x.y/1$2", "12-12-2026", "\u0000", "(", "%", "９９"];
        for (var i = 0; i < 3_000; i++)
        {
            var text = new StringBuilder();
            for (var p = random.Next(1, 40); p > 0; p--)
            {
                text.Append(pieces[random.Next(pieces.Length)]);
            }

            var subject = i % 3 == 0 ? "$5 paid" : "";
            foreach (var line in TransactionReader.Read(new() { Subject = subject, Text = text.ToString() }))
            {
                Assert.True(line.Amount > 0);
                Assert.All(line.Spans.Values, s => Assert.InRange(s.Offset + s.Length, 0, s.Place == SpanPlace.Subject ? subject.Length : text.Length));
            }
        }
    }
}
