using System.Globalization;

namespace Butler.Mail;

/// <summary>What elements mean for the text.</summary>
internal sealed partial class HtmlConverter
{
    private const int StyleCacheSize = 64;

    private static readonly HtmlNameTable AttributeNames = new("style", "class", "id", "hidden", "bgcolor", "background", "color", "text", "width", "height", "href", "alt", "type", "start", "border", "name", "data-marker");

    // Mails repeat the same styles in each cell.
    private readonly (int Start, int Length, CssEffect Effect)[] styleCache = new (int Start, int Length, CssEffect Effect)[StyleCacheSize];

    private enum Attribute
    {
        None,
        Style,
        Class,
        Id,
        Hidden,
        BgColor,
        Background,
        Color,
        Text,
        Width,
        Height,
        Href,
        Alt,
        Type,
        Start,
        Border,
        Name,
        DataMarker,
    }

    private HtmlFacts ReadFacts(ref HtmlTokenizer tokens, HtmlTag tag)
    {
        var facts = default(HtmlFacts);
        var attributes = tokens.Attributes;
        var (style, cssClass, id) = (-1, -1, -1);
        for (var i = 0; i < attributes.Length; i++)
        {
            ref readonly var attribute = ref attributes[i];
            switch ((Attribute)AttributeNames.Find(attribute.Key))
            {
                case Attribute.Style:
                    style = i;
                    break;
                case Attribute.Class:
                    cssClass = i;
                    break;
                case Attribute.Id:
                    id = i;
                    break;
                case Attribute.Hidden:
                    facts.IsHidden = true;
                    break;
                case Attribute.BgColor:
                    facts.Effect.Put(CssTraits.Background, false, false);
                    facts.Effect.Background = CssColor.Parse(tokens.Value(attribute, valueBuffer));
                    break;
                case Attribute.Background:
                    facts.Effect.Put(CssTraits.Background, false, false);
                    facts.Effect.Background = CssColor.Unknown;
                    break;
                case Attribute.Color when tag == HtmlTag.Font:
                case Attribute.Text when tag == HtmlTag.Body:
                    facts.Effect.Put(CssTraits.Color, false, false);
                    facts.Effect.Color = CssColor.Parse(tokens.Value(attribute, valueBuffer));
                    break;
                case Attribute.Width or Attribute.Height when tag is HtmlTag.Img or HtmlTag.Image:
                    facts.IsTiny |= tokens.RawValue(attribute).Trim().TrimEnd("px") is "0" or "1" or "2";
                    break;
                case Attribute.Href when tag == HtmlTag.A:
                    facts.HasLink = true;
                    facts.Link = attribute;
                    break;
                case Attribute.Alt:
                    facts.HasAlt = true;
                    facts.Alt = attribute;
                    break;
                case Attribute.Type when tag == HtmlTag.Blockquote:
                    facts.IsCite = tokens.RawValue(attribute).Trim().Equals("cite", StringComparison.OrdinalIgnoreCase);
                    break;
                case Attribute.Start when tag == HtmlTag.Ol:
                    facts.ListStart = int.TryParse(tokens.RawValue(attribute), NumberStyles.None, CultureInfo.InvariantCulture, out var start) ? Math.Clamp(start, 1, 10_000) - 1 : 0;
                    break;
                case Attribute.Border when tag == HtmlTag.Table:
                    facts.HasBorder = tokens.RawValue(attribute).Trim() is not "0" and not "";
                    break;
                case Attribute.Name or Attribute.DataMarker:
                    Role(ref facts, HtmlRoles.Of(tokens.RawValue(attribute)));
                    break;
            }
        }

        if (cssClass >= 0)
        {
            Role(ref facts, HtmlRoles.Of(tokens.RawValue(attributes[cssClass])));
        }

        if (id >= 0)
        {
            Role(ref facts, HtmlRoles.Of(tokens.RawValue(attributes[id])));
        }

        if (!sheet.IsEmpty)
        {
            sheet.Apply(ref facts.Effect, tokens.NameKey, cssClass < 0 ? [] : tokens.RawValue(attributes[cssClass]), id < 0 ? [] : tokens.RawValue(attributes[id]));
        }

        if (style >= 0)
        {
            facts.Effect.Apply(ReadStyle(ref tokens, attributes[style]));
        }

        return facts;
    }

    private static void Role(ref HtmlFacts facts, HtmlRole role) => facts.Role = facts.Role == HtmlRole.None ? role : facts.Role;

    private CssEffect ReadStyle(ref HtmlTokenizer tokens, in HtmlAttribute attribute)
    {
        var raw = tokens.RawValue(attribute);
        if (raw.IsEmpty)
        {
            return default;
        }

        ref var cached = ref styleCache[(raw.Length + (raw[0] * 7) + (raw[raw.Length / 2] * 31) + (raw[^1] * 3)) & (StyleCacheSize - 1)];
        if (cached.Length == raw.Length && tokens.RawValue(attribute with { ValueStart = cached.Start }).SequenceEqual(raw))
        {
            return cached.Effect;
        }

        cached = (attribute.ValueStart, raw.Length, CssDeclarations.Parse(tokens.Value(attribute, styleBuffer)));
        return cached.Effect;
    }

    private void Enter(in HtmlFacts facts)
    {
        ref var frame = ref stack[depth - 1];
        switch (frame.Tag)
        {
            case HtmlTag.Select:
                selectAt = depth - 1;
                return;
            case HtmlTag.Svg or HtmlTag.Math:
                foreignAt = depth - 1;
                return;
            case HtmlTag.Form:
                formAt = depth - 1;
                break;
        }

        if (frame.Hidden)
        {
            return;
        }

        frame.Entered = true;
        if ((frame.Traits & HtmlTagTraits.Block) != 0)
        {
            writer.Block((frame.Traits & HtmlTagTraits.Paragraph) != 0 && !(frame.Tag is HtmlTag.Ul or HtmlTag.Ol && writer.ListDepth > 0));
        }

        EnterRole(ref frame, facts);
        switch (frame.Tag)
        {
            case HtmlTag.Ul or HtmlTag.Ol or HtmlTag.Menu or HtmlTag.Dir:
                writer.ListDepth++;
                break;
            case HtmlTag.Li:
                writer.Bullet(Bullet());
                break;
            case HtmlTag.Pre or HtmlTag.Listing or HtmlTag.Xmp or HtmlTag.Textarea or HtmlTag.Plaintext:
                writer.Preformatted++;
                break;
            case HtmlTag.Td or HtmlTag.Th:
                EnterCell(frame.Tag == HtmlTag.Th);
                break;
            case HtmlTag.A when facts.HasLink:
                (linkAt, linkLength) = (depth - 1, 0);
                frame.Position = writer.Length;
                break;
        }
    }

    private void EnterRole(ref HtmlFrame frame, in HtmlFacts facts)
    {
        if (frame.Tag == HtmlTag.Blockquote)
        {
            // Gmail's and Outlook's indentation quotes nobody.
            frame.OpensQuote = facts.IsCite || facts.Role != HtmlRole.None || (facts.Effect.Value & CssTraits.Indentation) == 0;
            if (frame.OpensQuote)
            {
                writer.AbsorbLastLine(attribution: facts.IsCite || facts.Role != HtmlRole.None);
                OpenAnswers();
            }
        }
        else if (facts.Role is HtmlRole.Quote or HtmlRole.GmailQuote)
        {
            frame.OpensQuote = true;
            writer.Block();
        }
        else if (facts.Role == HtmlRole.Rest || (facts.Effect.Value & CssTraits.OutlookRule) != 0)
        {
            writer.Block();
            BeginRest();
        }
        else if (facts.Role == HtmlRole.Signature)
        {
            writer.Block();
            frame.OpensSignature = true;
            writer.SignatureDepth++;
        }

        writer.QuoteDepth += frame.OpensQuote ? 1 : 0;
    }

    // In Gmail's container what follows its first block quote is an answer, unless the container holds forwarded mail.
    private void OpenAnswers()
    {
        ref var outer = ref stack[depth - 2];
        if (outer is { Role: HtmlRole.GmailQuote, OpensQuote: true } && !writer.HasDashesSince(outer.Position))
        {
            outer.OpensQuote = false;
            writer.QuoteDepth--;
        }
    }

    private void BeginRest()
    {
        writer.AbsorbLastLine(attribution: false);
        if (!hasRest)
        {
            hasRest = true;
            writer.QuoteDepth++;
        }
    }

    private void EnterCell(bool isHeader)
    {
        writer.Space();
        for (var i = depth - 2; i > 0; i--)
        {
            steps++;
            if (stack[i].Tag == HtmlTag.Table)
            {
                stack[i].HasData |= isHeader;
                if (stack[i].HasData && writer.IsLineOpen && stack[depth - 2] is { Tag: HtmlTag.Tr } row && row.Count > 0)
                {
                    writer.Bullet("|");
                }

                break;
            }
        }

        stack[depth - 2].Count += stack[depth - 2].Tag == HtmlTag.Tr ? 1 : 0;
    }

    private ReadOnlySpan<char> Bullet()
    {
        ref var list = ref stack[depth - 2];
        if (list.Tag != HtmlTag.Ol)
        {
            return "-";
        }

        (++list.Count).TryFormat(valueBuffer, out var length, default, CultureInfo.InvariantCulture);
        valueBuffer[length] = '.';
        return valueBuffer.AsSpan(0, length + 1);
    }

    // Only addresses that a person can go to; a mail address without its scheme.
    private int KeepTarget(ReadOnlySpan<char> target)
    {
        if (target.StartsWith("mailto:", StringComparison.OrdinalIgnoreCase))
        {
            target = target[7..];
            var query = target.IndexOf('?');
            target = query < 0 ? target : target[..query];
        }
        else if (!target.StartsWith("https:", StringComparison.OrdinalIgnoreCase) && !target.StartsWith("http:", StringComparison.OrdinalIgnoreCase))
        {
            return 0;
        }

        // An address holds no white space: what follows it was put there for a reader of another kind.
        var end = target.IndexOfAny(" \t\r\n\f\u00A0");
        target = end < 0 ? target : target[..end];
        if (target.Length > linkBuffer.Length)
        {
            return 0;
        }

        target.CopyTo(linkBuffer);
        return target.Length;
    }

    private void Leave(ref HtmlFrame frame)
    {
        writer.QuoteDepth -= frame.OpensQuote ? 1 : 0;
        writer.SignatureDepth -= frame.OpensSignature ? 1 : 0;
        if (!frame.Entered)
        {
            return;
        }

        switch (frame.Tag)
        {
            case HtmlTag.A when linkAt == depth:
                writer.LinkTarget(frame.Position, linkBuffer.AsSpan(0, linkLength));
                linkAt = -1;
                break;
            case HtmlTag.Ul or HtmlTag.Ol or HtmlTag.Menu or HtmlTag.Dir:
                writer.ListDepth--;
                break;
            case HtmlTag.Pre or HtmlTag.Listing or HtmlTag.Xmp or HtmlTag.Textarea or HtmlTag.Plaintext:
                writer.Preformatted--;
                break;
        }

        if ((frame.Traits & HtmlTagTraits.Block) != 0)
        {
            writer.Block((frame.Traits & HtmlTagTraits.Paragraph) != 0 && !(frame.Tag is HtmlTag.Ul or HtmlTag.Ol && writer.ListDepth > 0));
        }
        else if (frame.OpensQuote || frame.OpensSignature)
        {
            writer.Block();
        }
    }
}
