using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Google.Apis.Gmail.v1;
using Google.Apis.Gmail.v1.Data;
using Google.Apis.Util;

namespace Butler.Mailboxes.Gmail;

/// <summary>A Gmail account. Listing counts as bulk, everything else but a fetch as live traffic.</summary>
internal sealed class GmailMailbox(GmailClient client, MailboxAccount account) : IMailbox
{
    private const string Me = "me";

    // An account with more drafts than this keeps them for another purpose than answering mail.
    private const int MaxDraftPages = 20;

    private UsersResource Users => client.Service.Users;

    public async Task<MailboxProfile> GetProfileAsync(CancellationToken cancellationToken)
    {
        // A profile that is not found is an account that is not there.
        var call = new GmailCall(GmailEndpoint.GetProfile, NotFound: MailboxFault.AccountGone);
        var profile = await client.CallAsync(account, Users.GetProfile(Me), call, MailLane.Live, cancellationToken);
        return new(profile.EmailAddress ?? "", profile.MessagesTotal ?? 0, profile.HistoryId ?? throw Unreadable(call.Endpoint));
    }

    public async Task<MailPage> ListAsync(MailQuery query, string? pageToken, CancellationToken cancellationToken)
    {
        var request = Users.Messages.List(Me);
        request.Q = query.Search ? GmailQuery.Build(query) : null;
        request.IncludeSpamTrash = query.IncludeSpamTrash;
        request.MaxResults = Math.Clamp(query.PageSize, 1, 500);
        request.LabelIds = query.Label is { } label ? new Repeatable<string>([label]) : null;
        request.PageToken = pageToken;
        request.PrettyPrint = false;
        var call = new GmailCall(GmailEndpoint.MessagesList, Paged: pageToken is not null);
        var page = await client.CallAsync(account, request, call, MailLane.Bulk, cancellationToken);
        // "messages" is absent when the page is empty, which does not mean that it is the last.
        List<MailId> mails = new(page.Messages?.Count ?? 0);
        foreach (var mail in page.Messages ?? [])
        {
            mails.Add(new(mail.Id, mail.ThreadId ?? ""));
        }

        return new(mails, NullIfEmpty(page.NextPageToken));
    }

    public Task<FetchBatch> FetchAsync(IReadOnlyList<string> ids, FetchOptions options, CancellationToken cancellationToken) =>
        new BatchFetch(client, account, ids, options).RunAsync(cancellationToken);

    public async Task<IReadOnlyList<ThreadMail>> GetThreadAsync(string threadId, CancellationToken cancellationToken)
    {
        var request = Users.Threads.Get(Me, threadId);
        request.Format = UsersResource.ThreadsResource.GetRequest.FormatEnum.Metadata;
        request.MetadataHeaders = new Repeatable<string>(["Message-ID", "From"]);
        request.PrettyPrint = false;
        var thread = await client.CallAsync(account, request, new(GmailEndpoint.ThreadsGet), MailLane.Live, cancellationToken);
        return [.. (thread.Messages ?? []).OrderBy(m => m.InternalDate ?? 0).Select(Mail)];
    }

    public async Task<HistoryPage> GetHistoryAsync(ulong startHistoryId, string? pageToken, CancellationToken cancellationToken)
    {
        var request = Users.History.List(Me);
        request.StartHistoryId = startHistoryId;
        request.HistoryTypesList = new Repeatable<UsersResource.HistoryResource.ListRequest.HistoryTypesEnum>(
            Enum.GetValues<UsersResource.HistoryResource.ListRequest.HistoryTypesEnum>());
        request.MaxResults = 500;
        request.PageToken = pageToken;
        request.PrettyPrint = false;
        var call = new GmailCall(GmailEndpoint.HistoryList, NotFound: MailboxFault.HistoryExpired, Paged: pageToken is not null);
        var page = await client.CallAsync(account, request, call, MailLane.Live, cancellationToken);
        List<HistoryRecord> records = [];
        foreach (var change in page.History ?? [])
        {
            var id = change.Id ?? throw Unreadable(call.Endpoint);
            Add(records, id, HistoryKind.Added, change.MessagesAdded?.Select(m => ((Message?)m.Message, m.Message?.LabelIds)));
            Add(records, id, HistoryKind.Deleted, change.MessagesDeleted?.Select(m => ((Message?)m.Message, m.Message?.LabelIds)));
            Add(records, id, HistoryKind.LabelsAdded, change.LabelsAdded?.Select(l => ((Message?)l.Message, (IList<string>?)l.LabelIds)));
            Add(records, id, HistoryKind.LabelsRemoved, change.LabelsRemoved?.Select(l => ((Message?)l.Message, (IList<string>?)l.LabelIds)));
        }

        return new(records, NullIfEmpty(page.NextPageToken), page.HistoryId ?? throw Unreadable(call.Endpoint));
    }

    public async Task<DraftRef> CreateDraftAsync(ReadOnlyMemory<byte> raw, string threadId, CancellationToken cancellationToken)
    {
        var call = new GmailCall(GmailEndpoint.DraftsCreate, Write: true);
        var draft = await client.CallAsync(account, Users.Drafts.Create(Body(raw, threadId), Me), call, MailLane.Live, cancellationToken);
        return Ref(draft, call);
    }

    public async Task<DraftContent?> GetDraftAsync(string draftId, CancellationToken cancellationToken)
    {
        var request = Users.Drafts.Get(Me, draftId);
        request.Format = UsersResource.DraftsResource.GetRequest.FormatEnum.Raw;
        request.PrettyPrint = false;
        var call = new GmailCall(GmailEndpoint.DraftsGet);
        Draft draft;
        try
        {
            draft = await client.CallAsync(account, request, call, MailLane.Live, cancellationToken);
        }
        catch (MailboxException e) when (e.Fault == MailboxFault.NotFound)
        {
            return null;
        }

        try
        {
            return new(Ref(draft, call), Base64Url.DecodeFromChars(draft.Message?.Raw ?? throw Unreadable(call.Endpoint)));
        }
        catch (FormatException)
        {
            throw Unreadable(call.Endpoint);
        }
    }

    public async Task<DraftRef> UpdateDraftAsync(string draftId, ReadOnlyMemory<byte> raw, string threadId, CancellationToken cancellationToken)
    {
        var call = new GmailCall(GmailEndpoint.DraftsUpdate, Write: true);
        var draft = await client.CallAsync(account, Users.Drafts.Update(Body(raw, threadId), Me, draftId), call, MailLane.Live, cancellationToken);
        return Ref(draft, call);
    }

    public async Task<IReadOnlyList<DraftRef>> ListDraftsAsync(string threadId, CancellationToken cancellationToken)
    {
        List<DraftRef> found = [];
        string? pageToken = null;
        for (var page = 0; page < MaxDraftPages; page++)
        {
            var request = Users.Drafts.List(Me);
            request.MaxResults = 500;
            request.PageToken = pageToken;
            request.PrettyPrint = false;
            var call = new GmailCall(GmailEndpoint.DraftsList, Paged: pageToken is not null);
            var answer = await client.CallAsync(account, request, call, MailLane.Live, cancellationToken);
            found.AddRange((answer.Drafts ?? []).Where(d => d.Message?.ThreadId == threadId).Select(d => Ref(d, call)));
            pageToken = NullIfEmpty(answer.NextPageToken);
            if (pageToken is null)
            {
                return found;
            }
        }

        throw new MailboxException(MailboxFault.BadRequest, $"The account has more than {MaxDraftPages * 500} drafts");
    }

    public async Task<MailboxWatch> WatchAsync(string topic, CancellationToken cancellationToken)
    {
        var call = new GmailCall(GmailEndpoint.Watch);
        var watch = await client.CallAsync(account, Users.Watch(new WatchRequest { TopicName = topic }, Me), call, MailLane.Live, cancellationToken);
        return watch is { HistoryId: { } history, Expiration: { } expiration }
            ? new(history, DateTimeOffset.FromUnixTimeMilliseconds(expiration))
            : throw Unreadable(call.Endpoint);
    }

    public Task StopWatchAsync(CancellationToken cancellationToken) =>
        client.CallAsync(account, Users.Stop(Me), new(GmailEndpoint.Stop), MailLane.Live, cancellationToken);

    public async Task<IReadOnlyList<string>?> GetLabelsAsync(string messageId, CancellationToken cancellationToken)
    {
        var request = Users.Messages.Get(Me, messageId);
        request.Format = UsersResource.MessagesResource.GetRequest.FormatEnum.Minimal;
        request.PrettyPrint = false;
        try
        {
            var message = await client.CallAsync(account, request, new(GmailEndpoint.MessagesGet), MailLane.Bulk, cancellationToken);
            return [.. message.LabelIds ?? []];
        }
        catch (MailboxException e) when (e.Fault == MailboxFault.NotFound)
        {
            return null;
        }
    }

    public async Task<IReadOnlyList<string>> ListLabelsAsync(CancellationToken cancellationToken)
    {
        var request = Users.Labels.List(Me);
        request.PrettyPrint = false;
        var answer = await client.CallAsync(account, request, new(GmailEndpoint.LabelsList), MailLane.Bulk, cancellationToken);
        return [.. (answer.Labels ?? []).Select(l => l.Id).Where(id => !string.IsNullOrEmpty(id))];
    }

    private static Draft Body(ReadOnlyMemory<byte> raw, string threadId) => new()
    {
        Message = new Message { Raw = Base64Url.EncodeToString(raw.Span), ThreadId = NullIfEmpty(threadId) },
    };

    // After a write an answer without ids leaves open what was done.
    private static DraftRef Ref(Draft draft, GmailCall call) => draft is { Id: { Length: > 0 } id, Message.Id: { Length: > 0 } messageId }
        ? new(id, messageId, draft.Message.ThreadId ?? "")
        : throw new MailboxException(MailboxFault.Unavailable, $"Gmail's answer to {call.Endpoint.Name} has no ids") { OutcomeUnknown = call.Write };

    private static ThreadMail Mail(Message message)
    {
        string? Header(string name) => message.Payload?.Headers?.FirstOrDefault(h => string.Equals(h.Name, name, StringComparison.OrdinalIgnoreCase))?.Value;
        return new(message.Id, [.. message.LabelIds ?? []], DateTimeOffset.FromUnixTimeMilliseconds(message.InternalDate ?? 0), Header("Message-ID"), Header("From"));
    }

    private static void Add(List<HistoryRecord> records, ulong id, HistoryKind kind, IEnumerable<(Message? Message, IList<string>? Labels)>? changes)
    {
        foreach (var (message, labels) in changes ?? [])
        {
            if (message?.Id is { Length: > 0 } messageId)
            {
                records.Add(new(id, kind, messageId, message.ThreadId ?? "", [.. labels ?? []]));
            }
        }
    }

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;

    private static MailboxException Unreadable(GmailEndpoint endpoint) => new(MailboxFault.Unavailable, $"Gmail's answer to {endpoint.Name} could not be read");
}

/// <summary>The search that a listing sends.</summary>
internal static class GmailQuery
{
    /// <summary>
    /// Bounds in epoch seconds (dates would be read as midnight in Pacific time). Gmail does not say whether after: includes
    /// its own second, so one more is asked for: a mail listed twice is known, a mail not listed would be lost.
    /// </summary>
    public static string Build(MailQuery query)
    {
        var text = new StringBuilder();
        if (query.After is { } after)
        {
            text.Append(CultureInfo.InvariantCulture, $"after:{Math.Max(0, after.ToUnixTimeSeconds() - 1)} ");
        }

        if (query.Before is { } before)
        {
            var seconds = before.ToUnixTimeSeconds();
            text.Append(CultureInfo.InvariantCulture, $"before:{(before.Ticks % TimeSpan.TicksPerSecond == 0 ? seconds : seconds + 1)} ");
        }

        return text.Append("-in:chats -in:drafts").ToString();
    }
}
