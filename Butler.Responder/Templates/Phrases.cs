using System.Collections.Frozen;
using Butler.Intelligence;

namespace Butler.Responder.Templates;

/// <summary>What a reply of one intent says around the blank.</summary>
/// <param name="Quoting">Before the quoted sentence.</param>
/// <param name="Opening">Instead, where there is none.</param>
/// <param name="Blank">What the owner has to fill in.</param>
internal sealed record IntentPhrases(string Quoting, string Opening, string Blank)
{
    /// <summary>As <see cref="Quoting"/>, among friends.</summary>
    public string InformalQuoting { get; init; } = Quoting;

    /// <summary>As <see cref="Opening"/>, among friends.</summary>
    public string InformalOpening { get; init; } = Opening;
}

/// <summary>The phrases of one language. They hold no digit, address or link, which a test checks.</summary>
internal sealed partial record Phrases
{
    private static readonly FrozenDictionary<string, Phrases> s_all = new[] { English, German, French, Spanish }.ToFrozenDictionary(p => p.Code);

    /// <summary>All languages that are written.</summary>
    public static IEnumerable<Phrases> All => s_all.Values;

    public required string Code { get; init; }

    /// <summary>{0} is the name.</summary>
    public required string Greeting { get; init; }

    public required string InformalGreeting { get; init; }

    /// <summary>For a sender without a name that could be greeted.</summary>
    public required string NeutralGreeting { get; init; }

    /// <summary>Whether a first name is enough also among strangers.</summary>
    public bool FirstNames { get; init; }

    public required string Closing { get; init; }

    public required string InformalClosing { get; init; }

    /// <summary>{0} day, {1} month, {2} year, {3} who.</summary>
    public required string Wrote { get; init; }

    /// <summary>{0} who; for a mail without a date.</summary>
    public required string WroteUndated { get; init; }

    /// <summary>In place of what is left out of a long quotation.</summary>
    public required string Shortened { get; init; }

    public required IReadOnlyList<string> Months { get; init; }

    public required FrozenSet<string> InformalWords { get; init; }

    public required FrozenSet<string> FormalWords { get; init; }

    public required IntentPhrases Question { get; init; }

    public required IntentPhrases Request { get; init; }

    public required IntentPhrases Meeting { get; init; }

    public required IntentPhrases Invitation { get; init; }

    public required IntentPhrases Thanks { get; init; }

    public required IntentPhrases Complaint { get; init; }

    public required IntentPhrases Other { get; init; }

    /// <summary>The language's phrases; English for languages that are not written.</summary>
    public static Phrases For(string language) => s_all.GetValueOrDefault(language) ?? English;

    public IntentPhrases Of(Intent intent) => intent switch
    {
        Intent.Question => Question,
        Intent.Request => Request,
        Intent.Meeting => Meeting,
        Intent.Invitation => Invitation,
        Intent.Thanks => Thanks,
        Intent.Complaint => Complaint,
        _ => Other,
    };

    public string Greet(PersonName? name, bool informal) =>
        name is null ? NeutralGreeting : (informal ? InformalGreeting : Greeting).Replace("{0}", informal || FirstNames ? name.First : name.Full, StringComparison.Ordinal);

    /// <summary>Whether the sender speaks as to a friend. A single formal word decides against it.</summary>
    public bool IsInformal(string text)
    {
        var informal = false;
        var start = -1;
        var lookup = (Informal: InformalWords.GetAlternateLookup<ReadOnlySpan<char>>(), Formal: FormalWords.GetAlternateLookup<ReadOnlySpan<char>>());
        var length = Math.Min(text.Length, MaxTone);
        for (var i = 0; i <= length; i++)
        {
            if (i < length && char.IsLetter(text[i]))
            {
                start = start < 0 ? i : start;
                continue;
            }

            if (start >= 0)
            {
                var word = text.AsSpan(start, i - start);
                if (lookup.Formal.Contains(word))
                {
                    return false;
                }

                informal |= lookup.Informal.Contains(word);
                start = -1;
            }
        }

        return informal;
    }

    // The tone shows in the first paragraphs.
    private const int MaxTone = 4_000;

    private static FrozenSet<string> Set(string words, StringComparer? comparer = null) =>
        words.Split(' ', StringSplitOptions.RemoveEmptyEntries).ToFrozenSet(comparer ?? StringComparer.OrdinalIgnoreCase);
}
