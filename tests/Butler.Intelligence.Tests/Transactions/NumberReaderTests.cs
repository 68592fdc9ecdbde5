using System.Globalization;
using Butler.Intelligence.Transactions;

namespace Butler.Intelligence.Tests.Transactions;

public class NumberReaderTests
{
    [Theory]
    [InlineData("1,234.56", "1234.56")]
    [InlineData("1.234,56", "1234.56")]
    [InlineData("1 234,56", "1234.56")]
    [InlineData("1\u00A0234,56", "1234.56")]
    [InlineData("1\u202F234\u202F567,8", "1234567.8")]
    [InlineData("1'234.56", "1234.56")]
    [InlineData("1\u2019234.50", "1234.50")]
    [InlineData("1,23,456.00", "123456.00")]
    [InlineData("1,00,00,000", "10000000")]
    [InlineData("１２３，４５６", "123456")]
    [InlineData("۱۲۳٬۴۵۶", "123456")]
    [InlineData("٢٥٠٫٥٠", "250.50")]
    [InlineData("0.650", "0.650")]
    [InlineData("1.234,-", "1234")]
    [InlineData("500/-", "500")]
    [InlineData("12,5", "12.5")]
    [InlineData("5000.00,21-11-2025", "5000.00")]
    public void TryRead_WrittenNumber_ExactValue(string text, string expected)
    {
        var folded = new FoldedText();
        folded.Read(text);
        Assert.True(NumberReader.TryRead(folded, 0, out var number, out _));
        Assert.Equal(decimal.Parse(expected, CultureInfo.InvariantCulture), number.Value);
    }

    [Theory]
    [InlineData("15.01.2026")]
    [InlineData("10.0.0.1")]
    [InlineData("12:30")]
    [InlineData("12/05/2026")]
    [InlineData("2026-01-02")]
    [InlineData("5%")]
    [InlineData("1.234,567,8")]
    [InlineData("12345678901234567890")]
    public void TryRead_DateTimeShareOrReference_IsNone(string text)
    {
        var folded = new FoldedText();
        folded.Read(text);
        Assert.False(NumberReader.TryRead(folded, 0, out _, out _));
    }

    [Fact]
    public void TryRead_AnySumInAnyStyle_ComesBackExactly()
    {
        var random = new Random(20261121);
        for (var i = 0; i < 2_000; i++)
        {
            var value = Math.Round((decimal)(random.NextDouble() * Math.Pow(10, random.Next(1, 10))), 2);
            foreach (var (group, point) in ((string, string)[])[(",", "."), (".", ","), (" ", ","), ("'", "."), ("\u00A0", ","), ("", "."), ("", ",")])
            {
                var whole = Group(decimal.Truncate(value).ToString(CultureInfo.InvariantCulture), group);
                var cents = (int)((value - decimal.Truncate(value)) * 100);
                var folded = new FoldedText();
                folded.Read($"{whole}{point}{cents:00}");
                Assert.True(NumberReader.TryRead(folded, 0, out var number, out _));
                Assert.Equal(value, number.Value);
            }
        }
    }

    private static string Group(string digits, string mark)
    {
        for (var i = digits.Length - 3; i > 0; i -= 3)
        {
            digits = digits.Insert(i, mark);
        }

        return digits;
    }
}
