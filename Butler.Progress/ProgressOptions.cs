using System.ComponentModel.DataAnnotations;

namespace Butler.Progress;

/// <summary>Settings under <c>Butler:Progress</c>.</summary>
internal sealed class ProgressOptions : IValidatableObject
{
    public const string Section = "Butler:Progress";

    /// <summary>
    /// How long a stream lives before it ends with a resume position; null: no limit. Deployed it is 200 s, because the
    /// ingress of Container Apps ends any stream at 240 s (DESIGN section 7).
    /// </summary>
    public TimeSpan? StreamLimit { get; set; }

    /// <summary>How often all watched running syncs are read, in one query.</summary>
    public TimeSpan Poll { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How often the rights of all open streams are checked, in one query: a revoked token's stream ends within it.</summary>
    [Range(typeof(TimeSpan), "00:00:00.05", "00:01:00", ErrorMessage = "must be from 00:00:00.05 to 00:01:00.")]
    public TimeSpan Recheck { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Hints closer together than this cause one read.</summary>
    public TimeSpan Coalesce { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Most streams in this process; the next one is told to try later.</summary>
    [Range(1, 1_000_000, ErrorMessage = "must be from 1 to 1000000.")]
    public int MaxStreams { get; set; } = 20_000;

    /// <summary>The page's address as browsers see it; null: the host they ask for. Google sends browsers back to it when they connect.</summary>
    public Uri? PublicAddress { get; set; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (StreamLimit is { } limit && limit < TimeSpan.FromSeconds(1))
        {
            yield return new("must be at least 00:00:01, or absent.", [nameof(StreamLimit)]);
        }

        if (PublicAddress is { } address && !(address.IsAbsoluteUri && address.Scheme is "http" or "https"))
        {
            yield return new("must be an absolute http or https address.", [nameof(PublicAddress)]);
        }

        if (Poll < TimeSpan.FromMilliseconds(50) || Poll > TimeSpan.FromMinutes(1))
        {
            yield return new("must be from 00:00:00.05 to 00:01:00.", [nameof(Poll)]);
        }

        if (Coalesce < TimeSpan.FromMilliseconds(10) || Coalesce > Poll)
        {
            yield return new($"must be from 00:00:00.01 to {Section}:{nameof(Poll)}.", [nameof(Coalesce)]);
        }
    }
}
