using System.Globalization;
using System.Text.Json;
using Butler.Sandbox.State;

namespace Butler.Sandbox.Gmail;

/// <summary>History, labels, watch.</summary>
internal sealed partial class GmailApi
{
    private int HistoryList(GmailCall call, SandboxAccount account, OutBuffer output)
    {
        if (!ulong.TryParse(call.Query("startHistoryId"), NumberStyles.None, CultureInfo.InvariantCulture, out var start))
        {
            return Fail(output, GmailError.Bad("Missing or invalid startHistoryId"));
        }

        if (PageSize(call) is not { } size)
        {
            return Fail(output, GmailError.Bad("Invalid value at 'max_results'"));
        }

        var types = call.QueryAll("historyTypes");
        var label = call.Query("labelId");
        var binding = Ids.Hash($"history\n{start}\n{string.Join(',', types)}\n{label}");
        var after = start;
        if (call.Query("pageToken") is { Length: > 0 } given)
        {
            if (PageToken.Parse(given) is not { } token || token.Query != binding || nasty.IsTokenExpired(account.Hash ^ token.Number))
            {
                return Fail(output, GmailError.Bad("Invalid pageToken"));
            }

            after = token.Key;
        }

        if (nasty.IsHistoryForgotten(account.Hash, Interlocked.Increment(ref _histories)))
        {
            account.ExpireHistory();
        }

        if (account.HistorySince(start) is not { } since)
        {
            return Fail(output, GmailError.NotFound);
        }

        var matching = since.Entries.FindAll(h => h.Id > after && (types.Count == 0 || types.Contains(h.Type))
            && (label is null || h.MessageLabels.Contains(label) || h.Changed.Contains(label)));
        var page = matching.GetRange(0, Math.Min(size, matching.Count));
        var more = matching.Count > page.Count;
        var last = page.Count > 0 ? page[^1].Id : 0;
        nasty.Disorder(page, static h => h.Id);

        var json = output.Json;
        json.WriteStartObject();
        if (page.Count > 0)
        {
            json.WriteStartArray("history"u8);
            foreach (var entry in page)
            {
                WriteHistory(json, entry);
            }

            json.WriteEndArray();
        }

        if (more)
        {
            json.WriteString("nextPageToken"u8, new PageToken(0, last, 0, Interlocked.Increment(ref _tokens), binding).Text());
        }

        MessageJson.WriteUInt64(json, "historyId"u8, since.Current);
        json.WriteEndObject();
        return 200;
    }

    private static void WriteHistory(Utf8JsonWriter json, HistoryEntry entry)
    {
        json.WriteStartObject();
        MessageJson.WriteUInt64(json, "id"u8, entry.Id);
        json.WriteStartArray("messages"u8);
        json.WriteStartObject();
        MessageJson.WriteId(json, "id"u8, entry.MessageKey);
        MessageJson.WriteId(json, "threadId"u8, entry.ThreadKey);
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteStartArray(entry.Type switch
        {
            HistoryType.Added => "messagesAdded"u8,
            HistoryType.Deleted => "messagesDeleted"u8,
            HistoryType.LabelsAdded => "labelsAdded"u8,
            _ => "labelsRemoved"u8,
        });
        json.WriteStartObject();
        json.WriteStartObject("message"u8);
        MessageJson.WriteId(json, "id"u8, entry.MessageKey);
        MessageJson.WriteId(json, "threadId"u8, entry.ThreadKey);
        MessageJson.WriteLabels(json, entry.MessageLabels);
        json.WriteEndObject();
        MessageJson.WriteLabels(json, entry.Changed);
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static int MessagesModify(GmailCall call, SandboxAccount account, OutBuffer output)
    {
        if (!Ids.TryParse(call.Id, out var key))
        {
            return Fail(output, GmailError.Bad("Invalid id value"));
        }

        if (Bodies.Labels(call.Body, account) is not { } change)
        {
            return Fail(output, GmailError.Bad("Invalid label"));
        }

        return WriteChanged(account.ChangeLabels(key, change.Add, change.Remove), output);
    }

    private static int MessagesBatchModify(GmailCall call, SandboxAccount account, OutBuffer output)
    {
        if (Bodies.Labels(call.Body, account) is not { Ids.Count: > 0 and <= 1000 } change)
        {
            return Fail(output, GmailError.Bad("Invalid label or no ids"));
        }

        foreach (var id in change.Ids)
        {
            if (Ids.TryParse(id, out var key))
            {
                account.ChangeLabels(key, change.Add, change.Remove);
            }
        }

        return 204;
    }

    private static int Trash(GmailCall call, SandboxAccount account, OutBuffer output, string[] add, string[] remove) =>
        WriteChanged(Ids.TryParse(call.Id, out var key) ? account.ChangeLabels(key, add, remove) : null, output);

    private static int WriteChanged(SandboxMail? mail, OutBuffer output)
    {
        if (mail is null)
        {
            return Fail(output, GmailError.NotFound);
        }

        output.Json.WriteStartObject();
        MessageJson.WriteIds(output.Json, mail);
        MessageJson.WriteLabels(output.Json, mail.Labels);
        output.Json.WriteEndObject();
        return 200;
    }

    private static int LabelsList(SandboxAccount account, OutBuffer output)
    {
        var json = output.Json;
        json.WriteStartObject();
        json.WriteStartArray("labels"u8);
        foreach (var label in Labels.System)
        {
            WriteLabel(json, label, label, "system", null);
        }

        foreach (var (id, name) in account.UserLabels)
        {
            WriteLabel(json, id, name, "user", null);
        }

        json.WriteEndArray();
        json.WriteEndObject();
        return 200;
    }

    private static int LabelsGet(GmailCall call, SandboxAccount account, OutBuffer output)
    {
        var system = Labels.System.Contains(call.Id);
        if (!system && !account.UserLabels.ContainsKey(call.Id))
        {
            return Fail(output, GmailError.NotFound);
        }

        WriteLabel(output.Json, call.Id, system ? call.Id : account.UserLabels[call.Id], system ? "system" : "user", account.CountLabel(call.Id));
        return 200;
    }

    private static int LabelsCreate(GmailCall call, SandboxAccount account, OutBuffer output)
    {
        var name = Bodies.Text(call.Body, "name")?.Trim();
        if (string.IsNullOrEmpty(name) || name.Length > 225 || Labels.System.Contains(name.ToUpperInvariant()))
        {
            return Fail(output, GmailError.Bad("Invalid label name"));
        }

        if (account.CreateLabel(name) is not { } id)
        {
            return Fail(output, new GmailError(409, "aborted", "Label name exists or conflicts", "ABORTED"));
        }

        WriteLabel(output.Json, id, name, "user", null);
        return 200;
    }

    private static void WriteLabel(Utf8JsonWriter json, string id, string name, string type, (int Messages, int Unread, int Threads, int ThreadsUnread)? counts)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, id);
        json.WriteString("name"u8, name);
        json.WriteString("messageListVisibility"u8, "show"u8);
        json.WriteString("labelListVisibility"u8, "labelShow"u8);
        json.WriteString("type"u8, type);
        if (counts is { } c)
        {
            json.WriteNumber("messagesTotal"u8, c.Messages);
            json.WriteNumber("messagesUnread"u8, c.Unread);
            json.WriteNumber("threadsTotal"u8, c.Threads);
            json.WriteNumber("threadsUnread"u8, c.ThreadsUnread);
        }

        json.WriteEndObject();
    }

    private static int StartWatch(GmailCall call, SandboxAccount account, OutBuffer output)
    {
        var topic = Bodies.Text(call.Body, "topicName") ?? "";
        if (topic.Split('/') is not ["projects", { Length: > 0 }, "topics", { Length: > 0 }])
        {
            return Fail(output, GmailError.Bad("Invalid topicName does not match projects/*/topics/*"));
        }

        var watch = account.StartWatch(topic);
        output.Json.WriteStartObject();
        MessageJson.WriteUInt64(output.Json, "historyId"u8, account.HistoryId);
        MessageJson.WriteInt64(output.Json, "expiration"u8, watch.Expiration);
        output.Json.WriteEndObject();
        return 200;
    }

    private static int StopWatch(SandboxAccount account)
    {
        account.StopWatch();
        return 204;
    }
}
