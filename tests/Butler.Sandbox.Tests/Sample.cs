using System.Globalization;
using System.Text;

namespace Butler.Sandbox.Tests;

/// <summary>Mails made for tests.</summary>
internal static class Sample
{
    public static readonly DateTimeOffset Start = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);

    public static byte[] Mail(string id, int minutes = 0, string subject = "Hello", string? inReplyTo = null, string from = "Ann <ann@example.org>", string to = "owner@sandbox.butler.test", string body = "Hi there", string extra = "")
    {
        var reply = inReplyTo is null ? "" : $"In-Reply-To: <{inReplyTo}>\r\nReferences: <{inReplyTo}>\r\n";
        return Encoding.UTF8.GetBytes(
            $"From: {from}\r\nTo: {to}\r\nSubject: {subject}\r\nDate: {Date(minutes)}\r\nMessage-ID: <{id}>\r\n{reply}{extra}\r\n{body}\r\n");
    }

    public static List<byte[]> Many(int count) => [.. Enumerable.Range(0, count).Select(i => Mail($"m{i}@x", i, "Subject " + i))];

    public static string Date(int minutes) => Start.AddMinutes(minutes).ToString("ddd, dd MMM yyyy HH:mm:ss +0000", CultureInfo.InvariantCulture);

    public static string DraftJson(byte[] raw, string? threadId = null) =>
        "{\"message\":{\"raw\":\"" + System.Buffers.Text.Base64Url.EncodeToString(raw) + "\"" + (threadId is null ? "" : $",\"threadId\":\"{threadId}\"") + "}}";
}
