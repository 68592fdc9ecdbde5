namespace Butler.Mail;

/// <summary>The properties that decide what a person sees, and the two styles by which mail programs mark what they wrote.</summary>
[Flags]
internal enum CssTraits : uint
{
    None = 0,
    DisplayNone = 1,
    Invisible = 1 << 1,
    TinyFont = 1 << 2,
    Transparent = 1 << 3,
    MsoHide = 1 << 4,
    OverflowHidden = 1 << 5,
    NoHeight = 1 << 6,
    NoMaxHeight = 1 << 7,
    NoWidth = 1 << 8,
    NoMaxWidth = 1 << 9,
    Positioned = 1 << 10,
    FarLeft = 1 << 11,
    FarUp = 1 << 12,
    FarIndent = 1 << 13,
    Color = 1 << 14,
    Background = 1 << 15,

    /// <summary>The rule above Outlook's header block ("border-top:solid #E1E1E1 1.0pt").</summary>
    OutlookRule = 1 << 16,

    /// <summary>Gmail's indentation button, which makes a blockquote that quotes nobody.</summary>
    Indentation = 1 << 17,
}

/// <summary>What style declarations say: which properties they set, which of these hide, and the two colours.</summary>
internal struct CssEffect
{
    public CssTraits Set;
    public CssTraits Important;
    public CssTraits Value;
    public uint Color;
    public uint Background;

    /// <summary>Nothing of an element with it is seen, whatever its children say.</summary>
    public readonly bool Hides(bool isTablePart)
    {
        const CssTraits always = CssTraits.DisplayNone | CssTraits.Transparent | CssTraits.MsoHide | CssTraits.FarIndent;
        const CssTraits size = CssTraits.NoHeight | CssTraits.NoMaxHeight | CssTraits.NoWidth | CssTraits.NoMaxWidth;
        // A table's sizes are the least it takes: its text is seen all the same.
        return (Value & always) != 0
            || ((Value & CssTraits.OverflowHidden) != 0 && (Value & size) != 0 && !isTablePart)
            || ((Value & CssTraits.Positioned) != 0 && (Value & (CssTraits.FarLeft | CssTraits.FarUp)) != 0);
    }

    /// <summary>Declarations of higher rank: theirs count, but for what is important here and not there.</summary>
    public void Apply(in CssEffect over)
    {
        var taken = over.Set & (~Important | over.Important);
        Value = (Value & ~taken) | (over.Value & taken);
        Set |= taken;
        Important |= over.Important;
        Color = (taken & CssTraits.Color) != 0 ? over.Color : Color;
        Background = (taken & CssTraits.Background) != 0 ? over.Background : Background;
    }

    internal void Put(CssTraits trait, bool value, bool important)
    {
        if ((Important & trait) != 0 && !important)
        {
            return;
        }

        Set |= trait;
        Value = value ? Value | trait : Value & ~trait;
        Important |= important ? trait : 0;
    }
}
