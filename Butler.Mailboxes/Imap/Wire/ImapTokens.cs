using System.Buffers.Text;
using System.Text;

namespace Butler.Mailboxes.Imap.Wire;

/// <summary>An answer that is not IMAP's grammar. Caught per answer: one bad answer is passed over, not the mailbox.</summary>
internal sealed class ImapFormatException(string message) : Exception(message);

/// <summary>Reads an answer's tokens (RFC 3501 section 4, 9051 section 4), leniently where servers are known to err.</summary>
internal ref struct ImapTokens(ImapResponse response, int maxDepth)
{
    private readonly ReadOnlySpan<byte> _text = response.Text;
    private readonly List<byte[]> _literals = response.Literals;
    private readonly int _maxDepth = maxDepth;
    private int _at;
    private int _literal;

    public readonly bool AtEnd => _at >= _text.Length;

    /// <summary>What is left, unread.</summary>
    public readonly ReadOnlySpan<byte> Rest => _at >= _text.Length ? [] : _text[_at..];

    public void Skip(int count) => _at += count;

    public void SkipSpaces()
    {
        while (_at < _text.Length && _text[_at] is (byte)' ' or (byte)'\t')
        {
            _at++;
        }
    }

    public readonly bool Peek(byte value) => _at < _text.Length && _text[_at] == value;

    public bool TryTake(byte value)
    {
        SkipSpaces();
        if (!Peek(value))
        {
            return false;
        }

        _at++;
        return true;
    }

    public void Expect(byte value)
    {
        if (!TryTake(value))
        {
            throw new ImapFormatException("another character was due");
        }
    }

    /// <summary>An atom, with brackets as FETCH's items have them: <c>BODY[HEADER.FIELDS (SUBJECT)]&lt;0&gt;</c> is one.</summary>
    public ReadOnlySpan<byte> Atom()
    {
        SkipSpaces();
        var start = _at;
        while (_at < _text.Length && _text[_at] is not ((byte)' ' or (byte)'(' or (byte)')' or (byte)'{' or (byte)'"' or (byte)'\r' or (byte)'\n'))
        {
            if (_text[_at] == (byte)'[')
            {
                var close = _text[_at..].IndexOf((byte)']');
                if (close < 0)
                {
                    throw new ImapFormatException("bracket without end");
                }

                _at += close;
            }

            _at++;
        }

        return _at > start ? _text[start.._at] : throw new ImapFormatException("an atom was due");
    }

    /// <summary>A number; -1 and such fancies of servers are 0, and so is what is too large.</summary>
    public ulong Number()
    {
        var atom = Atom();
        if (Utf8Parser.TryParse(atom, out ulong value, out var used) && used == atom.Length)
        {
            return value;
        }

        if (atom[0] == (byte)'-')
        {
            return 0;
        }

        // mail.ru: 9.3736e+06
        return Utf8Parser.TryParse(atom, out double number, out used, 'e') && used == atom.Length && number is >= 0 and < 9e15 ? (ulong)number : throw new ImapFormatException("a number was due");
    }

    /// <summary>A string, an atom taken for one, or NIL (null). Quoted strings are copied out; a literal is its own array.</summary>
    public ReadOnlyMemory<byte>? NString()
    {
        SkipSpaces();
        if (_at >= _text.Length)
        {
            throw new ImapFormatException("a string was due");
        }

        switch (_text[_at])
        {
            case (byte)'"':
                return Quoted();
            case (byte)'{':
                return Literal();
            case (byte)'~' when _at + 1 < _text.Length && _text[_at + 1] == (byte)'{':
                _at++;
                return Literal();
            default:
                var start = _at;
                while (_at < _text.Length && _text[_at] is not ((byte)' ' or (byte)'(' or (byte)')' or (byte)'"' or (byte)'\r'))
                {
                    _at++;
                }

                var atom = _text[start.._at];
                return atom.IsEmpty ? throw new ImapFormatException("a string was due") : Ascii.EqualsIgnoreCase(atom, "NIL"u8) ? null : (ReadOnlyMemory<byte>?)atom.ToArray();
        }
    }

    /// <summary>A string as characters, one per byte: UTF-8 where it is, else Latin-1. NIL is null.</summary>
    public string? Text() => NString() is { } bytes ? ImapText.Decode(bytes.Span) : null;

    /// <summary>Passes over one value of any kind.</summary>
    public void SkipValue()
    {
        var depth = 0;
        do
        {
            SkipSpaces();
            if (_at >= _text.Length)
            {
                throw new ImapFormatException("a value was due");
            }

            switch (_text[_at])
            {
                case (byte)'(':
                    _at++;
                    if (++depth > _maxDepth)
                    {
                        throw ImapErrors.Make(ImapProblem.LimitExceeded, "list depth");
                    }

                    break;
                case (byte)')':
                    if (depth == 0)
                    {
                        throw new ImapFormatException("a list ended too early");
                    }

                    _at++;
                    depth--;
                    break;
                case (byte)'[':
                    _ = Atom();
                    break;
                default:
                    _ = NString();
                    break;
            }
        }
        while (depth > 0);
    }

    private byte[] Quoted()
    {
        var start = ++_at;
        var escaped = false;
        for (; _at < _text.Length && _text[_at] != (byte)'"'; _at++)
        {
            if (_text[_at] == (byte)'\\')
            {
                escaped = true;
                _at++;
            }
        }

        if (_at >= _text.Length)
        {
            throw new ImapFormatException("quotes without end");
        }

        var inner = _text[start.._at++];
        if (!escaped)
        {
            return inner.ToArray();
        }

        var plain = new byte[inner.Length];
        var length = 0;
        for (var i = 0; i < inner.Length; i++)
        {
            plain[length++] = inner[i] == (byte)'\\' && i + 1 < inner.Length ? inner[++i] : inner[i];
        }

        return plain[..length];
    }

    private byte[] Literal()
    {
        var end = _text[_at..].IndexOf("}\r\n"u8);
        if (end < 0 || _literal >= _literals.Count)
        {
            throw new ImapFormatException("a literal was due");
        }

        _at += end + 3;
        return _literals[_literal++];
    }
}

/// <summary>Bytes as text.</summary>
internal static class ImapText
{
    private static readonly UTF8Encoding s_strict = new(false, throwOnInvalidBytes: true);

    public static string Decode(ReadOnlySpan<byte> bytes)
    {
        if (Ascii.IsValid(bytes))
        {
            return Encoding.ASCII.GetString(bytes);
        }

        try
        {
            return s_strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return Encoding.Latin1.GetString(bytes);
        }
    }

    /// <summary>A code as it may stand in messages and logs: a short word of letters, or null.</summary>
    public static string? Code(ReadOnlySpan<byte> word)
    {
        if (word.Length is 0 or > 40)
        {
            return null;
        }

        foreach (var b in word)
        {
            if (!char.IsAsciiLetterOrDigit((char)b) && b is not ((byte)'-' or (byte)'_'))
            {
                return null;
            }
        }

        return Encoding.ASCII.GetString(word).ToUpperInvariant();
    }
}
