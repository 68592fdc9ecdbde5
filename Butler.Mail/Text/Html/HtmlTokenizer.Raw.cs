namespace Butler.Mail;

internal ref partial struct HtmlTokenizer
{
    // RCDATA, RAWTEXT, script data, PLAINTEXT (13.2.5.2 to 13.2.5.5): first where it ends, then its text in pieces.
    private bool ReadRaw()
    {
        if (contentEnd < 0)
        {
            contentEnd = content switch
            {
                HtmlContent.PlainText => input.Length,
                HtmlContent.Script => FindScriptEnd(at),
                _ => FindEndTag(at),
            };
        }

        if (at == contentEnd)
        {
            content = HtmlContent.Data;
            return ReadTag(at + 2, HtmlTokenKind.EndTag);
        }

        var rest = input[at..contentEnd];
        switch (rest[0])
        {
            case '&' when content == HtmlContent.RcData:
                return ReadReference();
            case '\r':
                return NewLine();
            case '\0':
                Emit(1);
                Text = Replacement;
                return true;
        }

        var end = content == HtmlContent.RcData ? rest.IndexOfAny('&', '\r', '\0') : rest.IndexOfAny('\r', '\0');
        return Emit(end < 0 ? rest.Length : end);
    }

    // 13.2.5.69: to "]]>"; NUL stays.
    private bool ReadCData()
    {
        if (contentEnd < 0)
        {
            var close = input[at..].IndexOf("]]>");
            contentEnd = close < 0 ? input.Length : at + close;
        }

        if (at == contentEnd)
        {
            inCData = false;
            contentEnd = -1;
            at += 3;
            return false;
        }

        var rest = input[at..contentEnd];
        if (rest[0] == '\r')
        {
            return NewLine();
        }

        var end = rest.IndexOf('\r');
        return Emit(end < 0 ? rest.Length : end);
    }

    private int FindEndTag(int i)
    {
        while (true)
        {
            Steps++;
            var next = input[i..].IndexOf("</");
            if (next < 0)
            {
                return input.Length;
            }

            i += next;
            if (IsContentEnd(i + 2))
            {
                return i;
            }

            i += 2;
        }
    }

    // The "appropriate end tag": the name of the start tag, then white space, "/" or ">".
    private readonly bool IsContentEnd(int i)
    {
        var end = i + contentNameLength;
        return end < input.Length && (IsSpace(input[end]) || input[end] is '/' or '>') && HtmlName.Key(input[i..end]) == contentKey;
    }

    // 13.2.5.15 to 13.2.5.31: inside "<!--" a "<script" makes "</script>" count for itself only.
    private int FindScriptEnd(int i)
    {
        var (escaped, twice, dashes) = (false, false, 0);
        while (i < input.Length)
        {
            Steps++;
            if (!escaped)
            {
                var next = input[i..].IndexOf('<');
                if (next < 0)
                {
                    return input.Length;
                }

                i += next;
                if (IsEndOfScript(i))
                {
                    return i;
                }

                i++;
                if (input[i..].StartsWith("!--"))
                {
                    (escaped, dashes) = (true, 2);
                    i += 3;
                }

                continue;
            }

            switch (input[i])
            {
                case '-':
                    dashes = Math.Min(dashes + 1, 2);
                    i++;
                    break;
                case '>' when dashes == 2:
                    (escaped, twice, dashes) = (false, false, 0);
                    i++;
                    break;
                case '<' when !twice:
                    if (IsEndOfScript(i))
                    {
                        return i;
                    }

                    dashes = 0;
                    i++;
                    twice = SkipScriptWord(ref i);
                    break;
                case '<':
                    dashes = 0;
                    i++;
                    if (i < input.Length && input[i] == '/')
                    {
                        i++;
                        twice = !SkipScriptWord(ref i);
                    }

                    break;
                default:
                    dashes = 0;
                    var stop = input[i..].IndexOfAny('<', '-');
                    i = stop < 0 ? input.Length : i + Math.Max(stop, 1);
                    break;
            }
        }

        return input.Length;
    }

    private readonly bool IsEndOfScript(int i) => i + 1 < input.Length && input[i + 1] == '/' && IsContentEnd(i + 2);

    // Letters up to white space, "/" or ">", which is consumed: whether they are "script".
    private readonly bool SkipScriptWord(scoped ref int i)
    {
        var start = i;
        while (i < input.Length && char.IsAsciiLetter(input[i]))
        {
            i++;
        }

        if (i == input.Length || !(IsSpace(input[i]) || input[i] is '/' or '>'))
        {
            return false;
        }

        var found = input[start..i].Equals("script", StringComparison.OrdinalIgnoreCase);
        i += i > start ? 1 : 0;
        return found;
    }
}
