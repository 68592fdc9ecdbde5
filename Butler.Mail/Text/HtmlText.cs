namespace Butler.Mail;

/// <summary>
/// HTML to text by <see cref="HtmlConverter"/>: without scripts, styles, what styles hide and tracking pixels; links, lists
/// and tables stay readable; quotes get "> " before each line.
/// </summary>
internal static class HtmlText
{
    // Its buffers and tables are worth more than one mail.
    [ThreadStatic]
    private static HtmlConverter? converter;

    public static string Convert(string html, MimeLimits limits) => ConvertLines(html, limits).Text;

    public static TextBody ConvertLines(string html, MimeLimits limits)
    {
        var isLong = html.Length > limits.HtmlChars;
        var own = converter ??= new HtmlConverter();
        own.Convert(isLong ? html.AsSpan(0, limits.HtmlChars) : html, limits.TextChars);
        // The document's own characters include references to any code point.
        return new TextBody(CleanText.Lines(own.Writer.GetText()), own.Writer.GetKinds(), true, isLong || own.WasCut);
    }
}
