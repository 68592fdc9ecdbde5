using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Net;

namespace Butler.Intelligence.Chat;

/// <summary>Section <c>Butler:Chat</c>. Without providers nothing here is used, and no verdict is provisional.</summary>
public sealed class ChatSettings : IValidatableObject
{
    /// <summary>The section's name.</summary>
    public const string Section = "Butler:Chat";

    /// <summary>In the order in which they are asked; at most 8.</summary>
    [MaxLength(8, ErrorMessage = "names at most 8 providers")]
    public List<ChatProviderSettings> Providers { get; set; } = [];

    /// <summary>Sampling temperature, 0 to 2.</summary>
    [Range(0.0, 2.0)]
    public double Temperature { get; set; } = 0.3;

    /// <summary>Tokens that one triage answer may have, 50 to 8,000; an answer that is cut there counts as failed.</summary>
    [Range(50, 8_000)]
    public int TriageTokens { get; set; } = 500;

    /// <summary>How long one call may take.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:05:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Consecutive failures that open a provider's circuit breaker, 2 to 100.</summary>
    [Range(2, 100)]
    public int BreakAfter { get; set; } = 3;

    /// <summary>How long a breaker stays open before one call probes; doubles with each probe that fails.</summary>
    [Range(typeof(TimeSpan), "00:00:00.05", "01:00:00")]
    public TimeSpan Break { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The longest that a breaker stays open without a probe.</summary>
    [Range(typeof(TimeSpan), "00:00:00.05", "06:00:00")]
    public TimeSpan MaxBreak { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a provider is left alone that is out of credit, refuses its key or does not know its model; then one call probes.</summary>
    [Range(typeof(TimeSpan), "00:00:00.05", "1.00:00:00")]
    public TimeSpan BlockedFor { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>A rate limit that ends within this time is waited for once, by the message; a longer one, or a second, goes to the next provider.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan RateLimitPatience { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>The longest that an answer is kept, sealed, in Redis; never longer than its mail. Zero: not at all.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "30.00:00:00")]
    public TimeSpan CacheFor { get; set; } = TimeSpan.FromDays(1);

    /// <summary>How long the cache may take to answer, 10 ms to 1 minute; then the providers are asked, and the cache is left alone for two seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:00.01", "00:01:00")]
    public TimeSpan CacheTimeout { get; set; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Per user and day (UTC): input and output tokens; 0: no limit.</summary>
    [Range(0L, long.MaxValue)]
    public long TokensPerUserAndDay { get; set; } = 2_000_000;

    /// <summary>Of all users and day; 0: no limit.</summary>
    [Range(0L, long.MaxValue)]
    public long TokensPerDay { get; set; }

    /// <summary>Per user and day, in the currency of the prices; 0: no limit.</summary>
    [Range(0.0, 1_000_000.0)]
    public double MoneyPerUserAndDay { get; set; }

    /// <summary>Of all users and day, in the currency of the prices; 0: no limit.</summary>
    [Range(0.0, 1_000_000.0)]
    public double MoneyPerDay { get; set; }

    /// <summary>
    /// Butler's own switch for prompts and answers in spans. Off, whatever the environment says; on, the spans hold mail, and whoever reads
    /// the traces reads the mail. For a developer's own machine and mailbox.
    /// </summary>
    public bool CaptureContent { get; set; }

    /// <summary>Whether there is anybody to ask.</summary>
    public bool IsOn => Providers.Count > 0;

    /// <inheritdoc />
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (MaxBreak < Break)
        {
            yield return new ValidationResult($"must not be less than {Section}:{nameof(Break)}", [nameof(MaxBreak)]);
        }

        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        for (var i = 0; i < Providers.Count; i++)
        {
            foreach (var (member, error) in Providers[i].Errors())
            {
                yield return new ValidationResult(error, [$"{nameof(Providers)}:{i}:{member}"]);
            }

            if (!names.Add(Providers[i].DisplayName))
            {
                yield return new ValidationResult("is another provider's name too; give each its own", [$"{nameof(Providers)}:{i}:{nameof(ChatProviderSettings.Name)}"]);
            }
        }
    }
}

/// <summary>What an endpoint knows of structured answers.</summary>
public enum JsonSupport
{
    /// <summary>Takes a JSON schema.</summary>
    Schema,

    /// <summary>Takes "a JSON object"; the schema stands in the prompt.</summary>
    Object,

    /// <summary>Takes neither; the schema stands in the prompt.</summary>
    None,
}

/// <summary>One provider: <c>Butler:Chat:Providers:0</c> and so on.</summary>
public sealed class ChatProviderSettings
{
    /// <summary>The kinds.</summary>
    public static IReadOnlyList<string> Kinds { get; } = ["openai", "anthropic", "compatible"];

    private const int MaxName = 40;

    /// <summary>The name in logs, metrics and on the page; the kind when it is not given. At most 40 of a-z, 0-9, - and _.</summary>
    public string Name { get; set; } = "";

    /// <summary>openai, anthropic, or compatible: an endpoint that speaks OpenAI's chat completions (Ollama, vLLM, LM Studio).</summary>
    public string Kind { get; set; } = "";

    /// <summary>The model.</summary>
    public string Model { get; set; } = "";

    /// <summary>Where it is; needed for compatible, e.g. <c>http://localhost:11434/v1</c>. The vendor's own when it is not given.</summary>
    public string? BaseAddress { get; set; }

    /// <summary>The API key, from the environment.</summary>
    public string? Key { get; set; }

    /// <summary>Instead: a file of mode 0600 that holds the key.</summary>
    public string? KeyFile { get; set; }

    /// <summary>Instead: the address of a Key Vault secret.</summary>
    public string? KeyVault { get; set; }

    /// <summary>What it knows of structured answers.</summary>
    public JsonSupport Json { get; set; } = JsonSupport.Schema;

    /// <summary>False for models that refuse a temperature. One that does is found out by its first answer, and asked again without.</summary>
    public bool SendTemperature { get; set; } = true;

    /// <summary>Anthropic's API version, <c>yyyy-MM-dd</c>. A temperature is sent in the default one only (docs/decisions/0031).</summary>
    public string ApiVersion { get; set; } = AnthropicVersionClient.WithTemperature;

    /// <summary>Price of a million input tokens.</summary>
    public decimal InputPrice { get; set; }

    /// <summary>Price of a million input tokens that the vendor had cached; the input price when it is not given.</summary>
    public decimal? CachedInputPrice { get; set; }

    /// <summary>Price of a million output tokens.</summary>
    public decimal OutputPrice { get; set; }

    /// <summary>The name, else the kind.</summary>
    public string DisplayName => Name.Length > 0 ? Name : Kind;

    /// <summary>Never prints the key.</summary>
    public override string ToString() => $"{DisplayName} ({Kind}, {Model})";

    /// <summary>What an answer costs.</summary>
    public decimal Cost(long input, long cachedInput, long output) =>
        (((input - cachedInput) * InputPrice) + (cachedInput * (CachedInputPrice ?? InputPrice)) + (output * OutputPrice)) / 1_000_000m;

    internal IEnumerable<(string Member, string Error)> Errors()
    {
        if (!Kinds.Contains(Kind))
        {
            yield return (nameof(Kind), $"must be one of {string.Join(", ", Kinds)}");
        }

        if (Name.Length > MaxName || !Name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '_'))
        {
            yield return (nameof(Name), $"must be at most {MaxName} of a-z, 0-9, - and _");
        }

        if (Model.Length is 0 or > 100)
        {
            yield return (nameof(Model), "must name a model, with at most 100 characters");
        }

        if (new[] { Key, KeyFile, KeyVault }.Count(k => !string.IsNullOrWhiteSpace(k)) is var keys && keys > 1)
        {
            yield return (nameof(Key), "give one of Key, KeyFile and KeyVault");
        }
        else if (keys == 0 && Kind is "openai" or "anthropic")
        {
            yield return (nameof(Key), "must be set (or KeyFile, or KeyVault)");
        }

        if (BaseAddress is { Length: > 0 } ? !IsGood(BaseAddress) : Kind == "compatible")
        {
            yield return (nameof(BaseAddress), "must be an absolute https address; http only on this machine or in a private network, because it carries mail");
        }

        if (!DateOnly.TryParseExact(ApiVersion, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _))
        {
            yield return (nameof(ApiVersion), "must be a date, yyyy-MM-dd");
        }

        if (InputPrice < 0 || OutputPrice < 0 || CachedInputPrice < 0)
        {
            yield return (nameof(InputPrice), "prices must not be negative");
        }
    }

    private static bool IsGood(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var address) && address.UserInfo.Length == 0
        && (address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && IsNear(address)));

    // A name without a dot is resolved inside a network of one's own (a container's name).
    private static bool IsNear(Uri address) =>
        address.IsLoopback || !address.Host.Contains('.', StringComparison.Ordinal)
        || (IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip) && ip.GetAddressBytes() is var b
            && (b.Length == 4 ? b[0] == 10 || (b[0] == 172 && b[1] is >= 16 and < 32) || (b[0] == 192 && b[1] == 168) : (b[0] & 0xFE) == 0xFC));
}
