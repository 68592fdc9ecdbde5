namespace Butler.Intelligence.Transactions;

/// <summary>A number as it was written.</summary>
/// <param name="Value">Its exact value, without sign.</param>
/// <param name="Start">First character (folded).</param>
/// <param name="End">After the last character.</param>
/// <param name="IsUnsure">A single separator before three digits: thousands or decimals.</param>
/// <param name="Decimals">Digits after the decimal separator; 0 when none.</param>
internal readonly record struct WrittenNumber(decimal Value, int Start, int End, bool IsUnsure, int Decimals);

/// <summary>What an amount is in its mail.</summary>
internal enum AmountRole
{
    /// <summary>Nothing says what it is.</summary>
    None,

    /// <summary>An account's balance.</summary>
    Balance,

    /// <summary>A limit or what is left of it.</summary>
    Limit,

    /// <summary>A fee beside the payment.</summary>
    Fee,

    /// <summary>Tax inside the payment.</summary>
    Tax,

    /// <summary>A sum before tax, shipping, discount.</summary>
    Subtotal,

    /// <summary>The sum of an order or a receipt.</summary>
    Total,

    /// <summary>What is still to be paid.</summary>
    Due,

    /// <summary>A saving, a reward, a threshold.</summary>
    Offer,

    /// <summary>Labelled as the amount of the transaction.</summary>
    Labelled,
}

/// <summary>A sum of money in a text.</summary>
internal sealed class Amount
{
    public required decimal Value { get; set; }

    /// <summary>The ISO 4217 code; empty where it is in doubt.</summary>
    public required string Currency { get; set; }

    /// <summary>The currency was written as a code or a sign that only one currency has.</summary>
    public bool IsCurrencySure { get; set; }

    /// <summary>-1, +1 as written; 0 without a sign.</summary>
    public int Sign { get; set; }

    public bool IsUnsure { get; set; }

    public AmountRole Role { get; set; }

    /// <summary>The label says "amount", "price", "sum" and nothing more.</summary>
    public bool HasSumLabel { get; set; }

    /// <summary>The number with its sign and currency, folded positions.</summary>
    public int Start { get; set; }

    public int End { get; set; }

    /// <summary>The number alone.</summary>
    public int NumberStart { get; set; }

    public int NumberEnd { get; set; }

    /// <summary>The currency sign or word, where one stands beside it.</summary>
    public int CurrencyStart { get; set; } = -1;

    public int CurrencyEnd { get; set; } = -1;
}
