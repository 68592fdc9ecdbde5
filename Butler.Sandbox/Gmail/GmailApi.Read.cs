using System.Globalization;
using Butler.Sandbox.Mail;
using Butler.Sandbox.State;

namespace Butler.Sandbox.Gmail;

/// <summary>Profile, messages, attachments, threads.</summary>
internal sealed partial class GmailApi
{
    private static int Profile(SandboxAccount account, OutBuffer output)
    {
        var json = output.Json;
        json.WriteStartObject();
        json.WriteString("emailAddress"u8, account.Address);
        json.WriteNumber("messagesTotal"u8, account.Count);
        json.WriteNumber("threadsTotal"u8, account.CountThreads());
        MessageJson.WriteUInt64(json, "historyId"u8, account.HistoryId);
        json.WriteEndObject();
        return 200;
    }

    private int MessagesList(GmailCall call, SandboxAccount account, OutBuffer output)
    {
        var found = Find(call, account);
        if (found.Error is { } error)
        {
            return Fail(output, error);
        }

        var json = output.Json;
        json.WriteStartObject();
        // Absent when empty, which clients trip over.
        if (found.Page.Count > 0)
        {
            json.WriteStartArray("messages"u8);
            foreach (var mail in found.Page)
            {
                json.WriteStartObject();
                MessageJson.WriteIds(json, mail);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        WriteNext(json, found.Next, found.Page.Count);
        json.WriteEndObject();
        return 200;
    }

    private int ThreadsList(GmailCall call, SandboxAccount account, OutBuffer output)
    {
        var found = Find(call, account, threads: true);
        if (found.Error is { } error)
        {
            return Fail(output, error);
        }

        var json = output.Json;
        json.WriteStartObject();
        if (found.Page.Count > 0)
        {
            json.WriteStartArray("threads"u8);
            foreach (var mail in found.Page)
            {
                json.WriteStartObject();
                MessageJson.WriteId(json, "id"u8, mail.ThreadKey);
                json.WriteString("snippet"u8, mail.Content.Snippet);
                MessageJson.WriteUInt64(json, "historyId"u8, account.Thread(mail.ThreadKey).Max(m => m.HistoryId));
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        WriteNext(json, found.Next, found.Page.Count);
        json.WriteEndObject();
        return 200;
    }

    private int MessagesGet(GmailCall call, SandboxAccount account, OutBuffer output)
    {
        var format = (call.Query("format") ?? "full").ToLowerInvariant();
        if (!Ids.TryParse(call.Id, out var key))
        {
            return Fail(output, GmailError.Bad("Invalid id value"));
        }

        if (format is not ("full" or "metadata" or "minimal" or "raw"))
        {
            return Fail(output, GmailError.Bad("Invalid value at 'format'"));
        }

        if (account.Find(key) is not { } mail || (nasty.Vanishes(mail) && account.Delete(mail.Id)))
        {
            return Fail(output, GmailError.NotFound);
        }

        MessageJson.Write(output, mail, format, format == "metadata" ? call.QueryAll("metadataHeaders") : [], stats);
        return 200;
    }

    private static int AttachmentsGet(GmailCall call, SandboxAccount account, OutBuffer output)
    {
        if (!Ids.TryParse(call.Id, out var key) || MessageJson.PartIdOf(call.Id2) is not { } partId)
        {
            return Fail(output, GmailError.Bad("Invalid attachment token"));
        }

        if (account.Find(key) is not { } mail || MimePart.Read(mail.Raw()).Walk().FirstOrDefault(p => p.PartId == partId && p.IsAttachment) is not { } part)
        {
            return Fail(output, GmailError.NotFound);
        }

        var data = part.Decode();
        output.Json.WriteStartObject();
        output.Json.WriteNumber("size"u8, data.Length);
        output.WriteBase64UrlMember("data"u8, data);
        output.Json.WriteEndObject();
        return 200;
    }

    private int ThreadsGet(GmailCall call, SandboxAccount account, OutBuffer output)
    {
        var format = (call.Query("format") ?? "full").ToLowerInvariant();
        if (!Ids.TryParse(call.Id, out var key) || format is not ("full" or "metadata" or "minimal"))
        {
            return Fail(output, GmailError.Bad(format is "full" or "metadata" or "minimal" ? "Invalid id value" : "Invalid value at 'format'"));
        }

        var mails = account.Thread(key);
        if (mails.Count == 0)
        {
            return Fail(output, GmailError.NotFound);
        }

        var json = output.Json;
        var headers = call.QueryAll("metadataHeaders");
        json.WriteStartObject();
        MessageJson.WriteId(json, "id"u8, key);
        MessageJson.WriteUInt64(json, "historyId"u8, mails.Max(m => m.HistoryId));
        json.WriteStartArray("messages"u8);
        foreach (var mail in mails)
        {
            MessageJson.Write(output, mail, format, headers, stats);
        }

        json.WriteEndArray();
        json.WriteEndObject();
        return 200;
    }

    /// <summary>A page of a listing, by q, labels and token.</summary>
    private (List<SandboxMail> Page, string? Next, GmailError? Error) Find(GmailCall call, SandboxAccount account, bool threads = false, bool drafts = false)
    {
        if (PageSize(call) is not { } size)
        {
            return ([], null, GmailError.Bad("Invalid value at 'max_results'"));
        }

        var text = call.Query("q") ?? "";
        var labels = call.QueryAll("labelIds");
        var spamTrash = call.Flag("includeSpamTrash");
        var binding = Ids.Hash($"{text}\n{string.Join(',', labels)}\n{spamTrash}\n{threads}{drafts}");
        PageToken? token = null;
        if (call.Query("pageToken") is { Length: > 0 } given)
        {
            token = PageToken.Parse(given);
            if (token is null || token.Value.Query != binding || nasty.IsTokenExpired(account.Hash ^ token.Value.Number))
            {
                return ([], null, GmailError.Bad("Invalid pageToken"));
            }
        }

        var query = SearchQuery.Parse(text, account.UserLabels);
        spamTrash |= query.NamesSpamTrash || labels.Contains("SPAM") || labels.Contains("TRASH");
        var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        var seenThreads = threads ? new HashSet<ulong>() : null;
        bool Match(SandboxMail m) =>
            (spamTrash || (!m.Has("SPAM") && !m.Has("TRASH")))
            && (!drafts || m.Has("DRAFT"))
            && labels.TrueForAll(m.Has)
            && query.Matches(m)
            && (text.Length == 0 || nasty.IsSearchable(m, now))
            && (seenThreads is null || seenThreads.Add(m.ThreadKey));

        // Threads are counted by number: a thread's newest match may already have been on an earlier page.
        var byNumber = threads || nasty.PageShift;
        var (page, more) = token is { } t
            ? account.List(Match, query.Before, byNumber ? null : (t.Date, t.Key), byNumber ? t.Seen : 0, size)
            : account.List(Match, query.Before, null, 0, size);
        string? next = null;
        if (more)
        {
            next = new PageToken(page[^1].InternalDate, page[^1].Key, (token?.Seen ?? 0) + page.Count, Interlocked.Increment(ref _tokens), binding).Text();
        }

        nasty.Disorder(page, static m => m.Key);
        return (page, next, null);
    }

    private int? PageSize(GmailCall call) => call.Query("maxResults") is not { } text ? Math.Min(100, nasty.MaxPage)
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? Math.Min(n == 0 ? 100 : n, nasty.MaxPage) : null;

    private static void WriteNext(System.Text.Json.Utf8JsonWriter json, string? next, int count)
    {
        if (next is not null)
        {
            json.WriteString("nextPageToken"u8, next);
        }

        // Only an estimate, and Gmail's is often this far off.
        json.WriteNumber("resultSizeEstimate"u8, next is null ? count : count + 1);
    }
}
