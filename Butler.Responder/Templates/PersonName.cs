using System.Collections.Frozen;

namespace Butler.Responder.Templates;

/// <summary>A sender's name as it may be greeted.</summary>
/// <param name="Full">All of it.</param>
/// <param name="First">The given name; the whole name where titles or its form leave that open.</param>
internal sealed record PersonName(string Full, string First)
{
    private const int MaxLength = 60;
    private const int MaxWords = 4;

    private static readonly FrozenSet<string> s_titles = Words("dr prof mr mrs ms mx sir dame herr frau m mme mlle monsieur madame sr sra srta don doña señor señora ing dipl");

    // One of these makes it an office, not a person.
    private static readonly FrozenSet<string> s_offices = Words(
        "team support service services kundenservice kundendienst info sales vertrieb office büro sekretariat billing buchhaltung admin noreply no-reply newsletter news notifications alerts "
        + "accounts contact kontakt hr recruiting marketing gmbh ag kg inc ltd llc corp sarl sa sl bv nv bank shop store via équipe equipo atención servicio system");

    /// <summary>Null: nothing that could be greeted as a person (an office, an address, or a text somebody put there).</summary>
    public static PersonName? Of(string? displayName)
    {
        if (displayName is null)
        {
            return null;
        }

        var name = ReplyTemplate.OneLine(displayName).Trim('"', '\'', ' ');
        if (name.Split(',', StringSplitOptions.TrimEntries) is [var last, var first] && last.Length > 0 && first.Length > 0)
        {
            name = $"{first} {last}"; // "Schmidt, Anna"
        }

        if (name.EndsWith(')') && name.LastIndexOf(" (", StringComparison.Ordinal) is var open and > 0)
        {
            name = name[..open]; // "Anna Schmidt (Sales)"
        }

        var words = name.Split(' ');
        if (name.Length is < 2 or > MaxLength || words.Length > MaxWords || !name.All(IsNameChar) || !name.Any(char.IsLetter) || words.Any(w => s_offices.Contains(w.Trim('.'))))
        {
            return null;
        }

        return new(name, s_titles.Contains(words[0].TrimEnd('.')) || words[0].Trim('.').Length < 2 ? name : words[0]);
    }

    private static bool IsNameChar(char c) => char.IsLetter(c) || c is ' ' or '-' or '\'' or '’' or '.' || char.GetUnicodeCategory(c) is System.Globalization.UnicodeCategory.NonSpacingMark or System.Globalization.UnicodeCategory.SpacingCombiningMark;

    private static FrozenSet<string> Words(string words) => words.Split(' ').ToFrozenSet(StringComparer.OrdinalIgnoreCase);
}
