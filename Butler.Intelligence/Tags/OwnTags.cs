using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Butler.Intelligence;

/// <summary>A tag that an owner made.</summary>
/// <param name="Name">Lower case letters, digits and hyphens.</param>
/// <param name="Description">What it means, for the chat model; may be empty.</param>
/// <param name="Rule">When a mail bears it.</param>
public sealed record OwnTag(string Name, string Description, TagRule Rule)
{
    /// <summary>The longest name.</summary>
    public const int MaxName = 32;

    /// <summary>The longest description.</summary>
    public const int MaxDescription = 200;

    /// <summary>What a name must be, in words.</summary>
    public const string NameWords = "2 to 32 lower case letters, digits and single hyphens, such as house-move";

    /// <summary>Never prints somebody's words.</summary>
    public override string ToString() => "own tag";

    /// <summary>Whether a name may be one, apart from <see cref="Tagger.All"/>, which no name may repeat.</summary>
    public static bool IsName(string? name) =>
        name is { Length: >= 2 and <= MaxName } && name[0] != '-' && name[^1] != '-' && !name.Contains("--", StringComparison.Ordinal) && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');

    /// <summary>A description as one line, or null when it is too long.</summary>
    public static string? Describe(string? text)
    {
        var line = string.Join(' ', (text ?? "").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        line = string.Concat(line.Where(c => !char.IsControl(c)));
        return line.Length <= MaxDescription ? line : null;
    }
}

/// <summary>An owner's tags, ready to be asked. Safe to use from many threads.</summary>
public sealed class OwnTags
{
    /// <summary>Characters of a mail's text that are looked at.</summary>
    public const int MaxText = 64 * 1024;

    private readonly SearchValues<string>? _phrases;
    private readonly HashSet<string> _names;

    /// <summary>Makes a set.</summary>
    /// <param name="tags">The tags.</param>
    /// <param name="version">What tells it from another one of the same owner.</param>
    public OwnTags(IReadOnlyList<OwnTag> tags, (int Count, long Newest) version = default)
    {
        ArgumentNullException.ThrowIfNull(tags);
        All = tags;
        Version = version;
        _names = [.. tags.Select(t => t.Name)];
        string[] phrases = [.. tags.SelectMany(t => t.Rule.Subject.Concat(t.Rule.Words)).Distinct()];
        _phrases = phrases.Length > 0 ? SearchValues.Create(phrases, StringComparison.Ordinal) : null;
        Allowed = [.. Tagger.All, .. tags.Select(t => t.Name)];
        var known = new StringBuilder();
        foreach (var tag in tags)
        {
            known.Append(CultureInfo.InvariantCulture, $"- {tag.Name}{(tag.Description.Length > 0 ? ": " + tag.Description : "")}\n");
        }

        ForModel = known.ToString().TrimEnd();
        Key = tags.Count == 0 ? "" : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(ForModel)).AsSpan(0, 8));
    }

    /// <summary>Of an owner without any.</summary>
    public static OwnTags Empty { get; } = new([]);

    /// <summary>The tags, by name.</summary>
    public IReadOnlyList<OwnTag> All { get; }

    /// <summary>What tells it from another one of the same owner.</summary>
    public (int Count, long Newest) Version { get; }

    /// <summary>Butler's tags and the owner's: what a mail may bear.</summary>
    public IReadOnlyList<string> Allowed { get; }

    /// <summary>Names and descriptions, one per line, as the chat model gets them; empty without any.</summary>
    public string ForModel { get; }

    /// <summary>Differs where <see cref="ForModel"/> does.</summary>
    public string Key { get; }

    /// <summary>Whether rules look at words.</summary>
    public bool ReadsText => _phrases is not null;

    /// <summary>Whether a tag is one of these.</summary>
    public bool Knows(string tag) => _names.Contains(tag);

    /// <summary>The tags whose rules fit a mail, by name.</summary>
    public IReadOnlyList<string> Of(MailFeatures mail)
    {
        ArgumentNullException.ThrowIfNull(mail);
        return All.Count == 0 ? [] : Of(mail.Subject, mail.NewText, mail.From.Address, [.. mail.To, .. mail.Cc], mail.ListId);
    }

    /// <summary>The tags whose rules fit, by name.</summary>
    public IReadOnlyList<string> Of(string subject, string text, string from, IReadOnlyList<string> to, string? listId)
    {
        ArgumentNullException.ThrowIfNull(subject);
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(to);
        if (All.Count == 0)
        {
            return [];
        }

        var (title, body) = ("", "");
        if (_phrases is not null)
        {
            title = TagText.Fold(subject);
            body = TagText.Fold(text.Length > MaxText ? text[..MaxText] : text);
            // Mostly no phrase of any rule occurs at all: one pass tells.
            title = title.AsSpan().ContainsAny(_phrases) ? title : "";
            body = body.AsSpan().ContainsAny(_phrases) ? body : "";
        }

        List<string>? fit = null;
        foreach (var tag in All)
        {
            if (Fits(tag.Rule, title, body, from, to, listId))
            {
                (fit ??= []).Add(tag.Name);
            }
        }

        return fit ?? (IReadOnlyList<string>)[];
    }

    private static bool Fits(TagRule rule, string subject, string text, string from, IReadOnlyList<string> to, string? listId)
    {
        if (rule.IsEmpty)
        {
            return false;
        }

        var any = rule.Match == "any";
        // Decided is what ends the rule: with "any" a field that fits, with "all" one that does not.
        bool Decided(IReadOnlyList<string> entries, Func<string, bool> fits) => entries.Count > 0 && entries.Any(fits) == any;
        var decided = Decided(rule.From, e => IsOf(from, e)) || Decided(rule.To, e => to.Any(a => IsOf(a, e)))
            || Decided(rule.List, e => listId is not null && string.Equals(listId.Trim('<', '>', ' '), e, StringComparison.OrdinalIgnoreCase))
            || Decided(rule.Subject, e => TagText.Holds(subject, e)) || Decided(rule.Words, e => TagText.Holds(subject, e) || TagText.Holds(text, e));
        return decided == any;
    }

    /// <summary>The address itself, or one of the domain or under it.</summary>
    private static bool IsOf(string address, string entry) =>
        entry.Contains('@')
            ? string.Equals(address, entry, StringComparison.OrdinalIgnoreCase)
            : address.EndsWith(entry, StringComparison.OrdinalIgnoreCase) && address.Length > entry.Length && address[^(entry.Length + 1)] is '@' or '.' && address.LastIndexOf('@') < address.Length - entry.Length;
}
