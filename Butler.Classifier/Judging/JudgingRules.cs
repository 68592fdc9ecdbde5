using Butler.Data;
using Butler.Data.Classifier;
using Butler.Intelligence.Chat;
using Butler.Messaging;
using Butler.Messaging.Contracts;
using Microsoft.Extensions.Options;

namespace Butler.Classifier.Judging;

/// <summary>Which local verdicts are provisional, and what is sent for them. Without a provider none is.</summary>
internal sealed class JudgingRules(IOptions<ChatSettings> chat, IOptions<JudgingOptions> options)
{
    private readonly JudgingOptions _options = options.Value;
    private readonly bool _isOn = chat.Value.IsOn;

    /// <summary>How long a draft waits for a verdict.</summary>
    public TimeSpan DraftWait => _options.DraftWait;

    /// <summary>The local verdict as it is written: provisional where it is unsure.</summary>
    public StoredVerdict Mark(StoredVerdict verdict) => _isOn && IsUnsure(verdict.Category, verdict.Confidence) ? verdict with { Provisional = true } : verdict;

    public bool IsUnsure(string category, double confidence) => confidence < category switch
    {
        "needs_reply" => _options.SureNeedsReply,
        "spam" => _options.SureSpam,
        _ => _options.SureInformational,
    };

    /// <summary>What waits for a chat model, and the messages for it. The mail of imports waits its turn: the feed sends for it.</summary>
    public static (List<OpenJudging> Open, List<OutgoingMessage> Messages) Open(IEnumerable<StoredVerdict> verdicts, Func<Guid, DateTimeOffset> receivedAt, Lane lane, Guid correlationId)
    {
        List<OpenJudging> open = [.. verdicts.Where(v => v.Provisional).Select(v => new OpenJudging(v.MailId, v.ProviderUserId, lane, receivedAt(v.MailId), correlationId))];
        return (open, lane == Lane.Bulk ? [] : [.. open.Select(Pack)]);
    }

    /// <summary>The message of one that waits.</summary>
    public static OutgoingMessage Pack(OpenJudging mail) =>
        MessageBus.Pack(new JudgeMail(mail.MailId, mail.ProviderUserId), Lane.Model, mail.ProviderUserId, mail.CorrelationId);
}
