using System.Globalization;
using Butler.Sandbox.State;

namespace Butler.Sandbox.Gmail;

/// <summary>
/// The part of Gmail's search language that mail clients use: after: before: newer: older: rfc822msgid: in: label: is:
/// from: to: subject: has:attachment is not, words, quotes and a minus for "not". All terms must hold.
/// </summary>
internal sealed class SearchQuery
{
    private readonly List<Predicate<SandboxMail>> _terms = [];

    private SearchQuery()
    {
    }

    /// <summary>Exclusive upper bound in milliseconds, to start the listing at.</summary>
    public long? Before { get; private set; }

    /// <summary>Inclusive lower bound in milliseconds.</summary>
    public long? After { get; private set; }

    /// <summary>The query itself names spam, trash or anywhere.</summary>
    public bool NamesSpamTrash { get; private set; }

    public bool Matches(SandboxMail mail)
    {
        if (mail.InternalDate < After || mail.InternalDate >= Before)
        {
            return false;
        }

        foreach (var term in _terms)
        {
            if (!term(mail))
            {
                return false;
            }
        }

        return true;
    }

    public static SearchQuery Parse(string text, IReadOnlyDictionary<string, string> userLabels)
    {
        var query = new SearchQuery();
        foreach (var token in Tokens(text))
        {
            var not = token.Length > 1 && token[0] == '-';
            var term = not ? token[1..] : token;
            var colon = term.IndexOf(':', StringComparison.Ordinal);
            var key = colon > 0 ? term[..colon].ToLowerInvariant() : "";
            var value = colon > 0 ? term[(colon + 1)..].Trim('"') : term.Trim('"');
            if (!not && key is "after" or "newer" && Date(value) is { } after)
            {
                query.After = Math.Max(query.After ?? 0, after);
            }
            else if (!not && key is "before" or "older" && Date(value) is { } before)
            {
                query.Before = Math.Min(query.Before ?? long.MaxValue, before);
            }
            else
            {
                query.NamesSpamTrash |= !not && key is "in" or "label" && value.ToUpperInvariant() is "SPAM" or "TRASH" or "ANYWHERE";
                var found = Term(key, value, term, userLabels);
                query._terms.Add(not ? m => !found(m) : found);
            }
        }

        return query;
    }

    private static Predicate<SandboxMail> Term(string key, string value, string term, IReadOnlyDictionary<string, string> userLabels)
    {
        switch (key)
        {
            case "rfc822msgid":
                var id = value.Trim('<', '>', ' ');
                return m => m.MessageId == id;
            case "from":
                return m => Contains(m.Content.From, value);
            case "to" or "cc" or "deliveredto":
                return m => Contains(m.Content.To, value) || Contains(m.Content.DeliveredTo, value);
            case "subject":
                return m => Contains(m.Content.Subject, value);
            case "in" or "label" or "is" or "category":
                return Label(key, value, userLabels);
            default:
                var word = term.Trim('"');
                return m => Contains(m.Content.Subject, word) || Contains(m.Content.From, word) || Contains(m.Content.To, word) || Contains(m.Content.Snippet, word);
        }
    }

    private static Predicate<SandboxMail> Label(string key, string value, IReadOnlyDictionary<string, string> userLabels)
    {
        var name = value.ToUpperInvariant();
        switch (name)
        {
            case "ANYWHERE":
                return static _ => true;
            case "READ" when key == "is":
                return static m => !m.Has("UNREAD");
            case "ARCHIVE":
                return static m => !m.Has("INBOX") && !m.Has("SENT") && !m.Has("DRAFT") && !m.Has("SPAM") && !m.Has("TRASH") && !m.Has("CHAT");
        }

        var label = key == "category" ? "CATEGORY_" + name : name switch
        {
            "DRAFTS" => "DRAFT",
            "CHATS" => "CHAT",
            "BIN" => "TRASH",
            _ => name,
        };
        if (!Labels.System.Contains(label))
        {
            // A user label is named with dashes for spaces and slashes (search help).
            label = userLabels.FirstOrDefault(l => Same(l.Value, value)).Key ?? label;
        }

        return m => m.Has(label);
    }

    private static bool Same(string name, string asked) =>
        name.Equals(asked, StringComparison.OrdinalIgnoreCase)
        || name.Replace(' ', '-').Replace('/', '-').Equals(asked.Replace('/', '-'), StringComparison.OrdinalIgnoreCase);

    private static bool Contains(string? text, string value) =>
        text is not null && text.Contains(value, StringComparison.OrdinalIgnoreCase);

    /// <summary>Epoch seconds, or a day, which begins at midnight Pacific time.</summary>
    private static long? Date(string value)
    {
        if (value.Length > 4 && long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds < 253_402_300_799)
        {
            return seconds * 1000;
        }

        if (!DateTime.TryParseExact(value, ["yyyy/M/d", "yyyy-M-d"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var day))
        {
            return null;
        }

        var offset = Pacific?.GetUtcOffset(day) ?? TimeSpan.FromHours(-8);
        return new DateTimeOffset(day, offset).ToUnixTimeMilliseconds();
    }

    private static IEnumerable<string> Tokens(string text)
    {
        var start = -1;
        var quoted = false;
        for (var i = 0; i <= text.Length; i++)
        {
            if (i == text.Length || (!quoted && char.IsWhiteSpace(text[i])))
            {
                if (start >= 0)
                {
                    yield return text[start..i];
                }

                start = -1;
            }
            else
            {
                start = start < 0 ? i : start;
                quoted ^= text[i] == '"';
            }
        }
    }

    private static readonly TimeZoneInfo? Pacific = TimeZoneInfo.TryFindSystemTimeZoneById("America/Los_Angeles", out var zone) ? zone : null;
}
