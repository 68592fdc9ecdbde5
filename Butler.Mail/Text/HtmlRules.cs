using System.Collections.Frozen;
using AngleSharp.Dom;

namespace Butler.Mail;

/// <summary>What elements and their attributes mean for the text.</summary>
internal static class HtmlRules
{
    private static readonly FrozenSet<string> Skipped = new[]
    {
        "script", "style", "head", "title", "noscript", "template", "object", "embed", "iframe", "frame", "frameset", "svg", "math", "canvas", "audio", "video", "map", "select", "datalist", "meta", "link", "xml",
    }.ToFrozenSet();

    private static readonly FrozenSet<string> Blocks = new[]
    {
        "p", "div", "table", "tr", "ul", "ol", "dl", "dt", "dd", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "section", "article", "header", "footer", "center", "address", "fieldset", "form", "main", "nav", "aside", "figure", "figcaption", "caption", "tbody", "thead", "tfoot",
    }.ToFrozenSet();

    public static bool IsBlock(string name) => Blocks.Contains(name);

    public static bool IsParagraph(string name) => name is "p" or "h1" or "h2" or "h3" or "h4" or "h5" or "h6" or "ul" or "ol" or "table" or "blockquote";

    /// <summary>Elements that a reader does not see: no text of theirs may reach a model (hidden text is how mails are poisoned).</summary>
    public static bool IsHidden(IElement element)
    {
        if (Skipped.Contains(element.LocalName) || element.HasAttribute("hidden"))
        {
            return true;
        }

        if (element.LocalName == "img" && (IsTiny(element.GetAttribute("width")) || IsTiny(element.GetAttribute("height"))))
        {
            return true;
        }

        return element.GetAttribute("style") is { Length: > 0 } style && StyleHides(style);
    }

    public static bool IsQuote(IElement element)
    {
        if (element.LocalName == "blockquote")
        {
            // Gmail indents with a plain blockquote of a margin style; a real quote is cite or inside a quote container.
            return !(element.GetAttribute("style") is { } style && style.Contains("margin:0 0 0 40px", StringComparison.OrdinalIgnoreCase));
        }

        return element.LocalName == "div" && (element.ClassName is { Length: > 0 } c && HasClass(c, "gmail_quote", "yahoo_quoted", "gmail_extra_quote", "protonmail_quote", "tutanota_quote", "zmail_extra", "moz-forward-container", "moz-cite-prefix", "moz-email-headers-table")
            || element.Id is "appendonsend_quote" or "mail-editor-reference-message-container" or "OLK_SRC_BODY_SECTION" or "reply-intro");
    }

    public static bool IsSignature(IElement element) => element.ClassName is { Length: > 0 } c && HasClass(c, "gmail_signature", "moz-signature", "protonmail_signature_block", "signature") || element.Id is "Signature" or "ms-outlook-mobile-signature" or "signature";

    public static string Bullet(IElement item)
    {
        if (item.ParentElement is not { LocalName: "ol" } list)
        {
            return "- ";
        }

        // Long lists are not counted through: that would be quadratic.
        var number = 1;
        for (var e = item.PreviousElementSibling; e is not null && number < 100; e = e.PreviousElementSibling)
        {
            number++;
        }

        return number < 100 ? $"{number}. " : "- ";
    }

    public static string? LinkTarget(IElement link)
    {
        var href = link.GetAttribute("href")?.Trim();
        return href is not null && (href.StartsWith("https:", StringComparison.OrdinalIgnoreCase) || href.StartsWith("http:", StringComparison.OrdinalIgnoreCase)) ? href : null;
    }

    private static bool IsTiny(string? size) => size is not null && size.AsSpan().Trim().TrimEnd("px") is "0" or "1" or "2";

    private static bool StyleHides(string style)
    {
        Span<char> buffer = style.Length <= 1024 ? stackalloc char[style.Length] : new char[style.Length];
        var length = 0;
        foreach (var c in style)
        {
            if (!char.IsWhiteSpace(c))
            {
                buffer[length++] = char.ToLowerInvariant(c);
            }
        }

        ReadOnlySpan<char> s = buffer[..length];
        return s.Contains("display:none", StringComparison.Ordinal) || s.Contains("visibility:hidden", StringComparison.Ordinal) || s.Contains("mso-hide:all", StringComparison.Ordinal)
            || HasZero(s, "font-size:") || HasZero(s, "max-height:") || HasZero(s, "opacity:") || (HasZero(s, "height:") && s.Contains("overflow:hidden", StringComparison.Ordinal));
    }

    // "font-size:0", "0px", "0.0em", but not "0.9em".
    private static bool HasZero(ReadOnlySpan<char> style, string property)
    {
        for (var at = style.IndexOf(property); at >= 0;)
        {
            var value = style[(at + property.Length)..];
            var isWhole = at == 0 || style[at - 1] is ';' or '{';
            var digits = value.IndexOfAnyExcept("0.");
            if (isWhole && value is ['0', ..] && (digits < 0 || !char.IsAsciiDigit(value[digits])))
            {
                return true;
            }

            style = value;
            at = style.IndexOf(property);
        }

        return false;
    }

    private static bool HasClass(string classes, params ReadOnlySpan<string> names)
    {
        foreach (var range in classes.AsSpan().Split(' '))
        {
            foreach (var name in names)
            {
                if (classes.AsSpan(range).SequenceEqual(name))
                {
                    return true;
                }
            }
        }

        return false;
    }
}
