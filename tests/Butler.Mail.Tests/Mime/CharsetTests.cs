using System.Text;

namespace Butler.Mail.Tests.Mime;

/// <summary>Charsets by declaration, alias, detection and fallback.</summary>
public sealed class CharsetTests
{
    private const string Japanese = "お世話になっております。ご注文の確認のメールをお送りいたします。";
    private const string Chinese = "您好，感谢您的来信。我们已经收到您的订单，会尽快为您处理。";
    private const string Taiwanese = "您好，感謝您的來信。我們已經收到您的訂單，會盡快為您處理。";
    private const string Korean = "안녕하세요. 주문하신 상품이 오늘 발송되었습니다. 감사합니다.";
    private const string Russian = "Добрый день! Спасибо за ваше письмо, мы ответим вам завтра.";
    private const string German = "Schöne Grüße aus München, und vielen Dank für die schönen Äpfel!";
    private const string French = "Voilà l'été : un déjeuner à la française, où l'on déguste des œufs.";

    static CharsetTests() => Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);

    public static TheoryData<string, string> Texts => new()
    {
        { "shift_jis", Japanese }, { "euc-jp", Japanese }, { "iso-2022-jp", Japanese }, { "gb18030", Chinese }, { "gb2312", Chinese }, { "big5", Taiwanese }, { "euc-kr", Korean },
        { "koi8-r", Russian }, { "windows-1251", Russian }, { "windows-1252", German }, { "windows-1252", French }, { "utf-8", Japanese + Russian + Korean }, { "utf-16", German }, { "utf-16BE", Russian },
        { "shift_jis", "会議の件について" }, { "euc-jp", "会議の件について" }, { "gb18030", "会议通知" }, { "gb18030", "关于我们的产品价格" }, { "big5", "會議通知" }, { "euc-kr", "회의 안내" },
        { "koi8-r", "Привет" }, { "windows-1251", "Привет" }, { "windows-1251", "ВНИМАНИЕ! Счёт на оплату" }, { "koi8-r", "Счёт на оплату" }, { "windows-1252", "Café" }, { "windows-1252", "Müller & Söhne" }, { "windows-1252", "Año nuevo, ¿qué tal?" },
        { "windows-1252", "Curaçao – “smart quotes” and a €uro" }, { "utf-8", "é" }, { "utf-8", "naïve" },
    };

    [Theory]
    [MemberData(nameof(Texts))]
    public void Decode_NothingDeclared_TellsByTheBytes(string charset, string text) => Assert.Equal(text, Charsets.Decode(Encoding.GetEncoding(charset).GetBytes(text), null));

    [Theory]
    [MemberData(nameof(Texts))]
    public void Decode_Declared_IsBelieved(string charset, string text) => Assert.Equal(text, Charsets.Decode(Encoding.GetEncoding(charset).GetBytes(text), charset));

    [Theory]
    [InlineData("us-ascii", "utf-8", German)]
    [InlineData("us-ascii", "windows-1252", German)]
    [InlineData("us-ascii", "koi8-r", Russian)]
    [InlineData("utf-8", "windows-1252", German)]
    [InlineData("utf-8", "windows-1251", Russian)]
    [InlineData("utf-8", "gb18030", Chinese)]
    [InlineData("utf-8", "shift_jis", Japanese)]
    [InlineData("iso-8859-1", "utf-8", German)]
    [InlineData("gb2312", "utf-8", Chinese)]
    [InlineData("big5", "utf-8", Taiwanese)]
    [InlineData("euc-kr", "utf-8", Korean)]
    [InlineData("iso-2022-jp", "shift_jis", Japanese)]
    [InlineData("utf-16", "utf-8", German)]
    [InlineData("no-such-charset", "euc-kr", Korean)]
    public void Decode_DeclarationContradicted_BytesTell(string declared, string real, string text) => Assert.Equal(text, Charsets.Decode(Encoding.GetEncoding(real).GetBytes(text), declared));

    [Fact]
    public void Decode_FooterInAnotherCharset_KeepsBoth()
    {
        byte[] mixed = [.. Encoding.UTF8.GetBytes("Größe und Äpfel, schöne Grüße "), .. Encoding.Latin1.GetBytes("Fußzeile")];
        Assert.Equal("Größe und Äpfel, schöne Grüße Fußzeile", Charsets.Decode(mixed, "utf-8"));
    }

    [Fact]
    public void Decode_CutInsideACharacter_MarksOnlyThat() => Assert.Equal("Grüße nach Österreic\uFFFD", Charsets.Decode([.. "Grüße nach Österreic"u8, 0xC3], "utf-8"));

    [Theory]
    [InlineData("iso8859-1", 1252)]
    [InlineData("ISO_8859-15:1998", 28605)]
    [InlineData("latin1", 1252)]
    [InlineData("windows-cp1250", 1250)]
    [InlineData("x-windows-1251", 1251)]
    [InlineData("CP-1253", 1253)]
    [InlineData("ibm850", 850)]
    [InlineData("'utf-8'", 65001)]
    [InlineData("\"UTF-8\";", 65001)]
    [InlineData("utf8", 65001)]
    [InlineData("iso-8859-8-i", 28598)]
    [InlineData("x-gbk", 54936)]
    [InlineData("ks_c_5601-1987", 949)]
    [InlineData("x-sjis", 932)]
    [InlineData("ujis", 51932)]
    [InlineData("us-ascii", 0)]
    [InlineData("ansi_x3.4-1968", 0)]
    [InlineData("unknown-8bit", 0)]
    [InlineData("x-user-defined", 0)]
    [InlineData("", 0)]
    [InlineData("windows-99999", 0)]
    public void Page_Aliases_AreKnown(string name, int page) => Assert.Equal(page, CharsetNames.Page(name));

    [Fact]
    public void Decode_EveryByteInEveryCharset_HasNoQuestionMark()
    {
        var all = Enumerable.Range(0, 256).Where(b => b != '?').Select(b => (byte)b).ToArray();
        foreach (var charset in (string?[])[null, "utf-8", "utf-16", "utf-32", "iso-8859-1", "gb18030", "big5", "euc-kr", "shift_jis", "euc-jp", "iso-2022-jp", "iso-2022-kr", "hz-gb-2312", "koi8-r", "macintosh", "nonsense", .. Enumerable.Range(1250, 9).Select(n => $"windows-{n}"), .. Enumerable.Range(1, 16).Select(n => $"iso-8859-{n}")])
        {
            var text = Charsets.Decode(all, charset);
            Assert.False(text.Contains('?'), charset);
            Assert.NotEmpty(text);
        }
    }

    [Fact]
    public void DecodeText_HtmlWithoutCharset_UsesItsMeta()
    {
        var body = Encoding.GetEncoding(1250).GetBytes("<html><head><meta charset=windows-1250></head>Žluťoučký kůň</html>");
        var message = MimeMessage.Parse((byte[])[.. "Content-Type: text/html\r\n\r\n"u8, .. body]);
        Assert.Contains("Žluťoučký kůň", message.Body.DecodeText());
    }

    [Fact]
    public void Subject_8BitInTheMessagesCharset_IsRead()
    {
        var raw = Encoding.GetEncoding(1250).GetBytes("Subject: Žluťoučký\r\nContent-Type: text/plain; charset=windows-1250\r\n\r\nx");
        Assert.Equal("Žluťoučký", MimeMessage.Parse(raw).Subject);
        Assert.Equal("Grüße", MimeMessage.Parse(Encoding.Latin1.GetBytes("Subject: Grüße\r\n\r\n")).Subject);
        Assert.Equal("Grüße", MimeMessage.Parse("Subject: Grüße\r\n\r\n"u8.ToArray()).Subject);
    }
}
