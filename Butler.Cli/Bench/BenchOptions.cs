namespace Butler.Cli.Bench;

/// <summary>What <c>bench import</c> is asked to do.</summary>
internal sealed record BenchOptions
{
    public int Users { get; init; } = 100;

    public int Mails { get; init; } = 100;

    /// <summary>Ends the measurement early; null: when every import has ended.</summary>
    public int? Seconds { get; init; }

    /// <summary><c>classic</c> or <c>2026</c>.</summary>
    public string PriceList { get; init; } = "2026";

    /// <summary>The sandbox refuses calls over the price list's limits, and the limiter keeps to them.</summary>
    public bool Enforce { get; init; }

    public string? Corpus { get; init; }

    public int Seed { get; init; } = 1;

    public bool Keep { get; init; }

    public bool NoBuild { get; init; }

    /// <summary>So many of PostgreSQL's dearest statements are printed.</summary>
    public int Statements { get; init; }

    /// <summary>Lets <c>perf</c> name compiled methods (DOTNET_PerfMapEnabled); costs start-up time.</summary>
    public bool PerfMap { get; init; }

    /// <summary>Settings handed to the services as they are: <c>Butler__Messaging__BulkWorkers=4</c>.</summary>
    public IReadOnlyList<string> Set { get; init; } = [];

    /// <summary>The sandbox pushes to Ingest's webhook, and accounts are watched.</summary>
    public bool Push { get; init; }

    public bool Classic => PriceList == "classic";

    public long Expected => (long)Users * Mails;
}

/// <summary>The limits of a run: what the sandbox enforces and what the limiter keeps to.</summary>
internal sealed record BenchLimits(int UserUnitsPerMinute, int ProjectUnitsPerMinute, long DayUnits, int UnitsPerMail)
{
    /// <summary>The most the options of the limiter allow; far above what one machine does.</summary>
    private static readonly BenchLimits s_open = new(10_000_000, 1_000_000_000, 0, 0);

    public static BenchLimits Sandbox(BenchOptions options) => options.Classic
        ? new(15_000, 1_200_000, 1_000_000_000, 5)
        : new(6_000, 1_200_000, 80_000_000, 20);

    public static BenchLimits Limiter(BenchOptions options) => options.Enforce ? Sandbox(options) : s_open;

    /// <summary>Mails a second that the limits allow to this many users at most.</summary>
    public double MailsPerSecond(int users) => Math.Min(ProjectUnitsPerMinute, (double)users * UserUnitsPerMinute) / 60 / UnitsPerMail;
}
