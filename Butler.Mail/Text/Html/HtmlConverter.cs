namespace Butler.Mail;

/// <summary>
/// HTML to text in one pass over its tokens: a stack of open elements with the end tags that the standard implies, no tree.
/// What is not seen is left out; nothing is fetched. One instance serves one thread.
/// </summary>
internal sealed partial class HtmlConverter
{
    // Browsers stop nesting there as well (Blink: 512); what is deeper is text without structure.
    private const int MaxDepth = 512;

    // Unclosed <b> by the thousand change nothing but the stack.
    private const int MaxSameFormatting = 40;
    private const int MaxSuspended = 32;

    // How far an end tag looks for its start among the elements that are too deep.
    private const int DeepSearch = 64;
    private readonly HtmlTextWriter writer = new();
    private readonly CssSheet sheet = new();
    private readonly List<ulong> deep = [];
    private readonly HtmlFrame[] suspended = new HtmlFrame[MaxSuspended];
    private readonly int[] open = new int[256];
    private readonly char[] styleBuffer = new char[4096];
    private readonly char[] valueBuffer = new char[1024];
    private readonly char[] linkBuffer = new char[512];
    private HtmlFrame[] stack = new HtmlFrame[64];
    private int depth;
    private int deepHiddenAt;
    private int suspendedCount;
    private int suspendedBase;
    private int selectAt;
    private int foreignAt;
    private int formAt;
    private int styleStart;
    private bool skipsNewLine;
    private bool hasRest;
    private bool hides;
    private int linkAt;
    private int linkLength;
    private long steps;

    /// <summary>Loop turns of the last conversion, the tokenizer's included.</summary>
    public long Steps { get; private set; }

    /// <summary>Whether the last conversion left text out for length.</summary>
    public bool WasCut { get; private set; }

    public HtmlTextWriter Writer => writer;

    /// <param name="html">The document.</param>
    /// <param name="maxChars">Characters of text at most.</param>
    /// <param name="decorate">Whether to add bullets, link addresses, quote marks and what pictures say.</param>
    /// <param name="hide">Whether to leave out what styles hide.</param>
    public void Convert(ReadOnlySpan<char> html, int maxChars, bool decorate = true, bool hide = true)
    {
        Span<char> scratch = stackalloc char[2];
        Span<HtmlAttribute> attributes = stackalloc HtmlAttribute[HtmlTokenizer.MaxAttributes];
        var tokens = new HtmlTokenizer(html, scratch, attributes);
        hides = hide;
        Begin(maxChars, decorate);
        while (!writer.IsFull && tokens.Read())
        {
            switch (tokens.Kind)
            {
                case HtmlTokenKind.Text:
                    Text(tokens.Text);
                    break;
                case HtmlTokenKind.StartTag:
                    Start(ref tokens);
                    tokens.AllowCData = foreignAt >= 0;
                    break;
                case HtmlTokenKind.EndTag:
                    End(ref tokens, html);
                    tokens.AllowCData = foreignAt >= 0;
                    break;
            }
        }

        WasCut = writer.IsFull && tokens.Position < html.Length;
        Steps = steps + tokens.Steps;
    }

    private void Begin(int maxChars, bool decorate)
    {
        writer.Begin(maxChars, decorate);
        sheet.Clear();
        deep.Clear();
        open.AsSpan().Clear();
        styleCache.AsSpan().Clear();
        (depth, suspendedCount, suspendedBase, steps) = (1, 0, 0, 0);
        (deepHiddenAt, selectAt, foreignAt, formAt, linkAt) = (-1, -1, -1, -1, -1);
        (skipsNewLine, hasRest) = (false, false);
        stack[0] = new HtmlFrame { Tag = HtmlTag.Html, Traits = HtmlTagTraits.Special | HtmlTagTraits.Scope, Color = CssColor.Black, Background = CssColor.White, Visible = true };
    }

    private void Text(ReadOnlySpan<char> text)
    {
        if (skipsNewLine)
        {
            // The line feed right behind <pre> is not part of it (HTML standard 13.2.6.4.7).
            skipsNewLine = false;
            text = text is ['\n', ..] ? text[1..] : text;
        }

        if (suspendedCount > suspendedBase && !text.Trim(" \t\n\r\f").IsEmpty)
        {
            Reconstruct();
        }

        if (stack[Holder(depth - 1)].Visible && deepHiddenAt < 0)
        {
            writer.Text(text);
        }
    }

    // ---- the stack ----

    private void Push(HtmlTag tag, ulong key, HtmlTagTraits traits, in HtmlFacts facts)
    {
        var hidesSelf = (traits & HtmlTagTraits.Hidden) != 0 || (hides && (facts.IsHidden || facts.Effect.Hides((traits & HtmlTagTraits.TablePart) != 0 || tag == HtmlTag.Table)));
        if (depth == MaxDepth)
        {
            if (hidesSelf && deepHiddenAt < 0)
            {
                deepHiddenAt = deep.Count;
            }

            deep.Add(key);
            if ((traits & HtmlTagTraits.Block) != 0)
            {
                writer.Block();
            }

            return;
        }

        if ((traits & HtmlTagTraits.Formatting) != 0 && facts.Effect.Set == CssTraits.None && !hidesSelf && tag != HtmlTag.A && open[(int)tag] >= MaxSameFormatting)
        {
            return;
        }

        if (depth == stack.Length)
        {
            Array.Resize(ref stack, depth * 2);
        }

        ref var frame = ref stack[depth];
        frame = new HtmlFrame { Tag = tag, Key = key, Traits = traits, Effect = facts.Effect, HidesSelf = hidesSelf, Role = facts.Role, Position = writer.Length, IsLink = facts.HasLink, Count = facts.ListStart, HasData = facts.HasBorder };
        Compute(depth);
        if ((traits & HtmlTagTraits.Scope) != 0)
        {
            frame.OuterBase = suspendedBase;
            suspendedBase = suspendedCount;
        }

        depth++;
        open[(int)tag]++;
    }

    // What follows from the frame below and the frame's own style.
    private void Compute(int index)
    {
        ref var frame = ref stack[index];
        var isTablePart = (frame.Traits & HtmlTagTraits.TablePart) != 0;
        ref readonly var outer = ref stack[isTablePart ? index - 1 : Holder(index - 1)];
        ref readonly var effect = ref frame.Effect;
        frame.Hidden = outer.Hidden || frame.HidesSelf;
        frame.Invisible = (effect.Set & CssTraits.Invisible) != 0 ? (effect.Value & CssTraits.Invisible) != 0 : outer.Invisible;
        frame.Tiny = (effect.Set & CssTraits.TinyFont) != 0 ? (effect.Value & CssTraits.TinyFont) != 0 : outer.Tiny;
        frame.Color = (effect.Set & CssTraits.Color) != 0 ? effect.Color : frame.IsLink ? CssColor.LinkBlue : outer.Color;
        frame.Background = (effect.Set & CssTraits.Background) != 0 && effect.Background != CssColor.Clear ? effect.Background : outer.Background;
        frame.Visible = !frame.Hidden && (!hides || !(frame.Invisible || frame.Tiny || CssColor.IsSame(frame.Color, frame.Background)));
    }

    // What stands in a table but in none of its cells belongs before the table (13.2.6.1, foster parenting): neither its
    // colour is behind it nor does it hide with the table.
    private int Holder(int index)
    {
        if (stack[index].Tag is not (HtmlTag.Table or HtmlTag.Tbody or HtmlTag.Thead or HtmlTag.Tfoot or HtmlTag.Tr))
        {
            return index;
        }

        while (stack[index].Tag != HtmlTag.Table && index > 1)
        {
            steps++;
            index--;
        }

        return index - 1;
    }

    private void Pop(bool isImplied)
    {
        ref var frame = ref stack[--depth];
        open[(int)frame.Tag]--;
        if ((frame.Traits & HtmlTagTraits.Scope) != 0)
        {
            suspendedCount = suspendedBase;
            suspendedBase = frame.OuterBase;
        }
        else if (isImplied && (frame.Traits & HtmlTagTraits.Formatting) != 0 && frame.Effect.Set != CssTraits.None && suspendedCount < MaxSuspended)
        {
            suspended[suspendedCount++] = frame;
        }

        selectAt = selectAt == depth ? -1 : selectAt;
        foreignAt = foreignAt == depth ? -1 : foreignAt;
        formAt = formAt == depth ? -1 : formAt;
        Leave(ref frame);
    }

    // The element at an index and all above it are ended.
    private void PopTo(int index)
    {
        while (depth > index + 1)
        {
            Pop(isImplied: true);
        }

        if (depth > index)
        {
            Pop(isImplied: false);
        }
    }

    private void PopAbove(int index)
    {
        while (depth > index + 1)
        {
            Pop(isImplied: true);
        }
    }

    // An element is ended while others inside it stay open (13.2.6.4.7, the adoption agency and </form>).
    private void Remove(int index)
    {
        var removed = stack[index];
        open[(int)removed.Tag]--;
        stack.AsSpan(index + 1, depth - index - 1).CopyTo(stack.AsSpan(index));
        depth--;
        steps += depth - index;
        selectAt -= selectAt > index ? 1 : 0;
        foreignAt -= foreignAt > index ? 1 : 0;
        formAt = formAt == index ? -1 : formAt - (formAt > index ? 1 : 0);
        linkAt = linkAt == index ? -1 : linkAt - (linkAt > index ? 1 : 0);
        for (var i = index; i < depth; i++)
        {
            Compute(i);
        }

        Leave(ref removed);
    }

    // Formatting elements that a block's end closed go on in the next (13.2.4.3).
    private void Reconstruct()
    {
        var count = suspendedCount;
        suspendedCount = suspendedBase;
        for (var i = suspendedBase; i < count && depth < MaxDepth; i++)
        {
            steps++;
            // A link is not opened again: its address was written.
            var facts = new HtmlFacts { Effect = suspended[i].Effect, IsHidden = suspended[i].HidesSelf };
            Push(suspended[i].Tag, suspended[i].Key, suspended[i].Traits, facts);
        }
    }

    // Where the nearest open element of a kind is, or -1: not beyond a scope's bounds (13.2.4.2).
    private int Find(HtmlTag tag, HtmlTag alsoBound = HtmlTag.Html, HtmlTag andBound = HtmlTag.Html)
    {
        if (open[(int)tag] == 0)
        {
            return -1;
        }

        for (var i = depth - 1; i > 0; i--)
        {
            steps++;
            ref readonly var frame = ref stack[i];
            if (frame.Tag == tag)
            {
                return i;
            }

            if ((frame.Traits & HtmlTagTraits.Scope) != 0 || frame.Tag == alsoBound || frame.Tag == andBound)
            {
                return -1;
            }
        }

        return -1;
    }

    // As Find, in "table scope": only tables and templates bound it.
    private int FindInTable(HtmlTag tag)
    {
        if (open[(int)tag] == 0)
        {
            return -1;
        }

        for (var i = depth - 1; i > 0; i--)
        {
            steps++;
            if (stack[i].Tag == tag)
            {
                return i;
            }

            if (stack[i].Tag is HtmlTag.Table or HtmlTag.Template)
            {
                return -1;
            }
        }

        return -1;
    }

    private void CloseParagraph()
    {
        if (Find(HtmlTag.P, HtmlTag.Button) is var p and > 0)
        {
            PopTo(p);
        }
    }
}
