using Butler.Intelligence.Text;

namespace Butler.Intelligence.Model;

/// <summary>The named features of a mail. The order is part of the model file: append only, or train again.</summary>
internal enum Sign : byte
{
    OneQuestion,
    ManyQuestions,
    SubjectQuestion,
    StrongestRequest,
    SumOfRequests,
    LateRequest,
    RequestInQuestion,
    NoLink,
    OneLink,
    ManyLinks,
    Sums,
    Exclamation,
    ManyExclamations,
    Shouting,
    ShortText,
    LongText,
    EmptyText,
    FreeMailSender,
    OddSenderDomain,
    SameDomain,
    PersonName,
    NoName,
    OwnerAlone,
    OwnerInTo,
    OwnerInCc,
    OwnerMissing,
    ManyRecipients,
    GreetsOwner,
    SubjectReply,
    SubjectForward,
    List,
    Bulk,
    AutoReply,
    NoReply,
    Reply,
    ListUnsubscribe,
    Attachments,
    Calendar,
}

/// <summary>Where each group of named features begins.</summary>
internal static class NamedLayout
{
    public static readonly int Signs = Enum.GetValues<Sign>().Length;
    public static readonly int Roles = Enum.GetValues<SenderRole>().Length;
    public static readonly int RoleStart = Signs;
    public static readonly int CueStart = Signs + Roles;
    public static readonly int SubjectCueStart = CueStart + CueLexicon.Kinds;
    public static readonly int Count = SubjectCueStart + CueLexicon.Kinds;

    /// <summary>What the headers say about lists and programs: absent from half of what we train on (see ModelTrainer).</summary>
    public static bool IsHeader(int feature) => feature is >= (int)Sign.List and <= (int)Sign.Calendar;

    /// <summary>How the owner is addressed: meaningless for spam, whose corpora do not say who the owner was.</summary>
    public static bool IsAddressing(int feature) => feature is (int)Sign.SameDomain or (>= (int)Sign.OwnerAlone and <= (int)Sign.GreetsOwner);
}
