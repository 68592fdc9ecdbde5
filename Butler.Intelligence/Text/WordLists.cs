using System.Collections.Frozen;

namespace Butler.Intelligence.Text;

/// <summary>Words that end in a dot without ending a sentence.</summary>
internal static class Abbreviations
{
    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> Known = new[]
    {
        "mr", "mrs", "ms", "dr", "prof", "st", "no", "nr", "vs", "etc", "inc", "ltd", "corp", "jr", "sr", "approx", "dept",
        "hr", "fr", "bzw", "ca", "tel", "str", "mme", "mlle", "sra", "srta", "avda", "dott", "sig",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase).GetAlternateLookup<ReadOnlySpan<char>>();

    public static bool Is(ReadOnlySpan<char> word) => word.Length == 1 || Known.Contains(word.TrimStart("(\"'"));
}

/// <summary>Names of days and months and words for a day, in the languages that replies speak.</summary>
internal static class DateWords
{
    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> Known = string.Join(' ',
        "monday tuesday wednesday thursday friday saturday sunday mon tue wed thu fri today tomorrow tonight",
        "january february march april june july august september october november december jan feb mar apr jun jul aug sep sept oct nov dec",
        "montag dienstag mittwoch donnerstag freitag samstag sonntag heute morgen januar februar märz mai juni juli oktober dezember",
        "lundi mardi mercredi jeudi vendredi samedi dimanche demain janvier février mars avril juin juillet août septembre octobre novembre décembre",
        "lunes martes miércoles jueves viernes sábado domingo mañana hoy enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
        "lunedì martedì mercoledì giovedì venerdì sabato domenica domani oggi maandag dinsdag woensdag donderdag vrijdag zaterdag zondag")
        .Split(' ').ToFrozenSet(StringComparer.OrdinalIgnoreCase).GetAlternateLookup<ReadOnlySpan<char>>();

    public static bool Is(ReadOnlySpan<char> word) => word.Length is >= 3 and <= 10 && Known.Contains(word);
}
