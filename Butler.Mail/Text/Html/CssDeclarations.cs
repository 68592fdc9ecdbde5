using System.Buffers;
using System.Globalization;

namespace Butler.Mail;

/// <summary>Reads style declarations for what hides text. Everything else is passed over.</summary>
internal static class CssDeclarations
{
    // Comments and escapes are taken out of this much; a longer style with them is read as it is.
    private const int MaxCleaned = 4096;
    private const double FarAway = -900;
    private static readonly SearchValues<char> Quoting = SearchValues.Create("\\/");

    private enum Property
    {
        None,
        Display,
        Visibility,
        FontSize,
        Font,
        Opacity,
        MsoHide,
        Overflow,
        Height,
        MaxHeight,
        Width,
        MaxWidth,
        Position,
        Left,
        Top,
        TextIndent,
        Color,
        Background,
        BackgroundColor,
        BackgroundImage,
        BorderTop,
        Margin,
    }

    private static readonly HtmlNameTable Names = new(
        "display", "visibility", "font-size", "font", "opacity", "mso-hide", "overflow", "height", "max-height", "width", "max-width", "position", "left", "top", "text-indent",
        "color", "background", "background-color", "background-image", "border-top", "margin");

    public static CssEffect Parse(ReadOnlySpan<char> style)
    {
        var effect = default(CssEffect);
        if (style.ContainsAny(Quoting) && style.Length <= MaxCleaned && (style.Contains("/*", StringComparison.Ordinal) || style.Contains('\\')))
        {
            Span<char> buffer = stackalloc char[MaxCleaned];
            ParseClean(buffer[..Clean(style, buffer)], ref effect);
        }
        else
        {
            ParseClean(style, ref effect);
        }

        return effect;
    }

    private static void ParseClean(ReadOnlySpan<char> style, ref CssEffect effect)
    {
        var i = 0;
        while (i < style.Length)
        {
            ulong key = 0;
            char c;
            while (i < style.Length && (c = style[i]) is not (':' or ';'))
            {
                key = c <= ' ' ? key : HtmlName.Next(key, c);
                i++;
            }

            if (i == style.Length)
            {
                return;
            }

            if (style[i++] == ';')
            {
                continue;
            }

            var length = style[i..].IndexOf(';');
            length = length < 0 ? style.Length - i : length;
            var property = (Property)Names.Find(key);
            if (property != Property.None)
            {
                Read(property, style.Slice(i, length).Trim(), ref effect);
            }

            i += length + 1;
        }
    }

    private static void Read(Property property, ReadOnlySpan<char> value, ref CssEffect effect)
    {
        var important = false;
        if (value.LastIndexOf('!') is var mark and >= 0)
        {
            important = value[(mark + 1)..].Trim().Equals("important", StringComparison.OrdinalIgnoreCase);
            value = value[..mark].TrimEnd();
        }

        if (value.IsEmpty)
        {
            return;
        }

        switch (property)
        {
            case Property.Display:
                effect.Put(CssTraits.DisplayNone, Is(value, "none"), important);
                break;
            case Property.Visibility:
                if (!Is(value, "inherit"))
                {
                    effect.Put(CssTraits.Invisible, Is(value, "hidden") || Is(value, "collapse"), important);
                }

                break;
            case Property.FontSize:
                FontSize(value, important, ref effect);
                break;
            case Property.Font:
                // The size is the first that begins with a digit ("font:0/0 a").
                var digit = value.IndexOfAny("0123456789.");
                if (digit >= 0)
                {
                    FontSize(value[digit..], important, ref effect);
                }

                break;
            case Property.Opacity:
                effect.Put(CssTraits.Transparent, Number(value, out var opacity) && opacity < 0.02, important);
                break;
            case Property.MsoHide:
                effect.Put(CssTraits.MsoHide, Is(value, "all"), important);
                break;
            case Property.Overflow:
                effect.Put(CssTraits.OverflowHidden, Is(value, "hidden") || Is(value, "clip"), important);
                break;
            case Property.Height:
                effect.Put(CssTraits.NoHeight, IsNothing(value), important);
                break;
            case Property.MaxHeight:
                effect.Put(CssTraits.NoMaxHeight, IsNothing(value), important);
                break;
            case Property.Width:
                effect.Put(CssTraits.NoWidth, IsNothing(value), important);
                break;
            case Property.MaxWidth:
                effect.Put(CssTraits.NoMaxWidth, IsNothing(value), important);
                break;
            case Property.Position:
                effect.Put(CssTraits.Positioned, Is(value, "absolute") || Is(value, "fixed"), important);
                break;
            case Property.Left:
                effect.Put(CssTraits.FarLeft, Number(value, out var left) && left < FarAway, important);
                break;
            case Property.Top:
                effect.Put(CssTraits.FarUp, Number(value, out var top) && top < FarAway, important);
                break;
            case Property.TextIndent:
                effect.Put(CssTraits.FarIndent, Number(value, out var indent) && indent < FarAway, important);
                break;
            case Property.Color:
                Color(CssColor.Parse(value), important, ref effect);
                break;
            case Property.Background or Property.BackgroundColor or Property.BackgroundImage:
                Background(property, value, important, ref effect);
                break;
            case Property.BorderTop:
                // Outlook 2007 and later; its colour differs by version.
                effect.Put(CssTraits.OutlookRule, value.StartsWith("solid #", StringComparison.OrdinalIgnoreCase) && value.EndsWith("pt", StringComparison.OrdinalIgnoreCase) && (value.Contains("E1E1E1", StringComparison.OrdinalIgnoreCase) || value.Contains("B5C4DF", StringComparison.OrdinalIgnoreCase)), important);
                break;
            case Property.Margin:
                effect.Put(CssTraits.Indentation, value.EndsWith(" 40px", StringComparison.OrdinalIgnoreCase), important);
                break;
        }
    }

    private static void FontSize(ReadOnlySpan<char> value, bool important, ref CssEffect effect)
    {
        if (!Number(value, out var size))
        {
            // "small", "large"; "inherit" leaves what is.
            if (char.IsAsciiLetter(value[0]) && !Is(value, "inherit") && !Is(value, "smaller") && !Is(value, "larger"))
            {
                effect.Put(CssTraits.TinyFont, false, important);
            }

            return;
        }

        var end = value.IndexOfAnyExcept("0123456789.+-");
        var unit = end < 0 ? [] : value[end..];
        var relative = unit.StartsWith("em", StringComparison.OrdinalIgnoreCase) || unit is ['%', ..];
        if (!relative)
        {
            // Nobody reads a text of one pixel.
            effect.Put(CssTraits.TinyFont, size < 2 && !unit.StartsWith("r", StringComparison.OrdinalIgnoreCase), important);
        }
        else if (size == 0)
        {
            effect.Put(CssTraits.TinyFont, true, important);
        }
    }

    private static void Color(uint color, bool important, ref CssEffect effect)
    {
        if ((effect.Important & CssTraits.Color) != 0 && !important)
        {
            return;
        }

        effect.Put(CssTraits.Color, false, important);
        effect.Color = color;
    }

    private static void Background(Property property, ReadOnlySpan<char> value, bool important, ref CssEffect effect)
    {
        if ((effect.Important & CssTraits.Background) != 0 && !important)
        {
            return;
        }

        // A picture's colours are not known, so nothing on it counts as unseen.
        var picture = value.Contains("url(", StringComparison.OrdinalIgnoreCase) || value.Contains("gradient", StringComparison.OrdinalIgnoreCase) || value.Contains("var(", StringComparison.OrdinalIgnoreCase);
        if (property == Property.BackgroundImage && !picture)
        {
            return;
        }

        effect.Put(CssTraits.Background, false, important);
        effect.Background = picture ? CssColor.Unknown : property == Property.BackgroundColor ? CssColor.Parse(value) : ShorthandColor(value);
    }

    private static uint ShorthandColor(ReadOnlySpan<char> value)
    {
        if (value.IndexOf('#') is var hex and >= 0)
        {
            return CssColor.Parse(value[hex..]);
        }

        if (value.IndexOf("rgb", StringComparison.OrdinalIgnoreCase) is var rgb and >= 0)
        {
            return CssColor.Parse(value[rgb..]);
        }

        foreach (var range in value.Split(' '))
        {
            var word = value[range];
            if (word.IsEmpty || !char.IsAsciiLetter(word[0]) || Is(word, "repeat") || Is(word, "no-repeat") || Is(word, "scroll") || Is(word, "center") || Is(word, "left") || Is(word, "top"))
            {
                continue;
            }

            return Is(word, "none") ? CssColor.Clear : CssColor.Parse(word);
        }

        return CssColor.Clear;
    }

    // Zero, in any unit.
    private static bool IsNothing(ReadOnlySpan<char> value) => Number(value, out var size) && size < 0.5;

    private static bool Number(ReadOnlySpan<char> value, out double number)
    {
        number = 0;
        var end = value.IndexOfAnyExcept("0123456789.+-");
        var digits = end < 0 ? value : value[..end];
        return digits.Length is > 0 and < 20 && double.TryParse(digits, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number);
    }

    private static bool Is(ReadOnlySpan<char> value, string word) => value.Equals(word, StringComparison.OrdinalIgnoreCase);

    private static int HexValue(char c) => char.IsAsciiDigit(c) ? c - '0' : (c | 0x20) - 'a' + 10;

    // "dis\70lay" and "disp/**/lay" are how filters are passed by.
    private static int Clean(ReadOnlySpan<char> style, Span<char> buffer)
    {
        var length = 0;
        for (var i = 0; i < style.Length; i++)
        {
            if (style[i] == '/' && i + 1 < style.Length && style[i + 1] == '*')
            {
                var close = style[(i + 2)..].IndexOf("*/");
                if (close < 0)
                {
                    return length;
                }

                i += close + 3;
                continue;
            }

            if (style[i] != '\\' || i + 1 == style.Length)
            {
                buffer[length++] = style[i];
                continue;
            }

            var (code, digits) = (0, 0);
            while (digits < 6 && i + 1 < style.Length && char.IsAsciiHexDigit(style[i + 1]))
            {
                code = (code * 16) + HexValue(style[++i]);
                digits++;
            }

            if (digits == 0)
            {
                buffer[length++] = style[++i];
                continue;
            }

            i += i + 1 < style.Length && style[i + 1] == ' ' ? 1 : 0;
            buffer[length++] = code is > 0 and < 0xD800 ? (char)code : '\uFFFD';
        }

        return length;
    }
}
