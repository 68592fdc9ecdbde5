namespace Butler.Mail;

/// <summary>Tells whether an inner message is encoded as its header says: some gateways name an encoding and use none.</summary>
internal static class EncodedMessages
{
    private const int Probe = 8 * 1024;

    /// <summary>Whether the body is a message as it stands.</summary>
    public static bool LooksPlain(ReadOnlySpan<byte> body, TransferEncoding encoding)
    {
        var start = HeaderLines.First(body);
        if (start >= body.Length || !HeaderLines.IsField(body.Slice(start, HeaderLines.Length(body, start)), out _, out _))
        {
            return false;
        }

        // A colon stands in no base64; quoted-printable leaves header lines as they are and shows by its escapes only.
        var probe = body[..Math.Min(body.Length, Probe)];
        return encoding == TransferEncoding.Base64 || (encoding == TransferEncoding.QuotedPrintable && probe.IndexOf("=\r\n"u8) < 0 && probe.IndexOf("=\n"u8) < 0 && probe.IndexOf("=3D"u8) < 0);
    }
}
