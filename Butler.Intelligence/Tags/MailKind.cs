using System.Text.RegularExpressions;
using Butler.Intelligence.Text;

namespace Butler.Intelligence;

/// <summary>What headers, sender and form say for and against each tag, beside the words.</summary>
internal readonly ref partial struct MailKind
{
    private readonly MailFeatures _mail;
    private readonly TextScan _scan;
    private readonly SenderRole _role;
    private readonly bool _isFeed;
    private readonly bool _isNewsSender;
    private readonly bool _isLinky;

    public MailKind(MailFeatures mail, TextScan scan)
    {
        (_mail, _scan) = (mail, scan);
        _role = SenderShape.Role(mail.From.Address);
        var sender = mail.From.Address + " " + mail.From.Name;
        _isFeed = FeedSender().IsMatch(sender);
        _isNewsSender = NewsSender().IsMatch(sender);
        // Lists of links: at least one in 25 words.
        _isLinky = scan.Links >= 6 && scan.Links * 25 >= scan.TokenCount;
    }

    private bool IsMachine => _mail.IsAutoReply || _mail.IsNoReply || _role is SenderRole.NoReply or SenderRole.Billing || _isFeed || MachineSender().IsMatch(_mail.From.Address + " " + _mail.From.Name);

    /// <summary>Adds what it has to say to the scores, in the order of <see cref="Tagger.All"/>.</summary>
    public void Weigh(Span<double> scores)
    {
        var isMass = _mail.IsList || _mail.IsBulk || _mail.HasListUnsubscribe;
        var isDiscussion = _mail.IsList && !_isNewsSender;

        Add(scores, "mailing-list", _mail.IsList && !_mail.HasListUnsubscribe ? 1.5 : _mail.IsList ? 1 : 0);
        Add(scores, "attachment", _mail.HasAttachments ? 1 : 0);
        Add(scores, "calendar", (_mail.HasCalendar ? 2 : 0) + Appointment() - (isMass ? 1 : 0));
        Add(scores, "social", _mail.Labels.Contains("CATEGORY_SOCIAL") ? 1.2 : 0);
        var news = (_isFeed ? 1.5 : 0) + (_isNewsSender ? 0.5 : 0) + (_isLinky ? 0.4 : 0) + (_mail is { HasListUnsubscribe: true, IsBulk: true, IsList: false } ? 0.7 : _mail.HasListUnsubscribe ? 0.4 : 0)
            + (_mail.Labels.Contains("CATEGORY_PROMOTIONS") ? 0.8 : 0) + (_scan.CueCount(Cue.Unsubscribe) > 0 ? 0.3 : 0);
        Add(scores, "newsletter", isDiscussion || _mail.IsReply ? -2 : news > 0 ? news : -0.8);
        Add(scores, "promotion", isDiscussion && _mail.IsReply ? -2 : (_mail.Labels.Contains("CATEGORY_PROMOTIONS") ? 0.8 : 0) + (_scan.Exclamations >= 3 ? 0.3 : 0) - (isDiscussion ? 0.5 : 0) - (_mail.IsReply ? 0.7 : 0));

        // Between people of one organisation; else the words must speak louder.
        Add(scores, "work", (SenderShape.SharesDomainWithOwner(_mail) ? 0.8 : 0) + (IsInternal() ? Math.Max(0.3, 1.2 - (0.8 * scores[Tagger.Place("personal")])) : 0) - (isMass ? 2 : 0) - (IsMachine ? 0.8 : 0) - 0.2);
        Add(scores, "personal", (SenderShape.IsFreeMail(_mail.From.Address) ? 0.5 : 0) - (isMass ? 2 : 0) - (IsMachine ? 1 : 0) - (_scan.Links > 3 ? 0.5 : 0) - 0.2);

        // What a program writes about money, orders and parcels; people write about them too.
        var notice = scores[Tagger.Place("finance")] + scores[Tagger.Place("receipt")] + scores[Tagger.Place("shipping")] + scores[Tagger.Place("security")];
        var isNotice = notice >= 1 && !isDiscussion && !_mail.IsReply && scores[Tagger.Place("promotion")] < 1 && scores[Tagger.Place("newsletter")] < 1 && !IsInternal() && !IsAsking();
        Add(scores, "automated", (_mail.IsAutoReply ? 3 : 0) + (IsMachine ? 1 : 0) + (isNotice ? 0.6 + (notice / 3) : 0));
        foreach (var tag in (ReadOnlySpan<string>)["finance", "receipt", "shipping", "travel", "security", "social"])
        {
            Add(scores, tag, isDiscussion ? -1.5 : scores[Tagger.Place("newsletter")] >= 1 ? -0.7 : 0);
        }

        Add(scores, "receipt", IsMachine || isNotice ? 0 : -0.6);
        Add(scores, "shipping", -0.3);
        Add(scores, "support", (_role == SenderRole.Support ? 0.7 : 0) + Math.Min(0.6, _scan.CueCount(Cue.Complaint) * 0.3) - (isMass ? 1 : 0));
    }

    private static void Add(Span<double> scores, string tag, double weight) => scores[Tagger.Place(tag)] += weight;

    /// <summary>A person who asks: programs end with a button.</summary>
    private bool IsAsking() => _role == SenderRole.Person && !IsMachine && _scan.Links == 0 && _scan.CueCount(Cue.Request) + _scan.CueCount(Cue.Question) > 0;

    /// <summary>Sender and a recipient share a domain that is no provider's: colleagues.</summary>
    private bool IsInternal()
    {
        var domain = SenderShape.Domain(_mail.From.Address);
        if (_mail.IsList || !_mail.From.Address.Contains('@') || SenderShape.IsFreeMail(_mail.From.Address))
        {
            return false;
        }

        foreach (var to in _mail.To)
        {
            if (SenderShape.Domain(to).Equals(domain, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>A sentence that speaks of a meeting and names a day or an hour.</summary>
    private double Appointment()
    {
        var best = 0.0;
        var days = false;
        var meeting = false;
        foreach (ref var s in _scan.Sentences)
        {
            var meets = s.Has(Cue.Meeting) || s.Has(Cue.Invitation) || s.Has(Cue.Calendar);
            best = Math.Max(best, (meets ? 0.4 : 0) + (meets && s.Dates > 0 ? 0.5 : 0));
            days |= s.Dates > 0;
            meeting |= meets;
        }

        var hour = Hour().IsMatch(_mail.Subject) || Hour().IsMatch(_mail.NewText.AsSpan(0, Math.Min(_mail.NewText.Length, 1_500)));
        return best + (hour && days ? 0.5 : 0) - (meeting && days ? 0 : 0.6);
    }

    [GeneratedRegex(@"(?i)\b(rss|feeds?|rssfeeds|blog)\b|rssfeed")]
    private static partial Regex FeedSender();

    [GeneratedRegex(@"(?i)newsletter|\bnews\b|digest|subscri|bulletin|\bdaily\b|weekly|headlines|dispatch|magazine|update@")]
    private static partial Regex NewsSender();

    [GeneratedRegex(@"(?i)\b(bot|auto|auto-confirm|automation|automated|monitoring|alerts?|receipts?|reservations?|notify|notifications?|mailer|daemon|cron|robot|system|nobody)\b")]
    private static partial Regex MachineSender();

    [GeneratedRegex(@"(?i)\b\d{1,2}([:.]\d{2})?\s?([ap]\.?m\b|uhr\b|h\b|heures\b)|\b([01]?\d|2[0-3]):[0-5]\d\b")]
    private static partial Regex Hour();
}
