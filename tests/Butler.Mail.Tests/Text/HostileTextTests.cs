namespace Butler.Mail.Tests.Text;

public sealed class HostileTextTests
{
    [Fact]
    public void Read_HostileHtml_IsBounded()
    {
        foreach (var piece in (string[])["<div>", "<b>", "<table>", "<font size=1><p>", "<a href=x>", "<!--", "<svg>", "<li>", "<ol><li>", "<blockquote>", "<p>", "</p>", "<select>", "<template>", "&amp", "<x y='", "<i id=", "<td>", "<button>", "<noscript>", "<math><mi>", "<form><frameset>", "<script>"])
        {
            foreach (var count in (int[])[5_000, 200_000])
            {
                var text = MailText.FromHtmlText(string.Concat(Enumerable.Repeat(piece, Math.Min(count, 1_000_000 / piece.Length))) + "text");
                Assert.NotNull(text);
            }
        }
    }

    [Fact]
    public void Split_HostileLines_StaysLinear()
    {
        foreach (var line in (string[])["> ", "From: x", "On 1 Jan 2024", "-- ", "", "--", "On 1 <a@b", "Thanks", ">>>>>>", "_____"])
        {
            _ = MailText.FromPlain(string.Concat(Enumerable.Repeat(line + "\n", 100_000)), "Thanks");
        }
    }
}
