using System.Text;

namespace Butler.Mail.Tests.Text;

public sealed class MailTextTests
{
    [Fact]
    public void Html_HiddenScriptsAndPixels_AreLeftOut()
    {
        var text = MailText.FromHtmlText("""
            <html><head><title>t</title><style>x{}</style></head><body><script>bad()</script><p>Hello&nbsp;<b>you</b></p>
            <div style="display : none">hidden1</div><span style="font-size:0px">hidden2</span><div hidden>hidden3</div><!-- hidden4 -->
            <img src=x width=1 height=1 alt=pixel><img src=y alt="A logo"><span style="font-size:0.9em">small</span>
            <ul><li>one</li><li>two <a href="https://example.org/x">site</a></li></ul><ol><li>a<li>b</ol>
            <a href="https://example.org">example.org</a><a href="javascript:x()">js</a></body></html>
            """).NewText;
        Assert.StartsWith("Hello you\n", text);
        Assert.DoesNotContain("hidden", text);
        Assert.DoesNotContain("bad", text);
        Assert.DoesNotContain("pixel", text);
        Assert.DoesNotContain("javascript", text);
        Assert.Contains("[A logo] small", text);
        Assert.Contains("- one\n- two site <https://example.org/x>", text);
        Assert.Contains("1. a\n2. b", text);
        Assert.Contains("example.orgjs", text);
    }

    [Theory]
    [InlineData("On Tue, Feb 3, 2026 at 10:11 AM Jane Doe <jane@example.org> wrote:")]
    [InlineData("On Tue, Feb 3, 2026 at 10:11 AM Jane Doe\n<jane@example.org>\nwrote:")]
    [InlineData("Am 03.02.2026 um 10:11 schrieb Jane Doe:")]
    [InlineData("Le mar. 3 févr. 2026 à 10:11, Jane Doe <jane@example.org> a écrit :")]
    [InlineData("El mar, 3 feb 2026 a las 10:11, Jane Doe (<jane@example.org>) escribió:")]
    [InlineData("Il giorno mar 3 feb 2026 alle ore 10:11 Jane Doe <jane@example.org> ha scritto:")]
    [InlineData("Op di 3 feb 2026 om 10:11 schreef Jane Doe <jane@example.org>:")]
    [InlineData("Em ter., 3 de fev. de 2026 às 10:11, Jane Doe <jane@example.org> escreveu:")]
    [InlineData("Den tis 3 feb. 2026 kl 10:11 skrev Jane Doe <jane@example.org>:")]
    [InlineData("Den tirs. 3. feb. 2026 kl. 10.11 skrev Jane Doe <jane@example.org>:")]
    [InlineData("wt., 3 lut 2026 o 10:11 Jane Doe <jane@example.org> napisał(a):")]
    [InlineData("-----Original Message-----\nFrom: Jane")]
    [InlineData("-----Ursprüngliche Nachricht-----")]
    [InlineData("________________________________\nFrom: Jane\nSent: Tuesday\nTo: Joe\nSubject: x")]
    [InlineData("Von: Jane\nGesendet: Dienstag\nAn: Joe\nBetreff: x")]
    [InlineData("De : Jane\nEnvoyé : mardi\nÀ : Joe\nObjet : x")]
    [InlineData("*From:* Jane\n*Date:* Tuesday\n*To:* Joe\n*Subject:* x")]
    public void Plain_HistoryBelow_IsSplitOff(string header)
    {
        var text = MailText.FromPlain($"Yes, that works on Tuesday at 10:30.\n\nBest regards,\nJoe\n\n{header}\n\nCan we meet?\n\n-- \nJane\n");
        Assert.Equal("Yes, that works on Tuesday at 10:30.", text.NewText);
        Assert.Equal("Best regards,\nJoe", text.Signature);
        Assert.Contains("Can we meet?", text.QuotedText);
    }

    [Theory]
    [InlineData("As she wrote in 2019: it depends.\nTwo lines.")]
    [InlineData("On Monday 3 people came.\nThe rest wrote: no.")]
    [InlineData("From: the heart\nwe thank you.")]
    [InlineData("Steps:\n- one\n- two")]
    public void Plain_OrdinaryText_IsKept(string text) => Assert.Equal(text, MailText.FromPlain(text).NewText);

    [Fact]
    public void Plain_InterleavedAnswers_AreKept()
    {
        var text = MailText.FromPlain("On Tue, 3 Feb 2026, Jane wrote:\n> one?\n\nYes.\n\n> two?\n\nNo.\n");
        Assert.Equal("Yes.\n\nNo.", text.NewText);
        Assert.Contains("> two?", text.QuotedText);
    }

    [Fact]
    public void Html_GmailQuoteAndSignature_AreSplitOff()
    {
        var text = MailText.FromHtmlText("<div>Sure<br></div><div class=\"gmail_signature\">Joe<br>Boss</div><div class=\"gmail_quote\"><div class=\"gmail_attr\">On x wrote:</div><blockquote class=\"gmail_quote\">old</blockquote></div>");
        Assert.Equal(("Sure", "Joe\nBoss"), (text.NewText, text.Signature));
        Assert.Contains("old", text.QuotedText);
    }

    [Fact]
    public void Read_Flowed_JoinsSoftLines()
    {
        var message = MimeMessage.Parse("Content-Type: text/plain; format=flowed\n\none \ntwo\n> q \n> r\nthree\n"u8.ToArray());
        Assert.Equal("one two\n\nthree", MailText.Read(message).NewText);
    }

    [Fact]
    public void Read_EmptyPlainAlternative_UsesHtml()
    {
        var raw = "Content-Type: multipart/alternative; boundary=b\n\n--b\n\n \n--b\nContent-Type: text/html; charset=utf-8\n\n<p>é</p>\n--b--\n";
        var text = MailText.Read(MimeMessage.Parse(Encoding.UTF8.GetBytes(raw)));
        Assert.Equal(("é", true), (text.NewText, text.FromHtml));
    }

    [Fact]
    public void Signals_Headers_AreRead()
    {
        var signals = MailSignals.Read(MimeMessage.Parse("From: no-reply@x.y\nList-Id: A list <list.x.y>\nList-Unsubscribe: <mailto:u@x>\nPrecedence: Bulk\nAuto-Submitted: auto-replied; x\nAuthentication-Results: mx.x; spf=pass (ok) smtp.mailfrom=a; dkim=fail; dkim=pass; dmarc=fail\nAuthentication-Results: forged; dmarc=pass\nSubject: AW: hi\nContent-Type: text/calendar\n\nBEGIN"u8.ToArray()));
        Assert.Equal("list.x.y", signals.ListId);
        Assert.Equal(("bulk", "auto-replied"), (signals.Precedence, signals.AutoSubmitted));
        Assert.True(signals is { ListUnsubscribe: true, IsBulk: true, IsAutoReply: true, IsNoReplySender: true, IsReply: true, HasCalendar: true });
        Assert.Equal(new AuthenticationResults("pass", "pass", "fail"), signals.Authentication);
    }

    [Fact]
    public void Signals_PersonalMail_HasNone()
    {
        var signals = MailSignals.Read(MimeMessage.Parse("From: Jane <jane@x.y>\nSubject: Report\n\nhi"u8.ToArray()));
        Assert.Equal(new MailSignals(), signals);
    }
}
