using System.Text;

namespace Butler.Intelligence.Text;

/// <summary>
/// Letters that stand in for others (Unicode Technical Standard 39): a word of several alphabets, or of mathematical and phonetic letters.
/// Nobody writes an own name so; it passes filters for the name that it looks like.
/// </summary>
internal static class Disguise
{
    private const string Looks = "ɑαаеоοрсухіјѕԁһԛԝΑΒΕΖΗΙΚΜΝΟΡΤΥΧАВЕКМНОРСТУХІЈЅ";
    private const string Plain = "aaaeoopcyxijsdhqwABEZHIKMNOPTYXABEKMHOPCTYXIJS";

    private enum Script : byte
    {
        None,
        Latin = 1,
        Greek = 2,
        Cyrillic = 4,
        Cherokee = 8,
        StandIn = 16,
        Other = 32,
    }

    /// <summary>Whether a word of the text mixes alphabets that look alike, or is made of letters that only resemble letters.</summary>
    public static bool In(ReadOnlySpan<char> text)
    {
        if (Ascii.IsValid(text))
        {
            return false;
        }

        var word = Script.None;
        foreach (var rune in text.EnumerateRunes())
        {
            var script = Of(rune);
            word = script == Script.None ? Script.None : word | script;
            // Japanese and other scripts take Latin letters into their words.
            if (word >= Script.StandIn ? word == Script.StandIn || (word & Script.Other) == 0 : (word & (word - 1)) != 0)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The text as it is meant to be read.</summary>
    public static string Unmask(string text)
    {
        var plain = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            var at = rune.IsBmp ? Looks.IndexOf((char)rune.Value, StringComparison.Ordinal) : -1;
            plain.Append(at >= 0 ? Plain[at].ToString() : Of(rune) == Script.StandIn ? rune.ToString().Normalize(NormalizationForm.FormKC) : rune.ToString());
        }

        return plain.ToString();
    }

    private static Script Of(Rune rune) => rune.Value switch
    {
        (>= 'a' and <= 'z') or (>= 'A' and <= 'Z') => Script.Latin,
        < 0xC0 => Script.None,
        <= 0x24F or (>= 0x1E00 and <= 0x1EFF) => rune.Value is 0xD7 or 0xF7 ? Script.None : Script.Latin,
        // Phonetic letters that languages of Africa and Azerbaijani write with.
        0x253 or 0x254 or 0x256 or 0x257 or 0x259 or 0x25B or 0x263 or 0x268 or 0x269 or 0x272 or 0x275 or 0x28A or 0x28B or 0x292 => Script.Latin,
        (>= 0x250 and <= 0x2AF) or (>= 0x1D400 and <= 0x1D7FF) => Script.StandIn,
        // Of Greek only what looks like Latin: "Δt" and "5 μm" deceive nobody.
        >= 0x370 and <= 0x3FF => Looks.Contains((char)rune.Value, StringComparison.Ordinal) ? Script.Greek : Script.None,
        >= 0x400 and <= 0x52F => Script.Cyrillic,
        >= 0x13A0 and <= 0x13FF => Script.Cherokee,
        _ => Rune.IsLetter(rune) ? Script.Other : Script.None,
    };
}
