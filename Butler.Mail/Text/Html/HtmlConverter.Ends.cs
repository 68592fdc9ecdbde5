namespace Butler.Mail;

internal sealed partial class HtmlConverter
{
    private void End(ref HtmlTokenizer tokens, ReadOnlySpan<char> html)
    {
        var tag = HtmlTags.Find(tokens.NameKey);
        var traits = HtmlTags.Of(tag);
        skipsNewLine = false;
        if (tag == HtmlTag.Style && foreignAt < 0)
        {
            sheet.Parse(html[Math.Min(styleStart, tokens.Start)..tokens.Start]);
        }

        if (deep.Count > 0)
        {
            EndDeep(tokens.NameKey, traits);
            return;
        }

        if (foreignAt >= 0)
        {
            EndForeign(tokens.NameKey, tag);
            return;
        }

        if (selectAt >= 0 && tag is not (HtmlTag.Select or HtmlTag.Script or HtmlTag.Template) && (tag != HtmlTag.Table && (traits & HtmlTagTraits.TablePart) == 0 || FindInTable(tag) < 0))
        {
            return;
        }

        switch (tag)
        {
            case HtmlTag.P:
                if (Find(HtmlTag.P, HtmlTag.Button) is var p and > 0)
                {
                    PopTo(p);
                }
                else if (!stack[depth - 1].Hidden)
                {
                    // One that was not open is an empty one.
                    writer.Block(paragraph: true);
                }

                break;
            case HtmlTag.Br:
                if (!stack[depth - 1].Hidden)
                {
                    writer.LineBreak();
                }

                break;
            case HtmlTag.Html or HtmlTag.Body or HtmlTag.Head:
                break;
            case HtmlTag.Li:
                EndAt(Find(HtmlTag.Li, HtmlTag.Ol, HtmlTag.Ul));
                break;
            case >= HtmlTag.H1 and <= HtmlTag.H6:
                EndAt(FindHeading());
                break;
            case HtmlTag.Form:
                // In a cell of its own table a form stays open (13.2.6.4.7).
                var form = formAt;
                formAt = -1;
                if (form > 0 && Find(HtmlTag.Form) == form)
                {
                    Remove(form);
                }

                break;
            case HtmlTag.Table or HtmlTag.Select or HtmlTag.Template:
                EndAt(FindInTable(tag));
                break;
            default:
                if ((traits & HtmlTagTraits.TablePart) != 0)
                {
                    EndAt(FindInTable(tag));
                }
                else if ((traits & HtmlTagTraits.Formatting) != 0)
                {
                    CloseFormatting(tag);
                }
                else if ((traits & HtmlTagTraits.Special) != 0)
                {
                    EndAt(Find(tag));
                }
                else
                {
                    EndOther(tag, tokens.NameKey);
                }

                break;
        }
    }

    private void EndAt(int index)
    {
        if (index > 0)
        {
            PopTo(index);
        }
    }

    private int FindHeading()
    {
        var found = -1;
        for (var tag = HtmlTag.H1; tag <= HtmlTag.H6; tag++)
        {
            found = Math.Max(found, Find(tag));
        }

        return found;
    }

    // 13.2.6.4.7, "any other end tag".
    private void EndOther(HtmlTag tag, ulong key)
    {
        if (open[(int)tag] == 0)
        {
            return;
        }

        for (var i = depth - 1; i > 0; i--)
        {
            steps++;
            if (stack[i].Tag == tag && stack[i].Key == key)
            {
                PopTo(i);
                return;
            }

            if ((stack[i].Traits & HtmlTagTraits.Special) != 0)
            {
                return;
            }
        }
    }

    // The adoption agency (13.2.6.4.7), as far as text sees it: blocks that were opened inside stay open without it.
    private void CloseFormatting(HtmlTag tag)
    {
        for (var i = suspendedCount - 1; i >= suspendedBase; i--)
        {
            if (suspended[i].Tag == tag)
            {
                suspended.AsSpan(i + 1, suspendedCount - i - 1).CopyTo(suspended.AsSpan(i));
                suspendedCount--;
                return;
            }
        }

        var at = Find(tag);
        if (at < 0)
        {
            return;
        }

        for (var i = at + 1; i < depth; i++)
        {
            steps++;
            if ((stack[i].Traits & HtmlTagTraits.Special) != 0)
            {
                Remove(at);
                return;
            }
        }

        PopTo(at);
    }

    // Among elements that are too deep for the stack only the nearest are looked at: they have no structure to keep.
    private void EndDeep(ulong key, HtmlTagTraits traits)
    {
        if ((traits & HtmlTagTraits.Block) != 0)
        {
            writer.Block();
        }

        for (var i = deep.Count - 1; i >= Math.Max(0, deep.Count - DeepSearch); i--)
        {
            steps++;
            if (deep[i] == key)
            {
                deep.RemoveRange(i, deep.Count - i);
                deepHiddenAt = deepHiddenAt >= i ? -1 : deepHiddenAt;
                return;
            }
        }
    }

    // ---- select, SVG and MathML: none of it is text ----

    private bool StartInSelect(HtmlTag tag)
    {
        switch (tag)
        {
            case HtmlTag.Select:
                PopTo(selectAt);
                return false;
            case HtmlTag.Input or HtmlTag.Textarea or HtmlTag.Keygen:
                PopTo(selectAt);
                return true;
            case HtmlTag.Script or HtmlTag.Template or HtmlTag.Option or HtmlTag.Optgroup:
                return true;
            default:
                // A table's part ends a select inside it (13.2.6.4.17).
                if (tag == HtmlTag.Table || (HtmlTags.Of(tag) & HtmlTagTraits.TablePart) != 0)
                {
                    if (TableContext() > 0)
                    {
                        PopTo(selectAt);
                        return true;
                    }
                }

                return false;
        }
    }

    // Elements that cannot stand in SVG or MathML end it (13.2.6.5), unless its own elements for HTML hold them.
    private bool BreaksOut(HtmlTag tag)
    {
        if ((HtmlTags.Of(tag) & (HtmlTagTraits.ClosesP | HtmlTagTraits.Formatting)) == 0 && tag is not (HtmlTag.Body or HtmlTag.Br or HtmlTag.Dd or HtmlTag.Dt or HtmlTag.Embed or HtmlTag.Head or HtmlTag.Img or HtmlTag.Li or HtmlTag.Meta or HtmlTag.Span or HtmlTag.Table))
        {
            return false;
        }

        if (tag is HtmlTag.A or HtmlTag.Font or HtmlTag.Form || (tag is HtmlTag.Address or HtmlTag.Article or HtmlTag.Aside or HtmlTag.Section or HtmlTag.Figure or HtmlTag.Figcaption or HtmlTag.Footer or HtmlTag.Header or HtmlTag.Main or HtmlTag.Nav or HtmlTag.Details or HtmlTag.Dialog or HtmlTag.Fieldset or HtmlTag.Hgroup or HtmlTag.Search or HtmlTag.Summary or HtmlTag.Xmp or HtmlTag.Plaintext or HtmlTag.Dir))
        {
            return false;
        }

        for (var i = depth - 1; i > foreignAt; i--)
        {
            steps++;
            if (stack[i].Tag == HtmlTag.Title || stack[i].Key == Keys.ForeignObject || stack[i].Key == Keys.Desc || stack[i].Key == Keys.AnnotationXml || stack[i].Key == Keys.Mtext || stack[i].Key == Keys.Mi || stack[i].Key == Keys.Mo || stack[i].Key == Keys.Mn || stack[i].Key == Keys.Ms)
            {
                return false;
            }
        }

        return true;
    }

    private void StartForeign(ref HtmlTokenizer tokens, HtmlTag tag)
    {
        if (!tokens.SelfClosing)
        {
            // Nothing inside is looked at but where it ends.
            Push(tag, tokens.NameKey, HtmlTagTraits.Hidden, default);
        }
    }

    private void EndForeign(ulong key, HtmlTag tag)
    {
        if (tag is HtmlTag.P or HtmlTag.Br)
        {
            PopTo(foreignAt);
            writer.Block();
            return;
        }

        for (var i = depth - 1; i >= foreignAt; i--)
        {
            steps++;
            if (stack[i].Key == key)
            {
                PopTo(i);
                return;
            }
        }

        // An end tag of what is around it.
        if (open[(int)tag] > 0 && tag != HtmlTag.Unknown)
        {
            var outside = (HtmlTags.Of(tag) & HtmlTagTraits.TablePart) != 0 || tag == HtmlTag.Table ? FindInTable(tag) : Find(tag);
            if (outside > 0 && outside < foreignAt)
            {
                PopTo(outside);
            }
        }
    }

    private static class Keys
    {
        public static readonly ulong ForeignObject = HtmlName.Key("foreignobject");
        public static readonly ulong Desc = HtmlName.Key("desc");
        public static readonly ulong AnnotationXml = HtmlName.Key("annotation-xml");
        public static readonly ulong Mtext = HtmlName.Key("mtext");
        public static readonly ulong Mi = HtmlName.Key("mi");
        public static readonly ulong Mo = HtmlName.Key("mo");
        public static readonly ulong Mn = HtmlName.Key("mn");
        public static readonly ulong Ms = HtmlName.Key("ms");
    }
}
