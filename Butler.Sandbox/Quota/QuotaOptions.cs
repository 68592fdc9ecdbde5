namespace Butler.Sandbox.Quota;

/// <summary>Google's price lists.</summary>
public enum PriceListKind
{
    /// <summary>Projects that used the API before May 2026.</summary>
    Classic,

    /// <summary>Projects created since 2026-05-01.</summary>
    Since2026,
}

/// <summary>What calls cost and when they are refused.</summary>
public sealed class QuotaOptions
{
    /// <summary><c>classic</c> or <c>2026</c>.</summary>
    public string PriceList { get; set; } = "2026";

    /// <summary>Whether calls over the limits are refused; units are counted in any case.</summary>
    public bool Enforced { get; set; }

    /// <summary>Units of one user a minute; unset: 15,000 classic, 6,000 since 2026.</summary>
    public int? UserUnitsPerMinute { get; set; }

    /// <summary>Units of the project a minute.</summary>
    public int ProjectUnitsPerMinute { get; set; } = 1_200_000;

    /// <summary>Units of the project a day; unset: 1,000,000,000 classic, 80,000,000 since 2026.</summary>
    public long? DayUnits { get; set; }

    /// <summary>Calls of one user at the same time, those inside a batch included; more get 429. 0: no cap.</summary>
    public int MaxConcurrentPerUser { get; set; } = 10;

    internal PriceListKind Kind => PriceList.ToUpperInvariant() switch
    {
        "CLASSIC" => PriceListKind.Classic,
        "2026" => PriceListKind.Since2026,
        _ => throw new InvalidOperationException($"{SandboxOptions.Section}:Quota:PriceList must be 'classic' or '2026'"),
    };
}
