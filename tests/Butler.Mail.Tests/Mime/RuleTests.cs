using System.Text;

namespace Butler.Mail.Tests.Mime;

/// <summary>The rules of docs/mime.md that have no test class of their own, each under the name that the page gives.</summary>
public sealed class RuleTests
{
    [Fact]
    public void Header_WhiteSpaceBeforeColon_IsDropped() => Assert.Equal("v", Parse("X-A \t : v\n\nb").Headers.Get("x-a"));

    [Fact]
    public void Header_WhiteSpaceLine_IsNotTheEnd()
    {
        var message = Parse("Subject: a\n \t \n b\nX-B: c\n\nbody");
        Assert.Equal(("a b", "c", "body"), (string.Join(' ', message.Subject.Split(' ', StringSplitOptions.RemoveEmptyEntries)), message.Headers.Get("X-B"), message.Body.DecodeText()));
    }

    [Fact]
    public void Header_LineThatIsNoField_JoinsTheFieldBefore()
    {
        var message = Parse("Subject: one\nbroken continuation\nTo: a@b.c\n\nbody");
        Assert.Equal(("one broken continuation", 1, "body"), (message.Subject, message.To.Count, message.Body.DecodeText()));
        Assert.Contains(message.Defects, d => d.Kind == MimeDefectKind.BadHeaderLine);
    }

    [Theory]
    [InlineData("From x@y Mon Jan  1 00:00:00 2024\nSubject: a\n\nb")]
    [InlineData(">From x@y Mon Jan  1 00:00:00 2024\nSubject: a\n\nb")]
    [InlineData("\uFEFFSubject: a\n\nb")]
    [InlineData("\n\n  \nSubject: a\n\nb")]
    [InlineData("\0\0Subject: a\n\nb")]
    public void Header_WhatStandsBeforeIt_IsPassedOver(string raw) => Assert.Equal(("a", "b"), (Parse(raw).Subject, Parse(raw).Body.DecodeText()));

    [Theory]
    [InlineData("", 0, "")]
    [InlineData("Subject: a", 1, "")]
    [InlineData("Subject: a\n", 1, "")]
    [InlineData("no header at all, only text\nand more", 0, "no header at all, only text\nand more")]
    [InlineData("\r\nbody", 0, "body")]
    public void Header_MissingParts_AreLegal(string raw, int fields, string body) => Assert.Equal((fields, body), (Parse(raw).Headers.Count, Parse(raw).Body.DecodeText()));

    [Fact]
    public void Header_LineOfManyThousandBytes_IsKept() => Assert.Equal(100_000, Parse("Subject: " + new string('x', 100_000) + "\n\nb").Subject.Length);

    [Fact]
    public void Header_AfterAnEmptyLine_GoesOn()
    {
        var message = Parse("From: a@b.c\nSubject: x\n\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\nGr=C3=BC=C3=9Fe");
        Assert.Equal(("Grüße", "x"), (message.Body.DecodeText(), message.Subject));
        Assert.Contains(message.Defects, d => d.Kind == MimeDefectKind.MisplacedHeader);
        // A body may quote fields: only what says how the body is made goes on, and only where nothing has said it.
        Assert.Equal("From: x\n", Parse("Subject: x\n\nFrom: x\n").Body.DecodeText());
        Assert.Equal("Content-Type: x\n", Parse("Content-Type: text/plain\n\nContent-Type: x\n").Body.DecodeText());
    }

    [Fact]
    public void Header_Repeated_IsJoinedOrFirst()
    {
        var message = Parse("From: a@x\nFrom: b@x\nTo: c@x\nTo: d@x\nMessage-ID: <1@x>\nMessage-ID: <2@x>\nSubject: s\nSubject: t\n\n");
        Assert.Equal(["a@x", "b@x"], message.FromAll.Select(f => f.Address));
        Assert.Equal(["c@x", "d@x"], message.To.Select(f => f.Address));
        Assert.Equal(("1@x", "s t"), (message.MessageId, message.Subject));
        Assert.Contains(message.Defects, d => d.Kind == MimeDefectKind.DuplicateHeader);
        Assert.Equal("s", Parse("Subject: s\nSubject: s\n\n").Subject);
    }

    [Fact]
    public void Header_BareCrAndCrCrLf_AreLineEnds()
    {
        Assert.Equal("b", Parse("Subject: a\rX: b\r\rbody").Headers.Get("X"));
        Assert.Equal(("b", "body"), (Parse("Subject: a\r\r\nX: b\r\r\n\r\r\nbody").Headers.Get("X"), Parse("Subject: a\r\r\nX: b\r\r\n\r\r\nbody").Body.DecodeText()));
    }

    [Fact]
    public void Date_Missing_IsThatOfTheTopmostReceived() => Assert.Equal(2024, Parse("Received: from a by b;\n Mon, 1 Jan 2024 10:00:00 +0000\nReceived: x; 1 Jan 2001 00:00:00 +0000\n\n").Date!.Value.Year);

    [Theory]
    [InlineData("<a@b><c@d>", "a@b c@d")]
    [InlineData("<a@b>\n\t<c@d>", "a@b c@d")]
    [InlineData("phrase <a@b> (comment) <c@d", "a@b c@d")]
    [InlineData("a@b", "a@b")]
    [InlineData("<a\n b@c>", "ab@c")]
    public void References_Forms_AreRead(string value, string ids) => Assert.Equal(ids, string.Join(' ', Parse($"References: {value}\n\n").References));

    [Theory]
    [InlineData("attachment; filename*=UTF-8''na%C3%AFve.txt", "naïve.txt")]
    [InlineData("attachment; filename*=utf-8'en'x%20y.txt; filename=\"old.txt\"", "x y.txt")]
    [InlineData("attachment; filename=\"old.txt\"; filename*=utf-8'en'x%20y.txt", "x y.txt")]
    [InlineData("attachment; filename*1=b.txt; filename*0=a", "ab.txt")]
    [InlineData("attachment; filename*0*=utf-8''%e2%82; filename*1*=%ac.txt", "€.txt")]
    [InlineData("attachment; filename*0*=koi8-r''%F0%D2; filename*1=\" b.txt\"", "Пр b.txt")]
    [InlineData("attachment; filename*0=a; filename*2=c", "a")]
    [InlineData("attachment; filename*=\"utf-8''quoted%20x.txt\"", "quoted x.txt")]
    [InlineData("attachment; filename*=''plain.txt", "plain.txt")]
    [InlineData("attachment; filename*=no%20charset.txt", "no charset.txt")]
    [InlineData("attachment; filename=\"=?utf-8?B?w6kudHh0?=\"", "é.txt")]
    [InlineData("attachment; filename==?utf-8?Q?=C3=A9.txt?=", "é.txt")]
    [InlineData("attachment; filename=two words.txt", "two words.txt")]
    [InlineData("attachment; filename=\"unclosed.txt", "unclosed.txt")]
    [InlineData("attachment;; filename = \"x.txt\" ;", "x.txt")]
    [InlineData("attachment; filename=a.txt; filename=b.txt", "a.txt")]
    [InlineData("attachment; filename=\"C:\\dir\\x.txt\"", "x.txt")]
    [InlineData("filename=x.txt", "x.txt")]
    [InlineData("attachment (comment); filename=x.txt (comment)", "x.txt")]
    public void FileName_Forms_AreRead(string disposition, string name)
    {
        var part = Parse($"Content-Type: application/x\nContent-Disposition: {disposition}\n\nx").Body;
        Assert.Equal((name, "attachment"), (part.FileName, part.Disposition));
    }

    [Fact]
    public void FileName_Order_IsDispositionThenType()
    {
        Assert.Equal("d.txt", Parse("Content-Type: application/x; name*=utf-8''t.txt\nContent-Disposition: attachment; filename=d.txt\n\n").Body.FileName);
        Assert.Equal("t.txt", Parse("Content-Type: application/x; name=t.txt\nContent-Disposition: attachment\n\n").Body.FileName);
    }

    [Fact]
    public void Disposition_Unknown_IsAnAttachment() => Assert.Equal("x.txt", Assert.Single(Parse("Content-Type: text/plain\nContent-Disposition: strange; filename=x.txt\n\nbody").Attachments).FileName);

    [Theory]
    [InlineData("", "text/plain")]
    [InlineData("Content-Type: nonsense\n", "text/plain")]
    [InlineData("Content-Type: text\n", "text/plain")]
    [InlineData("Content-Type: text/\n", "text/plain")]
    [InlineData("Content-Type: (comment) text/html; charset=utf-8\n", "text/html")]
    [InlineData("Content-Type: text/html (comment; with semicolon); charset=utf-8\n", "text/html")]
    [InlineData("Content-Type: \"text/html\"\n", "text/html")]
    [InlineData("Content-Type: TEXT/HTML;\n", "text/html")]
    [InlineData("Content-Type:\n text/html\n", "text/html")]
    [InlineData("Content-Type: text/html\nContent-Type: text/plain\n", "text/html")]
    public void ContentType_Defaults_AreText(string header, string type) => Assert.Equal(type, Parse(header + "\nbody").Body.ContentType.MediaType);

    [Fact]
    public void ContentType_BrokenOfAPart_IsAFile() => Assert.Equal("application/octet-stream", Parse("Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: nonsense\n\nx\n--b--\n").Body.Parts[0].ContentType.MediaType);

    [Fact]
    public void Digest_PartsWithoutType_AreMessages()
    {
        var message = Parse("Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: one\n\ntext\n--b\nContent-Type: text/plain\n\nplain\n--b--\n");
        Assert.Equal(("one", "text"), (message.Body.Parts[0].Message!.Subject, message.Body.Parts[0].Message!.Body.DecodeText()));
        Assert.Equal(MimePartKind.Text, message.Body.Parts[1].Kind);
    }

    [Theory]
    [InlineData("7BIT", "a=41", "a=41")]
    [InlineData("nonsense", "a=41", "a=41")]
    [InlineData("Quoted-Printable (comment)", "a=41 \n", "aA\n")]
    [InlineData("\"base64\"", "YWJj", "abc")]
    [InlineData("base64;", "YWJj", "abc")]
    [InlineData("x-uuencode", "begin 644 x\n#86)C\n`\nend\n", "abc")]
    [InlineData("x-yencode", "=ybegin line=128 size=3 name=x\n\u008b\u008c\u008d\n=yend size=3\n", "abc")]
    public void TransferEncoding_Forms_AreDecoded(string encoding, string body, string expected)
    {
        var raw = Encoding.Latin1.GetBytes($"Content-Transfer-Encoding: {encoding}\n\n{body}");
        var part = MimeMessage.Parse(raw).Body;
        Assert.Equal(expected, Encoding.Latin1.GetString(part.DecodeBody().Span));
        Assert.Equal(part.GetDecodedSize(), part.DecodeBody().Length);
    }

    [Theory]
    [InlineData("a=\n\tb", "a\tb")]
    [InlineData("a= \t\nb", "ab")]
    [InlineData("=c3=A9", "é")]
    [InlineData("a=X1=", "a=X1")]
    [InlineData("trailing  \nx", "trailing\nx")]
    [InlineData("soft=\r\nbreak=\nhere", "softbreakhere")]
    public void QuotedPrintable_Forms_AreDecoded(string text, string expected) => Assert.Equal(expected, Encoding.UTF8.GetString(QuotedPrintable.Decode(Encoding.ASCII.GetBytes(text)).Span));

    [Theory]
    [InlineData("YWJjZA==YWJjZA==", "abcdabcd")]
    [InlineData("YW\nJj\r\n!!junk-?--ZA", "abcd")]
    [InlineData("YWJj\n--delimiter that nothing closed--\n", "abc")]
    [InlineData("YWJjZ", "abc")]
    [InlineData("", "")]
    [InlineData("====", "")]
    [InlineData("YWJjZA==\n\n_____________\nlist footer with words", "abcd")]
    [InlineData("YWJjZA==\nThis is no base64 any more\n", "abcd")]
    [InlineData("YWJj\nZA==\nYWJjZA==\n", "abcdabcd")]
    public void Base64_Garbage_IsPassedOver(string text, string expected)
    {
        // "junk" is of the alphabet and counts, as every decoder that skips only what is outside of it has it.
        var cleaned = text.Replace("junk", "", StringComparison.Ordinal);
        Assert.Equal(expected, Encoding.ASCII.GetString(Base64Decoder.Decode(Encoding.ASCII.GetBytes(cleaned)).Span));
        Assert.Equal(expected.Length, Base64Decoder.Size(Encoding.ASCII.GetBytes(cleaned)));
    }

    [Fact]
    public void Base64_ThatIsPlainText_IsShownAsItStands()
    {
        var part = Parse("Content-Transfer-Encoding: base64\n\nThis text was never encoded,\nwhatever its header says.\n").Body;
        Assert.Equal("This text was never encoded,\nwhatever its header says.\n", part.DecodeText());
        Assert.Equal(part.GetDecodedSize(), part.DecodeBody().Length);
    }

    [Fact]
    public void Multipart_HeaderRunsIntoItsDelimiter_IsRead() =>
        Assert.Equal("one", Parse("Content-Type: multipart/mixed; boundary=b\nSubject: x\n--b\n\none\n--b--\n").Body.Parts[0].DecodeText());

    [Theory]
    [InlineData("a@x b@x", "a@x b@x")]
    [InlineData("<junk a@x>", "a@x")]
    [InlineData("undisclosed-recipients:;@x", "")]
    [InlineData("<undisclosed-recipients:;>", "")]
    [InlineData("=?utf-8?Q?name?=, a@x", "a@x")]
    [InlineData("a@x  . y", "a@x.y")]
    [InlineData("Joe (a) (b) D. <a@x>", "a@x")]
    public void Addresses_Repairs_AreMade(string value, string addresses) => Assert.Equal(addresses, string.Join(' ', Parse($"To: {value}\n\n").To.Select(a => a.Address)));

    [Theory]
    [InlineData("--b\n\none\n--b\n\ntwo\n--b--\n", "one|two")]
    [InlineData("--b \t\n\none\n--b--  \n", "one")]
    [InlineData("--b\n\none\n--bb\nstill\n--b--\n", "one\n--bb\nstill")]
    [InlineData("--b\n--b\n\none\n--b--\n", "one")]
    [InlineData("--b\n\none\n", "one\n")]
    [InlineData("--b\r\n\r\none\r\n--b--", "one")]
    [InlineData("--b\r\rone\r--b--\r", "one")]
    [InlineData("pre\n--b\n\none\n--b--\n--b\n\nepilogue", "one")]
    [InlineData("--b\nno header\n--b--\n", "no header")]
    [InlineData("--b\nX-A: 1\n--b\n\ntwo\n--b--\n", "|two")]
    [InlineData("--b--\n", "")]
    public void Multipart_Delimiters_AreRead(string body, string parts) =>
        Assert.Equal(parts, string.Join('|', Parse("Content-Type: multipart/mixed; boundary=\"b\"\n\n" + body).Body.Parts.Select(p => p.DecodeText())));

    [Fact]
    public void Multipart_SameBoundaryNested_InnerFirst()
    {
        var message = Parse("Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/alternative; boundary=b\n\n--b\n\none\n--b--\n--b\n\ntwo\n--b--\n");
        Assert.Equal(2, message.Body.Parts.Count);
        Assert.Equal("one", Assert.Single(message.Body.Parts[0].Parts).DecodeText());
    }

    [Fact]
    public void Multipart_BoundaryWithSpecials_IsRead()
    {
        const string Boundary = "=_a'()+_,-./:=? b";
        Assert.Equal("x", Parse($"Content-Type: multipart/mixed; charset=utf-8;\n boundary=\"{Boundary}  \"\n\n--{Boundary}\n\nx\n--{Boundary}--\n").Body.Parts[0].DecodeText());
    }

    [Fact]
    public void Multipart_TransferEncoding_IsIgnored() => Assert.Equal("one", Parse("Content-Type: multipart/mixed; boundary=b\nContent-Transfer-Encoding: base64\n\n--b\n\none\n--b--\n").Body.Parts[0].DecodeText());

    [Fact]
    public void Related_RootIsTheStartPart() =>
        Assert.Equal("root", MailText.Read(Parse("From: a@b.c\nContent-Type: multipart/related; start=\"<r@x>\"; boundary=b\n\n--b\n\nother\n--b\nContent-ID: <r@x>\n\nroot\n--b--\n")).NewText);

    [Fact]
    public void EncodedMessage_LooksPlain_IsReadAsItIs()
    {
        Assert.Equal("inner", Parse("Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nSubject: inner\nFrom: a@b.c\n\nbody").Body.Message!.Subject);
        Assert.Equal("é", Parse("Content-Type: message/rfc822\nContent-Transfer-Encoding: quoted-printable\n\nSubject: inner\nContent-Type: text/plain;=\n charset=3Dutf-8\n\n=C3=A9").Body.Message!.Body.DecodeText());
    }

    [Theory]
    [InlineData("application/ms-tnef", "", MimePartKind.Tnef)]
    [InlineData("application/octet-stream", "winmail.dat", MimePartKind.Tnef)]
    [InlineData("text/calendar; method=REQUEST", "", MimePartKind.Calendar)]
    [InlineData("application/octet-stream", "invite.ics", MimePartKind.Calendar)]
    [InlineData("application/pgp-signature", "", MimePartKind.Signature)]
    [InlineData("application/x-pkcs7-signature", "smime.p7s", MimePartKind.Signature)]
    [InlineData("application/pkcs7-mime; smime-type=enveloped-data", "", MimePartKind.Encrypted)]
    [InlineData("application/pkcs7-mime; smime-type=signed-data", "", MimePartKind.OpaqueSigned)]
    [InlineData("application/pgp-encrypted", "", MimePartKind.Protocol)]
    [InlineData("message/partial; id=x; number=1; total=2", "", MimePartKind.PartialMessage)]
    [InlineData("message/external-body; access-type=url", "", MimePartKind.ExternalBody)]
    [InlineData("message/delivery-status", "", MimePartKind.Report)]
    [InlineData("message/disposition-notification", "", MimePartKind.Report)]
    [InlineData("text/rfc822-headers", "", MimePartKind.HeadersOnly)]
    [InlineData("message/rfc822", "", MimePartKind.Message)]
    [InlineData("text/html", "", MimePartKind.Html)]
    [InlineData("text/plain", "", MimePartKind.Text)]
    [InlineData("image/png", "", MimePartKind.Image)]
    [InlineData("application/pdf", "x.pdf", MimePartKind.File)]
    public void Kind_OfTypes_IsTold(string type, string name, MimePartKind kind) =>
        Assert.Equal(kind, Parse($"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: {type}\nContent-Disposition: attachment{(name.Length > 0 ? "; filename=" + name : "")}\n\nSubject: x\n\n--b--\n").Body.Parts[0].Kind);

    [Fact]
    public void SignedPart_Raw_IsByteForByte()
    {
        const string Signed = "Content-Type: text/plain\r\n\r\nsigned  \r\ntext \r\n";
        var message = Parse($"Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n{Signed}\r\n--b\r\nContent-Type: application/pgp-signature\r\n\r\nsig\r\n--b--\r\n");
        Assert.Equal(Signed, Encoding.ASCII.GetString(message.Body.Parts[0].Raw.Span));
        Assert.Empty(message.Attachments);
    }

    [Fact]
    public void EmbeddedFiles_UuencodeAndYenc_AreAttachmentsAndNotText()
    {
        var message = MimeMessage.Parse(Encoding.Latin1.GetBytes("Subject: x\n\nbefore\nbegin 644 data.bin\n#86)C\n`\nend\nbetween\n=ybegin line=128 size=3 name=y.bin\n\u008b\u008c\u008d\n=yend size=3\nafter\nbegin the talk\nend\n"));
        Assert.Equal(["data.bin", "y.bin"], message.Attachments.Select(a => a.FileName));
        Assert.All(message.Attachments, a => Assert.Equal(("abc", 3), (Encoding.ASCII.GetString(a.Part.DecodeBody().Span), a.Size)));
        Assert.Equal("before\nbetween\nafter\nbegin the talk\nend\n", message.Body.DecodeText());
    }

    [Theory]
    [InlineData("a: b@x, c: d@x;, e@x;, f@x", "b@x d@x e@x f@x")]
    [InlineData("=?utf-8?Q?Gr=C3=BCn?=: a@x;", "a@x")]
    [InlineData("\"quoted: group\": a@x;", "a@x")]
    [InlineData("undisclosed-recipients:;", "")]
    public void Groups_EmptyAndNested_AreFlattened(string value, string addresses) => Assert.Equal(addresses, string.Join(' ', Parse($"To: {value}\n\n").To.Select(a => a.Address)));

    [Fact]
    public void Domains_International_AreOneInBothForms()
    {
        var address = Parse("From: x@B\u00fccher.example\n\n").From!.Value;
        Assert.Equal(("bücher.example", "xn--bcher-kva.example"), (address.UnicodeDomain, address.AsciiDomain));
        Assert.True(address.IsSameMailbox("X@xn--bcher-kva.example"));
        Assert.True(new MailAddress(null, "x@xn--bcher-kva.example").IsSameMailbox("x@bücher.example"));
        Assert.False(address.IsSameMailbox("x@bucher.example"));
    }

    [Theory]
    [InlineData("=?utf-8?Q?a?=\n =?utf-8?Q?b?=", "ab")]
    [InlineData("=?utf-8?Q?a?= b =?utf-8?Q?c?=", "a b c")]
    [InlineData("=?utf-8?Q?two words?=", "two words")]
    [InlineData("=?utf-8?B?4oI=?= =?utf-8?B?rA==?=", "€")]
    [InlineData("=?utf-8?Q?=E2=8?= =?utf-8?Q?2=AC?=", "€")]
    [InlineData("=?UTF-8?b?w6k?=", "é")]
    [InlineData("=??Q?abc?=", "abc")]
    [InlineData("\"=?utf-8?Q?=C3=A9?=\"", "\"é\"")]
    [InlineData("=?gb2312?B?xOO6ww==?=", "你好")]
    [InlineData("=?iso-2022-jp?B?GyRCRnw=?= =?iso-2022-jp?B?GyRCS1wbKEI=?=", "日本")]
    [InlineData("=?utf-8?Q?a=0Ab=0D=00c?=", "a b c")]
    [InlineData("=?utf-8?Q?=ZZ?=", "=ZZ")]
    public void EncodedWords_Forms_AreDecoded(string value, string expected) => Assert.Equal(expected, string.Join(' ', Parse($"Subject: {value}\n\n").Subject.Split(' ', StringSplitOptions.RemoveEmptyEntries)));

    [Theory]
    [InlineData("Mon, 1 Jan 2024 10:00:00 +0000", "2024-01-01T10:00:00Z")]
    [InlineData("1 Jan 24 10:00 GMT", "2024-01-01T10:00:00Z")]
    [InlineData("Mon,1 Jan 2024 10:00:00 EST", "2024-01-01T15:00:00Z")]
    [InlineData("Mon, 01-Jan-2024 10:00:00 GMT", "2024-01-01T10:00:00Z")]
    [InlineData("Mon Jan  1 10:00:00 2024", "2024-01-01T10:00:00Z")]
    [InlineData("Mon Jan  1 10:00:00 PST 2024", "2024-01-01T18:00:00Z")]
    [InlineData("Mon, 1 Jan 2024 10:00:00 (UTC)", "2024-01-01T10:00:00Z")]
    [InlineData("Mon, 1 Jan 2024 10:00:00 +0100 (CET)", "2024-01-01T09:00:00Z")]
    [InlineData("Mon, 1 Jan 2024 10:00:00 GMT+0200", "2024-01-01T08:00:00Z")]
    [InlineData("Mon, 1 Jan 2024 10:00:00 A", "2024-01-01T10:00:00Z")]
    [InlineData("Mon, 1 Jan 2024 24:00:00 +0000", "2024-01-01T00:00:00Z")]
    [InlineData("2024-01-01T10:00:00+01:00", "2024-01-01T09:00:00Z")]
    [InlineData("2024-01-01 10:00", "2024-01-01T10:00:00Z")]
    [InlineData("1/31/24 1:05:06 PM", "2024-01-31T13:05:06Z")]
    [InlineData("31/01/2024 13:05", "2024-01-31T13:05:00Z")]
    [InlineData("Monday, January 1, 2024 10:00 AM", "2024-01-01T10:00:00Z")]
    [InlineData("Mon, 1 Jan 99 10:00:00 -0000", "1999-01-01T10:00:00Z")]
    [InlineData("Tue, 030 Apr 2019 23:34:45 -0800 (PST)", "2019-05-01T07:34:45Z")]
    [InlineData("Thu, 01 Aug 0102 10:00:00 +0000", "2002-08-01T10:00:00Z")]
    [InlineData("Sun, 1 Jan 100 10:00:00 +0000", "2000-01-01T10:00:00Z")]
    [InlineData("Mon, 1 Jan 2024 10.00.00 +0000", "2024-01-01T10:00:00Z")]
    [InlineData("Mon, 1 Jan 2024 10:00:00 +9959", "2024-01-01T10:00:00Z")]
    public void Date_FormsOfThirtyYears_AreRead(string value, string expected) => Assert.Equal(DateTimeOffset.Parse(expected, System.Globalization.CultureInfo.InvariantCulture), Parse($"Date: {value}\n\n").Date);

    private static MimeMessage Parse(string raw) => MimeMessage.Parse(Encoding.UTF8.GetBytes(raw));
}
