namespace Butler.Mail;

/// <summary>What the tokenizer met.</summary>
internal enum HtmlTokenKind : byte
{
    /// <summary>The end.</summary>
    EndOfFile,

    /// <summary>Text, a piece of it: neighbours belong together.</summary>
    Text,

    /// <summary>A start tag.</summary>
    StartTag,

    /// <summary>An end tag.</summary>
    EndTag,

    /// <summary>A comment, also a bogus one.</summary>
    Comment,

    /// <summary>A doctype.</summary>
    Doctype,
}

/// <summary>What stands between a start tag and its end tag; the reader of the tokens sets it (HTML standard 13.2.6.2 and 13.2.6.4).</summary>
internal enum HtmlContent : byte
{
    /// <summary>Markup and references.</summary>
    Data,

    /// <summary>References but no markup: title, textarea.</summary>
    RcData,

    /// <summary>Neither: style, xmp, iframe, noembed, noframes.</summary>
    RawText,

    /// <summary>Neither, and comments hide its end tag by rules of their own.</summary>
    Script,

    /// <summary>Neither, to the end of the document.</summary>
    PlainText,
}

/// <summary>An attribute as ranges of the document.</summary>
internal readonly record struct HtmlAttribute(ulong Key, int NameStart, int NameLength, int ValueStart, int ValueLength);

/// <summary>What a doctype names; null where it does not.</summary>
internal readonly ref struct HtmlDoctype
{
    public bool HasName { get; init; }

    public ReadOnlySpan<char> Name { get; init; }

    public bool HasPublicId { get; init; }

    public ReadOnlySpan<char> PublicId { get; init; }

    public bool HasSystemId { get; init; }

    public ReadOnlySpan<char> SystemId { get; init; }

    public bool ForceQuirks { get; init; }
}
