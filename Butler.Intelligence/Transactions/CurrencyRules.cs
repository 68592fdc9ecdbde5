namespace Butler.Intelligence.Transactions;

/// <summary>Settles what shared signs mean in this mail, and which separator of the mail's numbers is the decimal one.</summary>
internal static class CurrencyRules
{
    private const MoneyWord Rows = MoneyWord.Out | MoneyWord.In;

    public static void Resolve(MoneyScan scan, MoneyMail mail)
    {
        var domain = mail.FromAddress.Length > 0 ? Country.OfDomain(mail.FromAddress) : null;
        if (domain is not null)
        {
            scan.Countries[domain] = scan.Countries.GetValueOrDefault(domain) + Country.Sure;
        }

        if (scan.Text.Chars.IndexOf("u.s.") >= 0 || scan.Text.Chars.IndexOf("united states") >= 0)
        {
            scan.Countries["US"] = scan.Countries.GetValueOrDefault("US") + 1;
        }

        var near = scan.FarNames.Count == 0 ? scan.Countries : scan.Countries.ToDictionary(c => c.Key, c => c.Value - scan.FarNames.GetValueOrDefault(c.Key), StringComparer.Ordinal);
        string? language = null;
        var known = new Dictionary<string, string?>(2, StringComparer.Ordinal);
        foreach (var amount in scan.Amounts)
        {
            if (amount.IsCurrencySure)
            {
                continue;
            }

            var family = amount.Currency;
            if (!known.TryGetValue(family, out var code))
            {
                language ??= LanguageGuess.Of(mail.Text.Length > 0 ? mail.Text : mail.Subject);
                code = known[family] = Country.Resolve(family, scan.Codes, family == "$" ? near : scan.Countries, language);
            }

            amount.Currency = code ?? "";
            if (amount.IsUnsure && code is not null && Currencies.Decimals(code) != 3 && (scan.Text.Slice(amount.NumberStart, amount.NumberEnd).IndexOf('.') < 0 || !Currencies.UsesPoint(code)))
            {
                amount.IsUnsure = false;
            }
        }

        // "P850.00" is money where the mail speaks of the Philippines or of Botswana, and for review where its sentence says that it moved; else a part number.
        if (known.TryGetValue("p", out var peso) && peso is null)
        {
            scan.DropUnless('p', static (all, amount) => Directions.IsMoved(all, all.SentenceOf(amount.NumberStart)));
        }

        Separators(scan);
        Persian(scan);
        Unnamed(scan);
    }

    // In the coins of three decimals "1,250" is settled by the mail's other numbers: where the point parts decimals, the comma groups.
    private static void Separators(MoneyScan scan)
    {
        var point = false;
        foreach (var amount in scan.Amounts)
        {
            var number = scan.Text.Slice(amount.NumberStart, amount.NumberEnd);
            point |= number.IndexOf('.') >= 0 && !(amount.IsUnsure && number.IndexOf(',') < 0);
        }

        foreach (var amount in scan.Amounts)
        {
            if (!amount.IsUnsure)
            {
                continue;
            }

            var number = scan.Text.Slice(amount.NumberStart, amount.NumberEnd);
            if (number.IndexOf(',') >= 0 && point)
            {
                amount.IsUnsure = false;
            }
            else if (number.IndexOf('.') >= 0 && Currencies.Decimals(amount.Currency) == 3)
            {
                amount.Value /= 1000;
                amount.IsUnsure = false;
            }
        }
    }

    // "A/C X4411 debited by 1500.00": a movement in a currency that nobody names, for review; where India's payments are named it is the rupee.
    private static void Unnamed(MoneyScan scan)
    {
        if (scan.Amounts.Count > 0)
        {
            return;
        }

        var isIndian = scan.Countries.GetValueOrDefault("IN") >= Country.Sure && scan.Countries.All(c => c.Key == "IN" || c.Value < Country.Sure);
        var hasDecimals = scan.Bare.Any(b => HasDecimals(scan, b));
        foreach (var bare in scan.Bare)
        {
            // Beside a sum with decimals a long number is a reference.
            if (hasDecimals && !HasDecimals(scan, bare))
            {
                continue;
            }

            var sentence = scan.Sentences[scan.SentenceOf(bare.NumberStart)];
            for (var c = sentence.CueFrom; c < sentence.CueTo; c++)
            {
                if ((scan.Cues[c].Kinds & (MoneyWord.Debited | MoneyWord.Credited)) != 0)
                {
                    bare.Currency = isIndian && !bare.IsUnsure ? "INR" : "";
                    scan.AddBare(bare);
                    break;
                }
            }
        }

        if (scan.Amounts.Count == 0)
        {
            Listed(scan);
        }
    }

    // "11/05 ATM WITHDRAWAL MAIN ST 120.00": a list of movements whose currency stands elsewhere, for review.
    private static void Listed(MoneyScan scan)
    {
        foreach (var bare in scan.Bare)
        {
            var sentence = scan.Sentences[scan.SentenceOf(bare.NumberStart)];
            for (var c = sentence.CueFrom; c < sentence.CueTo && HasDecimals(scan, bare); c++)
            {
                if ((scan.Cues[c].Kinds & Rows) != 0 && (scan.Cues[c].Kinds & MoneyWord.Noun) != 0 && scan.Cues[c].Line == scan.LineOf(bare.NumberStart))
                {
                    scan.AddBare(bare);
                    break;
                }
            }
        }
    }

    private static bool HasDecimals(MoneyScan scan, Amount bare) => scan.Text.Slice(bare.NumberStart, bare.NumberEnd).IndexOf('.') >= 0;

    // Persian bank notices name no currency: the rial is meant.
    private static void Persian(MoneyScan scan)
    {
        if (scan.Amounts.Count > 0 || scan.Bare.Count == 0)
        {
            return;
        }

        var persian = 0;
        foreach (var c in scan.Text.Chars)
        {
            persian += c is >= '\u0600' and <= '\u06FF' ? 1 : 0;
        }

        if (persian < 12 || scan.Text.Chars.IndexOf("کارت") < 0 && scan.Text.Chars.IndexOf("حساب") < 0 && scan.Text.Chars.IndexOf("مانده") < 0)
        {
            return;
        }

        foreach (var bare in scan.Bare)
        {
            bare.Currency = "IRR";
            bare.IsCurrencySure = true;
            bare.IsUnsure = false;
            scan.AddBare(bare);
        }
    }
}
