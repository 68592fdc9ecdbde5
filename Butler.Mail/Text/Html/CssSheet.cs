namespace Butler.Mail;

/// <summary>
/// The rules of style elements, as far as one class, id or element name selects them. Where a longer selector sets a colour
/// that colour is not known from then on, so that text is never taken for unseen by half a rule.
/// </summary>
internal sealed class CssSheet
{
    private const int MaxRules = 2_000;
    private const char ClassMark = '\u0100';
    private const char IdMark = '\u0101';
    private const char TagMark = '\u0102';
    private const char LongMark = '\u0103';
    private readonly Dictionary<ulong, CssEffect> rules = [];

    public bool IsEmpty => rules.Count == 0;

    public void Clear() => rules.Clear();

    /// <summary>Applies what is said about an element, lowest rank first.</summary>
    public void Apply(ref CssEffect effect, ulong tag, ReadOnlySpan<char> classes, ReadOnlySpan<char> id)
    {
        Add(ref effect, Key(TagMark, tag));
        Add(ref effect, Key(LongMark, Key(TagMark, tag)));
        foreach (var range in classes.SplitAny(" \t\n\r\f"))
        {
            if (!classes[range].IsEmpty)
            {
                AddNamed(ref effect, Key(ClassMark, HtmlName.Key(classes[range])), tag);
            }
        }

        if (!id.IsEmpty)
        {
            AddNamed(ref effect, Key(IdMark, HtmlName.Key(id.Trim())), tag);
        }
    }

    public void Parse(ReadOnlySpan<char> css)
    {
        while (true)
        {
            css = SkipSpace(css);
            if (css.IsEmpty || rules.Count >= MaxRules)
            {
                return;
            }

            if (css[0] == '}')
            {
                // The end of a block that was entered.
                css = css[1..];
                continue;
            }

            var open = css.IndexOfAny('{', ';');
            if (open < 0)
            {
                return;
            }

            var prelude = css[..open];
            if (prelude[0..Math.Min(1, prelude.Length)] is ['@'])
            {
                css = css[open] == ';' || EntersBlock(prelude) ? css[(open + 1)..] : AfterBlock(css[(open + 1)..]);
                continue;
            }

            if (css[open] == ';')
            {
                css = css[(open + 1)..];
                continue;
            }

            var body = css[(open + 1)..];
            var close = body.IndexOf('}');
            var effect = CssDeclarations.Parse(close < 0 ? body : body[..close]);
            if (effect.Set != CssTraits.None)
            {
                foreach (var range in prelude.Split(','))
                {
                    AddRule(prelude[range].Trim(), effect);
                }
            }

            css = close < 0 ? [] : body[(close + 1)..];
        }
    }

    // Media queries with a condition are for phones or print; the text is that of a screen of any size.
    private static bool EntersBlock(ReadOnlySpan<char> prelude) =>
        prelude.StartsWith("@media", StringComparison.OrdinalIgnoreCase) && !prelude.Contains('(') && !prelude.Contains("print", StringComparison.OrdinalIgnoreCase);

    private static ReadOnlySpan<char> AfterBlock(ReadOnlySpan<char> css)
    {
        var depth = 1;
        while (css.IndexOfAny('{', '}') is var at and >= 0)
        {
            depth += css[at] == '{' ? 1 : -1;
            css = css[(at + 1)..];
            if (depth == 0)
            {
                return css;
            }
        }

        return [];
    }

    private static ReadOnlySpan<char> SkipSpace(ReadOnlySpan<char> css)
    {
        while (true)
        {
            css = css.TrimStart();
            if (css.StartsWith("/*"))
            {
                var end = css[2..].IndexOf("*/");
                css = end < 0 ? [] : css[(end + 4)..];
            }
            else if (css.StartsWith("<!--"))
            {
                css = css[4..];
            }
            else if (css.StartsWith("-->"))
            {
                css = css[3..];
            }
            else
            {
                return css;
            }
        }
    }

    private static ulong Key(char mark, ulong name) => HtmlName.Next(name | (1UL << 63), mark);

    private static ulong Key(ulong name, ulong tag) => HtmlName.Next(name ^ (tag * 0x9E3779B97F4A7C15) | (1UL << 63), TagMark);

    private void AddRule(ReadOnlySpan<char> selector, CssEffect effect)
    {
        // ":hover" and the like do not count; "a:link" is every link.
        var colon = selector.IndexOf(':');
        if (colon >= 0)
        {
            if (!selector[colon..].Equals(":link", StringComparison.OrdinalIgnoreCase))
            {
                return;
            }

            selector = selector[..colon];
        }

        var last = selector.LastIndexOfAny(" >+~\t\n") + 1;
        var compound = selector[last..];
        var name = compound.IndexOfAny('.', '#');
        var tag = name < 0 ? compound : compound[..name];
        var isLong = last > 0 || compound.Contains('[') || (name >= 0 && compound[(name + 1)..].IndexOfAny('.', '#') >= 0);
        if (isLong)
        {
            effect = new CssEffect { Set = effect.Set & (CssTraits.Color | CssTraits.Background), Color = CssColor.Unknown, Background = CssColor.Unknown };
            if (effect.Set == CssTraits.None)
            {
                return;
            }

            var bracket = compound.IndexOf('[');
            compound = bracket < 0 ? compound : compound[..bracket];
            name = compound.IndexOfAny('.', '#');
            tag = name < 0 ? compound : compound[..name];
        }

        if (compound.IsEmpty || tag is ['*'])
        {
            return;
        }

        ulong key;
        if (name < 0)
        {
            key = Key(TagMark, HtmlName.Key(tag));
        }
        else
        {
            var rest = compound[(name + 1)..];
            var end = rest.IndexOfAny('.', '#');
            key = Key(compound[name] == '.' ? ClassMark : IdMark, HtmlName.Key(end < 0 ? rest : rest[..end]));
            key = tag.IsEmpty ? key : Key(key, HtmlName.Key(tag));
        }

        key = isLong ? Key(LongMark, key) : key;
        rules.TryGetValue(key, out var known);
        known.Apply(effect);
        rules[key] = known;
    }

    private void AddNamed(ref CssEffect effect, ulong key, ulong tag)
    {
        Add(ref effect, key);
        Add(ref effect, Key(key, tag));
        Add(ref effect, Key(LongMark, key));
        Add(ref effect, Key(LongMark, Key(key, tag)));
    }

    private void Add(ref CssEffect effect, ulong key)
    {
        if (rules.TryGetValue(key, out var rule))
        {
            effect.Apply(rule);
        }
    }
}
