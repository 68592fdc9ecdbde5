using System.Globalization;
using System.Text.RegularExpressions;

namespace Butler.Sandbox.Models;

/// <summary>
/// What the sandbox's "model" makes of a mail: phrases, counted. Enough to drive what asks it; nothing about quality can be learned from it.
/// </summary>
internal sealed partial class Reading
{
    private static readonly string[] Asks =
    [
        "could you", "can you", "would you", "will you", "please reply", "please let", "please confirm", "please send", "let me know", "get back to me", "what do you think", "are you able",
        "do you have", "shall we", "when would", "könntest du", "könnten sie", "bitte um", "pourriez-vous", "peux-tu",
    ];

    private static readonly string[] Spams =
    [
        "viagra", "lottery", "you have won", "you won", "claim your prize", "act now", "100% free", "risk free", "make money fast", "work from home", "weight loss", "casino", "cheap meds",
        "nigeria", "inheritance", "click here now", "limited time offer", "replica watches", "hot singles", "double your",
    ];

    private static readonly string[] Informs = ["unsubscribe", "newsletter", "receipt", "invoice", "shipped", "delivered", "your order", "no-reply", "noreply", "do not reply", "list-id", "statement", "notification", "digest"];

    private static readonly (string Tag, string[] Words)[] Topics =
    [
        ("finance", ["invoice", "payment", "bank", "account statement", "transfer"]),
        ("receipt", ["receipt", "order total", "thank you for your purchase"]),
        ("travel", ["flight", "hotel", "booking", "itinerary"]),
        ("shipping", ["shipped", "tracking", "delivery", "parcel"]),
        ("calendar", ["meeting", "calendar", "invitation", "appointment"]),
        ("newsletter", ["newsletter", "unsubscribe"]),
        ("security", ["password", "sign-in", "security alert", "verification code"]),
        ("social", ["friend request", "mentioned you", "followed you"]),
        ("work", ["project", "deadline", "report", "colleague", "client"]),
        ("personal", ["dear", "love", "family", "birthday"]),
    ];

    private readonly string _text;
    private readonly string _lower;

    public Reading(string mail)
    {
        _text = mail;
        _lower = mail.ToLowerInvariant();
        (Ask, Spam, Inform) = (Count(Asks) + (_text.Contains('?', StringComparison.Ordinal) ? 1 : 0), Count(Spams), Count(Informs));
    }

    public int Ask { get; }

    public int Spam { get; }

    public int Inform { get; }

    public bool IsSpam => Spam > 0 && Spam >= Ask;

    public bool NeedsReply => !IsSpam && Ask > 0 && Ask > Inform;

    /// <summary>Grows with the distance between the strongest kind of phrase and the next.</summary>
    public double Confidence
    {
        get
        {
            int[] counts = [Ask, Spam, Inform];
            Array.Sort(counts);
            return Math.Min(0.97, 0.6 + (0.1 * (counts[2] - counts[1])));
        }
    }

    public string Reason =>
        IsSpam ? "It has phrases of unwanted advertising."
        : NeedsReply ? "It asks the reader for something."
        : Inform > 0 ? "It informs and expects no answer."
        : "It has no phrase that asks for an answer.";

    /// <summary>The first sentences of the body.</summary>
    public string Summary
    {
        get
        {
            var body = Header().Replace(_text, "").Trim();
            var flat = Blank().Replace(body.Length > 0 ? body : _text, " ").Trim();
            var end = flat.IndexOfAny(['.', '!', '?'], Math.Min(flat.Length, 20));
            var cut = end < 0 || end > 200 ? Math.Min(flat.Length, 200) : end + 1;
            return flat[..cut];
        }
    }

    public string Subject => Field("Subject");

    public IEnumerable<string> Tags => Topics.Where(t => t.Words.Any(w => _lower.Contains(w, StringComparison.Ordinal))).Select(t => t.Tag);

    /// <summary>The sender's name where the text below the headers says it, too; else nothing.</summary>
    public string Merchant => Field("From").Split('<')[0].Trim(' ', '"') is { Length: > 2 } name && Header().Replace(_text, "").Contains(name, StringComparison.OrdinalIgnoreCase) ? name : "";

    public decimal? Amount => Money().Match(_text) is { Success: true } money
        && decimal.TryParse(money.Groups["amount"].Value.Replace(",", "", StringComparison.Ordinal), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount) ? amount : null;

    public string? Currency => Money().Match(_text) is { Success: true } money ? (money.Groups["sign"].Success ? money.Groups["sign"].Value : money.Groups["after"].Value) switch
    {
        "$" => "USD",
        "€" => "EUR",
        "£" => "GBP",
        var code => code,
    } : null;

    public string? Date => Day().Match(_text) is { Success: true } day ? day.Value : null;

    /// <summary>How often the words of a name occur, to choose between values that are not known.</summary>
    public int Mentions(string name) => name.Split('_', '-', ' ').Count(w => w.Length > 2 && _lower.Contains(w.ToLowerInvariant(), StringComparison.Ordinal));

    public string Field(string name)
    {
        foreach (var line in _text.AsSpan().EnumerateLines())
        {
            if (line.Length > name.Length && line[name.Length] == ':' && line.StartsWith(name, StringComparison.OrdinalIgnoreCase))
            {
                return line[(name.Length + 1)..].Trim().ToString();
            }
        }

        return "";
    }

    private int Count(string[] phrases) => phrases.Count(p => _lower.Contains(p, StringComparison.Ordinal));

    [GeneratedRegex("^(?:from|to|cc|subject|date|reply-to|list-id)\\s?:[^\\n]*\\n?", RegexOptions.Multiline | RegexOptions.IgnoreCase, 1_000)]
    private static partial Regex Header();

    [GeneratedRegex("\\s+", RegexOptions.None, 1_000)]
    private static partial Regex Blank();

    [GeneratedRegex("(?<sign>[$€£]|USD|EUR|GBP|CHF)\\s?(?<amount>\\d[\\d,]*(?:\\.\\d{2})?)|(?<amount>\\d[\\d,]*\\.\\d{2})\\s?(?<after>[€£]|USD|EUR|GBP|CHF)", RegexOptions.None, 1_000)]
    private static partial Regex Money();

    [GeneratedRegex("\\b\\d{4}-\\d{2}-\\d{2}\\b", RegexOptions.None, 1_000)]
    private static partial Regex Day();
}
