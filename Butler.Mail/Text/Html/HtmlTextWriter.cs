namespace Butler.Mail;

/// <summary>Collects a document's text: white space collapsed, block breaks merged, quote prefixes per line, and whose each line is.</summary>
internal sealed class HtmlTextWriter
{
    private const int MaxQuoteDepth = 20;
    private const int MaxIndent = 10;
    private const int MaxLink = 300;
    private const int Prefix = 2 + (4 * (MaxQuoteDepth + 3)) + (2 * MaxIndent);
    private char[] buffer = new char[4096];
    private LineKind[] kinds = new LineKind[256];
    private int lines;
    private int maxChars;
    private bool decorates;
    private int pendingBreaks;
    private bool pendingSpace;
    private bool lineOpen;
    private int lineStart;
    private int lastDepth;
    private int bulletEnd;

    public int Preformatted { get; set; }

    public int QuoteDepth { get; set; }

    public int SignatureDepth { get; set; }

    public int ListDepth { get; set; }

    public int Length { get; private set; }

    public bool IsLineOpen => lineOpen;

    public bool IsFull => Length >= maxChars;

    /// <summary>Begins a document.</summary>
    /// <param name="most">Characters of text at most.</param>
    /// <param name="decorate">Whether bullets, addresses, quote marks and the like are written besides the document's own text.</param>
    public void Begin(int most, bool decorate)
    {
        (maxChars, decorates) = (most, decorate);
        (Length, lines, pendingBreaks, lineStart, lastDepth) = (0, 0, 0, 0, 0);
        (Preformatted, QuoteDepth, SignatureDepth, ListDepth) = (0, 0, 0, 0);
        (pendingSpace, lineOpen) = (false, false);
        bulletEnd = -1;
        kinds[0] = LineKind.New;
        // One large mail must not stay in memory for good.
        if (buffer.Length > 1 << 18)
        {
            buffer = new char[4096];
            kinds = new LineKind[256];
        }
    }

    public void Text(ReadOnlySpan<char> text)
    {
        if (Preformatted > 0)
        {
            PreformattedText(text);
            return;
        }

        Reserve(text.Length);
        var to = buffer;
        var length = Length;
        var space = pendingSpace;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c <= ' ' || (c >= '\u007F' && (!IsShown(c) || (IsJoiner(c) && (space || !lineOpen)))))
            {
                space |= lineOpen && IsSpace(c);
                continue;
            }

            if (!lineOpen)
            {
                Length = length;
                OpenLine();
                length = Length;
                space = false;
            }
            else if (space)
            {
                to[length++] = ' ';
                space = false;
            }

            to[length++] = c;
        }

        Length = length;
        pendingSpace = space;
    }

    /// <summary>Text of ours, not the document's.</summary>
    public void Decoration(ReadOnlySpan<char> text)
    {
        if (decorates)
        {
            Text(text);
        }
    }

    /// <summary>Text of ours and a space behind it, before the text that follows.</summary>
    public void Bullet(ReadOnlySpan<char> text)
    {
        if (!decorates)
        {
            return;
        }

        if (Length == bulletEnd && lineOpen)
        {
            // The item before it was empty.
            bulletEnd = -1;
            Block();
        }

        Text(text);
        pendingSpace = true;
        bulletEnd = Length;
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
        if (Length == bulletEnd && lineOpen)
        {
            // A paragraph that begins a list's item stands beside its bullet.
            return;
        }

        pendingBreaks = Math.Max(pendingBreaks, Length == 0 ? 0 : paragraph ? 2 : 1);
        pendingSpace = false;
        lineOpen = false;
    }

    public void Space() => pendingSpace |= lineOpen;

    /// <summary>The address behind a link's text, unless it says no more than that does.</summary>
    public void LinkTarget(int from, ReadOnlySpan<char> target)
    {
        if (!decorates || target.IsEmpty || target.Length >= MaxLink || Length <= from)
        {
            return;
        }

        var text = buffer.AsSpan(from, Math.Min(Length - from, MaxLink)).Trim();
        if (text.IsEmpty || target.Contains(text.TrimEnd('/'), StringComparison.OrdinalIgnoreCase) || text.Contains(target, StringComparison.OrdinalIgnoreCase))
        {
            return;
        }

        pendingSpace = lineOpen;
        Text("<");
        Text(target);
        Text(">");
    }

    /// <summary>A rule or attribution line just above a quote belongs to it.</summary>
    public void AbsorbLastLine(bool attribution)
    {
        if (lines == 0 || kinds[lines - 1] != LineKind.New)
        {
            return;
        }

        var line = buffer.AsSpan(lineStart, Length - lineStart).Trim();
        if (line.IndexOfAnyExcept("-_") < 0 || (attribution && line is [.., ':' or '：'] && line.Length < 300 && (line.Contains('@') || line.IndexOfAnyInRange('0', '9') >= 0)))
        {
            kinds[lines - 1] = LineKind.Quoted;
        }
    }

    /// <summary>Whether text since a place holds what stands above forwarded mail ("---------- Forwarded message").</summary>
    public bool HasDashesSince(int from) => buffer.AsSpan(from, Length - from).Contains("-----", StringComparison.Ordinal);

    public string GetText() => new(buffer, 0, Math.Min(Length, maxChars));

    public LineKind[] GetKinds() => kinds.AsSpan(0, Math.Max(lines, 1)).ToArray();

    private static bool IsSpace(char c) => c is ' ' or '\n' or '\t' or '\r' or '\f' or '\u00A0' or '\u0085' or '\u2028' or '\u2029';

    // Neither a control character nor a no-break space, a line separator, a direction override or a byte order mark.
    private static bool IsShown(char c) => c > '\u00A0' && c != '\uFEFF' && !(c is >= '\u2028' and <= '\u202E') && !(c is >= '\u2066' and <= '\u2069');

    // Joins or parts letters and is nothing where a word begins: preheaders are padded with hundreds of them.
    private static bool IsJoiner(char c) => c is '\u00AD' or '\u034F' or '\u061C' or (>= '\u200B' and <= '\u200F') or (>= '\u2060' and <= '\u2064');

    private void PreformattedText(ReadOnlySpan<char> text)
    {
        foreach (var range in text.Split('\n'))
        {
            if (range.Start.Value > 0)
            {
                LineBreak();
            }

            var line = text[range];
            Reserve(line.Length);
            foreach (var c in line)
            {
                if ((c < ' ' && c != '\t') || (c >= '\u007F' && !IsShown(c) && c != '\u00A0'))
                {
                    continue;
                }

                if (!lineOpen)
                {
                    OpenLine();
                }

                buffer[Length++] = c == '\u00A0' ? ' ' : c;
            }
        }
    }

    private void Reserve(int more)
    {
        if (Length + more + Prefix > buffer.Length)
        {
            Array.Resize(ref buffer, Math.Max(buffer.Length * 2, Length + more + Prefix));
        }
    }

    private void OpenLine()
    {
        var depth = Math.Min(QuoteDepth, MaxQuoteDepth);
        var kind = SignatureDepth > 0 && depth == 0 ? LineKind.Signature : depth > 0 ? LineKind.Quoted : LineKind.New;
        if (Length > 0)
        {
            var breaks = Math.Max(1, pendingBreaks);
            for (var i = 1; i <= breaks; i++)
            {
                buffer[Length++] = '\n';
                AddLine(kind);
                if (i < breaks && decorates)
                {
                    // An empty line is quoted where both its neighbours are.
                    Quote(Math.Min(depth, lastDepth));
                }
            }
        }
        else
        {
            AddLine(kind);
        }

        lineStart = Length;
        lastDepth = depth;
        if (decorates)
        {
            Quote(depth);
            if (depth > 0)
            {
                buffer[Length++] = ' ';
            }

            var indent = 2 * Math.Clamp(ListDepth - 1, 0, MaxIndent);
            buffer.AsSpan(Length, indent).Fill(' ');
            Length += indent;
        }

        lineOpen = true;
        pendingBreaks = 0;
        pendingSpace = false;
    }

    private void Quote(int depth)
    {
        buffer.AsSpan(Length, depth).Fill('>');
        Length += depth;
    }

    private void AddLine(LineKind kind)
    {
        if (lines == kinds.Length)
        {
            Array.Resize(ref kinds, lines * 2);
        }

        kinds[lines++] = kind;
    }
}
