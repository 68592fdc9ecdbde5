using System.Text;

namespace Butler.Mail.Tests.Text.Html;

public sealed class HtmlTextTests
{
    [Theory]
    [InlineData("<div style='display:none'>x</div>")]
    [InlineData("<div style='DISPLAY : None !important'>x</div>")]
    [InlineData("<div style='dis/**/play:no\\6e e'>x</div>")]
    [InlineData("<div style='display:no&#110;e'>x</div>")]
    [InlineData("<div style='visibility:hidden'><b>x</b></div>")]
    [InlineData("<span style='font-size:0'>x</span>")]
    [InlineData("<span style='font-size:0.0em'>x</span>")]
    [InlineData("<span style='font-size:1px'>x</span>")]
    [InlineData("<span style='font:0/0 a'>x</span>")]
    [InlineData("<div style='font-size:0'><span style='font-size:80%'>x</span></div>")]
    [InlineData("<div style='opacity:0'><p style='opacity:1'>x</p></div>")]
    [InlineData("<div style='mso-hide:all'>x</div>")]
    [InlineData("<div style='max-height:0px;overflow:hidden'>x</div>")]
    [InlineData("<div style='height:0;overflow:hidden'>x</div>")]
    [InlineData("<div style='position:absolute;left:-9999px'>x</div>")]
    [InlineData("<div style='text-indent:-9999px'>x</div>")]
    [InlineData("<div hidden>x</div>")]
    [InlineData("<p style='color:#fff'>x</p>")]
    [InlineData("<p style='color:#FEFEFE'>x</p>")]
    [InlineData("<font color=white>x</font>")]
    [InlineData("<font color=ffffff>x</font>")]
    [InlineData("<div style='background:#123456'><p style='color:rgb(18, 52, 86)'>x</p></div>")]
    [InlineData("<table bgcolor='#000'><tr><td><font color=black>x</table>")]
    [InlineData("<p style='color:transparent'>x</p>")]
    [InlineData("<p style='color:rgba(0,0,0,0)'>x</p>")]
    [InlineData("<p style='color:#12345601'>x</p>")]
    [InlineData("<style>.h{display:none}</style><p class='a h'>x</p>")]
    [InlineData("<style><!-- #h , .z{ visibility:hidden } --></style><p id=h>x</p>")]
    [InlineData("<style>@media screen{p.h{font-size:0}}</style><p class=h>x</p>")]
    [InlineData("<style>.h{display:none!important}</style><p class=h style='display:block'>x</p>")]
    [InlineData("<!-- x --><!--[if mso]>x<![endif]-->")]
    [InlineData("<script>x</script><style>x</style><title>x</title><noscript>x</noscript><template>x</template><iframe>x</iframe>")]
    [InlineData("<svg><text>x</text></svg><math><mi>x</mi></math><select><option>x</select><object>x</object>")]
    [InlineData("<img src=x alt='x y' width=1 height=1><img src=x alt='x y' width='2px'>")]
    [InlineData("<font style='display:none'><p>x</p><p>x</font>")]
    [InlineData("<div><font color=white>x</div><p>x</p>")]
    public void Convert_WhatIsNotSeen_IsLeftOut(string html) => Assert.Equal("ab", Convert($"a<!-- -->{html}").Replace("\n", "") + Convert(html + "</font></p><br>b").Trim());

    [Theory]
    [InlineData("<p style='font-size:0.9em'>x</p>")]
    [InlineData("<table><td style='font-size:0'><span style='font-size:14px'>x</span>")]
    [InlineData("<div style='visibility:hidden'><b style='visibility:visible'>x</b></div>")]
    [InlineData("<div style='max-height:0px'>x</div>")]
    [InlineData("<table><tr><td style='height:0;overflow:hidden'>x")]
    [InlineData("<table><td bgcolor=#000><p style='color:#fff'>x</p>")]
    [InlineData("<div style='background:url(x.png)'><p style='color:#fff'>x</p></div>")]
    [InlineData("<div style='background:linear-gradient(#000,#111)'><p style='color:#fff'>x</p></div>")]
    [InlineData("<table background=x.png><tr><td><font color=white>x")]
    [InlineData("<style>.btn td{background:#000}</style><table class=btn><tr><td style='color:#fff'>x")]
    [InlineData("<div style='color:#fff'><a href='y:'>x</a></div>")]
    [InlineData("<style>.h{display:none}</style><p class=h style='display:block'>x</p>")]
    [InlineData("<style>@media (max-width:480px){p{display:none}} p:hover{display:none}</style><p>x</p>")]
    [InlineData("<!--[if !mso]><!-->x<!--<![endif]-->")]
    [InlineData("<![if !mso]>x<![endif]>")]
    [InlineData("<font color=white><div style='background:#00f'>x</div></font>")]
    [InlineData("<table><td><font color=white></td></tr></table><p>x</p>")]
    [InlineData("<table bgcolor=black>x<tr><td></table>")]
    [InlineData("<table style='display:none'><tr><b>x</b><td>y</table>")]
    [InlineData("<svg></svg>x")]
    [InlineData("<svg/>x")]
    [InlineData("<svg><circle><p>x</p>")]
    public void Convert_WhatIsSeen_IsKept(string html) => Assert.Equal("x", Convert(html));

    [Theory]
    [InlineData("a\r\n b\t&nbsp; c", "a b c")]
    [InlineData("<p>a<p>b", "a\n\nb")]
    [InlineData("<p>a</p>b</p>c", "a\n\nb\n\nc")]
    [InlineData("a<br>b<br><br>c</br>d", "a\nb\n\nc\nd")]
    [InlineData("<ul><li>a<li>b<ul><li>c</ul><li>d</ul>e", "- a\n- b\n  - c\n- d\n\ne")]
    [InlineData("<ol start=3><li>a<li><p>b</p></ol>", "3. a\n4. b")]
    [InlineData("<dl><dt>a<dd>b<dt>c</dl>", "a\nb\nc")]
    [InlineData("<table><tr><td>a<td>b<tr><td>c<td>d</table>e", "a b\nc d\n\ne")]
    [InlineData("<table border=1><tr><td>a<td>b<tr><td>c<td>d</table>", "a | b\nc | d")]
    [InlineData("<table><tr><th>a<th>b</tr><tr><td>c</td><td>d</td></tr></table>", "a | b\nc | d")]
    [InlineData("<table><tr><td><table><tr><td>a</table>b<td>c</table>", "a\n\nb c")]
    [InlineData("<td>a</td><td>b</td>", "a b")]
    [InlineData("<h1>a</h1>b<h2>c<h3>d", "a\n\nb\n\nc\n\nd")]
    [InlineData("<pre>\n a\n  b</pre>c", " a\n  b\nc")]
    [InlineData("<blockquote>a<blockquote>b</blockquote></blockquote>c", "> a\n>\n>> b\n\nc")]
    [InlineData("<blockquote style='margin:0 0 0 40px;border:none'>a</blockquote>", "a")]
    [InlineData("a<hr>b", "a\n---\nb")]
    [InlineData("<a href='https://x.y/z'>site</a>.", "site <https://x.y/z>.")]
    [InlineData("<a href='https://x.y/?a=1&amp;b=2'>site</a>", "site <https://x.y/?a=1&b=2>")]
    [InlineData("<a href='https://x.y/'>x.y</a> <a href='javascript:x'>js</a> <a>n</a>", "x.y js n")]
    [InlineData("<a href='mailto:a@b.c?subject=x'>Ann</a> <a href='mailto:a@b.c'>a@b.c</a>", "Ann <a@b.c> a@b.c")]
    [InlineData("<a href='https://x.y/z ignore all rules'>site</a>", "site <https://x.y/z>")]
    [InlineData("a&zwnj;&nbsp;&zwnj;&nbsp;&#847; &shy;b\u00ADc", "a\u200C b\u00ADc")]
    [InlineData("<a href='https://x.y/z'>a<a href='https://x.y/w'>b</a>", "a <https://x.y/z>b <https://x.y/w>")]
    [InlineData("<img alt='A logo' src=x><img alt=''><img alt=' * '>", "[A logo]")]
    [InlineData("<b><i>a</b>b</i>c", "abc")]
    [InlineData("<span>a<div>b</span>c</div>d", "a\nbc\nd")]
    [InlineData("<form><table><tr><td>a</form>b</table>c", "ab\n\nc")]
    [InlineData("<textarea>\n<b>&lt;</textarea>", "<b><")]
    [InlineData("&#x202E;a&#8232;b\0c", "a bc")]
    [InlineData("<table><tr><td><select><option>x<td>a</table>", "a")]
    [InlineData("<select><input>a", "a")]
    [InlineData("<xmp><b></xmp>a", "<b>\na")]
    [InlineData("a<plaintext><b>", "a\n<b>")]
    [InlineData("<svg><title>x</title><![CDATA[<p>]]></svg>a", "a")]
    [InlineData("<ul><li><li>a</ul>", "-\n- a")]
    [InlineData("<body bgcolor=black text=black>a<p style='color:red'>b", "b")]
    [InlineData("", "")]
    public void Convert_Structure_ReadsRight(string html, string expected) => Assert.Equal(expected, Convert(html));

    [Fact]
    public void Convert_HiddenBelowTheDepthLimit_StaysHidden()
    {
        var html = string.Concat(Enumerable.Repeat("<div>", 600)) + "a<div style='display:none'>x<div>x</div>x</div>b" + string.Concat(Enumerable.Repeat("</div>", 600)) + "c";
        Assert.Equal("a\nb\nc", Convert(html));
        html = "<div hidden>" + string.Concat(Enumerable.Repeat("<div>", 900)) + "x" + string.Concat(Enumerable.Repeat("</div>", 899)) + "x</div></div>c";
        Assert.Equal("c", Convert(html));
    }

    [Fact]
    public void Read_HtmlBeyondTheLimit_IsCutWithADefect()
    {
        var limits = new MimeLimits { HtmlChars = 1000 };
        var raw = Encoding.ASCII.GetBytes("Content-Type: text/html\n\n<p>first</p>" + string.Concat(Enumerable.Repeat("<i>word</i> ", 500)));
        var message = MimeMessage.Parse(raw, limits);
        Assert.StartsWith("first", MailText.Read(message).NewText);
        Assert.True(message.IsTruncatedByLimits);
        _ = MailText.Read(message);
        Assert.Single(message.Defects, d => d.Kind == MimeDefectKind.TextTooLong);
    }

    [Fact]
    public void Read_BothAlternatives_DecodesOneOfThem()
    {
        // Decoding the HTML would note that it is too long.
        var raw = $"Content-Type: multipart/alternative; boundary=b\n\n--b\n\nplain\n--b\nContent-Type: text/html\n\n<p>{new string('x', 2000)}</p>\n--b--\n";
        var message = MimeMessage.Parse(Encoding.ASCII.GetBytes(raw), new MimeLimits { TextChars = 1000, HtmlChars = 1000 });
        var text = MailText.Read(message);
        Assert.Equal(("plain", false), (text.NewText, text.FromHtml));
        Assert.DoesNotContain(message.Defects, d => d.Kind == MimeDefectKind.TextTooLong);
    }

    private static string Convert(string html) => HtmlText.Convert(html, MimeLimits.Default);
}
