namespace Butler.Mail;

/// <summary>The elements that HTML knows.</summary>
internal enum HtmlTag : byte
{
    Unknown,
    A,
    Abbr,
    Address,
    Applet,
    Area,
    Article,
    Aside,
    Audio,
    B,
    Base,
    Basefont,
    Bgsound,
    Big,
    Blockquote,
    Body,
    Br,
    Button,
    Canvas,
    Caption,
    Center,
    Code,
    Col,
    Colgroup,
    Datalist,
    Dd,
    Details,
    Dialog,
    Dir,
    Div,
    Dl,
    Dt,
    Em,
    Embed,
    Fieldset,
    Figcaption,
    Figure,
    Font,
    Footer,
    Form,
    Frame,
    Frameset,
    H1,
    H2,
    H3,
    H4,
    H5,
    H6,
    Head,
    Header,
    Hgroup,
    Hr,
    Html,
    I,
    Iframe,
    Image,
    Img,
    Input,
    Keygen,
    Li,
    Link,
    Listing,
    Main,
    Map,
    Marquee,
    Math,
    Menu,
    Meta,
    Nav,
    Nobr,
    Noembed,
    Noframes,
    Noscript,
    Object,
    Ol,
    Optgroup,
    Option,
    P,
    Param,
    Plaintext,
    Pre,
    Rb,
    Rp,
    Rt,
    Rtc,
    S,
    Script,
    Search,
    Section,
    Select,
    Small,
    Source,
    Span,
    Strike,
    Strong,
    Style,
    Summary,
    Svg,
    Table,
    Tbody,
    Td,
    Template,
    Textarea,
    Tfoot,
    Th,
    Thead,
    Title,
    Tr,
    Track,
    Tt,
    U,
    Ul,
    Video,
    Wbr,
    Xml,
    Xmp,
}

/// <summary>What an element is to the parser and to the text.</summary>
[Flags]
internal enum HtmlTagTraits : ushort
{
    None = 0,

    /// <summary>Has no content and no end tag.</summary>
    Void = 1,

    /// <summary>Stands on lines of its own.</summary>
    Block = 2,

    /// <summary>Has an empty line before and behind it.</summary>
    Paragraph = 4,

    /// <summary>Its start ends an open paragraph (HTML standard 13.2.6.4.7).</summary>
    ClosesP = 8,

    /// <summary>Is opened again behind what ended it (13.2.4.3).</summary>
    Formatting = 16,

    /// <summary>An unknown end tag does not reach past it (13.2.4.2).</summary>
    Special = 32,

    /// <summary>Its content is not shown as text.</summary>
    Hidden = 64,

    /// <summary>End tags of elements outside do not reach into it (13.2.4.2).</summary>
    Scope = 128,

    /// <summary>Its content is no markup.</summary>
    RawText = 256,

    /// <summary>A part of a table.</summary>
    TablePart = 512,
}

/// <summary>Looks up elements.</summary>
internal static class HtmlTags
{
    private static readonly HtmlNameTable Names = new(
        "a", "abbr", "address", "applet", "area", "article", "aside", "audio", "b", "base", "basefont", "bgsound", "big", "blockquote", "body", "br", "button", "canvas",
        "caption", "center", "code", "col", "colgroup", "datalist", "dd", "details", "dialog", "dir", "div", "dl", "dt", "em", "embed", "fieldset", "figcaption",
        "figure", "font", "footer", "form", "frame", "frameset", "h1", "h2", "h3", "h4", "h5", "h6", "head", "header", "hgroup", "hr", "html", "i", "iframe", "image",
        "img", "input", "keygen", "li", "link", "listing", "main", "map", "marquee", "math", "menu", "meta", "nav", "nobr", "noembed", "noframes", "noscript", "object",
        "ol", "optgroup", "option", "p", "param", "plaintext", "pre", "rb", "rp", "rt", "rtc", "s", "script", "search", "section", "select", "small", "source", "span",
        "strike", "strong", "style", "summary", "svg", "table", "tbody", "td", "template", "textarea", "tfoot", "th", "thead", "title", "tr", "track", "tt", "u", "ul",
        "video", "wbr", "xml", "xmp");

    private static readonly HtmlTagTraits[] Traits = MakeTraits();

    public static HtmlTag Find(ulong key) => (HtmlTag)Names.Find(key);

    public static HtmlTagTraits Of(HtmlTag tag) => Traits[(int)tag];

    private static HtmlTagTraits[] MakeTraits()
    {
        var traits = new HtmlTagTraits[256];
        Add(HtmlTagTraits.Void,
            HtmlTag.Area, HtmlTag.Base, HtmlTag.Basefont, HtmlTag.Bgsound, HtmlTag.Br, HtmlTag.Col, HtmlTag.Embed, HtmlTag.Frame, HtmlTag.Hr, HtmlTag.Image, HtmlTag.Img, HtmlTag.Input,
            HtmlTag.Keygen, HtmlTag.Link, HtmlTag.Meta, HtmlTag.Param, HtmlTag.Source, HtmlTag.Track, HtmlTag.Wbr);
        Add(HtmlTagTraits.Block,
            HtmlTag.Address, HtmlTag.Article, HtmlTag.Aside, HtmlTag.Blockquote, HtmlTag.Caption, HtmlTag.Center, HtmlTag.Dd, HtmlTag.Details, HtmlTag.Dialog, HtmlTag.Dir, HtmlTag.Div,
            HtmlTag.Dl, HtmlTag.Dt, HtmlTag.Fieldset, HtmlTag.Figcaption, HtmlTag.Figure, HtmlTag.Footer, HtmlTag.Form, HtmlTag.H1, HtmlTag.H2, HtmlTag.H3, HtmlTag.H4, HtmlTag.H5,
            HtmlTag.H6, HtmlTag.Header, HtmlTag.Hgroup, HtmlTag.Li, HtmlTag.Listing, HtmlTag.Main, HtmlTag.Menu, HtmlTag.Nav, HtmlTag.Ol, HtmlTag.P, HtmlTag.Plaintext, HtmlTag.Pre,
            HtmlTag.Search, HtmlTag.Section, HtmlTag.Summary, HtmlTag.Table, HtmlTag.Tbody, HtmlTag.Textarea, HtmlTag.Tfoot, HtmlTag.Thead, HtmlTag.Tr, HtmlTag.Ul, HtmlTag.Xmp);
        Add(HtmlTagTraits.Paragraph,
            HtmlTag.Blockquote, HtmlTag.H1, HtmlTag.H2, HtmlTag.H3, HtmlTag.H4, HtmlTag.H5, HtmlTag.H6, HtmlTag.Ol, HtmlTag.P, HtmlTag.Table, HtmlTag.Ul);
        Add(HtmlTagTraits.ClosesP,
            HtmlTag.Address, HtmlTag.Article, HtmlTag.Aside, HtmlTag.Blockquote, HtmlTag.Center, HtmlTag.Details, HtmlTag.Dialog, HtmlTag.Dir, HtmlTag.Div, HtmlTag.Dl, HtmlTag.Fieldset,
            HtmlTag.Figcaption, HtmlTag.Figure, HtmlTag.Footer, HtmlTag.Form, HtmlTag.H1, HtmlTag.H2, HtmlTag.H3, HtmlTag.H4, HtmlTag.H5, HtmlTag.H6, HtmlTag.Header, HtmlTag.Hgroup,
            HtmlTag.Hr, HtmlTag.Listing, HtmlTag.Main, HtmlTag.Menu, HtmlTag.Nav, HtmlTag.Ol, HtmlTag.P, HtmlTag.Plaintext, HtmlTag.Pre, HtmlTag.Search, HtmlTag.Section, HtmlTag.Summary,
            HtmlTag.Ul, HtmlTag.Xmp);
        Add(HtmlTagTraits.Formatting,
            HtmlTag.A, HtmlTag.B, HtmlTag.Big, HtmlTag.Code, HtmlTag.Em, HtmlTag.Font, HtmlTag.I, HtmlTag.Nobr, HtmlTag.S, HtmlTag.Small, HtmlTag.Strike, HtmlTag.Strong, HtmlTag.Tt,
            HtmlTag.U);
        Add(HtmlTagTraits.Special,
            HtmlTag.Address, HtmlTag.Applet, HtmlTag.Area, HtmlTag.Article, HtmlTag.Aside, HtmlTag.Base, HtmlTag.Basefont, HtmlTag.Bgsound, HtmlTag.Blockquote, HtmlTag.Body, HtmlTag.Br,
            HtmlTag.Button, HtmlTag.Caption, HtmlTag.Center, HtmlTag.Col, HtmlTag.Colgroup, HtmlTag.Dd, HtmlTag.Details, HtmlTag.Dialog, HtmlTag.Dir, HtmlTag.Div, HtmlTag.Dl, HtmlTag.Dt,
            HtmlTag.Embed, HtmlTag.Fieldset, HtmlTag.Figcaption, HtmlTag.Figure, HtmlTag.Footer, HtmlTag.Form, HtmlTag.Frame, HtmlTag.Frameset, HtmlTag.H1, HtmlTag.H2, HtmlTag.H3,
            HtmlTag.H4, HtmlTag.H5, HtmlTag.H6, HtmlTag.Head, HtmlTag.Header, HtmlTag.Hgroup, HtmlTag.Hr, HtmlTag.Html, HtmlTag.Iframe, HtmlTag.Image, HtmlTag.Img, HtmlTag.Input,
            HtmlTag.Keygen, HtmlTag.Li, HtmlTag.Link, HtmlTag.Listing, HtmlTag.Main, HtmlTag.Marquee, HtmlTag.Menu, HtmlTag.Meta, HtmlTag.Nav, HtmlTag.Noembed, HtmlTag.Noframes,
            HtmlTag.Noscript, HtmlTag.Object, HtmlTag.Ol, HtmlTag.P, HtmlTag.Param, HtmlTag.Plaintext, HtmlTag.Pre, HtmlTag.Script, HtmlTag.Search, HtmlTag.Section, HtmlTag.Select,
            HtmlTag.Source, HtmlTag.Style, HtmlTag.Summary, HtmlTag.Table, HtmlTag.Tbody, HtmlTag.Td, HtmlTag.Template, HtmlTag.Textarea, HtmlTag.Tfoot, HtmlTag.Th, HtmlTag.Thead,
            HtmlTag.Title, HtmlTag.Tr, HtmlTag.Track, HtmlTag.Ul, HtmlTag.Wbr, HtmlTag.Xmp);
        Add(HtmlTagTraits.Hidden,
            HtmlTag.Frameset, HtmlTag.Audio, HtmlTag.Canvas, HtmlTag.Datalist, HtmlTag.Iframe, HtmlTag.Map, HtmlTag.Math, HtmlTag.Noembed, HtmlTag.Noframes, HtmlTag.Noscript, HtmlTag.Object, HtmlTag.Script,
            HtmlTag.Select, HtmlTag.Style, HtmlTag.Svg, HtmlTag.Template, HtmlTag.Title, HtmlTag.Video, HtmlTag.Xml);
        Add(HtmlTagTraits.Scope,
            HtmlTag.Applet, HtmlTag.Caption, HtmlTag.Marquee, HtmlTag.Object, HtmlTag.Table, HtmlTag.Td, HtmlTag.Template, HtmlTag.Th);
        Add(HtmlTagTraits.RawText,
            HtmlTag.Iframe, HtmlTag.Noembed, HtmlTag.Noframes, HtmlTag.Script, HtmlTag.Style, HtmlTag.Xmp);
        Add(HtmlTagTraits.TablePart,
            HtmlTag.Caption, HtmlTag.Tbody, HtmlTag.Td, HtmlTag.Tfoot, HtmlTag.Th, HtmlTag.Thead, HtmlTag.Tr);
        return traits;

        void Add(HtmlTagTraits trait, params ReadOnlySpan<HtmlTag> tags)
        {
            foreach (var tag in tags)
            {
                traits[(int)tag] |= trait;
            }
        }
    }
}
