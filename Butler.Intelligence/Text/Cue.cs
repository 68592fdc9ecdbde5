namespace Butler.Intelligence.Text;

/// <summary>
/// Kinds of short phrases from a closed, multilingual list (<see cref="CueLexicon"/>). One kind spans all languages,
/// so that a weight learnt from English mail also serves the others.
/// </summary>
internal enum Cue : byte
{
    Request,
    Question,
    Meeting,
    Invitation,
    Thanks,
    Complaint,
    Deadline,
    NoAction,
    Marketing,
    Money,
    Receipt,
    Travel,
    Shipping,
    Security,
    Social,
    Newsletter,
    Personal,
    Work,
    Calendar,
    Fraud,
    Unsubscribe,
    Confirmation,
    Deferral,
    Greeting,
    Closing,
    Step,
}
