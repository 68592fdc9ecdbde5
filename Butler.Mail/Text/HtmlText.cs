using System.Diagnostics;
using AngleSharp.Dom;
using AngleSharp.Html.Parser;

namespace Butler.Mail;

/// <summary>
/// HTML to text through AngleSharp: without scripts, styles, hidden elements and tracking pixels; links and lists stay
/// readable; quotes get "> " before each line. The tree is walked with a loop, so no nesting exhausts the stack, and
/// documents beyond <see cref="HtmlGuard"/>'s bounds go to <see cref="TagStripper"/> instead.
/// </summary>
internal static class HtmlText
{
    // IHtmlParser is not documented as thread-safe; making one costs little beside parsing.
    private static readonly HtmlParserOptions Options = new() { IsScripting = false };

    /// <summary>Time spent in AngleSharp by this thread, for the figures of docs/mime.md.</summary>
    [ThreadStatic]
    internal static TimeSpan Spent;

    public static string Convert(string html, MimeLimits limits)
    {
        if (html.Length > limits.HtmlChars)
        {
            html = html[..limits.HtmlChars];
        }

        html = CleanText.Lines(html);
        if (!HtmlGuard.IsSafeToParse(html))
        {
            return TagStripper.Strip(html);
        }

        var began = Stopwatch.GetTimestamp();
        using var document = new HtmlParser(Options).ParseDocument(html);
        var writer = new TextWriterState(limits.TextChars);
        Walk((INode?)document.Body ?? document.DocumentElement, writer);
        Spent += Stopwatch.GetElapsedTime(began);
        return writer.ToString();
    }

    private static void Walk(INode? root, TextWriterState writer)
    {
        var node = root;
        while (node is not null && !writer.IsFull)
        {
            var enter = Enter(node, writer);
            if (enter && node.FirstChild is { } child)
            {
                node = child;
                continue;
            }

            while (true)
            {
                if (enter && node is IElement element)
                {
                    Leave(element, writer);
                }

                if (ReferenceEquals(node, root))
                {
                    return;
                }

                if (node.NextSibling is { } sibling)
                {
                    node = sibling;
                    break;
                }

                node = node.Parent;
                enter = true;
                if (node is null)
                {
                    return;
                }
            }
        }
    }

    // Returns whether the children are part of the text.
    private static bool Enter(INode node, TextWriterState writer)
    {
        if (node is IText text)
        {
            writer.Text(text.Data);
            return false;
        }

        if (node is not IElement element || HtmlRules.IsHidden(element))
        {
            return false;
        }

        var name = element.LocalName;
        switch (name)
        {
            case "br":
                writer.LineBreak();
                return false;
            case "hr":
                writer.Block();
                writer.Text("---");
                writer.Block();
                return false;
            case "img":
                // Only a picture that says something; a 1x1 tracking pixel is hidden above.
                writer.Cell();
                writer.Text(element.GetAttribute("alt") is { Length: > 0 and < 200 } alt && alt.AsSpan().Trim().Length > 1 ? $"[{alt.Trim()}]" : "");
                writer.Cell();
                return false;
            case "li":
                writer.Block();
                writer.Text(HtmlRules.Bullet(element));
                return true;
            case "pre" or "textarea":
                writer.Block();
                writer.Preformatted++;
                return true;
            case "td" or "th":
                writer.Cell();
                return true;
            case "a":
                writer.BeginLink(HtmlRules.LinkTarget(element));
                return true;
        }

        if (HtmlRules.IsQuote(element))
        {
            writer.Block();
            writer.QuoteDepth++;
        }
        else if (HtmlRules.IsSignature(element))
        {
            writer.Signature();
        }
        else if (HtmlRules.IsBlock(name))
        {
            writer.Block(HtmlRules.IsParagraph(name));
        }

        return true;
    }

    private static void Leave(IElement element, TextWriterState writer)
    {
        var name = element.LocalName;
        if (name == "a")
        {
            writer.EndLink();
        }
        else if (name is "pre" or "textarea")
        {
            writer.Block();
            writer.Preformatted--;
        }
        else if (HtmlRules.IsQuote(element))
        {
            writer.Block();
            writer.QuoteDepth--;
        }
        else if (name == "li" || HtmlRules.IsBlock(name))
        {
            writer.Block(HtmlRules.IsParagraph(name));
        }
    }
}
