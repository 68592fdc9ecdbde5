using System.ComponentModel.DataAnnotations;
using System.Net;

namespace Butler.Ingest.Push;

/// <summary>Section <c>Butler:Push</c>: how Gmail's notifications come. Without a topic nothing is watched and the webhook answers 404.</summary>
internal sealed class PushOptions : IValidatableObject
{
    public const string Section = "Butler:Push";

    /// <summary>Largest body of a push that is read; Gmail's are below 1 KiB.</summary>
    public const int MaxBody = 64 * 1024;

    /// <summary>The Pub/Sub topic that Gmail publishes to, <c>projects/P/topics/T</c>.</summary>
    [RegularExpression("^projects/[^/\\s]{1,64}/topics/[^/\\s]{1,255}$", ErrorMessage = "must be projects/PROJECT/topics/TOPIC.")]
    public string? Topic { get; set; }

    /// <summary>The audience in the token of a push, compared exactly; it turns the webhook on.</summary>
    public string? Audience { get; set; }

    /// <summary>The service account whose token a push carries.</summary>
    public string? ServiceAccount { get; set; }

    /// <summary>The subscription a push must name; absent: any.</summary>
    public string? Subscription { get; set; }

    /// <summary>Google's keys as a JWK set. Plain http only on loopback.</summary>
    [Required]
    public Uri CertificatesAddress { get; set; } = new("https://www.googleapis.com/oauth2/v3/certs");

    /// <summary>How far the sender's clock may be off.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan Skew { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Least time between two readings of the keys because of an unknown key id.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan KeyRefresh { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Requests per minute and address whose token does not verify; more get 429. Verified pushes are not limited.</summary>
    [Range(1, 100_000)]
    public int RefusalsPerMinute { get; set; } = 100;

    /// <summary>Proxies (addresses or networks such as 10.0.0.0/8) whose X-Forwarded-For is believed, its right-most entry only.</summary>
    public string[] TrustedProxies { get; set; } = [];

    /// <summary>The alternative to the webhook.</summary>
    public PullOptions Pull { get; set; } = new();

    public bool WebhookOn => Topic is not null && Audience is not null;

    public bool PullOn => Topic is not null && Pull.Subscription is not null;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Audience is not null && string.IsNullOrWhiteSpace(ServiceAccount))
        {
            yield return new("must name the service account of the push subscription when Butler:Push:Audience is set.", [nameof(ServiceAccount)]);
        }

        if ((Audience is not null || Pull.Subscription is not null) && Topic is null)
        {
            yield return new("must be projects/PROJECT/topics/TOPIC when Butler:Push:Audience or Butler:Push:Pull:Subscription is set.", [nameof(Topic)]);
        }

        foreach (var (address, name) in new[] { (CertificatesAddress, nameof(CertificatesAddress)), (Pull.BaseAddress, "Pull:BaseAddress") })
        {
            if (address is null || !address.IsAbsoluteUri || (address.Scheme != Uri.UriSchemeHttps && !address.IsLoopback))
            {
                yield return new("must be an absolute https address (http only on loopback).", [name]);
            }
        }

        if (Pull.Subscription?.Split('/') is not (null or ["projects", { Length: > 0 }, "subscriptions", { Length: > 0 }]))
        {
            yield return new("must be projects/PROJECT/subscriptions/SUBSCRIPTION.", ["Pull:Subscription"]);
        }

        if (Pull.CredentialsFile is { } file && !File.Exists(file))
        {
            yield return new("must name a file that exists.", ["Pull:CredentialsFile"]);
        }

        if (Pull.MaxMessages is < 1 or > 1000)
        {
            yield return new("must be 1 to 1000.", ["Pull:MaxMessages"]);
        }

        foreach (var proxy in TrustedProxies.Where(p => !TryNetwork(p, out _)))
        {
            yield return new($"'{proxy}' is no address or network.", [nameof(TrustedProxies)]);
        }
    }

    internal static bool TryNetwork(string text, out IPNetwork network)
    {
        if (IPNetwork.TryParse(text, out network))
        {
            return true;
        }

        if (!IPAddress.TryParse(text, out var address))
        {
            return false;
        }

        network = new(address, address.GetAddressBytes().Length * 8);
        return true;
    }

    internal sealed class PullOptions
    {
        /// <summary>The subscription to pull, <c>projects/P/subscriptions/S</c>; it turns pulling on.</summary>
        public string? Subscription { get; set; }

        /// <summary>Root of the Pub/Sub API.</summary>
        public Uri BaseAddress { get; set; } = new("https://pubsub.googleapis.com");

        /// <summary>A service account's key file; absent: the machine's own credentials (application default).</summary>
        public string? CredentialsFile { get; set; }

        /// <summary>Messages per pull, 1 to 1000.</summary>
        public int MaxMessages { get; set; } = 100;
    }
}
