namespace Butler.Mail;

/// <summary>An open element: what it is, what it says, and what follows from it and those around it.</summary>
internal struct HtmlFrame
{
    public ulong Key;
    public HtmlTag Tag;
    public HtmlRole Role;
    public HtmlTagTraits Traits;

    /// <summary>What its own style says.</summary>
    public CssEffect Effect;

    /// <summary>Nothing inside is seen: by its own doing.</summary>
    public bool HidesSelf;

    /// <summary>Nothing inside is seen: by its doing or that of an element around it.</summary>
    public bool Hidden;

    /// <summary>Inherited, and a child may say otherwise.</summary>
    public bool Invisible;
    public bool Tiny;
    public uint Color;
    public uint Background;

    /// <summary>Whether text directly in it is seen.</summary>
    public bool Visible;

    /// <summary>Whether it is a link, which is blue unless a style says otherwise.</summary>
    public bool IsLink;

    /// <summary>Whether what its end undoes was done.</summary>
    public bool Entered;

    /// <summary>Whether it opened a quote or signature that its end closes.</summary>
    public bool OpensQuote;
    public bool OpensSignature;

    /// <summary>Whether a table holds data, so that its cells are kept apart.</summary>
    public bool HasData;

    /// <summary>The number of the last item of a list; cells of the row so far.</summary>
    public int Count;

    /// <summary>Length of the text where it began.</summary>
    public int Position;

    /// <summary>How many formatting elements were suspended where the marker before it stood.</summary>
    public int OuterBase;
}

/// <summary>A start tag's attributes, as far as they matter.</summary>
internal struct HtmlFacts
{
    public CssEffect Effect;
    public HtmlRole Role;
    public bool IsHidden;
    public bool IsCite;
    public bool HasBorder;
    public bool HasLink;
    public HtmlAttribute Link;
    public bool HasAlt;
    public HtmlAttribute Alt;
    public bool IsTiny;
    public int ListStart;
}
