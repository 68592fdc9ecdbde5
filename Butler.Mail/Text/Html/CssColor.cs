using System.Globalization;

namespace Butler.Mail;

/// <summary>Colours as far as "is this text the colour of what is behind it" needs them.</summary>
internal static class CssColor
{
    public const uint Unknown = 0xFFFF_FFFF;
    public const uint Clear = 0xFE00_0000;
    public const uint White = 0xFF_FFFF;
    public const uint Black = 0;
    public const uint LinkBlue = 0x0000EE;

    // Differences that no eye sees; preheaders are written in #fefefe as well as in #ffffff.
    private const int Unseen = 8;
    private const uint Solid = 0xE6;
    private const uint Faint = 0x14;
    private const uint Named = 0x8000_0000;

    public static bool IsSame(uint text, uint background)
    {
        if (text == Clear)
        {
            return true;
        }

        if (text == Unknown || background == Unknown || ((text | background) & Named) != 0)
        {
            return text == background && text != Unknown;
        }

        return Near(text >> 16, background >> 16) && Near(text >> 8, background >> 8) && Near(text, background);
    }

    /// <summary>A colour value; a name that is not known here is only the same as itself.</summary>
    public static uint Parse(ReadOnlySpan<char> value)
    {
        value = value.Trim();
        if (value is ['#', ..])
        {
            return Hex(value[1..]);
        }

        if (value.StartsWith("rgb", StringComparison.OrdinalIgnoreCase))
        {
            return Rgb(value);
        }

        if (value.IsEmpty || value.Contains('('))
        {
            return Unknown;
        }

        // Only those that lie near white or are black: preheaders are written in them.
        return HtmlName.Key(value) switch
        {
            var key when key == Keys.White => White,
            var key when key == Keys.Black => Black,
            var key when key == Keys.Transparent => Clear,
            var key when key == Keys.Snow => 0xFFFAFA,
            var key when key == Keys.Ivory => 0xFFFFF0,
            var key when key == Keys.GhostWhite => 0xF8F8FF,
            var key when key == Keys.WhiteSmoke => 0xF5F5F5,
            var key when key == Keys.Inherit || key == Keys.Initial || key == Keys.CurrentColor => Unknown,
            // Old attributes leave out the "#".
            _ when value.Length == 6 && uint.TryParse(value, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var hex) => hex,
            var key => Named | (uint)(key ^ (key >> 32)),
        };
    }

    private static bool Near(uint a, uint b) => Math.Abs((int)(a & 0xFF) - (int)(b & 0xFF)) <= Unseen;

    private static uint Hex(ReadOnlySpan<char> digits)
    {
        var length = 0;
        while (length < digits.Length && char.IsAsciiHexDigit(digits[length]))
        {
            length++;
        }

        // "#fffz" is no colour, and what is behind it shows.
        if (length is not (3 or 4 or 6 or 8) || (length < digits.Length && char.IsAsciiLetter(digits[length])) || !uint.TryParse(digits[..length], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var n))
        {
            return Unknown;
        }

        if (length is 4 or 8)
        {
            var alpha = length == 4 ? (n & 0xF) * 0x11 : n & 0xFF;
            if (alpha < Solid)
            {
                return alpha < Faint ? Clear : Unknown;
            }
        }

        n >>= length == 4 ? 4 : length == 8 ? 8 : 0;
        return length <= 4 ? (((n >> 8) & 0xF) * 0x11_0000) + (((n >> 4) & 0xF) * 0x1100) + ((n & 0xF) * 0x11) : n;
    }

    private static uint Rgb(ReadOnlySpan<char> value)
    {
        Span<int> parts = stackalloc int[4];
        var count = 0;
        var alpha = 1.0;
        for (var i = 3; i < value.Length && count < 4; i++)
        {
            if (!char.IsAsciiDigit(value[i]) && value[i] != '.')
            {
                continue;
            }

            var end = i;
            while (end < value.Length && (char.IsAsciiDigit(value[end]) || value[end] == '.'))
            {
                end++;
            }

            var number = double.TryParse(value[i..end], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var n) ? n : 0;
            number *= end < value.Length && value[end] == '%' && count < 3 ? 2.55 : 1;
            alpha = count == 3 ? number / (end < value.Length && value[end] == '%' ? 100 : 1) : alpha;
            parts[count++] = (int)Math.Clamp(number, 0, 255);
            i = end;
        }

        // What shines through is not worked out.
        return alpha * 255 < Faint ? Clear : count < 3 || alpha * 255 < Solid ? Unknown : (uint)((parts[0] << 16) | (parts[1] << 8) | parts[2]);
    }

    private static class Keys
    {
        public static readonly ulong White = HtmlName.Key("white");
        public static readonly ulong Black = HtmlName.Key("black");
        public static readonly ulong Transparent = HtmlName.Key("transparent");
        public static readonly ulong Snow = HtmlName.Key("snow");
        public static readonly ulong Ivory = HtmlName.Key("ivory");
        public static readonly ulong GhostWhite = HtmlName.Key("ghostwhite");
        public static readonly ulong WhiteSmoke = HtmlName.Key("whitesmoke");
        public static readonly ulong Inherit = HtmlName.Key("inherit");
        public static readonly ulong Initial = HtmlName.Key("initial");
        public static readonly ulong CurrentColor = HtmlName.Key("currentcolor");
    }
}
