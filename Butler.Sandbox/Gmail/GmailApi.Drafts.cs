using Butler.Sandbox.Quota;
using Butler.Sandbox.State;

namespace Butler.Sandbox.Gmail;

/// <summary>Drafts.</summary>
internal sealed partial class GmailApi
{
    private int DraftsList(GmailCall call, SandboxAccount account, OutBuffer output)
    {
        var found = Find(call, account, drafts: true);
        if (found.Error is { } error)
        {
            return Fail(output, error);
        }

        var ids = account.Drafts.ToDictionary(d => d.Mail.Key, d => d.Id);
        var json = output.Json;
        json.WriteStartObject();
        if (found.Page.Count > 0)
        {
            json.WriteStartArray("drafts"u8);
            foreach (var mail in found.Page.Where(m => ids.ContainsKey(m.Key)))
            {
                json.WriteStartObject();
                json.WriteString("id"u8, ids[mail.Key]);
                json.WriteStartObject("message"u8);
                MessageJson.WriteIds(json, mail);
                json.WriteEndObject();
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        WriteNext(json, found.Next, found.Page.Count);
        json.WriteEndObject();
        return 200;
    }

    private int DraftsGet(GmailCall call, SandboxAccount account, OutBuffer output)
    {
        var format = (call.Query("format") ?? "full").ToLowerInvariant();
        if (format is not ("full" or "metadata" or "minimal" or "raw"))
        {
            return Fail(output, GmailError.Bad("Invalid value at 'format'"));
        }

        if (account.FindDraft(call.Id) is not { } draft)
        {
            return Fail(output, GmailError.NotFound);
        }

        output.Json.WriteStartObject();
        output.Json.WriteString("id"u8, draft.Id);
        output.Json.WritePropertyName("message"u8);
        MessageJson.Write(output, draft.Mail, format, [], stats);
        output.Json.WriteEndObject();
        return 200;
    }

    private int DraftsSave(GmailCall call, SandboxAccount account, OutBuffer output)
    {
        var (raw, threadId, error) = Bodies.Draft(call.Body);
        if (error is not null)
        {
            return Fail(output, error);
        }

        if (threadId is not null && (!Ids.TryParse(threadId, out var thread) || account.Thread(thread).Count == 0))
        {
            return Fail(output, GmailError.NotFound);
        }

        var draft = call.Method == Methods.DraftsCreate
            ? account.CreateDraft(raw, threadId, "api")
            : account.UpdateDraft(call.Id, raw, threadId, "api");
        if (draft is null)
        {
            return Fail(output, GmailError.NotFound);
        }

        var json = output.Json;
        json.WriteStartObject();
        json.WriteString("id"u8, draft.Id);
        json.WriteStartObject("message"u8);
        MessageJson.WriteIds(json, draft.Mail);
        MessageJson.WriteLabels(json, draft.Mail.Labels);
        json.WriteEndObject();
        json.WriteEndObject();
        if (call.Method == Methods.DraftsCreate && nasty.IsSavedAgain(draft.Mail.Key))
        {
            // An open compose window saves by itself: the ids just answered are already gone.
            account.UpdateDraft(draft.Id, raw, by: "owner");
        }

        return 200;
    }
}
