using System.Text;

namespace Butler.Mail;

/// <summary>Collects the text of an HTML document: white space collapsed, block breaks merged, quote prefixes per line.</summary>
internal sealed class TextWriterState(int maxChars)
{
    private const int MaxQuoteDepth = 20;
    private const int MaxLink = 300;
    private readonly StringBuilder output = new();
    private int pendingBreaks;
    private bool pendingSpace;
    private bool lineOpen;
    private string? link;
    private int linkStart;
    private bool signed;

    public int Preformatted { get; set; }

    public int QuoteDepth { get; set; }

    public bool IsFull => output.Length >= maxChars;

    public void Text(string text)
    {
        if (Preformatted > 0)
        {
            var first = true;
            foreach (var range in text.AsSpan().Split('\n'))
            {
                if (!first)
                {
                    LineBreak();
                }

                Append(text.AsSpan(range));
                first = false;
            }

            return;
        }

        var rest = text.AsSpan();
        while (!rest.IsEmpty)
        {
            var end = rest.IndexOfAny(" \t\n\r\f\u00A0");
            var word = end < 0 ? rest : rest[..end];
            Append(word);
            if (end < 0)
            {
                return;
            }

            pendingSpace |= lineOpen;
            rest = rest[(end + 1)..];
        }
    }

    public void LineBreak()
    {
        // A break ends the open line, or adds an empty one.
        pendingBreaks = Math.Min(pendingBreaks + 1, 3);
        pendingSpace = false;
        lineOpen = false;
    }

    public void Block(bool paragraph = false)
    {
        pendingBreaks = Math.Max(pendingBreaks, output.Length == 0 ? 0 : paragraph ? 2 : 1);
        pendingSpace = false;
        lineOpen = false;
    }

    public void Cell()
    {
        pendingSpace |= lineOpen;
    }

    /// <summary>A signature container: the conventional delimiter goes before it, once (RFC 3676 section 4.3).</summary>
    public void Signature()
    {
        Block();
        if (!signed && QuoteDepth == 0)
        {
            signed = true;
            Append("-- ");
            Block();
        }
    }

    public void BeginLink(string? target)
    {
        link = target;
        linkStart = output.Length;
    }

    public void EndLink()
    {
        if (link is { Length: < MaxLink } target && output.Length > linkStart)
        {
            var text = output.ToString(linkStart, Math.Min(output.Length - linkStart, MaxLink)).Trim();
            if (text.Length > 0 && !target.Contains(text.TrimEnd('/'), StringComparison.OrdinalIgnoreCase) && !text.Contains(target, StringComparison.OrdinalIgnoreCase))
            {
                pendingSpace = true;
                Append($"<{target}>");
            }
        }

        link = null;
    }

    public override string ToString() => output.Length > maxChars ? output.ToString(0, maxChars) : output.ToString();

    private void Append(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty || IsFull)
        {
            return;
        }

        if (!lineOpen)
        {
            if (output.Length > 0)
            {
                for (var i = 0; i < Math.Max(1, pendingBreaks); i++)
                {
                    output.Append('\n');
                    if (i + 1 < pendingBreaks)
                    {
                        output.Append('>', Math.Min(QuoteDepth, MaxQuoteDepth));
                    }
                }
            }

            if (QuoteDepth > 0)
            {
                output.Append('>', Math.Min(QuoteDepth, MaxQuoteDepth)).Append(' ');
            }

            lineOpen = true;
        }
        else if (pendingSpace)
        {
            output.Append(' ');
        }

        pendingBreaks = 0;
        pendingSpace = false;
        output.Append(text);
    }
}
