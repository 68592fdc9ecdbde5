using System.Globalization;
using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Butler.Mail.Tests.Fuzz;

/// <summary>Properties over made-up values (FsCheck). The seed is fixed, so that a run says the same each time; BUTLER_FUZZ_SEED sets another.</summary>
public sealed class PropertyTests
{
    private static readonly Config Checked = Config.QuickThrowOnFailure.WithMaxTest(2000).WithReplay(Seed(), 1);

    [Fact]
    public void EncodedWords_AnyText_ReadsBackTheSame() => Check<NonNull<string>>(text =>
    {
        var line = CleanText.OneLine(text.Get);
        var draft = Draft with { Subject = line };
        return MimeMessage.Parse(MailWriter.Write(draft)).Subject == line;
    });

    [Fact]
    public void DisplayNames_AnyText_ReadBackTheSame() => Check<NonNull<string>>(text =>
    {
        // Several spaces read as one.
        var name = string.Join(' ', CleanText.OneLine(text.Get).Split(' ', StringSplitOptions.RemoveEmptyEntries));
        var read = MimeMessage.Parse(MailWriter.Write(Draft with { To = [new MailAddress(name, "to@example.org")] })).To;
        return read.Count == 1 && read[0].Address == "to@example.org" && (read[0].Name ?? "") == Unquoted(name);
    });

    [Fact]
    public void Bodies_AnyText_ReadBackTheSame() => Check<NonNull<string>>(text =>
    {
        var lines = CleanText.Lines(text.Get);
        return MimeMessage.Parse(MailWriter.Write(Draft with { Text = lines })).Body.DecodeText() == lines.TrimEnd('\n').Replace("\n", "\r\n") + "\r\n";
    });

    [Fact]
    public void FileNames_AnyText_ReadBackTheSame() => Check<NonNull<string>, byte[]>((text, bytes) =>
    {
        var name = FileNames.Clean(text.Get) ?? "file";
        var read = MimeMessage.Parse(MailWriter.Write(Draft with { Files = [new MailFile(text.Get, "application/x", bytes)] })).Body.Parts[1];
        return read.FileName == FileNames.Clean(name) && read.DecodeBody().Span.SequenceEqual(bytes);
    });

    [Fact]
    public void Parse_AnyBytes_RoundTripsAndNeverThrows() => Check<byte[]>(bytes =>
    {
        var message = MimeMessage.Parse(bytes);
        ReadEverything.Of(message);
        return MimeWriter.ToArray(message).AsSpan().SequenceEqual(bytes);
    });

    [Fact]
    public void Parse_AnyLinesOfMail_RoundTripAndNeverThrow() => Check(Lines.ToArbitrary(), lines =>
    {
        var bytes = Encoding.Latin1.GetBytes(lines);
        var message = MimeMessage.Parse(bytes);
        ReadEverything.Of(message);
        return MimeWriter.ToArray(message).AsSpan().SequenceEqual(bytes);
    });

    [Fact]
    public void BoundaryReader_AnyContentType_AgreesWithTheFullParser() => Check(ContentTypes.ToArbitrary(), value =>
    {
        var bytes = Encoding.Latin1.GetBytes(value);
        if (!BoundaryReader.TryFind(bytes, out var start, out var length, out var isDigest))
        {
            return true;
        }

        var full = ContentType.Parse(HeaderText.Unfold(bytes), ContentType.OctetStream, 200);
        return full.Type == "multipart" && (full.Subtype == "digest") == isDigest && (full.Parameters["boundary"] ?? "").TrimEnd() == value.Substring(start, length);
    });

    [Fact]
    public void MessageTypes_AnyContentType_AgreeWithTheFullParser() => Check(ContentTypes.ToArbitrary(), value =>
        !BoundaryReader.IsMessageType(Encoding.Latin1.GetBytes(value), out var isMessage) || ContentType.Parse(HeaderText.Unfold(Encoding.Latin1.GetBytes(value)), ContentType.OctetStream, 200).IsMessage == isMessage);

    [Fact]
    public void Detector_AnyBytes_NeverThrowsAndNeverAsks() => Check<byte[]>(bytes => bytes.Contains((byte)'?') || !Charsets.Decode(bytes, null).Contains('?'));

    private static readonly MailDraft Draft = new() { From = new MailAddress(null, "f@example.org"), Text = "x", MessageId = "m@x", Date = DateTimeOffset.UnixEpoch };

    private static Gen<string> Lines => Gen.Elements(
            "From: a@b.c\r\n", "Subject: =?utf-8?Q?x?=\r\n", "Content-Type: multipart/mixed; boundary=a\r\n", "Content-Type: multipart/digest;\r\n boundary=\"b\"\r\n", "Content-Type: message/rfc822\r\n",
            "Content-Transfer-Encoding: base64\r\n", "Content-Transfer-Encoding:\r\n quoted-printable\r\n", "\r\n", "\n", "\r", "--a\r\n", "--a--\r\n", "--b\n", "--b--", "--a \r\n", "text\r\n", "c29tZQ==\r\n", "=C3=\r\n=A9\n", " fold\r\n",
            "no field\r\n", "From someone\r\n", "MIME-Version: 1.0\r\n", "begin 644 x\r\n#86)C\r\n`\r\nend\r\n", "=ybegin line=1 size=1 name=x\r\nk\r\n=yend size=1\r\n", "\xEF\xBB\xBF", "\0")
        .ListOf().Select(l => string.Concat(l));

    private static Gen<string> ContentTypes => Gen.Elements(
            "multipart/mixed", "Multipart/Digest", "multipart", "message/rfc822", "MESSAGE/global", "message/partial", "message", "/", ";", " ; ", ";;", "boundary", "=", "\"", "a b", "x", "\r\n ", "boundary=x", "boundary=\"y z\"", "boundary*=utf-8''q",
            "(c)", "charset=utf-8", " ", "\t", "'", "\\", "--", "name=\"b;oundary=n\"")
        .ListOf().Select(l => string.Concat(l));

    // Quotes and apostrophes round a whole name are taken off it when it is read.
    private static string Unquoted(string name) => name is ['\'', .., '\''] && name.Length > 2 ? name[1..^1] : name;

    private static void Check<T>(Func<T, bool> property) => FsCheck.Check.One(Checked, Prop.ForAll<T>(property));

    private static void Check<T1, T2>(Func<T1, T2, bool> property) => FsCheck.Check.One(Checked, Prop.ForAll<T1, T2>(property));

    private static void Check<T>(Arbitrary<T> values, Func<T, bool> property) => FsCheck.Check.One(Checked, Prop.ForAll(values, property));

    private static ulong Seed() => ulong.TryParse(Environment.GetEnvironmentVariable("BUTLER_FUZZ_SEED"), NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : 4711;
}
