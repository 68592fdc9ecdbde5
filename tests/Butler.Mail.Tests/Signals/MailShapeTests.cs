using System.Text;
using Butler.Testing;

namespace Butler.Mail.Tests.Signals;

public sealed class MailShapeTests
{
    [Fact]
    public void Read_ForgedMail_TellsItsForm()
    {
        var words = Of("""
            Return-Path: <x9@elsewhere.example.net>
            Received: from [10.1.2.3] (unknown [10.1.2.3]) by mx.example.org with SMTP; Sat, 21 Nov 2026 10:00:00 +0000
            From: "Prize" <win@prizes.example.com>
            To: undisclosed-recipients:;
            Reply-To: claims@other.example.edu
            Subject: YOU HAVE WON $1000 NOW      x7k2q9
            Message-ID: <9A8B$1@localhost>
            X-Mailer: The Bat! (v1.62)
            MIME-Version: 1.0
            Content-Type: text/html; charset=us-ascii

            <HTML><BODY BGCOLOR="#fff"><FONT SIZE=7 COLOR=red>Cl<!-- q -->ick <!-- r -->he<!-- s -->re</FONT>
            <A HREF="http://192.0.2.7:8080/a.exe?u=me@example.org">go</A><IMG SRC="http://x.example.info/p.gif" WIDTH=1 HEIGHT=1></BODY></HTML>
            """);
        string[] expected =
        [
            "has:mime-version", "to:none", "reply:foreign", "bounce:foreign", "subject:gap", "subject:$", "subject:tail", "mailer:the.bat", "id:host-no-dot", "id:foreign",
            "date:none", "hop:unknown", "hop:helo-ip", "hops:1", "origin:smtp", "body:html", "<font", "font:big", "html:spliced", "html:loud-tags",
            "url:ip", "url:port", "url:address", "url:file=exe", "img:pixel", "html:links1", "charset:us-ascii",
        ];
        Assert.Empty(expected.Except(words));
    }

    [Fact]
    public void Read_PersonsMail_TellsItsForm()
    {
        var words = Of("""
            Received: from mail.example.org (mail.example.org [192.0.2.1]) by mx.example.com with ESMTPS; Sat, 21 Nov 2026 10:00:00 +0100
            From: Ann Lee <ann@example.org>
            To: Bob Ray <bob@example.com>
            Subject: Re: [garden] The oak
            In-Reply-To: <1@example.com>
            Message-ID: <a@mail.example.org>
            Date: Sat, 21 Nov 2026 10:00:00 +0100
            User-Agent: Mutt/1.5.3i

            Yes, see https://www.example.org/oak.html
            """);
        Assert.Empty(new[] { "has:in-reply-to", "has:user-agent", "from@example.org", "id@example.org", "id:own", "mailer:mutt", "subject:tag", "body:plain", "text:links1", "text:links-own", "url:https", "origin:esmtps" }.Except(words));
        Assert.DoesNotContain("subject:answer-to-nothing", words);
        Assert.DoesNotContain("hop:unknown", words);
    }

    [Fact]
    public void Read_Newsletter_TellsWhoHandedItOnAndToWhom()
    {
        var words = Of("""
            Return-Path: <bounce-7@lists.shop.example.com>
            Delivered-To: ann+shop@example.org
            Received: from out1.shop.example.com (out1.shop.example.com [192.0.2.1]) by mx.example.org with ESMTP for <ann+shop@example.org>; Sat, 21 Nov 2026 10:00:00 +0000
            Received: from app (localhost [127.0.0.1]) by out1.shop.example.com with SMTP; Sat, 21 Nov 2026 09:59:59 +0000
            From: Shop <news@shop.example.com>
            To: ann+shop@example.org
            Subject: Issue 7
            Content-Type: text/plain

            Read on: https://www.shop.example.com/newsletter/ann@example.org/unsubscribe?user=bobby
            Archive: https://www.shop.example.com/archive/issue.html
            """);
        Assert.Empty(new[] { "hop:rdns=helo", "hop:own", "hop:own-bounce", "to:receiver", "to:tag-of-sender", "link:archive", "link:issue", "link:shop" }.Except(words));
        Assert.DoesNotContain("hop:never-own", words);
        // Neither the query nor a path with an address is told: they name the receiver.
        Assert.DoesNotContain(words, w => w.Contains("bobby", StringComparison.Ordinal) || w is "link:ann" or "link:unsubscribe");
    }

    [Fact]
    public void Read_MailToSomebodyElse_TellsSo()
    {
        var words = Of("""
            Received: from shop.example.com (dsl-9.provider.example.net [192.0.2.9]) by mx.example.org with SMTP for <ann@example.org>; Sat, 21 Nov 2026 10:00:00 +0000
            From: Shop <news@shop.example.com>
            To: list@elsewhere.example.edu

            Hello
            """);
        Assert.Empty(new[] { "hop:rdns-differs", "hop:never-own", "to:not-receiver" }.Except(words));
    }

    [Fact]
    public void Read_HugeMail_StaysBounded()
    {
        var links = string.Concat(Enumerable.Range(0, 5_000).Select(i => $"<a href=\"http://h{i}.example{i % 300}.com/{i}\">x</a>"));
        var words = Of($"From: a@b.example\nSubject: x\nContent-Type: text/html\n\n{links}");
        Assert.True(words.Count <= MailShape.MaxWords);
        Assert.All(words, w => Assert.InRange(w.Length, 1, MailShape.MaxLength));
        Assert.Equal(words.Count, words.Distinct().Count());
    }

    [CorpusFact]
    public void Read_CorpusMails_GivesPlainWords()
    {
        foreach (var (name, bytes) in Corpus.Read("spam-ham", "spam-ham.tar.gz").Where((_, i) => i % 4 == 0))
        {
            var words = MailShape.Read(MimeMessage.Parse(bytes));
            Assert.True(words.Count is > 5 and <= MailShape.MaxWords, name);
            Assert.All(words, w => Assert.DoesNotContain(w, c => c is <= ' ' or > '~'));
        }
    }

    private static IReadOnlyList<string> Of(string mail) => MailShape.Read(MimeMessage.Parse(Encoding.UTF8.GetBytes(mail.ReplaceLineEndings("\r\n"))));
}
