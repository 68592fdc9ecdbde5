using Butler.Sandbox.Faults;
using Butler.Sandbox.Quota;
using Butler.Sandbox.State;

namespace Butler.Sandbox.Gmail;

/// <summary>Executes calls against an account and writes their answers; knows nothing of HTTP.</summary>
internal sealed partial class GmailApi(SandboxFaults faults, SandboxQuota quota, SandboxStats stats, NastyBehaviour nasty, TimeProvider clock)
{
    private ulong _tokens;
    private ulong _calls;
    private ulong _histories;

    /// <summary>
    /// Runs one call. <paramref name="admitted"/>: the user's cap on concurrent calls let it in. A fault that concerns
    /// the connection is handed back in <paramref name="cut"/> for the caller to act on.
    /// </summary>
    public int Run(GmailCall call, SandboxAccount account, bool admitted, OutBuffer output, out FaultKind? cut)
    {
        var status = Answer(call, account, admitted, output, out cut);
        if (status >= 400 && output.Length == 0)
        {
            throw new InvalidOperationException("An error was answered without a body");
        }

        stats.Count(call.Method ?? "unknown", status);
        return status;
    }

    /// <summary>Executes a call again without limits or faults: what a late request does.</summary>
    public void RunLate(GmailCall call, SandboxAccount account)
    {
        var output = OutBuffer.Rent();
        stats.Count(call.Method!, 0);
        Handle(call, account, output);
        output.Return();
    }

    public static int Fail(OutBuffer output, GmailError error)
    {
        output.Clear();
        error.Write(output.Json);
        output.Json.Flush();
        return error.Code;
    }

    private int Answer(GmailCall call, SandboxAccount account, bool admitted, OutBuffer output, out FaultKind? cut)
    {
        cut = null;
        if (call.Method is null)
        {
            return Fail(output, GmailError.NotFound);
        }

        if (call.User != "me" && !call.User.Equals(account.Address, StringComparison.OrdinalIgnoreCase))
        {
            return Fail(output, GmailError.Delegation);
        }

        if (!admitted)
        {
            return Fail(output, GmailError.Concurrent);
        }

        var fault = faults.Take(call.Method, account.Address, call.Id) ?? nasty.CallFault(account.Hash, Interlocked.Increment(ref _calls));
        if (fault is FaultKind.Slow)
        {
            cut = fault;
        }
        else if (fault is FaultKind.Vanish)
        {
            account.Delete(call.Id);
        }
        else if (fault is FaultKind.HistoryTooOld)
        {
            account.ExpireHistory();
        }
        else if (fault is FaultKind.CutBody or FaultKind.ExecutedNoAnswer or FaultKind.NotExecutedNoAnswer or FaultKind.ExecutedLate or FaultKind.Hang)
        {
            cut = fault;
            if (fault is FaultKind.NotExecutedNoAnswer or FaultKind.ExecutedLate or FaultKind.Hang)
            {
                return 0;
            }
        }
        else if (fault is { } plain)
        {
            return Fail(output, Error(plain));
        }

        if (quota.Charge(call.Method, account.Hash) is { } refused)
        {
            return Fail(output, refused);
        }

        var status = Handle(call, account, output);
        if (status < 400 && call.Query("fields") is { Length: > 0 } fields && fields != "*")
        {
            FieldMask.Apply(fields, output);
        }

        return status;
    }

    private int Handle(GmailCall call, SandboxAccount account, OutBuffer output)
    {
        var status = call.Method switch
        {
            Methods.GetProfile => Profile(account, output),
            Methods.MessagesList => MessagesList(call, account, output),
            Methods.MessagesGet => MessagesGet(call, account, output),
            Methods.MessagesModify => MessagesModify(call, account, output),
            Methods.MessagesBatchModify => MessagesBatchModify(call, account, output),
            Methods.MessagesTrash => Trash(call, account, output, ["TRASH"], ["INBOX"]),
            Methods.MessagesUntrash => Trash(call, account, output, [], ["TRASH"]),
            Methods.AttachmentsGet => AttachmentsGet(call, account, output),
            Methods.ThreadsList => ThreadsList(call, account, output),
            Methods.ThreadsGet => ThreadsGet(call, account, output),
            Methods.HistoryList => HistoryList(call, account, output),
            Methods.LabelsList => LabelsList(account, output),
            Methods.LabelsGet => LabelsGet(call, account, output),
            Methods.LabelsCreate => LabelsCreate(call, account, output),
            Methods.DraftsList => DraftsList(call, account, output),
            Methods.DraftsGet => DraftsGet(call, account, output),
            Methods.DraftsCreate or Methods.DraftsUpdate => DraftsSave(call, account, output),
            Methods.DraftsDelete => account.DeleteDraft(call.Id, "api") ? 204 : Fail(output, GmailError.NotFound),
            // Butler never sends; a call here is a fault, so the sandbox refuses as Google does without the scope.
            Methods.DraftsSend => Fail(output, GmailError.Scope),
            Methods.Watch => StartWatch(call, account, output),
            Methods.Stop => StopWatch(account),
            _ => Fail(output, GmailError.NotFound),
        };
        output.Json.Flush();
        return status;
    }

    private static GmailError Error(FaultKind kind) => kind switch
    {
        FaultKind.InternalError => GmailError.Internal,
        FaultKind.Unauthorized or FaultKind.InvalidGrant => GmailError.Auth,
        FaultKind.UserRateLimit => GmailError.UserRateLimit,
        FaultKind.DailyLimit => GmailError.DailyLimit,
        FaultKind.RateLimit => GmailError.ProjectRateLimit,
        FaultKind.ConcurrentLimit => GmailError.Concurrent,
        FaultKind.DomainPolicy => GmailError.Domain403,
        FaultKind.InsufficientPermissions => GmailError.Scope,
        FaultKind.TooManyRequests => GmailError.TooMany,
        FaultKind.NotFound => GmailError.NotFound,
        _ => GmailError.Unavailable,
    };
}
