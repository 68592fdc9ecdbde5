namespace Butler.Mail;

/// <summary>
/// The tokenizer of the HTML standard (13.2.5) over a text in memory. Tokens are ranges of it; nothing is allocated, nothing
/// recurses, and every character is looked at a bounded number of times. Parse errors are repaired as the standard says and
/// not reported.
/// </summary>
internal ref partial struct HtmlTokenizer
{
    /// <summary>Attributes that are kept of one tag; hostile tags carry hundreds of thousands.</summary>
    public const int MaxAttributes = 48;

    private const string Replacement = "\uFFFD";
    private readonly ReadOnlySpan<char> input;
    private readonly Span<char> scratch;
    private readonly Span<HtmlAttribute> attributes;
    private int at;
    private int attributeCount;
    private HtmlContent content;
    private ulong contentKey;
    private int contentNameLength;
    private int contentEnd;
    private bool inCData;
    private int nameStart;
    private int nameLength;

    /// <param name="input">The document.</param>
    /// <param name="scratch">Two characters, for decoded references.</param>
    /// <param name="attributes">Space for <see cref="MaxAttributes"/> attributes.</param>
    public HtmlTokenizer(ReadOnlySpan<char> input, Span<char> scratch, Span<HtmlAttribute> attributes)
    {
        this.input = input;
        this.scratch = scratch;
        this.attributes = attributes;
    }

    public HtmlTokenKind Kind { get; private set; }

    /// <summary>The text of a text token; the data of a comment as it stands.</summary>
    public ReadOnlySpan<char> Text { get; private set; }

    public HtmlDoctype Doctype { get; private set; }

    /// <summary>The name of a tag as it stands: any case, NUL for U+FFFD.</summary>
    public readonly ReadOnlySpan<char> Name => input.Slice(nameStart, nameLength);

    /// <summary><see cref="HtmlName.Key"/> of the tag's name.</summary>
    public ulong NameKey { get; private set; }

    public bool SelfClosing { get; private set; }

    /// <summary>The attributes of a start tag, each name once.</summary>
    public readonly ReadOnlySpan<HtmlAttribute> Attributes => attributes[..attributeCount];

    /// <summary>Whether CDATA sections are read: inside SVG and MathML only (13.2.5.42).</summary>
    public bool AllowCData { get; set; }

    /// <summary>Loop turns so far: the tests' proof that work is linear.</summary>
    public long Steps { get; private set; }

    /// <summary>Where the last token began.</summary>
    public int Start { get; private set; }

    /// <summary>How far it has read.</summary>
    public readonly int Position => at;

    public readonly ReadOnlySpan<char> AttributeName(in HtmlAttribute attribute) => input.Slice(attribute.NameStart, attribute.NameLength);

    /// <summary>An attribute's value as it stands, references not decoded.</summary>
    public readonly ReadOnlySpan<char> RawValue(in HtmlAttribute attribute) => input.Slice(attribute.ValueStart, attribute.ValueLength);

    /// <summary>An attribute's value, decoded into a buffer where there is something to decode, cut where that is full.</summary>
    public readonly ReadOnlySpan<char> Value(in HtmlAttribute attribute, Span<char> buffer)
    {
        var raw = RawValue(attribute);
        return raw.IndexOfAny('&', '\r', '\0') < 0 ? raw : buffer[..Decode(raw, buffer)];
    }

    /// <summary>What follows the start tag just read is of this kind, up to the tag that ends it.</summary>
    public void SetContent(HtmlContent kind)
    {
        SetContent(kind, NameKey, nameLength);
    }

    /// <summary>As <see cref="SetContent(HtmlContent)"/>, with the name that ends it.</summary>
    public void SetContent(HtmlContent kind, ulong endKey, int endNameLength)
    {
        content = kind;
        contentKey = endKey;
        contentNameLength = endNameLength;
        contentEnd = -1;
    }

    /// <summary>Reads the next token. False at the end.</summary>
    public bool Read()
    {
        Text = default;
        attributeCount = 0;
        while (at < input.Length)
        {
            Steps++;
            Start = at;
            if (inCData ? ReadCData() : content == HtmlContent.Data ? ReadData() : ReadRaw())
            {
                return true;
            }
        }

        Kind = HtmlTokenKind.EndOfFile;
        return false;
    }

    private static bool IsSpace(char c) => c is ' ' or '\n' or '\t' or '\f' or '\r';

    private static int Decode(ReadOnlySpan<char> raw, Span<char> buffer)
    {
        Span<char> two = stackalloc char[2];
        var length = 0;
        for (var i = 0; i < raw.Length && length + 2 <= buffer.Length; i++)
        {
            var c = raw[i];
            if (c == '&' && HtmlEntities.Read(raw[(i + 1)..], true, two, out var written) is var used and > 0)
            {
                two[..written].CopyTo(buffer[length..]);
                length += written;
                i += used;
                continue;
            }

            if (c == '\r')
            {
                // CRLF and CR are one line feed (13.2.3.5).
                c = '\n';
                i += i + 1 < raw.Length && raw[i + 1] == '\n' ? 1 : 0;
            }

            buffer[length++] = c == '\0' ? '\uFFFD' : c;
        }

        return length;
    }

    private bool ReadData()
    {
        var c = input[at];
        if (c == '<')
        {
            return ReadMarkup();
        }

        if (c == '&')
        {
            return ReadReference();
        }

        if (c == '\r')
        {
            return NewLine();
        }

        var end = input[at..].IndexOfAny('<', '&', '\r');
        return Emit(end < 0 ? input.Length - at : end);
    }

    private bool Emit(int length)
    {
        Kind = HtmlTokenKind.Text;
        Text = input.Slice(at, length);
        at += length;
        return true;
    }

    private bool NewLine()
    {
        Kind = HtmlTokenKind.Text;
        Text = "\n";
        at += at + 1 < input.Length && input[at + 1] == '\n' ? 2 : 1;
        return true;
    }

    private bool ReadReference()
    {
        var used = HtmlEntities.Read(input[(at + 1)..], false, scratch, out var written);
        if (used == 0)
        {
            return Emit(1);
        }

        Kind = HtmlTokenKind.Text;
        Text = scratch[..written];
        at += used + 1;
        return true;
    }

    // 13.2.5.6 and 13.2.5.7. False where nothing comes of it.
    private bool ReadMarkup()
    {
        if (at + 1 == input.Length)
        {
            return Emit(1);
        }

        switch (input[at + 1])
        {
            case '!':
                return ReadDeclaration();
            case '?':
                return ReadBogusComment(at + 1);
            case '/':
                if (at + 2 == input.Length)
                {
                    return Emit(2);
                }

                if (char.IsAsciiLetter(input[at + 2]))
                {
                    return ReadTag(at + 2, HtmlTokenKind.EndTag);
                }

                if (input[at + 2] == '>')
                {
                    at += 3;
                    return false;
                }

                return ReadBogusComment(at + 2);
            case var c when char.IsAsciiLetter(c):
                return ReadTag(at + 1, HtmlTokenKind.StartTag);
            default:
                return Emit(1);
        }
    }
}
