using System.Text.Json;
using System.Text.Json.Serialization;

namespace Butler.Intelligence;

/// <summary>
/// When a mail bears an owner's tag, decided without a model. Entries of one field are alternatives; <see cref="Match"/> says whether every
/// field that has entries must fit, or one.
/// </summary>
public sealed record TagRule
{
    /// <summary>At most so many entries in a field.</summary>
    public const int MaxEntries = 20;

    /// <summary>The longest entry in characters.</summary>
    public const int MaxEntry = 100;

    /// <summary>A rule that fits no mail: the tag is the chat model's to give.</summary>
    public static TagRule None { get; } = new();

    /// <summary><c>all</c> or <c>any</c>.</summary>
    public string Match { get; init => field = value ?? "all"; } = "all";

    /// <summary>Senders: addresses, or domains with all that is under them.</summary>
    public IReadOnlyList<string> From { get; init => field = value ?? []; } = [];

    /// <summary>The same of those in To and Cc.</summary>
    public IReadOnlyList<string> To { get; init => field = value ?? []; } = [];

    /// <summary>Words or phrases in the subject.</summary>
    public IReadOnlyList<string> Subject { get; init => field = value ?? []; } = [];

    /// <summary>Words or phrases in the subject or the new text.</summary>
    public IReadOnlyList<string> Words { get; init => field = value ?? []; } = [];

    /// <summary>Mailing lists by their List-Id (RFC 2919), such as <c>dev.example.org</c>.</summary>
    public IReadOnlyList<string> List { get; init => field = value ?? []; } = [];

    /// <summary>Whether it can fit a mail at all.</summary>
    [JsonIgnore]
    public bool IsEmpty => From.Count + To.Count + Subject.Count + Words.Count + List.Count == 0;

    /// <summary>As it is stored.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, TagRuleJson.Default.TagRule);

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    public static TagRule Parse(string json) => JsonSerializer.Deserialize(json, TagRuleJson.Default.TagRule) ?? None;

    /// <summary>Never prints somebody's words.</summary>
    public override string ToString() => "rule";

    /// <summary>
    /// The rule with its entries in one form (trimmed, lower case, white space one blank, none twice), or the field that is wrong with what
    /// is allowed.
    /// </summary>
    public (TagRule? Rule, string Field, string Allowed) Normalized()
    {
        if (Match is not ("all" or "any"))
        {
            return (null, "match", "all or any");
        }

        var rule = this;
        foreach (var (field, entries, check) in ((string, IReadOnlyList<string>?, Func<string, bool>)[])
            [("from", From, IsAddress), ("to", To, IsAddress), ("subject", Subject, IsPhrase), ("words", Words, IsPhrase), ("list", List, IsListId)])
        {
            var clean = (entries ?? []).Select(e => TagText.Fold(e ?? "").Trim()).Where(e => e.Length > 0).Select(e => field is "list" ? e.Trim('<', '>') : field is "from" or "to" ? e.TrimStart('@') : e).Distinct().ToList();
            if (clean.Count > MaxEntries || clean.Exists(e => e.Length > MaxEntry || !check(e)))
            {
                return (null, field, $"at most {MaxEntries} entries of up to {MaxEntry} characters, " + field switch
                {
                    "from" or "to" => "addresses (anna@example.org) or domains (example.org)",
                    "list" => "List-Ids such as dev.example.org",
                    _ => "words or phrases",
                });
            }

            rule = field switch
            {
                "from" => rule with { From = clean },
                "to" => rule with { To = clean },
                "subject" => rule with { Subject = clean },
                "words" => rule with { Words = clean },
                _ => rule with { List = clean },
            };
        }

        return (rule, "", "");
    }

    private static bool IsAddress(string entry)
    {
        var domain = entry[(entry.LastIndexOf('@') + 1)..];
        return domain.Contains('.') && !domain.StartsWith('.') && !domain.EndsWith('.') && !entry.Any(c => char.IsWhiteSpace(c) || char.IsControl(c) || c is '<' or '>' or '*' or ',');
    }

    private static bool IsPhrase(string entry) => entry.Any(char.IsLetterOrDigit) && !entry.Any(char.IsControl);

    private static bool IsListId(string entry) => entry.Length > 1 && !entry.Any(c => char.IsWhiteSpace(c) || char.IsControl(c));
}

/// <summary>Source-generated JSON of rules.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(TagRule))]
internal sealed partial class TagRuleJson : JsonSerializerContext;
