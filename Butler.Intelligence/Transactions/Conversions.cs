using System.Buffers;

namespace Butler.Intelligence.Transactions;

/// <summary>One payment in two currencies, "USD 42.50 | ₹ 3,571.00": the one the account is kept in is booked.</summary>
internal static class Conversions
{
    private const int Near = 24;

    private static readonly SearchValues<string> s_rates = SearchValues.Create(["convert", "exchange rate", "wechselkurs", "umgerechnet", "taux de change", "tipo de cambio", "taxa de cambio", "cambio di", "wisselkoers", "vaxelkurs", "valutakurs", "kurs ", "курс", "汇率", "為替", "환율"], StringComparison.Ordinal);

    public static List<Find> Prefer(MoneyScan scan, List<Find> finds)
    {
        // "Spent 4,200 THB … converted, £94.87 was taken from your balance of £310": the balance tells the account's currency.
        if (finds.Count > 1 && scan.Text.Chars.ContainsAny(s_rates) && finds.Select(f => f.Amount.Currency).Distinct().Count() == 2 && finds.All(f => f.Direction.Direction == finds[0].Direction.Direction)
            && scan.Amounts.FirstOrDefault(a => a.Role is AmountRole.Balance or AmountRole.Limit) is { } kept && finds.Any(f => f.Amount.Currency == kept.Currency))
        {
            return [.. finds.Where(f => f.Amount.Currency == kept.Currency)];
        }

        for (var i = 0; i + 1 < finds.Count; i++)
        {
            var (a, b) = (finds[i], finds[i + 1]);
            if (a.Amount.Currency == b.Amount.Currency || a.Amount.Currency.Length == 0 || b.Amount.Currency.Length == 0 || b.Amount.Start - a.Amount.End is < 0 or > Near || a.Sentence != b.Sentence)
            {
                continue;
            }

            var home = Home(scan, a.Amount.Currency, b.Amount.Currency);
            finds = home == a.Amount.Currency ? [.. finds.Where(f => f != b)]
                : home == b.Amount.Currency ? [.. finds.Where(f => f != a)]
                : [.. finds.Select(f => f == a ? f with { Doubt = f.Doubt | Doubt.Currency } : f).Where(f => f != b)];
            return finds;
        }

        return finds;
    }

    private static string? Home(MoneyScan scan, string a, string b)
    {
        var balance = scan.Amounts.FirstOrDefault(x => x.Role is AmountRole.Balance or AmountRole.Limit && (x.Currency == a || x.Currency == b))?.Currency;
        if (balance is not null)
        {
            return balance;
        }

        // A travelling currency against another: the other is home.
        return a is "USD" or "EUR" && b is not ("USD" or "EUR" or "GBP") ? b : b is "USD" or "EUR" && a is not ("USD" or "EUR" or "GBP") ? a : null;
    }
}
