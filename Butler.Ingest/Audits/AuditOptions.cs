using System.ComponentModel.DataAnnotations;

namespace Butler.Ingest.Audits;

/// <summary>Section <c>Butler:Audit</c>.</summary>
internal sealed class AuditOptions
{
    public const string Section = "Butler:Audit";

    /// <summary>How long a mail that just came may be listed before its notification has been read; then it counts as missing.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan Grace { get; set; } = TimeSpan.FromSeconds(15);
}
