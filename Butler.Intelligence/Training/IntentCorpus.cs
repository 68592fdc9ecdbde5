using System.Text;
using System.Text.Json;
using Butler.Intelligence.Text;
using Butler.Mail;

namespace Butler.Intelligence.Training;

/// <summary>The labelled records of <c>intent</c>: gaia's mails and cases, langchain's triage set.</summary>
internal static class IntentCorpus
{
    public static IEnumerable<LabelledMail> Read(string data)
    {
        foreach (var (name, bytes) in CorpusFolder.Read(data, "intent"))
        {
            if (!name.EndsWith(".jsonl", StringComparison.Ordinal))
            {
                continue;
            }

            var number = 0;
            foreach (var line in Encoding.UTF8.GetString(bytes).Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                if (Parse(name, $"{name}#{++number}", line) is { } mail)
                {
                    yield return mail;
                }
            }
        }
    }

    // A record of another form than known ones teaches and measures nothing.
    internal static LabelledMail? Parse(string file, string id, string line)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            return Read(file, id, json.RootElement);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return null;
        }
    }

    private static LabelledMail? Read(string file, string id, JsonElement record) => Path.GetFileName(file) switch
    {
        "vendor_corpus_seed.jsonl" => Vendor(id, record),
        "triage.jsonl" => Langchain(id, record),
        "phishing_fixture.jsonl" => Phishing(id, record),
        "drafting_ground_truth.jsonl" => Case(id, record.GetProperty("case").GetProperty("incoming"), true, 0.7f),
        "action_items_ground_truth.jsonl" => Case(id, record.GetProperty("case").GetProperty("email"),
            record.GetProperty("case").GetProperty("expected_action_items").GetArrayLength() > 0, 0.4f),
        "followups_ground_truth.jsonl" => FollowUp(id, record.GetProperty("case")),
        _ => null,
    };

    private static LabelledMail Vendor(string id, JsonElement r)
    {
        var category = Text(r, "category");
        var phishing = r.GetProperty("is_phishing").GetBoolean();
        var to = List(r, "to");
        var mail = Mail(Text(r, "sender"), Text(r, "subject"), Text(r, "body"), to, List(r, "cc"), [.. to.Take(1)]);
        return new LabelledMail(mail, "gaia", LabelledMail.SubjectGroup(mail.Subject, id))
        {
            Reply = category is "URGENT" or "NEEDS_RESPONSE" or "PERSONAL",
            IsReplyCore = true,
            Spam = category == "PROMOTIONAL" && phishing ? true : category == "PROMOTIONAL" ? null : false,
        };
    }

    private static LabelledMail Langchain(string id, JsonElement r)
    {
        var email = r.GetProperty("email");
        var to = Text(email, "to");
        var mail = Mail(Text(email, "author"), Text(email, "subject"), Text(email, "email_thread"), [to], [], [to]);
        return new LabelledMail(mail, "langchain", LabelledMail.SubjectGroup(mail.Subject, id))
        {
            Reply = r.GetProperty("label").GetString() == "respond",
            IsReplyCore = true,
            Spam = false,
        };
    }

    private static LabelledMail Phishing(string id, JsonElement r)
    {
        var mail = Mail(Text(r, "sender"), Text(r, "subject"), Text(r, "body"), ["owner@example.com"], [], ["owner@example.com"]);
        return new LabelledMail(mail, "gaia phishing", LabelledMail.SubjectGroup(mail.Subject, id))
        {
            Reply = false,
            ReplyWeight = 0.4f,
            Spam = r.GetProperty("is_phishing").GetBoolean(),
        };
    }

    private static LabelledMail Case(string id, JsonElement email, bool reply, float weight)
    {
        var mail = Mail(Text(email, "from"), Text(email, "subject"), Text(email, "body"), ["owner@example.com"], [], ["owner@example.com"]);
        return new LabelledMail(mail, "gaia cases", LabelledMail.SubjectGroup(mail.Subject, id)) { Reply = reply, ReplyWeight = weight, Spam = false };
    }

    /// <summary>The owner's own mail that waits for an answer is, for its receiver, a mail that needs one.</summary>
    private static LabelledMail? FollowUp(string id, JsonElement r)
    {
        var thread = r.GetProperty("thread");
        var last = thread[thread.GetArrayLength() - 1];
        if (Text(last, "direction") != "outbound")
        {
            return null;
        }

        var mail = Mail("Sam Owner <sam@acme.io>", Text(last, "subject"), Text(last, "body"), [Text(last, "to")], [], [Text(last, "to")]);
        return new LabelledMail(mail, "gaia cases", LabelledMail.SubjectGroup(mail.Subject, id))
        {
            Reply = r.GetProperty("awaits_reply").GetBoolean(),
            ReplyWeight = 0.7f,
            Spam = false,
        };
    }

    private static MailFeatures Mail(string from, string subject, string body, string[] to, string[] cc, string[] owners)
    {
        var sender = MailAddressParser.ParseOne(from) ?? new MailAddress(null, from);
        var text = MailText.FromPlain(body);
        return new MailFeatures
        {
            Subject = subject,
            NewText = text.NewText,
            QuotedText = text.QuotedText,
            From = new MailPerson(sender.Name ?? "", sender.Address ?? ""),
            To = [.. to.Select(Address)],
            Cc = [.. cc.Select(Address)],
            OwnerAddresses = [.. owners.Select(Address)],
            IsNoReply = SenderShape.Role(sender.Address ?? "") == SenderRole.NoReply,
        };
    }

    private static string Address(string text) => MailAddressParser.ParseOne(text)?.Address ?? text;

    private static string Text(JsonElement e, string name) =>
        e.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    private static string[] List(JsonElement e, string name) =>
        e.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Array
            ? [.. value.EnumerateArray().Select(v => v.GetString() ?? "")]
            : [];
}
