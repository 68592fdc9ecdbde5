namespace Butler.Mail;

internal sealed partial class HtmlConverter
{
    private void Start(ref HtmlTokenizer tokens)
    {
        var tag = HtmlTags.Find(tokens.NameKey);
        var traits = HtmlTags.Of(tag);
        skipsNewLine = false;
        if (foreignAt >= 0)
        {
            if (!BreaksOut(tag))
            {
                StartForeign(ref tokens, tag);
                return;
            }

            PopTo(foreignAt);
        }

        if (selectAt >= 0 && !StartInSelect(tag))
        {
            return;
        }

        SetContent(ref tokens, tag, traits);
        if (deep.Count > 0 && (traits & HtmlTagTraits.Void) == 0)
        {
            Push(tag, tokens.NameKey, traits, ReadFacts(ref tokens, tag));
            return;
        }

        switch (tag)
        {
            case HtmlTag.Html or HtmlTag.Head:
                return;
            case HtmlTag.Body:
                StartBody(ref tokens);
                return;
            case HtmlTag.Frameset when writer.Length > 0:
                return;
            case HtmlTag.Form:
                if (formAt >= 0)
                {
                    return;
                }

                break;
            case HtmlTag.Svg or HtmlTag.Math when tokens.SelfClosing:
                return;
        }

        if ((traits & HtmlTagTraits.ClosesP) != 0 && deep.Count == 0)
        {
            CloseParagraph();
        }

        if ((traits & HtmlTagTraits.Void) != 0)
        {
            StartVoid(ref tokens, tag);
            return;
        }

        if (!CloseImplied(tag, traits))
        {
            return;
        }

        if ((traits & (HtmlTagTraits.Special | HtmlTagTraits.Hidden)) == 0 && suspendedCount > suspendedBase)
        {
            Reconstruct();
        }

        var facts = ReadFacts(ref tokens, tag);
        PushAndEnter(tag, tokens.NameKey, traits, facts);
        if (facts.HasLink && linkAt == depth - 1)
        {
            var target = tokens.Value(facts.Link, linkBuffer).Trim();
            linkLength = KeepTarget(target);
        }
    }

    private void PushAndEnter(HtmlTag tag, ulong key, HtmlTagTraits traits, in HtmlFacts facts)
    {
        var before = depth;
        Push(tag, key, traits, facts);
        if (depth > before)
        {
            Enter(facts);
        }
    }

    private void SetContent(ref HtmlTokenizer tokens, HtmlTag tag, HtmlTagTraits traits)
    {
        if ((traits & HtmlTagTraits.RawText) != 0)
        {
            tokens.SetContent(tag == HtmlTag.Script ? HtmlContent.Script : HtmlContent.RawText);
            styleStart = tokens.Position;
        }
        else if (tag is HtmlTag.Title or HtmlTag.Textarea)
        {
            tokens.SetContent(HtmlContent.RcData);
            skipsNewLine = tag == HtmlTag.Textarea;
        }
        else if (tag == HtmlTag.Plaintext)
        {
            tokens.SetContent(HtmlContent.PlainText);
        }
        else
        {
            skipsNewLine = tag is HtmlTag.Pre or HtmlTag.Listing;
        }
    }

    // The body's own style is that of the page.
    private void StartBody(ref HtmlTokenizer tokens)
    {
        var effect = ReadFacts(ref tokens, HtmlTag.Body).Effect;
        ref var page = ref stack[0];
        page.Effect.Apply(effect);
        page.HidesSelf |= hides && effect.Hides(false);
        page.Color = (effect.Set & CssTraits.Color) != 0 ? effect.Color : page.Color;
        page.Background = (effect.Set & CssTraits.Background) != 0 && effect.Background != CssColor.Clear ? effect.Background : page.Background;
        page.Tiny = (effect.Set & CssTraits.TinyFont) != 0 ? (effect.Value & CssTraits.TinyFont) != 0 : page.Tiny;
        page.Invisible = (effect.Set & CssTraits.Invisible) != 0 ? (effect.Value & CssTraits.Invisible) != 0 : page.Invisible;
        page.Hidden = page.HidesSelf;
        page.Visible = !page.Hidden && (!hides || !(page.Invisible || page.Tiny || CssColor.IsSame(page.Color, page.Background)));
        for (var i = 1; i < depth; i++)
        {
            Compute(i);
        }
    }

    private void StartVoid(ref HtmlTokenizer tokens, HtmlTag tag)
    {
        if (tag is not (HtmlTag.Br or HtmlTag.Hr or HtmlTag.Img or HtmlTag.Image))
        {
            return;
        }

        if (suspendedCount > suspendedBase && tag != HtmlTag.Hr)
        {
            Reconstruct();
        }

        ref readonly var outer = ref stack[Holder(depth - 1)];
        if (outer.Hidden || deepHiddenAt >= 0)
        {
            return;
        }

        if (tag == HtmlTag.Br)
        {
            writer.LineBreak();
            return;
        }

        var facts = ReadFacts(ref tokens, tag);
        if (hides && (facts.IsHidden || facts.Effect.Hides(false)))
        {
            return;
        }

        if (tag == HtmlTag.Hr)
        {
            writer.Block();
            if (facts.Role == HtmlRole.Rest)
            {
                BeginRest();
            }

            writer.Decoration("---");
            writer.Block();
        }
        else if (!facts.IsTiny)
        {
            // A picture of one or two pixels reports that the mail was read.
            writer.Space();
            if (facts.HasAlt && tokens.Value(facts.Alt, valueBuffer).Trim() is { Length: > 1 and < 200 } alt)
            {
                writer.Decoration("[");
                writer.Decoration(alt);
                writer.Decoration("]");
                writer.Space();
            }
        }
    }

    // What the start of an element ends (13.2.6.4.7 to 13.2.6.4.15). False where the tag is to be ignored.
    private bool CloseImplied(HtmlTag tag, HtmlTagTraits traits)
    {
        switch (tag)
        {
            case HtmlTag.Li:
                CloseItem(HtmlTag.Li, HtmlTag.Li);
                CloseParagraph();
                break;
            case HtmlTag.Dd or HtmlTag.Dt:
                CloseItem(HtmlTag.Dd, HtmlTag.Dt);
                CloseParagraph();
                break;
            case >= HtmlTag.H1 and <= HtmlTag.H6:
                if (stack[depth - 1].Tag is >= HtmlTag.H1 and <= HtmlTag.H6)
                {
                    Pop(isImplied: true);
                }

                break;
            case HtmlTag.Button or HtmlTag.Nobr:
                if (Find(tag) is var same and > 0)
                {
                    PopTo(same);
                }

                break;
            case HtmlTag.A:
                CloseFormatting(HtmlTag.A);
                break;
            case HtmlTag.Option or HtmlTag.Optgroup:
                if (stack[depth - 1].Tag == HtmlTag.Option)
                {
                    Pop(isImplied: true);
                }

                break;
            case HtmlTag.Table:
                if (TableContext() is var table and > 0 && stack[table].Tag is not (HtmlTag.Td or HtmlTag.Th or HtmlTag.Caption))
                {
                    PopTo(FindInTable(HtmlTag.Table));
                }

                break;
            default:
                return ((traits & HtmlTagTraits.TablePart) == 0 && tag != HtmlTag.Colgroup) || StartTablePart(tag);
        }

        return true;
    }

    private void CloseItem(HtmlTag one, HtmlTag other)
    {
        if (open[(int)one] + open[(int)other] == 0)
        {
            return;
        }

        for (var i = depth - 1; i > 0; i--)
        {
            steps++;
            ref readonly var frame = ref stack[i];
            if (frame.Tag == one || frame.Tag == other)
            {
                PopTo(i);
                return;
            }

            if ((frame.Traits & HtmlTagTraits.Special) != 0 && frame.Tag is not (HtmlTag.Address or HtmlTag.Div or HtmlTag.P))
            {
                return;
            }
        }
    }

    // The nearest table or part of one, or -1.
    private int TableContext()
    {
        if (open[(int)HtmlTag.Table] == 0)
        {
            return -1;
        }

        for (var i = depth - 1; i > 0; i--)
        {
            steps++;
            if (stack[i].Tag is HtmlTag.Table or HtmlTag.Template || (stack[i].Traits & HtmlTagTraits.TablePart) != 0)
            {
                return stack[i].Tag == HtmlTag.Template ? -1 : i;
            }
        }

        return -1;
    }

    private bool StartTablePart(HtmlTag tag)
    {
        var table = FindInTable(HtmlTag.Table);
        if (table < 0)
        {
            // A cell outside any table is no element (13.2.6.4.7), but what it keeps apart stays apart.
            writer.Space();
            return false;
        }

        switch (tag)
        {
            case HtmlTag.Td or HtmlTag.Th:
                if (FindInTable(HtmlTag.Tr) is var row and > 0)
                {
                    PopAbove(row);
                }
                else
                {
                    PopAboveSection(table);
                    PushAndEnter(HtmlTag.Tr, 't' << 8 | 'r', HtmlTags.Of(HtmlTag.Tr), default);
                }

                break;
            case HtmlTag.Tr:
                PopAboveSection(table);
                break;
            default:
                PopAbove(table);
                break;
        }

        return tag != HtmlTag.Colgroup;
    }

    private void PopAboveSection(int table)
    {
        for (var i = depth - 1; i > table; i--)
        {
            steps++;
            if (stack[i].Tag is HtmlTag.Tbody or HtmlTag.Thead or HtmlTag.Tfoot)
            {
                PopAbove(i);
                return;
            }
        }

        PopAbove(table);
    }
}
