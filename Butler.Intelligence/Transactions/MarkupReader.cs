using System.Globalization;

namespace Butler.Intelligence.Transactions;

/// <summary>Joins what schema.org markup says with what the text says: the same sum is one movement, another sum is a doubt.</summary>
internal static class MarkupReader
{
    public static IReadOnlyList<ParsedTransaction> Merge(IReadOnlyList<ParsedTransaction> fromText, MoneyMail mail, string text)
    {
        var lines = new List<ParsedTransaction>(fromText);
        foreach (var purchase in mail.Markup.Take(TransactionReader.MaxLines))
        {
            if (!IsPaid(purchase) || !TryAmount(purchase, out var amount))
            {
                continue;
            }

            var same = lines.FindIndex(l => l.Amount == amount && (l.Currency == purchase.Currency || l.IsCurrencyInferred));
            if (same >= 0)
            {
                // The text and its markup agree: what the text left open the markup settles.
                var line = lines[same];
                lines[same] = line with
                {
                    Currency = purchase.Currency,
                    Reference = line.Reference.Length > 0 ? line.Reference : purchase.Reference,
                    Merchant = purchase.Merchant.Length > 0 && line.Source != TransactionSource.Alert ? purchase.Merchant : line.Merchant,
                    IsChecked = true,
                    Doubt = line.Doubt & ~(Doubt.Currency | Doubt.WhichAmount | Doubt.Amount),
                };
                continue;
            }

            var shown = text.Contains(purchase.Amount, StringComparison.Ordinal) ? text.IndexOf(purchase.Amount, StringComparison.Ordinal) : -1;
            var spans = new Dictionary<string, FieldSpan>(StringComparer.Ordinal)
            {
                ["amount"] = shown >= 0 ? new(SpanPlace.Text, shown, purchase.Amount.Length) : new(SpanPlace.Markup, 0, 0),
                ["currency"] = new(SpanPlace.Markup, 0, 0),
            };
            lines.Add(new()
            {
                Line = lines.Count + 1,
                Amount = amount,
                Currency = purchase.Currency,
                Direction = MoneyDirection.Out,
                Source = TransactionSource.Markup,
                Merchant = purchase.Merchant,
                Reference = purchase.Reference,
                Date = DateOnly.TryParse(purchase.Date.Length >= 10 ? purchase.Date[..10] : purchase.Date, CultureInfo.InvariantCulture, out var day) ? day : null,
                Spans = spans,
                // Another sum than the text's: which is right is not ours to say.
                Doubt = (fromText.Count > 0 ? Doubt.WhichAmount : Doubt.None) | (mail.IsForged ? Doubt.Sender : Doubt.None),
            });
        }

        return lines.Count > TransactionReader.MaxLines ? lines[..TransactionReader.MaxLines] : lines;
    }

    // https://schema.org/OrderStatus, PaymentStatusType, ReservationStatusType.
    private static bool IsPaid(MarkupPurchase purchase) =>
        purchase.Status is not ("OrderCancelled" or "OrderPaymentDue" or "OrderProblem" or "OrderReturned" or "PaymentDue" or "PaymentPastDue" or "PaymentDeclined" or "ReservationCancelled" or "ReservationHold" or "ReservationPending" or "Cancelled")
        && purchase.Type is not "Offer" && (purchase.Type != "Invoice" || purchase.Status is "PaymentComplete" or "PaymentAutomaticallyApplied");

    private static bool TryAmount(MarkupPurchase purchase, out decimal amount)
    {
        amount = 0;
        if (!Currencies.IsCode(purchase.Currency) || purchase.Amount.Length is 0 or > 20)
        {
            return false;
        }

        var folded = new FoldedText();
        folded.Read(purchase.Amount);
        for (var i = 0; i < folded.Length; i++)
        {
            if (char.IsAsciiDigit(folded[i]))
            {
                var found = NumberReader.TryRead(folded, i, out var number, out _) && (!number.IsUnsure || Currencies.Decimals(purchase.Currency) != 3);
                amount = number.Value;
                return found && amount > 0;
            }
        }

        return false;
    }
}
