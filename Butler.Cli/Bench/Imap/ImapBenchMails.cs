using System.Globalization;
using System.Text;

namespace Butler.Cli.Bench.Imap;

/// <summary>Mails of a size, all different and always the same: text and HTML in quoted-printable, and from 20 KB on an attachment in base64.</summary>
internal static class ImapBenchMails
{
    private const int TextBytes = 9_000;
    private static readonly string[] s_words = "invoice meeting please project tomorrow budget attached review contract thanks regarding schedule team delivery question update order number account".Split(' ');

    public static IEnumerable<byte[]> Make(int count, int bytes, int seed) => Enumerable.Range(1, count).Select(i => One(i, bytes, seed));

    /// <summary>The mail of that number.</summary>
    public static byte[] One(int number, int bytes, int seed) => One(number, bytes, new Random(seed + number));

    private static byte[] One(int number, int bytes, Random random)
    {
        var date = new DateTimeOffset(2026, 11, 21, 12, 0, 0, TimeSpan.Zero).AddMinutes(-number);
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"Return-Path: <sender{number % 97}@example.org>\r\nReceived: from mail.example.org (mail.example.org [192.0.2.{number % 250}])\r\n\tby mx.example.com with ESMTPS id {number:x8}; {date:ddd, dd MMM yyyy HH:mm:ss} +0000\r\n");
        text.Append(CultureInfo.InvariantCulture, $"From: \"Sender {number % 97}\" <sender{number % 97}@example.org>\r\nTo: bench@example.com\r\nSubject: {Words(random, 6)} {number}\r\nMessage-ID: <bench-{number}-{bytes}@example.org>\r\nDate: {date:ddd, dd MMM yyyy HH:mm:ss} +0000\r\nMIME-Version: 1.0\r\n");
        var attached = bytes > 2 * TextBytes;
        if (attached)
        {
            text.Append("Content-Type: multipart/mixed; boundary=\"outer\"\r\n\r\n--outer\r\n");
        }

        var body = Math.Min(bytes, TextBytes + 1_000) - text.Length - 400;
        text.Append("Content-Type: multipart/alternative; boundary=\"inner\"\r\n\r\n--inner\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n");
        Fill(text, random, body / 3, "", "=C3=BC\r\n");
        text.Append("--inner\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<html><body>\r\n");
        Fill(text, random, body * 2 / 3, "<p style=3D\"margin:0\">", "</p>\r\n");
        text.Append("</body></html>\r\n--inner--\r\n");
        if (attached)
        {
            text.Append("--outer\r\nContent-Type: application/pdf; name=\"report.pdf\"\r\nContent-Disposition: attachment; filename=\"report.pdf\"\r\nContent-Transfer-Encoding: base64\r\n\r\n");
            var line = new byte[57];
            while (text.Length < bytes - 100)
            {
                random.NextBytes(line);
                text.Append(Convert.ToBase64String(line)).Append("\r\n");
            }

            text.Append("--outer--\r\n");
        }

        return Encoding.ASCII.GetBytes(text.ToString());
    }

    private static void Fill(StringBuilder text, Random random, int bytes, string open, string close)
    {
        for (var end = text.Length + bytes; text.Length < end;)
        {
            text.Append(open).Append(Words(random, 7)).Append(close);
        }
    }

    private static string Words(Random random, int count) => string.Join(' ', Enumerable.Range(0, count).Select(_ => s_words[random.Next(s_words.Length)]));
}
