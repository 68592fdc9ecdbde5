using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using AngleSharp.Dom;
using AngleSharp.Html.Parser;

namespace Butler.Mail.Tests.Text.Html;

/// <summary>The text of a document by AngleSharp's tree: what the converter is compared with. Slow and plain on purpose.</summary>
internal static partial class TreeText
{
    private static readonly HashSet<string> Unseen =
    [
        "script", "style", "title", "noscript", "template", "object", "embed", "iframe", "frame", "frameset", "svg", "math", "canvas", "audio", "video", "map", "select", "datalist", "noembed", "noframes", "xml",
    ];

    /// <param name="html">The document.</param>
    /// <param name="hide">Whether text is left out that style attributes hide.</param>
    public static string Of(string html, bool hide)
    {
        using var document = new HtmlParser(new HtmlParserOptions { IsScripting = false }).ParseDocument(html);
        var result = new StringBuilder();
        Stack<(INode Node, bool Invisible, bool Tiny)> open = new();
        if (document.DocumentElement is { } root)
        {
            open.Push((root, false, false));
        }

        while (open.TryPop(out var next))
        {
            var (node, invisible, tiny) = next;
            if (node is IText text)
            {
                result.Append(invisible || tiny ? "" : text.Data);
                continue;
            }

            if (node is not IElement element || Unseen.Contains(element.LocalName))
            {
                continue;
            }

            if (hide)
            {
                var style = Style(element);
                if (element.HasAttribute("hidden") || Hides(style, element.LocalName))
                {
                    continue;
                }

                invisible = style.TryGetValue("visibility", out var v) && v != "inherit" ? v is "hidden" or "collapse" : invisible;
                tiny = style.TryGetValue("font-size", out var size) && Size(size) is { } zero ? zero : style.TryGetValue("font", out var font) && FontSize().Match(font) is { Success: true } match && Size(match.Value) is { } inFont ? inFont : tiny;
            }

            for (var child = element.LastChild; child is not null; child = child.PreviousSibling)
            {
                open.Push((child, invisible, tiny));
            }
        }

        return result.ToString();
    }

    /// <summary>Text as it is compared: without white space and what no reader shows.</summary>
    public static string Squash(string text)
    {
        var result = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            if (!char.IsWhiteSpace(c) && !char.IsControl(c) && c is not ('\uFEFF' or '\u00AD' or '\u034F' or '\u061C' or (>= '\u200B' and <= '\u200F') or (>= '\u2060' and <= '\u2064') or (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069')))
            {
                result.Append(char.IsSurrogate(c) ? '\uFFFD' : c);
            }
        }

        return result.ToString();
    }

    private static Dictionary<string, string> Style(IElement element)
    {
        Dictionary<string, string> style = [];
        foreach (var declaration in (element.GetAttribute("style") ?? "").Split(';'))
        {
            var colon = declaration.IndexOf(':');
            if (colon > 0)
            {
                style[declaration[..colon].Trim().ToLowerInvariant()] = declaration[(colon + 1)..].Replace("!important", "").Trim().ToLowerInvariant();
            }
        }

        return style;
    }

    private static bool Hides(Dictionary<string, string> style, string name)
    {
        bool Zero(string property) => style.TryGetValue(property, out var value) && Number().Match(value) is { Success: true } match && double.Parse(match.Value, CultureInfo.InvariantCulture) < 0.5;
        return style.GetValueOrDefault("display") == "none" || style.GetValueOrDefault("mso-hide") == "all" || (style.ContainsKey("opacity") && Zero("opacity") && Number().Match(style["opacity"]) is { } o && double.Parse(o.Value, CultureInfo.InvariantCulture) < 0.02)
            || (style.GetValueOrDefault("overflow") == "hidden" && name is not ("td" or "th" or "tr" or "table" or "tbody" or "thead" or "tfoot") && (Zero("height") || Zero("max-height") || Zero("width") || Zero("max-width")));
    }

    private static bool? Size(string size)
    {
        var match = Number().Match(size);
        if (!match.Success)
        {
            return size is "inherit" or "smaller" or "larger" ? null : false;
        }

        var number = double.Parse(match.Value, CultureInfo.InvariantCulture);
        var unit = size[match.Length..];
        return unit.StartsWith("em", StringComparison.Ordinal) || unit.StartsWith('%') ? number == 0 ? true : null : number < 2 && !unit.StartsWith('r');
    }

    [GeneratedRegex("^[0-9.]+")]
    private static partial Regex Number();

    [GeneratedRegex("[0-9.]+[a-z%]*")]
    private static partial Regex FontSize();
}
