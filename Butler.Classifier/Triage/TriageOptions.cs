using System.ComponentModel.DataAnnotations;

namespace Butler.Classifier.Triage;

/// <summary>Section <c>Butler:Responder</c>, the part that the Classifier needs to send only what can be due.</summary>
internal sealed class TriageOptions
{
    public const string Section = "Butler:Responder";

    /// <summary>Mail older than this gets no draft by itself.</summary>
    [Range(1, 3650)]
    public int RecentDays { get; set; } = 7;
}
