using System.Globalization;
using System.Text;

namespace Butler.Services.Tests.Hosting;

/// <summary>Small mails for tests that count more than they read.</summary>
internal static class TestMail
{
    public const string Question = "Hi Olivia,\r\n\r\nI hope you are well. Could you please tell me when the report will be ready?\r\n\r\nBest,\r\nAnna\r\n";

    /// <summary>A plain mail.</summary>
    /// <param name="to">The owner.</param>
    /// <param name="number">Makes subject and Message-ID its own.</param>
    /// <param name="age">How old it is.</param>
    /// <param name="body">The text.</param>
    /// <param name="from">The sender.</param>
    /// <param name="headers">More header lines, each with its line end.</param>
    /// <param name="subject">The subject; none: one with the number.</param>
    public static byte[] Plain(string to, int number, TimeSpan age, string? body = null, string from = "Anna Schmidt <anna@example.org>", string headers = "", string? subject = null)
    {
        var date = (TimeProvider.System.GetUtcNow() - age).ToString("ddd, dd MMM yyyy HH:mm:ss +0000", CultureInfo.InvariantCulture);
        return Encoding.UTF8.GetBytes(
            $"From: {from}\r\nTo: {to}\r\nSubject: {subject ?? $"Quarterly figures {number:00000}"}\r\nDate: {date}\r\nMessage-ID: <mail{number}.{to}>\r\n{headers}"
            + $"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{body ?? $"The figures of report number {number} are attached to the wall.\r\n"}");
    }

    /// <summary>Mails of one account, the newest a few hours old, each <paramref name="apart"/> older than the one before.</summary>
    public static List<byte[]> Many(string to, int count, TimeSpan apart) =>
        [.. Enumerable.Range(0, count).Select(i => Plain(to, i, TimeSpan.FromHours(3) + (apart * i)))];
}
