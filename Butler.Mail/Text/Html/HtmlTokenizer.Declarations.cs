namespace Butler.Mail;

internal ref partial struct HtmlTokenizer
{
    // 13.2.5.42.
    private bool ReadDeclaration()
    {
        var rest = input[(at + 2)..];
        if (rest.StartsWith("--"))
        {
            return ReadComment(at + 4);
        }

        if (rest.StartsWith("doctype", StringComparison.OrdinalIgnoreCase))
        {
            return ReadDoctype(at + 9);
        }

        if (AllowCData && rest.StartsWith("[CDATA["))
        {
            at += 9;
            inCData = true;
            contentEnd = -1;
            return false;
        }

        return ReadBogusComment(at + 2);
    }

    private bool ReadBogusComment(int from)
    {
        var end = input[from..].IndexOf('>');
        return Comment(from, end < 0 ? input.Length : from + end, end < 0 ? input.Length : from + end + 1);
    }

    // 13.2.5.43 to 13.2.5.52: ends at "-->", "--!>", and at "<!-->" and "<!--->" at once.
    private bool ReadComment(int from)
    {
        var rest = input[from..];
        if (rest is ['>', ..])
        {
            return Comment(from, from, from + 1);
        }

        if (rest is ['-', '>', ..])
        {
            return Comment(from, from, from + 2);
        }

        var i = from;
        while (input[i..].IndexOf("--") is var next and >= 0)
        {
            Steps++;
            i += next;
            var tail = input[(i + 2)..];
            if (tail is ['>', ..])
            {
                return Comment(from, i, i + 3);
            }

            if (tail is ['!', '>', ..])
            {
                return Comment(from, i, i + 4);
            }

            i++;
        }

        var data = rest.EndsWith("--!") ? rest[..^3] : rest.EndsWith("--") ? rest[..^2] : rest is [.., '-'] ? rest[..^1] : rest;
        return Comment(from, from + data.Length, input.Length);
    }

    private bool Comment(int from, int to, int next)
    {
        Kind = HtmlTokenKind.Comment;
        Text = input[from..to];
        at = next;
        return true;
    }

    // 13.2.5.53 to 13.2.5.68.
    private bool ReadDoctype(int i)
    {
        Kind = HtmlTokenKind.Doctype;
        SkipSpace(ref i);
        var start = i;
        while (i < input.Length && !IsSpace(input[i]) && input[i] != '>')
        {
            i++;
        }

        var name = input[start..i];
        SkipSpace(ref i);
        ReadOnlySpan<char> publicId = default, systemId = default;
        bool hasPublic = false, hasSystem = false, quirks = name.IsEmpty || i == input.Length;
        if (i < input.Length && input[i] != '>')
        {
            if (input[i..].StartsWith("public", StringComparison.OrdinalIgnoreCase))
            {
                i += 6;
                SkipSpace(ref i);
                hasPublic = ReadIdentifier(ref i, out publicId, out quirks);
                SkipSpace(ref i);
                if (hasPublic && !quirks && i < input.Length && input[i] is '"' or '\'')
                {
                    hasSystem = ReadIdentifier(ref i, out systemId, out quirks);
                }
                else
                {
                    quirks |= i == input.Length || input[i] != '>';
                }
            }
            else if (input[i..].StartsWith("system", StringComparison.OrdinalIgnoreCase))
            {
                i += 6;
                SkipSpace(ref i);
                hasSystem = ReadIdentifier(ref i, out systemId, out quirks);
            }
            else
            {
                quirks = true;
            }

            // What is behind the system identifier is bogus, not a quirk, unless the document ends there.
            SkipSpace(ref i);
            quirks |= i == input.Length;
        }

        Doctype = new HtmlDoctype
        {
            HasName = !name.IsEmpty,
            Name = name,
            HasPublicId = hasPublic,
            PublicId = publicId,
            HasSystemId = hasSystem,
            SystemId = systemId,
            ForceQuirks = quirks,
        };
        var close = input[i..].IndexOf('>');
        at = close < 0 ? input.Length : i + close + 1;
        return true;
    }

    // A quoted identifier; ">" ends it early, with quirks. The ">" is left where it is.
    private readonly bool ReadIdentifier(scoped ref int i, out ReadOnlySpan<char> value, out bool quirks)
    {
        value = default;
        quirks = true;
        if (i == input.Length || input[i] is not ('"' or '\''))
        {
            return false;
        }

        var end = input[(i + 1)..].IndexOfAny(input[i], '>');
        value = end < 0 ? input[(i + 1)..] : input.Slice(i + 1, end);
        quirks = end < 0 || input[i + 1 + end] == '>';
        i += 1 + value.Length + (quirks ? 0 : 1);
        return true;
    }

    private readonly void SkipSpace(scoped ref int i)
    {
        while (i < input.Length && IsSpace(input[i]))
        {
            i++;
        }
    }
}
