namespace Butler.Intelligence.Transactions;

/// <summary>Sums of money: numbers with a currency beside them.</summary>
internal sealed partial class MoneyScan
{
    // In small letters these codes are no words of a language.
    private static readonly HashSet<string> s_smallCodes = new(
        ["usd", "eur", "gbp", "inr", "aed", "jpy", "chf", "aud", "czk", "pln", "huf", "npr", "pkr", "lkr", "bdt", "omr", "qar", "kwd", "bhd", "mxn", "brl", "zar", "ngn", "kes", "tzs", "ugx", "etb", "ghs", "egp", "nok", "dkk", "thb", "idr", "vnd", "php", "krw", "twd", "cny", "hkd", "sgd", "nzd", "myr", "uah", "irr", "mzn"],
        StringComparer.Ordinal);

    private static readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> s_small = s_smallCodes.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Numbers without a currency that look like sums: decimals, grouping or a sign.</summary>
    public List<Amount> Bare { get; } = new(32);

    /// <summary>A bare number whose currency the mail's language tells.</summary>
    public void AddBare(Amount amount) => _amounts.Add(amount);

    /// <summary>Takes away the sums whose sign is this one letter and of which nothing else says that they are sums.</summary>
    public void DropUnless(char sign, Func<MoneyScan, Amount, bool> isSum) =>
        _amounts.RemoveAll(a => a.CurrencyStart >= 0 && a.CurrencyEnd - a.CurrencyStart == 1 && Text[a.CurrencyStart] == sign && !isSum(this, a));

    private void Sums()
    {
        Bare.Clear();
        for (var i = 0; i < Text.Length && _amounts.Count < MaxAmounts;)
        {
            var c = Text[i];
            if (!char.IsAsciiDigit(c) && !(c == '.' && char.IsAsciiDigit(Text[i + 1]) && Text[i - 1] is ' ' or '\n' or '$' or '€' or '£' or '₹'))
            {
                i++;
                continue;
            }

            var found = NumberReader.TryRead(Text, i, out var number, out var next);
            if (found && !IsTail(i))
            {
                Take(number);
            }

            i = next;
        }
    }

    // The rest of a date, a time or a reference: the part before was no number, or it hangs on one.
    private bool IsTail(int i)
    {
        var before = Text[i - 1];
        return (before is '/' or ':' or '#' or '*' or '_' or '@' && (before != ':' || char.IsAsciiDigit(Text[i - 2])) && (before != '/' || char.IsAsciiDigit(Text[i - 2])))
            || (before is '-' or '.' or ',' && char.IsAsciiDigit(Text[i - 2]));
    }

    private void Take(WrittenNumber number)
    {
        var sign = 0;
        var start = number.Start;
        var j = number.Start - 1;
        ReadSign(ref j, ref sign, ref start);
        var beforeStart = -1;
        CurrencySign before = default;
        var hasBefore = Text[j] != '\n' && TryBefore(j, number.Start - 1, out before, out beforeStart);
        // R0807030, Q6: one letter means money only before a sum as it is written out.
        var touching = hasBefore && BeforeEnd(beforeStart, number.Start) == number.Start;
        hasBefore &= (before.Where != CurrencyPlace.Touching && !(touching && IsShortWord(beforeStart, number.Start))) || number.Decimals == 2 || number.IsUnsure;
        hasBefore &= !(touching && char.IsAsciiLetterLower(Text[number.End]) && number.Decimals == 0 && !IsSideMark(number.End) && MoneyWords.Longest(Text, number.End, MoneyWords.WordEnd(Text, number.End), out _) == MoneyWord.None);
        if (!hasBefore && char.IsLetterOrDigit(Text[j]) && !MoneyWords.IsUnspaced(Text[j]) && j == number.Start - 1)
        {
            return; // AB123
        }

        if (hasBefore)
        {
            start = beforeStart;
            var k = beforeStart - 1;
            ReadSign(ref k, ref sign, ref start);
        }

        var hasAfter = TryAfter(number.End, out var after, out var afterStart, out var afterEnd);
        // "x-1629 £8.89": a sign that touches the next number is the next number's.
        hasAfter &= !(afterStart > number.End && afterEnd > 0 && char.IsAsciiDigit(Text[afterEnd]));
        // "card ending 4417 GBP 347.00": the code is the next number's.
        hasAfter = hasAfter && (number.Decimals > 0 || !NumberFollows(afterEnd));
        // "2 mn avant le départ" are minutes; "$ 1,000.00 MN" are pesos.
        hasAfter = hasAfter && (hasBefore || Text[afterStart] != 'm' || afterEnd - afterStart > 4 || Text.Slice(afterStart, afterEnd) is not ("mn" or "m.n."));
        if (!hasBefore && !hasAfter && number.Decimals == 2 && TryLabel(number.Start - 1, out before))
        {
            (hasBefore, beforeStart) = (true, number.Start);
        }

        if (!hasBefore && !hasAfter)
        {
            var follows = Text[number.End];
            if (!char.IsLetter(follows) && (number.Decimals == 2 || number.IsUnsure || sign != 0 || number.Value >= 1000 && number.End - number.Start > 4))
            {
                Bare.Add(new Amount { Value = number.Value, Currency = "", Sign = sign, IsUnsure = number.IsUnsure, Start = start, End = number.End, NumberStart = number.Start, NumberEnd = number.End });
            }

            return;
        }

        // "$5.00 USD": the code says which dollar. "USD 5 EUR 4": the one before, the one after belongs to the next number.
        var useAfter = hasAfter && (!hasBefore || (before.IsShared && !after.IsShared && !NumberFollows(afterEnd)));
        var currency = useAfter ? after : before;
        var amount = new Amount
        {
            Value = number.Value,
            Currency = currency.Code,
            IsCurrencySure = !currency.IsShared,
            Sign = sign,
            IsUnsure = number.IsUnsure,
            Start = start,
            End = useAfter ? afterEnd : number.End,
            NumberStart = number.Start,
            NumberEnd = number.End,
            CurrencyStart = useAfter ? afterStart : beforeStart,
            CurrencyEnd = useAfter ? afterEnd : BeforeEnd(beforeStart, number.Start),
        };
        if (number.IsUnsure && currency.Code is { Length: 3 } code && !currency.IsShared)
        {
            Settle(amount, code);
        }

        if (amount.IsCurrencySure)
        {
            _codes.Add(amount.Currency);
        }

        // "$2.1k", "Rs 2.5L", "€3m": rounded by who tells, exact to nobody.
        amount.IsUnsure |= !useAfter && Text[number.End] is 'k' or 'm' or 'b' or 'l' && !char.IsLetterOrDigit(Text[number.End + 1]) && Text[number.End + 1] != '.';
        _amounts.Add(amount);
    }

    // LE19, KD779: two letters of a post code or a reference; codes of three and "rs", "rm", "tk" stand before sums.
    private bool IsShortWord(int start, int number) =>
        number - start == 2 && char.IsAsciiLetter(Text[start]) && char.IsAsciiLetter(Text[start + 1]) && Text.Slice(start, number) is not ("rs" or "rm" or "tk" or "rp" or "mt");

    private bool IsSideMark(int at) => Text[at] is 'c' or 'd' && Text[at + 1] == 'r' && !char.IsLetter(Text[at + 2]);

    // 1,234: with two or no decimals in the currency's coins, three digits after a comma are thousands, after a point where the point groups: "Rs. 5.000" stays in doubt.
    private void Settle(Amount amount, string code)
    {
        if (Currencies.Decimals(code) == 0 || (Currencies.Decimals(code) == 2 && (Text.Slice(amount.NumberStart, amount.NumberEnd).IndexOf('.') < 0 || !Currencies.UsesPoint(code))))
        {
            amount.IsUnsure = false;
        }
    }

    private bool NumberFollows(int at) => char.IsAsciiDigit(Text[at]) || (Text[at] is ' ' or '-' && char.IsAsciiDigit(Text[at + 1]));

    private int BeforeEnd(int start, int number)
    {
        var end = number;
        while (end > start + 1 && Text[end - 1] is ' ' or '-' or '+' or ':')
        {
            end--;
        }

        return end;
    }

    private void ReadSign(ref int j, ref int sign, ref int start)
    {
        var k = j;
        if (Text[k] == ' ' && Text[k - 1] is '-' or '+' && !char.IsLetterOrDigit(Text[k - 2]) && Text[k - 2] is ':' or '\n')
        {
            k--;
        }

        if (Text[k] is '-' or '+' && Text[k - 1] != Text[k] && !char.IsAsciiDigit(Text[k - 1]) && !(char.IsLetter(Text[k - 1]) && !IsCurrencyBefore(k - 1)))
        {
            sign = Text[k] == '-' ? -1 : 1;
            start = k;
            j = k - 1;
        }

        if (Text[j] == ' ')
        {
            j--;
        }
    }

    private bool IsCurrencyBefore(int j) => TryBefore(j, j, out _, out _);

    /// <summary>A currency whose last character is at <paramref name="j"/>.</summary>
    private bool TryBefore(int j, int numberBefore, out CurrencySign sign, out int start)
    {
        sign = default;
        start = -1;
        var touches = j == numberBefore;
        if (Text[j] == ':' && j > 0)
        {
            j--;
        }

        var longest = Math.Min(j + 1, 11);
        for (var length = longest; length >= 1; length--)
        {
            var from = j - length + 1;
            var first = Text[from];
            if (first is ' ' or '\n' || char.IsAsciiDigit(first) || (char.IsLetter(first) && char.IsLetter(Text[from - 1]) && !MoneyWords.IsUnspaced(first)))
            {
                continue;
            }

            var word = Text.Slice(from, j + 1);
            // The Egyptian LE, not the French article.
            if (word is "le" && !char.IsUpper(Text.Original(j)))
            {
                continue;
            }

            if (Currencies.TrySign(word, out sign) && (((sign.Where & CurrencyPlace.Before) != 0) || (touches && sign.Where == CurrencyPlace.Touching && char.IsUpper(Text.Original(from)) && !char.IsLetterOrDigit(Text[from - 1]))))
            {
                start = from;
                return true;
            }

            if (length == 3 && TryCode(from, out var code))
            {
                sign = new(code, false, CurrencyPlace.Both);
                start = from;
                return true;
            }
        }

        return false;
    }

    // "Amount debited (Rs.) | 5,000.00", "Betrag (EUR): 12,50": the label names the currency.
    private bool TryLabel(int j, out CurrencySign sign)
    {
        sign = default;
        while (j > 0 && Text[j] is ' ' or ':' or '|' or '-' or '=')
        {
            j--;
        }

        return Text[j] == ')' && TryBefore(j - 1, j, out sign, out var start) && Text[start - 1] is '(' or ' ';
    }

    private bool TryAfter(int at, out CurrencySign sign, out int start, out int end)
    {
        sign = default;
        end = -1;
        start = Text[at] == ' ' ? at + 1 : at;
        for (var length = Math.Min(10, Text.Length - start); length >= 1; length--)
        {
            var to = start + length;
            var last = Text[to - 1];
            if (last is ' ' or '\n' || char.IsAsciiDigit(last) || (char.IsLetter(last) && char.IsLetter(Text[to]) && !MoneyWords.IsUnspaced(last)))
            {
                continue;
            }

            // The Vietnamese letter of the dong folds to a plain d, which is no sign.
            if (length == 1 && Text.Original(start) is 'đ' or 'Đ')
            {
                sign = new("VND", false, CurrencyPlace.After);
                end = to;
                return true;
            }

            if (Currencies.TrySign(Text.Slice(start, to), out sign) && (sign.Where & CurrencyPlace.After) != 0)
            {
                end = to;
                return true;
            }

            if (length == 3 && !char.IsLetter(Text[to]) && TryCode(start, out var code))
            {
                sign = new(code, false, CurrencyPlace.Both);
                end = to;
                return true;
            }
        }

        return false;
    }

    private bool TryCode(int from, out string code)
    {
        Span<char> letters = stackalloc char[3];
        for (var i = 0; i < 3; i++)
        {
            letters[i] = Text[from + i];
            if (!char.IsAsciiLetterLower(letters[i]))
            {
                code = "";
                return false;
            }
        }

        var capitals = char.IsUpper(Text.Original(from)) && char.IsUpper(Text.Original(from + 2));
        if (!capitals && !s_small.Contains(letters))
        {
            code = "";
            return false;
        }

        for (var i = 0; i < 3; i++)
        {
            letters[i] = (char)(letters[i] - 32);
        }

        return Currencies.TryCode(letters, out code);
    }
}
