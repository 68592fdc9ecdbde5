using System.Buffers;

namespace Butler.Mail;

internal ref partial struct HtmlTokenizer
{
    private static readonly SearchValues<char> UnquotedEnd = SearchValues.Create(" \t\n\f\r>");

    // 13.2.5.8 to 13.2.5.40. A tag that the document's end cuts is dropped.
    private bool ReadTag(int from, HtmlTokenKind kind)
    {
        var i = from;
        ulong key = 0;
        while (i < input.Length && input[i] is var c && !IsSpace(c) && c is not ('/' or '>'))
        {
            key = HtmlName.Next(key, c);
            i++;
        }

        (nameStart, nameLength, NameKey) = (from, i - from, key);
        SelfClosing = false;
        attributeCount = 0;
        while (i < input.Length)
        {
            Steps++;
            var c = input[i];
            if (c == '>')
            {
                Kind = kind;
                at = i + 1;
                return true;
            }

            if (c == '/')
            {
                i++;
                SelfClosing = i < input.Length && input[i] == '>';
            }
            else if (IsSpace(c))
            {
                i++;
            }
            else
            {
                i = ReadAttribute(i);
            }
        }

        at = input.Length;
        return false;
    }

    // Returns where it ends, which is the end of the document for a quote that is never closed.
    private int ReadAttribute(int i)
    {
        var start = i;
        // A name may begin with "=" (13.2.5.32).
        var key = HtmlName.Next(0, input[i++]);
        while (i < input.Length && input[i] is var c && !IsSpace(c) && c is not ('/' or '>' or '='))
        {
            key = HtmlName.Next(key, c);
            i++;
        }

        var length = i - start;
        while (i < input.Length && IsSpace(input[i]))
        {
            i++;
        }

        int valueStart = i, valueLength = 0;
        if (i < input.Length && input[i] == '=')
        {
            i++;
            while (i < input.Length && IsSpace(input[i]))
            {
                i++;
            }

            if (i == input.Length)
            {
                return i;
            }

            if (input[i] is '"' or '\'')
            {
                valueStart = i + 1;
                valueLength = input[valueStart..].IndexOf(input[i]);
                if (valueLength < 0)
                {
                    return input.Length;
                }

                i = valueStart + valueLength + 1;
            }
            else
            {
                // ">" at once is a missing value; "/" does not end an unquoted one.
                valueStart = i;
                var end = input[i..].IndexOfAny(UnquotedEnd);
                valueLength = end < 0 ? input.Length - i : end;
                i += valueLength;
            }
        }

        Keep(new HtmlAttribute(key, start, length, valueStart, valueLength));
        return i;
    }

    // The first of a name counts (13.2.5.33).
    private void Keep(in HtmlAttribute attribute)
    {
        if (attributeCount == MaxAttributes)
        {
            return;
        }

        for (var i = 0; i < attributeCount; i++)
        {
            if (attributes[i].Key == attribute.Key && AttributeName(attributes[i]).Equals(AttributeName(attribute), StringComparison.OrdinalIgnoreCase))
            {
                return;
            }
        }

        attributes[attributeCount++] = attribute;
    }
}
